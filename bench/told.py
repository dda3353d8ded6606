"""What a contender says when it has ended. Plain Python: contenders of both environments use it."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any


def measured(work: Callable[[], int], **more: Any) -> None:
    """Do the work, then say how many rows it was, how long it took, and what the whole process has used."""
    begin = time.perf_counter()
    rows = work()
    seconds = time.perf_counter() - begin
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = sum(part.ru_utime + part.ru_stime for part in (own, others))
    told = {"rows": rows, "seconds": seconds, "processor": processor, "peak_kb": own.ru_maxrss, **more}
    print(json.dumps(told), flush=True)

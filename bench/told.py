"""What a contender says when it has ended. Plain Python: contenders of both environments use it."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measured(work: Callable[[], int], **more: Any) -> None:
    """Do the work, then say how many rows it was, how long it took, and what the whole process has used."""
    begin = time.perf_counter()
    rows = work()
    seconds = time.perf_counter() - begin
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(part.ru_utime + part.ru_stime for part in used)
    told = {"rows": rows, "seconds": seconds, "processor": processor, "peak_kb": peak_kb(), **more}
    print(json.dumps(told), flush=True)


def peak_kb() -> int:
    """The most memory this process has held; `ru_maxrss` would count what its parent held before it started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

"""Python's collector of cycles kept out of the way while a great many objects are made and dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def swept_lightly() -> Iterator[None]:
    """The collector leaves alone what was there before: a stretch makes and drops so many objects that it would look
    through the whole process again and again, for a quarter of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

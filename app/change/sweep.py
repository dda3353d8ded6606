"""Python's collector of cycles kept out of the way while a great many objects are made and dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = gc.get_threshold()
_MORE_THAN_A_STRETCH = 500_000


@contextmanager
def swept_lightly() -> Iterator[None]:
    """The collector looks for cycles only where more objects have piled up than a stretch of changes is made of: it
    would look through them again and again, for a fifth of the time, though all go when the stretch is done with."""
    gc.set_threshold(_MORE_THAN_A_STRETCH, *_USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)

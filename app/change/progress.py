"""How far a long change set is: the gate says so, whoever listens in this context hears it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int, str], None]
_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def reported(listener: Listener) -> Iterator[None]:
    """Call `listener(done, total, step)` as work inside the block goes on."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(done: int, total: int, step: str) -> None:
    """Say how far a step is: rows done, rows in all."""
    listener = _listener.get()
    if listener is not None:
        listener(done, total, step)


@contextmanager
def as_part(step: str, done: Callable[[], int], total: int) -> Iterator[None]:
    """Whatever is reported inside the block is heard as this much of a longer step."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    with reported(lambda *_told: listener(done(), total, step)):
        yield

"""kill -9: a piece of work in a child process that ends without a word, at a statement or at a moment."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import settings
from sqlalchemy import event

from app.db import db

Work = Callable[[], object]
USUAL, FULL = 12, 50


@dataclass(frozen=True)
class Moment:
    """When to kill: before the `statement`-th statement or commit, or so many `seconds` after the work began."""

    statement: int = 0
    seconds: float = 0.0


AT_THE_END = Moment(sys.maxsize)
"""All is done, but nobody was told."""


def points() -> int:
    """How many kills: all of them under the full profile."""
    return FULL if settings().max_examples >= 1000 else USUAL


def moments(work: Callable[[], Work], seed: int = 0) -> Iterator[Moment]:
    """Moments over the whole length of a work, by statement and by time in turn; `work()` makes one to be measured."""
    statements, seconds = measure(work())
    chance, count = random.Random(seed), points()
    for number in range(count - 1):
        share = (number + chance.random()) / count
        yield Moment(seconds=share * seconds) if number % 2 else Moment(1 + int(share * statements))
    yield AT_THE_END


def measure(work: Work) -> tuple[int, float]:
    """How many statements and commits a work has, and how long it takes when nobody disturbs it."""
    listening, telling = os.pipe()
    begin = time.perf_counter()

    def counted() -> None:
        ticks = _listen(0)
        work()
        os.write(telling, str(ticks[0]).encode())

    assert not in_a_child(counted)
    os.close(telling)
    with os.fdopen(listening) as told:
        return int(told.read()), time.perf_counter() - begin


def killed(work: Work, moment: Moment) -> bool:
    """Do the work in a child and kill it; False when it was done before."""

    def doomed() -> None:
        _listen(moment.statement)
        work()
        if moment.statement:
            os.kill(os.getpid(), signal.SIGKILL)

    return in_a_child(doomed, moment.seconds)


def _listen(last: int) -> list[int]:
    """Count the statements and commits; kill this process before the `last` one."""
    ticks = [0]

    def tick(*_what: object) -> None:
        ticks[0] += 1
        if ticks[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(db.engine, name, tick)
    return ticks


def in_a_child(work: Work, seconds: float = 0.0) -> bool:
    # No connection may be shared by two processes.
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if seconds:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False

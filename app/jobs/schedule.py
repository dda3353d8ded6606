"""Work that comes round by itself: every few minutes, or every day at an hour of the company's zone.

A due time's job is one row of the job table, so it runs once over any number of workers. Times that were missed
are made up for by the latest alone: what runs must look at all there is to do, and may run twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app

from app import clock
from app.jobs import board, queue

Result = dict[str, Any] | None
KEPT = timedelta(days=7)
"""How long the rows of jobs that came round by themselves are kept."""


# By kind: the last due time up to a moment.
_rounds: dict[str, Callable[[datetime], datetime]] = {}


def scheduled() -> frozenset[str]:
    """The kinds of work that come round by themselves."""
    return frozenset(_rounds)


def every(
    kind: str, *, minutes: int
) -> Callable[[Callable[[datetime], Result]], Callable[[datetime], Result]]:
    """Declare a function of the due moment to be run every few minutes, as the system.

    What it returns is kept as the job's result. A failure that it did not foresee is tried again.
    """
    step = timedelta(minutes=minutes)

    def latest(now: datetime) -> datetime:
        return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % step

    def declare(run: Callable[[datetime], Result]) -> Callable[[datetime], Result]:
        _rounds[kind] = latest
        queue.kind(kind)(lambda args: run(clock.parse_instant(args["due"])))
        return run

    return declare


def daily(kind: str, *, hour: int = 0) -> Callable[[Callable[[date], Result]], Callable[[date], Result]]:
    """Declare a function of the day to be run daily from `hour` on, in the company's zone, as the system.

    After days without a worker only the last day is run.
    """

    def latest(now: datetime) -> datetime:
        today = clock.local(now).replace(hour=hour, minute=0, second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)

    def declare(run: Callable[[date], Result]) -> Callable[[date], Result]:
        _rounds[kind] = latest
        queue.kind(kind)(lambda args: run(clock.local(clock.parse_instant(args["due"])).date()))
        return run

    return declare


def enqueue_due(now: datetime | None = None) -> list[str]:
    """Put what is due into the queue; returns the kinds that were not there yet."""
    return queue.enqueue_due({kind: latest(now or clock.now()) for kind, latest in _rounds.items()})


def run_due(now: datetime | None = None) -> list[str]:
    """Run here and now whatever is due (tests, and systems without a worker); returns the kinds that were new."""
    from app.jobs.worker import run_next

    new = enqueue_due(now)
    while run_next(current_app._get_current_object(), now):  # type: ignore[attr-defined]
        pass
    return new


@daily("tidy", hour=3)
def tidy(day: date) -> Result:
    """Forget what came round by itself and ended more than a week ago."""
    board.tidy()
    return {"forgotten": queue.tidy(clock.now() - KEPT)}

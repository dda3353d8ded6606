"""Work that comes round by itself: once for a due time, the latest of those missed, in the company's zone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit.actor import current_actor
from app.jobs import queue, schedule, worker
from app.jobs.model import Job

JOBS = Job.__table__
NOON = datetime(2026, 11, 20, 4, 0, 30, tzinfo=UTC)  # 12:00:30 in Shanghai


@pytest.fixture
def system(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application without the rounds of others."""
    monkeypatch.setattr(schedule, "_rounds", {"tidy": schedule._rounds["tidy"]})
    clock.configure("Asia/Shanghai", NOON)
    with app.app_context():
        yield app


@pytest.fixture
def minutes(system: Flask) -> list[Any]:
    """What a job that is due every five minutes saw."""
    seen: list[Any] = []

    @schedule.every("five", minutes=5)
    def five(due: datetime) -> dict[str, Any]:
        seen.append((due, current_actor().name))  # type: ignore[union-attr]
        return {"seen": len(seen)}

    return seen


@pytest.fixture
def days(system: Flask) -> list[Any]:
    """What a job that is due daily at one o'clock saw."""
    seen: list[Any] = []

    @schedule.daily("night", hour=1)
    def night(day: date) -> None:
        seen.append(day)

    return seen


def rows(kind: str) -> list[Any]:
    with queue.db.engine.connect() as connection:
        return list(
            connection.execute(select(JOBS).where(JOBS.c.kind == kind).order_by(JOBS.c.id)).mappings()
        )


def test_it_runs_once_for_a_due_time_as_the_system(minutes: list[Any]) -> None:
    assert "five" in schedule.run_due()
    assert "five" not in schedule.run_due()
    assert minutes == [(NOON.replace(second=0), "system")]
    clock.turn(timedelta(minutes=4))
    assert "five" not in schedule.run_due()
    clock.turn(timedelta(minutes=1))
    assert "five" in schedule.run_due()
    assert [due.minute for due, _name in minutes] == [0, 5]
    assert queue.last("five")["result"] == {"seen": 2}  # type: ignore[index]


def test_of_the_times_that_were_missed_the_latest_is_made_up_for(minutes: list[Any]) -> None:
    schedule.run_due()
    clock.turn(timedelta(hours=3, minutes=2))
    schedule.run_due()
    assert [due for due, _name in minutes] == [
        NOON.replace(second=0),
        NOON.replace(hour=7, second=0),
    ]


def test_a_day_begins_at_its_hour_in_the_companys_zone(days: list[Any]) -> None:
    schedule.run_due(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))  # half past midnight
    assert days == [date(2026, 11, 20)]
    schedule.run_due(datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
    schedule.run_due(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
    assert days == [date(2026, 11, 20), date(2026, 11, 21)]
    schedule.run_due(datetime(2026, 11, 28, 10, 0, tzinfo=UTC))
    assert days[2:] == [date(2026, 11, 28)]


def test_a_clock_that_goes_back_runs_no_time_twice(minutes: list[Any]) -> None:
    schedule.run_due()
    clock.turn(timedelta(minutes=5))
    schedule.run_due()
    clock.turn(-timedelta(minutes=3))
    assert "five" not in schedule.run_due()
    assert len(minutes) == 2


def test_many_workers_put_a_due_time_into_the_queue_once(system: Flask, minutes: list[Any]) -> None:
    def offer(_worker: int) -> list[str]:
        with system.app_context():
            return schedule.enqueue_due()

    with ThreadPoolExecutor(8) as pool:
        new = [kind for kinds in pool.map(offer, range(16)) for kind in kinds]
    assert new.count("five") == 1
    assert len(rows("five")) == 1


def test_what_failed_unforeseen_is_tried_again_after_a_rest_and_not_for_ever(system: Flask) -> None:
    tries: list[datetime] = []

    @schedule.every("shaky", minutes=60)
    def shaky(due: datetime) -> None:
        tries.append(due)
        raise RuntimeError("away for a moment")

    schedule.run_due()
    assert (len(tries), rows("shaky")[0]["state"]) == (1, "waiting")
    schedule.run_due()
    assert len(tries) == 1
    for _ in range(4):
        clock.turn(queue.LEASE + timedelta(seconds=1))
        schedule.run_due()
    assert (len(tries), rows("shaky")[0]["state"]) == (queue.MAX_TRIES, "failed")


def test_rounds_older_than_a_week_are_forgotten(minutes: list[Any]) -> None:
    schedule.run_due()
    asked = queue.enqueue("five", {"due": clock.instant_text(NOON)}, None)
    clock.turn(timedelta(days=8))
    schedule.run_due()
    clock.turn(timedelta(days=1))
    schedule.run_due()
    assert [row["due_at"] is None for row in rows("five")] == [True, False, False]
    assert queue.find(asked) is not None


def test_the_list_of_jobs_shows_the_last_round_of_a_kind_only(minutes: list[Any]) -> None:
    for _ in range(3):
        clock.turn(timedelta(minutes=5))
        schedule.run_due()
    assert [row["id"] for row in queue.recent() if row["kind"] == "five"] == [rows("five")[-1]["id"]]


def test_a_worker_that_outlived_its_lease_does_not_end_the_job(minutes: list[Any]) -> None:
    schedule.enqueue_due()
    slow = queue.claim()
    assert slow is not None
    clock.turn(queue.LEASE + timedelta(seconds=1))
    other = queue.claim()
    assert other is not None
    assert (other["id"], other["tries"]) == (slow["id"], slow["tries"] + 1)
    assert not queue.progress(slow, 5, 10)
    assert not queue.finish(slow, "failed", error="late")
    assert queue.progress(other, 1, 2)
    assert queue.finish(other, "done", {"by": "other"})
    assert not queue.finish(slow, "failed", error="later still")
    found = queue.find(slow["id"])
    assert found is not None
    assert (found["state"], found["result"], found["done"], found["error"]) == (
        "done",
        {"by": "other"},
        1,
        None,
    )


def test_a_worker_that_lost_its_job_says_so_and_goes_on(
    system: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def overtaken(args: dict[str, Any]) -> None:
        if len(caplog.records) == 0:
            clock.turn(queue.LEASE + timedelta(seconds=1))
            taken = queue.claim()
            assert taken is not None
            queue.finish(taken, "done", {"by": "other"})

    queue.kind("overtaken")(overtaken)
    with queue.writing() as connection:
        connection.execute(JOBS.insert().values(queue._row("overtaken", {}, user_id=None)))
    assert worker.run_next(system)
    assert "taken over" in caplog.text
    assert queue.last("overtaken")["result"] == {"by": "other"}  # type: ignore[index]

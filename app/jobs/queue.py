"""Putting work into the job table and taking it out: BEGIN IMMEDIATE on SQLite, SKIP LOCKED on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from app import clock
from app.audit.actor import SYSTEM, acting
from app.db import db
from app.engine import BUSY_SECONDS
from app.jobs import board
from app.jobs.model import Job

LEASE = timedelta(seconds=60)
MAX_TRIES = 3
table = Job.__table__

Runner = Callable[[dict[str, Any]], dict[str, Any] | None]
_kinds: dict[str, Runner] = {}


def kind(name: str) -> Callable[[Runner], Runner]:
    """Declare what runs jobs of a kind: a function of the job's arguments that returns a JSON result."""

    def declare(run: Runner) -> Runner:
        _kinds[name] = run
        return run

    return declare


def runner(name: str) -> Runner:
    """What runs jobs of a kind. Raises KeyError."""
    return _kinds[name]


@contextmanager
def writing(patience: float = BUSY_SECONDS) -> Iterator[Connection]:
    """A short transaction of its own on the job table; SQLite waits `patience` seconds for another writer."""
    with acting(SYSTEM), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with _waiting(connection, patience):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextmanager
def _waiting(connection: Connection, patience: float) -> Iterator[None]:
    if patience == BUSY_SECONDS:
        yield
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(patience * 1000)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def enqueue(name: str, args: dict[str, Any], user_id: int | None, locale: str = "zh") -> int:
    """Put a job into the queue; returns its id. With ``TAIZHANG_JOBS=inline`` it has run when this returns."""
    with writing() as connection:
        row = _row(name, args, user_id=user_id, locale=locale)
        job_id = int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())
    if current_app.config["TAIZHANG"].jobs == "inline":
        from app.jobs.worker import run_next

        run_next(current_app._get_current_object())  # type: ignore[attr-defined]
    return job_id


def enqueue_due(wanted: dict[str, datetime]) -> list[str]:
    """Put the system's jobs of due times into the queue; returns the kinds that were not there yet: many may try."""
    locale = current_app.config["TAIZHANG"].locale
    new = []
    with writing() as connection:
        made = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        for name, due in wanted.items():
            args = {"due": clock.instant_text(due)}
            row = made(table).values(_row(name, args, user_id=None, locale=locale, due_at=due))
            if connection.execute(row.on_conflict_do_nothing().returning(table.c.id)).scalar():
                new.append(name)
    return new


def _row(name: str, args: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": name, "args": args, "state": "waiting", "done": 0, "total": 0, "step": "", "tries": 0,
            "created_at": clock.now(), **more}  # fmt: skip


def claim(now: datetime | None = None) -> dict[str, Any] | None:
    """Take the oldest job that waits, or whose worker died; None when there is none."""
    now = now or clock.now()
    rested = or_(table.c.lease_until.is_(None), table.c.lease_until < now)
    open_jobs = or_(
        and_(table.c.state == "waiting", or_(table.c.due_at.is_(None), table.c.due_at <= now), rested),
        and_(table.c.state == "running", table.c.lease_until < now),
    )
    with writing() as connection:
        query = select(table).where(open_jobs).order_by(table.c.id).limit(1)
        if connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        if row["tries"] >= MAX_TRIES:
            connection.execute(
                update(table)
                .where(table.c.id == row["id"])
                .values(state="failed", error="tries", finished_at=now)
            )
            return None
        taken = {"state": "running", "started_at": now, "lease_until": now + LEASE, "tries": row["tries"] + 1}
        connection.execute(update(table).where(table.c.id == row["id"]).values(taken))
        return {**row, **taken}


def progress(job: dict[str, Any], done: int, total: int, step: str = "") -> bool:
    """Say how far a claimed job is; renews its lease. False when another worker has it by now.

    Whoever holds the write lock meanwhile is not waited for: the next beat comes soon.
    """
    lease = clock.now() + LEASE
    return _change(job, done=done, total=total, step=step, lease_until=lease, patience=0.2)


def finish(
    job: dict[str, Any], state: str, result: dict[str, Any] | None = None, error: str | None = None
) -> bool:
    """End a claimed job. False when another worker has it by now: what that one finds counts."""
    own = _change(
        job, state=state, result=result, error=error, finished_at=clock.now(), lease_until=None
    )  # fmt: skip
    if own:
        board.clear(job["id"])
    return own


def put_back(job: dict[str, Any], error: str) -> bool:
    """A claimed job failed in a way that may pass: it waits a little and is tried again."""
    return _change(job, state="waiting", error=error, lease_until=clock.now() + LEASE)


def cancel(job_id: int) -> str | None:
    """Ask a job to stop; its state then, None when there is none. One that waits is over at once.

    What runs stops where it says how far it is; nothing is waited for.
    """
    job = find(job_id)
    if job is None:
        return None
    if job["state"] not in ("waiting", "running"):
        return str(job["state"])
    board.stop(job_id)
    waits = (table.c.id == job_id) & (table.c.state == "waiting")
    with suppress(OperationalError), writing(patience=0.2) as connection:
        over = {"state": "cancelled", "finished_at": clock.now()}
        if connection.execute(update(table).where(waits).values(over)).rowcount:
            return "cancelled"
    return str(job["state"])


def _change(job: dict[str, Any], patience: float = BUSY_SECONDS, **values: Any) -> bool:
    """Alter a job that is still its claimer's: a worker that outlived its lease has lost it to the next try."""
    own = (table.c.id == job["id"]) & (table.c.tries == job["tries"]) & (table.c.state == "running")
    with writing(patience) as connection:
        return bool(connection.execute(update(table).where(own).values(**values)).rowcount)


def find(job_id: int) -> dict[str, Any] | None:
    """A job's row, as far as it has said it is; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == job_id)).mappings().first()
    told = board.told(job_id) if row and row["state"] == "running" else None
    told_so = dict(zip(("done", "total", "step"), told, strict=True)) if told else {}
    return {**row, **told_so} if row else None


def living(name: str, user_id: int | None) -> list[dict[str, Any]]:
    """Somebody's jobs of a kind that wait or run."""
    mine = (table.c.kind == name) & (table.c.user_id == user_id) & table.c.state.in_(("waiting", "running"))
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).where(mine)).mappings()]


def last(name: str) -> dict[str, Any] | None:
    """The row of the latest job of a kind that has ended well; None when there is none."""
    with db.engine.connect() as connection:
        ended = select(table).where(table.c.kind == name, table.c.state == "done")
        row = connection.execute(ended.order_by(table.c.id.desc()).limit(1)).mappings().first()
        return dict(row) if row else None


def recent(limit: int = 50) -> list[dict[str, Any]]:
    """The newest jobs; of those that come round by themselves the last of each kind."""
    rounds = select(func.max(table.c.id)).where(table.c.due_at.is_not(None)).group_by(table.c.kind)
    shown: ColumnElement[bool] = or_(table.c.due_at.is_(None), table.c.id.in_(rounds))
    with db.engine.connect() as connection:
        query = select(table).where(shown).order_by(table.c.id.desc()).limit(limit)
        return [dict(r) for r in connection.execute(query).mappings()]


def tidy(before: datetime) -> int:
    """Forget the jobs that came round by themselves and ended before a moment; returns how many."""
    ended = (table.c.due_at.is_not(None)) & (table.c.finished_at < before)
    with writing() as connection:
        return int(connection.execute(delete(table).where(ended)).rowcount)

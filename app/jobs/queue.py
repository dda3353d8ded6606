"""Putting work into the job table and taking it out: BEGIN IMMEDIATE on SQLite, SKIP LOCKED on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Connection, and_, insert, or_, select, update

from app import clock
from app.audit.actor import SYSTEM, acting
from app.db import db
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
def writing() -> Iterator[Connection]:
    """A short transaction of its own on the job table."""
    with acting(SYSTEM), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


def enqueue(name: str, args: dict[str, Any], user_id: int | None, locale: str = "zh") -> int:
    """Put a job into the queue; returns its id. With ``TAIZHANG_JOBS=inline`` it has run when this returns."""
    with writing() as connection:
        row = {"kind": name, "args": args, "user_id": user_id, "locale": locale, "state": "waiting", "done": 0,
               "total": 0, "step": "", "tries": 0, "created_at": clock.now()}  # fmt: skip
        job_id = int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())
    if current_app.config["TAIZHANG"].jobs == "inline":
        from app.jobs.worker import run_next

        run_next(current_app._get_current_object())  # type: ignore[attr-defined]
    return job_id


def claim() -> dict[str, Any] | None:
    """Take the oldest job that waits, or whose worker died; None when there is none."""
    now = clock.now()
    open_jobs = or_(
        and_(table.c.state == "waiting", or_(table.c.due_at.is_(None), table.c.due_at <= now)),
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
        connection.execute(
            update(table).where(table.c.id == row["id"]).values(
                state="running", started_at=now, lease_until=now + LEASE, tries=row["tries"] + 1)
        )  # fmt: skip
        return dict(row)


def progress(job_id: int, done: int, total: int, step: str = "") -> None:
    """Say how far a job is; renews its lease."""
    with writing() as connection:
        connection.execute(
            update(table).where(table.c.id == job_id).values(
                done=done, total=total, step=step, lease_until=clock.now() + LEASE)
        )  # fmt: skip


def finish(job_id: int, state: str, result: dict[str, Any] | None = None, error: str | None = None) -> None:
    """End a job."""
    with writing() as connection:
        connection.execute(
            update(table).where(table.c.id == job_id).values(
                state=state, result=result, error=error, finished_at=clock.now(), lease_until=None)
        )  # fmt: skip


def find(job_id: int) -> dict[str, Any] | None:
    """A job's row; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == job_id)).mappings().first()
        return dict(row) if row else None


def recent(limit: int = 50) -> list[dict[str, Any]]:
    """The newest jobs."""
    with db.engine.connect() as connection:
        return [
            dict(r)
            for r in connection.execute(select(table).order_by(table.c.id.desc()).limit(limit)).mappings()
        ]

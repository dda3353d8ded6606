"""The jobs behind the list of downloads: making a file as whoever asked, approved requests, files that expire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import EntityType, registry
from app.exporting import downloads
from app.exporting.asked import Asked, asked_from
from app.exporting.entities import ExportRequest
from app.exporting.export import write
from app.exporting.limits import measured, noted, watermark_text
from app.jobs import queue
from app.jobs.model import Job
from app.jobs.schedule import daily, every
from app.jobs.worker import Cancelled, JobFailed
from app.query.filters import FilterError

MOST_TRIES = 5
ORPHANED = timedelta(minutes=1)


class Unwritten(JobFailed):
    """There was no room for the file; later there may be."""


@queue.kind("export")
def make(args: dict[str, Any]) -> dict[str, Any]:
    """Make one file as the person who asked, with their rights of now; a second run begins anew."""
    row = downloads.found(args["download"])
    if not downloads.change(row["id"], *downloads.OPEN, state="running", message=None):
        return {}
    try:
        return {"rows": produce(row, current_grants())}
    except Cancelled:
        downloads.change(row["id"], "running", state="cancelled")
        raise
    except JobFailed as failed:
        downloads.change(row["id"], "running", state="failed", message=str(failed.message))
        raise


def produce(row: Mapping[str, Any], grants: Grants) -> int:
    """Write a download's file with somebody's rights of now; returns the rows.

    Raises JobFailed, of which Unwritten may pass, and Cancelled.
    """
    if row["entity"] not in registry:
        raise JobFailed(_("This sheet is not there any more."))
    entity, session = registry.get(row["entity"]), db.session()
    if not grants.can("export", entity.name):
        raise JobFailed(_("You may not export “%(label)s” any more.", label=entity.label))
    try:
        asked, agreed = asked_from(row["asked"]), None
        if row["request_id"] is not None:
            agreed, asked = _agreed(row["request_id"], entity, asked, grants)
        wanted, limit = measured(session, entity, grants, asked)
        most = limit.cap if agreed is None else agreed
        _within(wanted, most)
        mark = watermark_text(session, grants) if limit.watermark else ""
        with downloads.new_file() as (name, out):
            rows = write(session, entity, grants, asked, out, watermark=mark, by=grants.name)
            _within(rows, most)
            size = out.tell()
    except FilterError as problem:
        raise JobFailed(problem.message) from None
    except OSError as problem:
        raise Unwritten(downloads.unwritten(problem)) from problem
    finally:
        session.rollback()
    how = "request" if row["request_id"] else "schedule" if row["schedule_id"] else "background"
    noted(entity, asked, rows, how)
    days = timedelta(days=current_app.config["TAIZHANG"].keep_exports)
    done = {
        "rows": rows,
        "size": size,
        "file": name,
        "made_at": clock.now(),
        "expires_at": clock.now() + days,
    }
    state = "running" if row["schedule_id"] else "done"
    if not downloads.change(row["id"], "running", state=state, message=None, **done):
        (downloads.folder() / name).unlink(missing_ok=True)
        raise Cancelled
    return rows


def _within(rows: int, most: int | None) -> None:
    if most is not None and rows > most:
        message = _("It would be %(rows)s rows now, at most %(most)s are agreed. Narrow the filter, or ask again.",
                    rows=f"{rows:,}", most=f"{most:,}")  # fmt: skip
        raise JobFailed(message)


def _agreed(request: int, entity: EntityType, asked: Asked, grants: Grants) -> tuple[int, Asked]:
    """The rows that were agreed to: so many at most, and only records there were when they were asked for."""
    table = registry.of(ExportRequest).table
    query = select(table.c.rows, table.c.created_at).where(
        table.c.id == request, table.c.status.in_(("approved", "done"))
    )
    with db.engine.connect() as connection:
        found = connection.execute(query).first()
    if found is None:
        raise JobFailed(_("This request is not agreed to."))
    if asked.ids is None and "created_at" in grants.open_fields(entity.name):
        known = {"field": "created_at", "op": "le", "value": clock.instant_text(found.created_at)}
        asked = replace(asked, filter={"and": [asked.filter, known]} if asked.filter else known)
    return found.rows, asked


@every("exports", minutes=1)
def take_up(now: datetime) -> dict[str, Any]:
    """Begin what was agreed to, and what was begun without getting into the queue."""
    agreed, lost = _approved(), _orphans(now)
    for request in agreed:
        _hand_out(request)
    for row in lost:
        downloads.start(row)
    return {"requests": len(agreed), "lost": len(lost)}


def _approved() -> list[Mapping[str, Any]]:
    table = registry.of(ExportRequest).table
    with db.engine.connect() as connection:
        query = select(table).where(table.c.status == "approved").order_by(table.c.id)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row for row in rows if row["for_entity"] in registry and row["owner_id"] is not None]


def _hand_out(request: Mapping[str, Any]) -> None:
    """A file for whoever asked, of what was agreed to and nothing else: one, however often this is tried."""
    asked = {**request["asked"], "format": request["format"]}
    downloads.start_new(
        request["owner_id"], registry.get(request["for_entity"]), asked, request_id=request["id"]
    )
    commit(ChangeSet([Change("export_request", "update", id=request["id"], verb="hand_out")], "job"))


def _orphans(now: datetime) -> list[dict[str, Any]]:
    """Downloads that wait for a job that was never put into the queue: the process died in between."""
    table, jobs = downloads.table, Job.__table__
    waiting = select(table).outerjoin(jobs, jobs.c.id == table.c.job_id)
    waiting = waiting.where(table.c.state == "waiting", table.c.schedule_id.is_(None), jobs.c.id.is_(None))
    waiting = waiting.where(table.c.created_at < now - ORPHANED, table.c.tries < MOST_TRIES)
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(waiting).mappings()]


@daily("expire_exports", hour=3)
def expire(_day: date) -> dict[str, Any]:
    """Exported files go when their days are over."""
    return {"gone": downloads.expire()}

"""Scheduled exports: made when they are due, as their owner with the rights of that moment, and sent once."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.access.errors import NoGrants
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import registry
from app.exporting import downloads, mail, place
from app.exporting.asked import asked_from
from app.exporting.calendar import last_due, next_due
from app.exporting.entities import ScheduledExport
from app.exporting.jobs import MOST_TRIES, Unwritten, produce
from app.exporting.words import rows_in_words
from app.jobs import queue
from app.jobs.model import Job
from app.jobs.schedule import every
from app.jobs.worker import Cancelled, JobFailed
from app.query.display import when


class NotSent(Exception):
    """Something is in the way that may pass: the mail server is away, the disk of the folder is full."""


@every("scheduled_exports", minutes=10)
def take_up(now: datetime) -> dict[str, Any]:
    """Begin what is due, once for each due time, and try again what could not be sent."""
    again, due = _unsent(), _due(now)
    for schedule in due:
        _begin(schedule, now)
    for row in again:
        downloads.start(row)
    return {"begun": len(due), "again": len(again)}


def _due(now: datetime) -> list[Mapping[str, Any]]:
    table = registry.of(ScheduledExport).table
    query = select(table).where(table.c.is_active.is_(True), table.c.next_run <= now).order_by(table.c.id)
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _begin(schedule: Mapping[str, Any], now: datetime) -> None:
    """One file for the latest due time; earlier ones that were missed are made up for by it."""
    timing = (schedule["period"], schedule["weekday"], schedule["month_day"], schedule["hour"])
    due = last_due(*timing, now)
    result: dict[str, Any] = {}
    if schedule["for_entity"] in registry:
        asked = {**schedule["asked"], "format": schedule["format"]}
        entity = registry.get(schedule["for_entity"])
        with force_locale(schedule["language"]):
            name = downloads.file_name(entity, schedule["format"], schedule["name"])
        downloads.start_new(schedule["owner_id"], entity, asked, name=name, locale=schedule["language"],
                            schedule_id=schedule["id"], due_at=due)  # fmt: skip
    else:
        why = _("This sheet is not there any more.")
        result = {"last_run": clock.instant_text(now), "last_result": _("Not sent: %(why)s", why=why)}
    _write(schedule["id"], **result, next_run=clock.instant_text(next_due(*timing, now)))


def _unsent() -> list[dict[str, Any]]:
    """Files that were begun and not sent, and that no job works on."""
    table, jobs = downloads.table, Job.__table__
    query = select(table).outerjoin(jobs, jobs.c.id == table.c.job_id)
    living = jobs.c.state.in_(downloads.OPEN)
    query = query.where(
        table.c.schedule_id.is_not(None), table.c.state.in_(downloads.OPEN), living.is_not(True)
    )
    with db.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(table.c.id)).mappings()]
    for row in rows:
        if row["tries"] >= MOST_TRIES:
            _end(
                row,
                "failed",
                _("Not sent after %(n)s tries: %(why)s", n=row["tries"], why=row["message"] or "?"),
            )
    return [row for row in rows if row["tries"] < MOST_TRIES]


@queue.kind("scheduled_export")
def run(args: dict[str, Any]) -> dict[str, Any]:
    """Make and send one due export; what it has gone by is kept, so that a further try does not send it twice."""
    row = downloads.found(args["download"])
    schedule = _schedule(row["schedule_id"])
    if schedule is None or not downloads.change(row["id"], *downloads.OPEN, state="running"):
        return {}
    if not schedule["is_active"]:
        _end(row, "cancelled", _("Not sent: it was stopped."))
        return {}
    try:
        with acting_as(row["user_id"], "scheduled_export") as grants, force_locale(row["locale"]):
            rows = produce(row, grants)
        _send(schedule, downloads.found(row["id"]), rows)
    except NoGrants:
        _end(row, "failed", _("Not sent: its owner cannot sign in any more."))
    except (NotSent, Unwritten) as late:
        downloads.change(row["id"], "running", state="waiting", message=str(late))
        _write(schedule["id"], last_result=_("Not sent yet, it will be tried again: %(why)s", why=late))
    except JobFailed as refused:
        _end(row, "failed", _("Not sent: %(why)s", why=refused.message))
    except Cancelled:
        downloads.change(row["id"], "running", state="cancelled")
        _write(schedule["id"], last_result=_("Cancelled by its owner."))
    else:
        _end(downloads.found(row["id"]), "done", _("%(rows)s rows sent", rows=f"{rows:,}"))
    return {}


def _schedule(schedule: int) -> Mapping[str, Any] | None:
    table = registry.of(ScheduledExport).table
    with db.engine.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == schedule)).mappings().first()
        return dict(row) if row else None


def _end(row: Mapping[str, Any], state: str, result: str) -> None:
    # A due time that failed for good stays served: nobody is sent yesterday's figures tomorrow.
    message = None if state == "done" else result
    downloads.change(row["id"], "running", "waiting", state=state, message=message)
    _write(row["schedule_id"], last_run=clock.instant_text(clock.now()), last_result=result)


def _write(schedule: int, **values: Any) -> None:
    """Keep what became of a schedule, as the system: people do not write these fields."""
    change = Change("scheduled_export", "update", values, id=schedule)
    commit(ChangeSet([change], "job", _("Scheduled export"), restoring=True))


def _send(schedule: Mapping[str, Any], row: Mapping[str, Any], rows: int) -> None:
    """By mail and to the folder, whichever it has not gone by; raises NotSent and JobFailed."""
    path, to = downloads.folder() / row["file"], mail.addresses(schedule["mail_to"])
    with db.engine.connect() as connection:
        against = mail.problem(connection, to) or place.problem(schedule["folder"])
    if against is not None:
        raise JobFailed(against)
    if to and row["size"] > mail.LARGEST:
        raise JobFailed(_("The file is larger than mail carries (%(n)s MB). Narrow the filter, or choose a folder.",
                          n=mail.LARGEST // 1024**2))  # fmt: skip
    sent = set(row["sent"] or ())
    try:
        if schedule["folder"] and "folder" not in sent:
            place.put(path, schedule["folder"], _dated(row))
            sent.add("folder")
            downloads.change(row["id"], sent=sorted(sent))
        if to and "mail" not in sent:
            refused = mail.send(to, *_letter(schedule, row, rows), path, row["name"], _key(row))
            sent.add("mail")
            downloads.change(row["id"], sent=sorted(sent))
            if refused:
                raise JobFailed(_("The mail server refused %(addresses)s.", addresses=", ".join(refused)))
    except smtplib.SMTPException as problem:
        raise NotSent(_("The mail server did not take it (%(why)s).", why=mail.reason(problem))) from None
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise NotSent(_("It could not be handed over (%(why)s).", why=why)) from None


def _letter(schedule: Mapping[str, Any], row: Mapping[str, Any], rows: int) -> tuple[str, str]:
    entity, company = registry.get(row["entity"]), current_app.config["TAIZHANG"].company
    with acting_as(row["user_id"], "scheduled_export") as grants, force_locale(row["locale"]):
        which = rows_in_words(db.session(), entity, grants, asked_from(row["asked"]))
        subject = _("%(name)s: %(rows)s rows", name=schedule["name"], rows=f"{rows:,}")
        text = _(
            "%(label)s, %(rows)s rows, as of %(moment)s.\nWhich rows: %(which)s\n\n"
            "Sent by %(company)s for %(owner)s, with their rights. To change or stop it: %(number)s.",
            label=entity.label, rows=f"{rows:,}", moment=when(row["made_at"]), which=which, company=company,
            owner=grants.name, number=schedule["code"],
        )  # fmt: skip
    return subject, text


def _dated(row: Mapping[str, Any]) -> str:
    """The file's name in a folder: of the due time, so that a further try lands on itself."""
    stem = Path(row["name"]).stem
    return f"{stem}-{clock.local(row['due_at']):%H%M}-{row['schedule_id']}.{row['format']}"


def _key(row: Mapping[str, Any]) -> str:
    return f"export-{row['schedule_id']}-{row['due_at']:%Y%m%dT%H%M}"

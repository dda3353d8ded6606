"""Rules of scheduled exports: complete, within what their owner may do, and nobody's but the owner's."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app import clock
from app.approval.rules import entity_of
from app.change.rules import Batch, Row, rule
from app.entity import EntityType
from app.exporting import mail, place
from app.exporting.asked import asked_from
from app.exporting.calendar import next_due
from app.exporting.entities import ScheduledExport
from app.exporting.limits import limit_of
from app.exporting.rows import checked
from app.query.filters import FilterError

TIMING = ("period", "weekday", "month_day", "hour", "is_active")
KEPT = {"next_run", "last_run", "last_result"}
"""What the system keeps of a schedule."""
_PAUSE = {"is_active"}


@rule(ScheduledExport, "NOT_YOURS")
def own_only(batch: Batch) -> None:
    """It reads with its owner's rights, so only the owner says what is read and to whom it goes; others may stop it."""
    if batch.grants.system:
        return
    for row in batch:
        whose = {row["owner_id"], row.before.get("owner_id", row["owner_id"])}
        stopped = row.op == "update" and not row["is_active"] and row.draft.touched.keys() <= _PAUSE | KEPT
        if whose != {batch.grants.user_id} and not stopped:
            row.error(None, _l("Only its owner changes a scheduled export; you may stop or delete it."))


@rule(ScheduledExport, "BAD_SCHEDULE", when=(*TIMING, "for_entity", "asked", "format", "mail_to", "folder"))
def complete(batch: Batch) -> None:
    """A schedule says when, what of a sheet that its owner may export, and where to that data may go."""
    for row in batch:
        if batch.grants.system or batch.grants.user_id != row["owner_id"]:
            continue  # the system keeps results, others may stop it: its owner's rights are judged when it reads
        if row["period"] == "weekly" and not row["weekday"]:
            row.error("weekday", _l("Please choose the day of the week."))
        if row["period"] == "monthly" and not row["month_day"]:
            row.error("month_day", _l("Please choose the day of the month."))
        entity = entity_of(row)
        if entity is not None:
            _readable(batch, row, entity)
        to = mail.addresses(row["mail_to"])
        if row["mail_to"] and (against := mail.problem(batch.connection, to)) is not None:
            row.error("mail_to", against)
        if (against := place.problem(row["folder"])) is not None:
            row.error("folder", against)
        if not to and not row["folder"]:
            row.error("mail_to", _l("Please say where it goes: to mail addresses, or into a folder."))


def _readable(batch: Batch, row: Row, entity: EntityType) -> None:
    asked: Any = row["asked"]
    if not batch.grants.can("export", entity.name):
        row.error("for_entity", _l("Your role may not export this sheet."))
    if (against := limit_of(batch.connection, entity, batch.grants).refuses(row["format"])) is not None:
        row.error("format", against)
    if not isinstance(asked, dict):
        row.error("asked", _l("Choose “on a schedule” when you export the sheet."))
    elif asked.get("ids"):
        row.error("asked", _l("Selected rows cannot come round: filter for what is to be sent."))
    else:
        try:
            checked(entity, batch.grants, asked_from(asked))
        except FilterError as problem:
            row.error("asked", problem.message)


@rule(ScheduledExport, "NEXT_RUN", when=TIMING)
def next_run(batch: Batch) -> None:
    """The next due time is shown as soon as it is known."""
    for row in batch:
        known = row["period"] and row["hour"] is not None and 0 <= row["hour"] <= 23
        if not known or not row["is_active"]:
            row.set("next_run", None)
            continue
        due = next_due(row["period"], row["weekday"], row["month_day"], row["hour"], clock.now())
        row.set("next_run", clock.instant_text(due))

"""Rules of export requests: what may be asked for and by whom, and what an approver is shown."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.access.context import current_grants
from app.approval import effects
from app.approval.rules import entity_of
from app.change.rules import Batch, Row, rule
from app.entity import EntityType, registry
from app.exporting.asked import asked_from
from app.exporting.entities import OPEN, ExportRequest
from app.exporting.limits import Limit, limit_of
from app.exporting.rows import checked
from app.exporting.words import fields_in_words, how_many_fields, rows_in_words
from app.query.filters import FilterError

_ALWAYS = {"status"}


@rule(ExportRequest, "BAD_REQUEST", when=("for_entity", "asked", "rows", "format", "owner_id", "status"))
def asked_for(batch: Batch) -> None:
    """People ask for themselves, for a sheet they may export; what is asked for is told in one line."""
    for row in batch:
        mine = {row["owner_id"], row.before.get("owner_id", row["owner_id"])} == {batch.grants.user_id}
        if not (batch.grants.system or mine):
            row.error("owner_id", _l("Everybody asks for themselves. Export the sheet to ask for more."))
        entity = entity_of(row)
        if entity is None:
            continue
        if not batch.grants.can("export", entity.name):
            row.error("for_entity", _l("Your role may not export this sheet."))
        if mine:
            _within(row, limit_of(batch.connection, entity, batch.grants))
        if not isinstance(row["asked"], dict):
            row.error("asked", _l("Export the sheet to ask for more rows than your role may take."))
            continue
        try:
            asked = asked_from(row["asked"])
            if mine:  # others may see fewer fields than whoever asks
                checked(entity, batch.grants, asked)
        except FilterError as problem:
            row.error("asked", problem.message)
            continue
        with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
            # Titles of linked records are read past the wall, by statements that a connection runs as well.
            rows = rows_in_words(cast(Session, batch.connection), entity, batch.grants, asked)
            row.set("what", in_one_line(entity, row["rows"], row["format"]))
            row.set("contents", f"{rows}\n{fields_in_words(entity, asked)}")


def _within(row: Row, limit: Limit) -> None:
    if row.verb == "submit" and not limit.approve:
        row.error(None, _l("Your role may not ask for more rows. Ask an administrator to raise its limit."))
    if (against := limit.refuses(row["format"])) is not None:
        row.error("format", against)


def in_one_line(entity: EntityType, rows: Any, form: Any) -> str:
    """``客户档案：12,000 行，Excel``."""
    kind = {"xlsx": "Excel", "csv": "CSV", "pdf": "PDF"}.get(form, form)
    return str(gettext("%(label)s: %(rows)s rows as %(format)s",
                       label=entity.label, rows=f"{rows or 0:,}", format=kind))  # fmt: skip


@rule(ExportRequest, "NOT_DRAFT", on=("update", "delete"))
def only_drafts(batch: Batch) -> None:
    """What was agreed to is what is handed out: nothing of it changes any more."""
    if batch.grants.system:  # an erasure, or the handing out
        return
    for row in batch:
        closed = row.before.get("status") not in OPEN
        if closed and (row.op == "delete" or row.draft.touched.keys() - _ALWAYS):
            row.error(
                None, _l("This request is no draft any more. Withdraw it, or export again to ask anew.")
            )


@effects("export_request")
def shown(connection: Connection, record_id: int) -> list[tuple[Any, Any, Any]]:
    """What would leave the house: sheet, rows, fields, and which rows they are."""
    table = registry.of(ExportRequest).table
    found = connection.execute(select(table).where(table.c.id == record_id)).mappings().one()
    if found["for_entity"] not in registry:
        return []
    entity = registry.get(found["for_entity"])
    asked = asked_from(found["asked"] if isinstance(found["asked"], dict) else {})
    session = cast(Session, connection)
    return [
        (_l("Exported sheet"), entity.label, _l("With the requester's rights at the moment it is made.")),
        (_l("Most rows"), f"{found['rows']:,}", _l("Only records there were when it was asked for.")),
        (_l("Exported rows"), rows_in_words(session, entity, current_grants(), asked), ""),
        (_l("Exported fields"), how_many_fields(entity, asked), _l("They are named below.")),
    ]

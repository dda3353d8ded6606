"""A whole sheet as it was: the same filters, orders and windows as today's, asked of the rows of a moment.

Rows that have not changed since are today's; the others stand beside them as the log tells them. The reader needs
the rights of today, and sees a row that was in their reach then and is still (a deleted one: was at last).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, Column, Text, bindparam, cast, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from app import clock
from app.access.grants import Grants
from app.access.wall import visible_ids
from app.audit.asof import TICK, Later, Past, TooFarBack, changed_since, first_after, lines_at, record_after
from app.audit.asof import current as rows_now
from app.audit.log import ChangeLog
from app.entity import EntityType
from app.entity.keys import text_key
from app.query.display import actor_label
from app.query.filters import FilterError
from app.query.rows import Page, Window, fetch, records, totals, visible_names
from app.query.titles import add_titles

_QUIET = ("updated_at", "updated_by_id")


class PastSheet:
    """One entity at one moment, as one reader may see it. Raises FilterError when that is too far back."""

    def __init__(self, session: Session, entity: EntityType, grants: Grants, at: datetime) -> None:
        try:
            changed = changed_since(session, entity, at)
        except TooFarBack as refused:
            raise FilterError(refused.message) from None
        self.session, self.real, self.grants = session, entity, grants
        kept = readable(session, entity, grants, changed)
        self.changed = {record: later for record, later in changed.items() if record in kept}
        self.there = visible_ids(session, entity, self.changed)
        images = [later.then for later in self.changed.values() if later.then is not None]
        self.entity = _standing_in(session, entity, at, images)

    def page(self, window: Window) -> Page:
        """A window of rows; ``now`` of each says what has become of it since (None: nothing)."""
        page = fetch(self.session, self.entity, self.grants, window)
        names = list(page.rows[0]["values"]) if page.rows else []
        moved = [r["id"] for r in page.rows if r["id"] in self.there]
        present = {r["id"]: r for r in records(self.session, self.real, self.grants, moved, names)}
        for row in page.rows:
            row["locked"] = None
            row.pop("held", None)
            row["now"] = difference(
                self.real, row, present.get(row["id"]), self.changed.get(row["id"]), self.grants
            )
        return page

    def totals(self, tree: Any, fields: list[str], q: str = "") -> dict[str, Any]:
        """Count, sums, least and greatest as they were."""
        return totals(self.session, self.entity, self.grants, tree, fields, q)


def readable(session: Session, entity: EntityType, grants: Grants, changed: dict[int, Later]) -> set[int]:
    """The records whose past the reader may see: those in their reach, and deleted ones that were when they went."""
    seen = visible_ids(session, entity, changed)
    gone = {record: later.last.old for record, later in changed.items() if later.last.op == "D"}
    if entity.parent is not None:
        # A line is where its header is.
        above = {v for old in gone.values() if isinstance(v := old.get("parent_id"), int)}
        headers = visible_ids(session, entity.parent, above)
        return seen | {
            r
            for r, old in gone.items()
            if old.get("parent_id") in headers or grants.scope(entity.name) == "all"
        }
    return seen | {
        record
        for record, old in gone.items()
        if grants.reaches(entity.name, old.get("owner_id"), old.get("department_id"))
    }


def difference(
    entity: EntityType, then: dict[str, Any], now: dict[str, Any] | None, later: Later | None, grants: Grants
) -> dict[str, Any] | None:
    """What differs between a record as it was and as it is, and who changed it: None where nothing does."""
    if later is None:
        return None
    if now is None:
        return {"gone": True, "by": actor_label(later.last.actor_name), "at": later.last.at, "cells": {}}
    cells = {}
    for name, value in then["values"].items():
        if name in _QUIET or now["values"].get(name) == value:
            continue
        entry = later.by.get(name, later.last)
        cells[name] = {
            "value": now["values"].get(name), "title": now["titles"].get(name), "by": actor_label(entry.actor_name),
            "at": entry.at, "mine": entry.actor_id is not None and entry.actor_id == grants.user_id,
        }  # fmt: skip
    return {"gone": False, "version": now["version"], "cells": cells} if cells else None


def _standing_in(session: Session, entity: EntityType, at: datetime, images: list[Past]) -> EntityType:
    """The entity with the rows of a moment in the place of its table: everything that asks it asks them."""
    table, log = entity.table, ChangeLog.__table__
    dialect = session.connection().dialect
    mine = log.c.tbl.in_((entity.name, *entity.about.was))
    touched = select(log.c.record_id).where(mine, log.c.at > at, log.c.id >= first_after(session, at))
    rows = select(*table.columns).where(table.c.id.not_in(touched))
    if images:
        writers = {column.name: _writer(entity, column, dialect) for column in table.columns}
        told = json.dumps([{n: w(one) for n, w in writers.items()} for one in images], ensure_ascii=False)
        sent = bindparam(None, told, type_=Text(), unique=True)
        if dialect.name == "sqlite":
            each: Any = func.json_each(sent).table_valued("value")
            cells: list[Any] = [
                type_coerce(func.json_extract(each.c.value, f'$."{c.name}"'), c.type) for c in table.columns
            ]
        else:
            each = func.json_array_elements(cast(sent, JSON)).table_valued("value")
            cells = [cast(func.json_extract_path_text(each.c.value, c.name), c.type) for c in table.columns]
        past = select(*(cell.label(c.name) for cell, c in zip(cells, table.columns, strict=True)))
        rows = rows.union_all(past.select_from(each))  # type: ignore[assignment]
    return EntityType(aliased(entity.cls, rows.subquery(), adapt_on_names=True))


def _writer(entity: EntityType, column: Column[Any], dialect: Any) -> Callable[[Past], Any]:
    """What a column of an image is put into JSON as: what the database would have stored."""
    name = column.name
    if name in ("id", "version"):
        return lambda past: getattr(past, name)
    if name in entity.key_columns.values():
        of = next(n for n, key in entity.key_columns.items() if key == name)
        return lambda past: None if past.values[of] is None else text_key(past.values[of])
    if name not in entity.fields:
        return lambda past: 0 if name in ("position", "vacated") else None
    spec, process = entity.fields[name], column.type.dialect_impl(dialect).bind_processor(dialect)

    def write(past: Past) -> Any:
        wire = past.values[name]
        try:
            stored = spec.to_stored(wire)
        except (ValueError, TypeError, ArithmeticError):  # the field was of another kind then
            return None
        if dialect.name != "sqlite":  # casts the wire text itself
            return wire
        return process(stored) if process is not None else stored

    return write


def record_as_of(
    session: Session, entity: EntityType, grants: Grants, record_id: int, *, at: datetime | None = None,
    log: int | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """A record at a moment, or as a log entry left it, with its lines then and what has become of it since.

    None when it was not there then, or when the reader may not see it.
    """
    if at is not None:
        later = changed_since(session, entity, at, record_id).get(record_id)
        past = later.then if later else rows_now(session, entity, [record_id]).get(record_id)
    else:
        past, later = record_after(session, entity, record_id, log or 0)
    there = record_id in visible_ids(session, entity, [record_id])
    if not there and (
        later is None or record_id not in readable(session, entity, grants, {record_id: later})
    ):
        return None
    if past is None:
        return None
    row = shown(session, entity, grants, [past])[0]
    now = records(session, entity, grants, [record_id]) if there else []
    row["now"] = difference(entity, row, now[0] if now else None, later, grants)
    when = at or (clock.parse_instant(later.first.at) - TICK if later else clock.now())
    row["lines"] = [
        {"entity": line.name, "label": str(line.label),
         "rows": shown(session, line, grants, lines_at(session, line, record_id, when))}
        for line in entity.lines if grants.can("list", line.name)
    ]  # fmt: skip
    return row


def shown(session: Session, entity: EntityType, grants: Grants, pasts: list[Past]) -> list[dict[str, Any]]:
    """Records of the past as the reader may see them, with today's titles of what they link to."""
    names = visible_names(entity, grants)
    masked = {n for n in names if grants.level(entity.name, n) == "masked"}
    rows = [
        {"id": past.id, "version": past.version, "locked": None, "values": {
            n: entity.fields[n].masked(past.values[n]) if n in masked else past.values[n] for n in names}}
        for past in pasts
    ]  # fmt: skip
    add_titles(session, entity, grants, rows)
    return rows


def moment(text: Any) -> datetime:
    """The moment a text means, in the company's zone unless it names one. Raises FilterError."""
    try:
        found = clock.parse_instant(text.strip()) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise FilterError(_l("This moment cannot be read. Write it like 2026-11-01 08:00."))
    if found > clock.now():
        raise FilterError(_l("This moment has not come yet."))
    return found

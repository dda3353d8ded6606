"""Compare and set, cell by cell: of two people who edit different cells of one row both survive."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from app.audit.log import ChangeLog
from app.change.contract import Conflict, Draft
from app.entity import EntityType, FieldError


def compare(connection: Connection, entity: EntityType, drafts: list[Draft]) -> None:
    """Lay the given values over the records as they are now; a cell somebody else moved is a conflict."""
    for draft in drafts:
        if draft.op == "insert" or draft.missing or draft.errors:
            if draft.op == "insert":
                draft.after.update(draft.given)
            continue
        if draft.op == "delete":
            _compare_delete(connection, draft)
            continue
        stale = _stale_cells(connection, draft)
        for name, value in draft.given.items():
            now = draft.before.get(name)
            if value == now:
                continue
            moved = name in stale if stale is not None else _moved(draft, name, now)
            if moved:
                by, at = last_change(connection, entity, draft.id, name)
                draft.conflicts.append(
                    Conflict(draft.row, draft.id or 0, name, value, now, by, at, draft.change.line)
                )
            else:
                draft.after[name] = value
                draft.touched[name] = value


def _moved(draft: Draft, name: str, now: Any) -> bool:
    base = draft.change.base
    if base is None or name not in base:
        return False
    spec = draft.entity.fields[name]
    try:
        return bool(spec.parse(base[name]) != now)
    except FieldError:
        return True


def _stale_cells(connection: Connection, draft: Draft) -> set[str] | None:
    """The cells changed since the asker's version; None when the base values decide instead."""
    change = draft.change
    if change.version is None or change.version == draft.version:
        return None if change.version is None or change.base is not None else set()
    if change.base is not None and all(name in change.base for name in draft.given):
        return None
    log = ChangeLog.__table__
    query = (
        select(log.c.new)
        .where(log.c.tbl == draft.entity.name, log.c.record_id == draft.id, log.c.op == "U")
        .order_by(log.c.id.desc())
    )
    stale: set[str] = set()
    for (text,) in connection.execute(query):
        cells = json.loads(text)
        if cells.get("version", 0) <= change.version:
            break
        stale |= cells.keys()
    return stale


def _compare_delete(connection: Connection, draft: Draft) -> None:
    fields, version = draft.entity.fields, draft.change.version
    moved = [n for n in draft.change.base or {} if n in fields and _moved(draft, n, draft.before.get(n))]
    if not moved and version in (None, draft.version):
        return
    name = moved[0] if moved else draft.entity.about.title
    by, at = last_change(connection, draft.entity, draft.id, None)
    draft.conflicts.append(
        Conflict(draft.row, draft.id or 0, name, None, draft.before.get(name), by, at, draft.change.line)
    )


def last_change(
    connection: Connection, entity: EntityType, record_id: int | None, field: str | None
) -> tuple[str | None, str | None]:
    """Who last changed a cell (or the record), and when."""
    log = ChangeLog.__table__
    query = (
        select(log.c.actor_name, log.c.at, log.c.new)
        .where(log.c.tbl == entity.name, log.c.record_id == record_id)
        .order_by(log.c.id.desc())
        .limit(50)
    )
    for name, at, new in connection.execute(query):
        if field is None or (new and field in json.loads(new)):
            return name, at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return None, None

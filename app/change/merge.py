"""Compare and set, cell by cell: of two people who edit different cells of one row both survive."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.change.contract import Conflict, Draft
from app.entity import EntityType, FieldError


def compare(
    connection: Connection,
    entity: EntityType,
    drafts: list[Draft],
    grants: Grants,
    *,
    restoring: bool = False,
) -> None:
    """Lay the given values over the records as they are now; a cell somebody else moved is a conflict.

    A conflict shows the value as the asker may see it. `restoring` sets know the values from the log.
    """
    for draft in drafts:
        if draft.op == "insert" or draft.missing or draft.errors:
            if draft.op == "insert":
                draft.after.update(draft.given)
            continue
        _compare_seen(connection, draft, grants)
        if draft.op == "delete":
            _compare_delete(connection, draft, grants, restoring)
            continue
        before, change = draft.before, draft.change
        fresh = {name: value for name, value in draft.given.items() if value != before.get(name)}
        if change.base is None and change.version in (None, draft.version):
            draft.after.update(fresh)
            draft.touched.update(fresh)
            continue
        stale = _stale_cells(connection, draft)
        for name, value in fresh.items():
            now = before.get(name)
            moved = name in stale if stale is not None else _moved(draft, name, now)
            if moved:
                by, at = last_change(connection, entity, draft.id, name)
                theirs = _shown(draft, name, grants)
                draft.conflicts.append(
                    Conflict(draft.row, draft.id or 0, name, value, theirs, by, at, draft.change.line)
                )
            else:
                draft.after[name] = value
                draft.touched[name] = value


def _compare_seen(connection: Connection, draft: Draft, grants: Grants) -> None:
    """A cell the asker relied on without changing it: one that has moved is a conflict too."""
    for name, was in (draft.change.seen or {}).items():
        if name in draft.entity.fields and draft.before.get(name) != was:
            by, at = last_change(connection, draft.entity, draft.id, name)
            theirs = _shown(draft, name, grants)
            draft.conflicts.append(
                Conflict(draft.row, draft.id or 0, name, was, theirs, by, at, draft.change.line)
            )


def _moved(draft: Draft, name: str, now: Any) -> bool:
    base = draft.change.base
    if base is None or name not in base or base[name] == now:
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
    if change.version > (draft.version or 0):  # nobody can have seen it
        return set(draft.given)
    log = ChangeLog.__table__
    query = (
        select(log.c.new)
        .where(log.c.tbl == draft.entity.name, log.c.record_id == draft.id, log.c.op == "U")
        .order_by(log.c.id.desc())
    )
    stale: set[str] = set()
    for (text,) in connection.execute(query):
        cells = json.loads(text)
        # Where only derived cells moved, the version did not.
        if cells.get("version", change.version + 1) <= change.version:
            break
        stale |= cells.keys()
    return stale


def _compare_delete(connection: Connection, draft: Draft, grants: Grants, restoring: bool) -> None:
    entity, version = draft.entity, draft.change.version
    moved = [
        name
        for name in draft.change.base or {}
        if name in entity.fields and _moved_for(draft, name, grants, restoring)
    ]
    if not moved and version in (None, draft.version):
        return
    name = moved[0] if moved else entity.about.title
    by, at = last_change(connection, entity, draft.id, None)
    theirs = _shown(draft, name, grants)
    draft.conflicts.append(Conflict(draft.row, draft.id or 0, name, None, theirs, by, at, draft.change.line))


def _moved_for(draft: Draft, name: str, grants: Grants, restoring: bool) -> bool:
    """Whether a cell is not what the asker saw; nobody learns so what a cell holds that they may not read."""
    level, now = grants.level(draft.entity.name, name), draft.before.get(name)
    if restoring or level in ("read", "edit"):
        return _moved(draft, name, now)
    return level == "masked" and bool(
        (draft.change.base or {})[name] != draft.entity.fields[name].masked(now)
    )


def _shown(draft: Draft, name: str, grants: Grants) -> Any:
    """The value in force as the asker may see it."""
    level, now = grants.level(draft.entity.name, name), draft.before.get(name)
    if level in ("read", "edit"):
        return now
    return (
        draft.entity.fields[name].masked(now) if level == "masked" and name in draft.entity.fields else None
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

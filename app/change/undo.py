"""Undo and revert: the inverse of an applied change set, passing the gate like any other, any day later.

What has been touched since is listed and left alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, func, select

from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.change.contract import Change, ChangeSet, Result, chunks
from app.change.gate import commit, snapshot
from app.change.model import ChangeSetRow
from app.db import db
from app.entity import EntityType, registry

_OWN = ("id", "version", "position", "updated_at", "updated_by_id", "locked_by_case")


class UndoRefused(ValueError):
    """The change set cannot be undone; the message says why."""

    def __init__(self, code: str, message: Any) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


def undo(set_id: int, grants: Grants | None = None, *, source: str = "undo", key: str | None = None) -> Result:
    """Apply the inverse of a change set. `Result.left` lists the records left alone, with the reason.

    Raises UndoRefused for a set that is unknown, not applied or already undone.
    """
    grants = grants or current_grants()
    db.session.rollback()
    with snapshot(db.engine) as connection:
        header = connection.execute(select(ChangeSetRow.__table__).where(ChangeSetRow.id == set_id)).mappings().first()
        if header is None:
            raise UndoRefused("NOT_FOUND", _l("There is no such change set."))
        if header["state"] == "reverted":
            raise UndoRefused("ALREADY_UNDONE", _l("This change has been undone already."))
        if header["state"] != "applied":
            raise UndoRefused("NOT_APPLIED", _l("This change was never applied."))
        changes, left = inverse(connection, set_id)
    asked = ChangeSet(
        changes, source=source, reason=str(_l("Undo of change %(id)s", id=set_id)), key=key, partial=True,
        inverse_of=set_id, restoring=True, confirmed=frozenset({"*"}),
    )  # fmt: skip
    result = commit(asked, grants) if changes else Result(None, "unchanged", [], [], [], [])
    stopped: dict[int, tuple[Any, str]] = {c.row: (_l("changed since"), "CHANGED_SINCE") for c in result.conflicts}
    stopped |= {e.row: (e.message, e.code) for e in result.errors}
    for row, (message, code) in sorted(stopped.items()):
        change = changes[row]
        left.append({"entity": change.entity, "id": change.id, "code": code, "reason": str(message)})
    result.left = left
    if stopped and result.state == "refused":
        result.state = "unchanged"
    return result


def inverse(connection: Connection, set_id: int) -> tuple[list[Change], list[dict[str, Any]]]:
    """The changes that take a set back, and the records that must be left because they were touched since."""
    log = ChangeLog.__table__
    query = select(log.c.id, log.c.tbl, log.c.record_id, log.c.op, log.c.old, log.c.new)
    entries = list(connection.execute(query.where(log.c.change_set == set_id).order_by(log.c.id.desc())))
    later = _touched_since(connection, set_id, entries)
    changes: dict[tuple[str, int], Change] = {}
    left: list[dict[str, Any]] = []
    for entry in entries:
        if entry.tbl not in registry:
            continue
        entity, place = registry.get(entry.tbl), (entry.tbl, entry.record_id)
        if entry.op == "I":
            if place in later:
                left.append({"entity": entry.tbl, "id": entry.record_id, "code": "CHANGED_SINCE",
                             "reason": str(_l("changed since"))})  # fmt: skip
            else:
                changes[place] = Change(entry.tbl, "delete", id=entry.record_id)
        elif entry.op == "U":
            old, new = _cells(entity, entry.old), _cells(entity, entry.new)
            known = changes.get(place)
            if known is not None and known.op == "update":
                known.values |= old
                known.base = {**new, **(known.base or {})}
            elif old:
                changes[place] = Change(entry.tbl, "update", id=entry.record_id, values=old, base=new)
        elif entry.op == "D":
            values = {n: v for n, v in _cells(entity, entry.old).items() if v is not None}
            version = json.loads(entry.old).get("version")
            changes[place] = Change(entry.tbl, "insert", id=entry.record_id, values=values, version=version)
    return _headers_first(list(changes.values())), left


def _headers_first(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda c: bool(registry.get(c.entity).about.parent) == (c.op == "insert"))


def _cells(entity: EntityType, text: str) -> dict[str, Any]:
    cells = {entity.renamed.get(name, name): value for name, value in json.loads(text).items()}
    return {name: value for name, value in cells.items() if name in entity.fields and name not in _OWN}


def _touched_since(connection: Connection, set_id: int, entries: list[Any]) -> set[tuple[str, int]]:
    log = ChangeLog.__table__
    last: dict[str, dict[int, int]] = defaultdict(dict)
    for entry in entries:
        last[entry.tbl].setdefault(entry.record_id, entry.id)
    touched = set()
    for table, records in last.items():
        for part in chunks(sorted(records)):
            query = select(log.c.record_id, func.max(log.c.id)).where(log.c.tbl == table, log.c.record_id.in_(part))
            for record, newest in connection.execute(query.group_by(log.c.record_id)):
                if newest > records[record]:
                    touched.add((table, record))
    return touched

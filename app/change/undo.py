"""Undo and revert: the inverse of an applied change set, passing the gate like any other, any day later.

What has been touched since is listed and left alone.
"""

from __future__ import annotations

import json
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.audit.pii import is_erased, open_values
from app.change import check
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


def undo(
    set_id: int, grants: Grants | None = None, *, source: str = "undo", key: str | None = None
) -> Result:
    """Apply the inverse of a change set. `Result.left` lists the records left alone, with the reason.

    Raises UndoRefused for a set that is unknown, not applied or already undone.
    """
    grants = grants or current_grants()
    db.session.rollback()
    with snapshot(db.engine) as connection:
        header = (
            connection.execute(select(ChangeSetRow.__table__).where(ChangeSetRow.id == set_id))
            .mappings()
            .first()
        )
        changes, left = inverse(connection, set_id) if header is not None else ([], [])
        if header is None or not _known(connection, header["actor_id"], changes, left, grants):
            raise UndoRefused("NOT_FOUND", _l("There is no such change set."))
        if header["state"] == "reverted":
            raise UndoRefused("ALREADY_UNDONE", _l("This change has been undone already."))
        if header["state"] != "applied":
            raise UndoRefused("NOT_APPLIED", _l("This change was never applied."))
    asked = ChangeSet(
        changes, source=source, reason=str(_l("Undo of change %(id)s", id=set_id)), key=key, partial=True,
        inverse_of=set_id, restoring=True, confirmed=frozenset({"*"}),
    )  # fmt: skip
    result = commit(asked, grants) if changes else Result(None, "unchanged", [], [], [], [])
    stopped: dict[int, tuple[Any, str]] = {
        c.row: (_l("changed since"), "CHANGED_SINCE") for c in result.conflicts
    }
    stopped |= {e.row: (e.message, e.code) for e in result.errors}
    for row, (message, code) in sorted(stopped.items()):
        change = changes[row]
        left.append({"entity": change.entity, "id": change.id, "code": code, "reason": str(message)})
    result.left = left
    if stopped and result.state == "refused":
        result.state = "unchanged"
    return result


def _known(
    connection: Connection,
    actor_id: int | None,
    changes: list[Change],
    left: list[dict[str, Any]],
    grants: Grants,
) -> bool:
    """Whether the asker may know of a set: it is theirs, or it touched a record that they reach."""
    if grants.system or (actor_id is not None and actor_id == grants.user_id):
        return True
    places = {(c.entity, c.id) for c in changes} | {(item["entity"], item["id"]) for item in left}
    for name in sorted({name for name, _record in places}):
        ids = sorted(record for entity, record in places if entity == name and record is not None)
        if check.visible(connection, name, ids, grants):
            return True
    gone = [c for c in changes if c.op == "insert" and registry.get(c.entity).parent is None]
    return any(
        grants.reaches(c.entity, c.values.get("owner_id"), c.values.get("department_id")) for c in gone
    )


def inverse(connection: Connection, set_id: int) -> tuple[list[Change], list[dict[str, Any]]]:
    """The changes that take a set back, and the records that must be left because others now hang on them.

    Each change carries what the set wrote as its base: where that is no longer so, the gate finds a conflict.
    """
    log = ChangeLog.__table__
    query = select(log.c.id, log.c.tbl, log.c.record_id, log.c.op, log.c.old, log.c.new)
    query = query.where(log.c.change_set == set_id).order_by(log.c.id.desc())
    found = [entry for entry in connection.execute(query) if entry.tbl in registry]
    sides = [(e.id, json.loads(e.old or "{}"), json.loads(e.new or "{}")) for e in found]
    open_values(connection, sides)
    changes: dict[tuple[str, int], Change] = {}
    erased: set[tuple[str, int]] = set()
    for entry, (_log_id, was, became) in zip(found, sides, strict=True):
        entity, place = registry.get(entry.tbl), (entry.tbl, entry.record_id)
        known = changes.get(place)
        later = known.base or {} if known is not None and known.op == "update" else {}
        if entry.op == "I":
            wrote = {**_cells(entity, became), **later}
            changes[place] = Change(entry.tbl, "delete", id=entry.record_id, base=wrote)
        elif entry.op == "U":
            old, new = _cells(entity, was), _cells(entity, became)
            if known is not None and known.op == "update":
                known.values |= old
                known.base = {**new, **later}
            elif old:
                changes[place] = Change(entry.tbl, "update", id=entry.record_id, values=old, base=new)
        elif entry.op == "D":
            values = {n: v for n, v in _cells(entity, was).items() if v is not None}
            version = was.get("version")
            changes[place] = Change(entry.tbl, "insert", id=entry.record_id, values=values, version=version)
        if any(is_erased(value) for value in was.values()):
            erased.add(place)
    left = _with_new_lines(connection, changes)
    for item in left:
        del changes[item["entity"], item["id"]]
    message = _l("Personal data was erased; it does not come back.")
    left += [{"entity": e, "id": i, "code": "ERASED", "reason": str(message)} for e, i in sorted(erased)]
    return _headers_first(list(changes.values())), left


def _with_new_lines(connection: Connection, changes: dict[tuple[str, int], Change]) -> list[dict[str, Any]]:
    """Headers that would be deleted although they got lines since."""
    left = []
    doomed = {place for place, change in changes.items() if change.op == "delete"}
    for name in sorted({name for name, _record in doomed}):
        headers = sorted(record for entity, record in doomed if entity == name)
        for line in registry.get(name).lines:
            table = line.table
            for part in chunks(headers):
                query = select(table.c.parent_id, table.c.id).where(table.c.parent_id.in_(part))
                grown = {
                    parent
                    for parent, record in connection.execute(query)
                    if (line.name, record) not in doomed
                }
                left += [_left(name, parent) for parent in sorted(grown)]
    return left


def _left(entity: str, record: int) -> dict[str, Any]:
    return {"entity": entity, "id": record, "code": "CHANGED_SINCE", "reason": str(_l("changed since"))}


def _headers_first(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda c: bool(registry.get(c.entity).about.parent) == (c.op == "insert"))


def _cells(entity: EntityType, logged: dict[str, Any]) -> dict[str, Any]:
    """Logged values by the fields' present names; an erased one is not there, so the cell stays as it is."""
    cells = {entity.renamed.get(n, n): value for n, value in logged.items() if not is_erased(value)}
    return {
        n: value
        for n, value in cells.items()
        if n not in _OWN and n in entity.fields and not entity.fields[n].derived
    }

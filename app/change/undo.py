"""Undo and revert: the inverse of an applied change set, passing the gate like any other, any day later.

What has been touched since is listed, with who touched what, and left alone; or it is named and goes as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.access.context import current_grants
from app.access.grants import Grants
from app.change import check
from app.change.contract import CellError, ChangeSet, Conflict, Result
from app.change.gate import commit, snapshot
from app.change.inverse import Inverse, Place, later
from app.change.long import commit_long, plan_long
from app.change.model import ChangeSetRow
from app.db import db
from app.entity import registry

LONG = 2000
"""From so many records on a set is taken back in stretches."""


class UndoRefused(ValueError):
    """The change set cannot be undone; the message says why."""

    def __init__(self, code: str, message: Any) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


def undo(
    set_id: int, grants: Grants | None = None, *, source: str = "undo", key: str | None = None,
    include: Collection[Place] = (), dry_run: bool = False,
) -> Result:  # fmt: skip
    """Apply the inverse of a change set. `Result.left` lists the records left alone: why, who touched them, what.

    `include` are records touched since whose later changes go as well. With `dry_run` nothing is written and the
    counts are what would be. Raises UndoRefused for a set that is unknown, not applied or already undone.
    """
    grants = grants or current_grants()
    db.session.rollback()
    with snapshot(db.engine) as connection:
        query = select(ChangeSetRow.__table__).where(ChangeSetRow.id == set_id)
        header = connection.execute(query).mappings().first()
        found = Inverse(connection, set_id, include) if header is not None else None
        if header is None or found is None or not _known(connection, header["actor_id"], found, grants):
            raise UndoRefused("NOT_FOUND", _l("There is no such change set."))
        if header["state"] == "reverted":
            raise UndoRefused("ALREADY_UNDONE", _l("This change has been undone already."))
        if header["state"] != "applied":
            raise UndoRefused("NOT_APPLIED", _l("This change was never applied."))
    asked = ChangeSet(
        [], source=source, reason=str(_l("Undo of change %(id)s", id=set_id)), key=key, partial=True,
        inverse_of=set_id, restoring=True, confirmed=frozenset({"*"}),
    )  # fmt: skip
    told = _Told()
    result = _tried(asked, found, grants, told) if dry_run else _written(asked, found, grants, told)
    result.left = [*found.left, *told.left(found)]
    if not dry_run and told.stopped and result.state == "refused":
        result.state = "unchanged"
    with snapshot(db.engine) as connection:
        later(connection, set_id, result.left, grants)
    return result


@dataclass
class _Told:
    """What stands in the way, by the number of the change."""

    stopped: dict[int, tuple[Any, str]] = field(default_factory=dict)

    def hear(self, conflicts: list[Conflict], errors: list[CellError]) -> None:
        self.stopped |= {c.row: (_l("changed since"), "CHANGED_SINCE") for c in conflicts}
        self.stopped |= {e.row: (e.message, e.code) for e in errors}

    def left(self, found: Inverse) -> Iterator[dict[str, Any]]:
        places = found.places
        for row, (message, code) in sorted(self.stopped.items()):
            if row < len(places):
                entity, record = places[row]
                yield {"entity": entity, "id": record, "code": code, "reason": str(message)}


def _written(asked: ChangeSet, found: Inverse, grants: Grants, told: _Told) -> Result:
    if not found.places:
        return Result(None, "unchanged", [], [], [], [])
    if len(found.places) < LONG:
        asked.changes = [change for changes in found.stretches() for change in changes]
        result = commit(asked, grants)
    else:
        result = commit_long(asked, found.stretches, grants, len(found.places))
    told.hear(result.conflicts, result.errors)
    return result


def _tried(asked: ChangeSet, found: Inverse, grants: Grants, told: _Told) -> Result:
    result = Result(None, "unchanged", [], [], [], [])
    for planned in plan_long(asked, found.stretches(), grants):
        told.hear(planned.conflicts, planned.errors)
        result.inserted += planned.count("insert")
        result.updated += planned.count("update")
        result.deleted += planned.count("delete")
        result.unchanged += planned.count("unchanged")
    return result


def _known(connection: Connection, actor_id: int | None, found: Inverse, grants: Grants) -> bool:
    """Whether the asker may know of a set: it is theirs, or it touched a record that they reach."""
    if grants.system or (actor_id is not None and actor_id == grants.user_id):
        return True
    places = {*found.places, *((item["entity"], item["id"]) for item in found.left)}
    for name in sorted({name for name, _record in places}):
        ids = sorted(record for entity, record in places if entity == name)
        if check.visible(connection, name, ids, grants):
            return True
    gone = (
        change
        for changes in found.stretches()
        for change in changes
        if change.op == "insert" and registry.get(change.entity).parent is None
    )
    return any(
        grants.reaches(c.entity, c.values.get("owner_id"), c.values.get("department_id")) for c in gone
    )

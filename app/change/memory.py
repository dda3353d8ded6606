"""What a change set with this key led to the first time: a repeated send is answered, not written again."""

from __future__ import annotations

import hashlib
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.audit.actor import Actor
from app.change.contract import CellError, Change, ChangeSet, Result, RowResult
from app.change.model import ChangeRow, ChangeSetRow

_TURNED_DOWN = _l("This request was turned down or withdrawn. To ask again, please save the change anew.")


def kept_key(change_set: ChangeSet, actor: Actor) -> str | None:
    """What a set's key is kept as: of any length, and everybody's keys are their own."""
    if not change_set.key:
        return None
    whose = actor.name if actor.id is None else actor.id
    return hashlib.sha256(f"{whose}:{change_set.key}".encode("utf-8", "surrogatepass")).hexdigest()


def earlier_result(connection: Connection, change_set: ChangeSet, actor: Actor | None) -> Result | None:
    """The first result of this actor's set with this key, its rows as they were sent; None when there was none."""
    key = kept_key(change_set, actor) if actor else None
    if key is None:
        return None
    query = select(ChangeSetRow.__table__).where(ChangeSetRow.key == key)
    header = connection.execute(query).mappings().first()
    if header is None:
        return None
    rows = select(ChangeRow.__table__).where(ChangeRow.set_id == header["id"])
    known = {row["seq"]: row for row in connection.execute(rows).mappings()} if change_set.changes else {}
    results = [
        _done(row, change, known[row]) if row in known else _unchanged(row, change)
        for row, change in enumerate(change_set.changes)
        if row in known or not header["refused"]
    ]
    counts = (header["inserted"], header["updated"], header["deleted"], header["unchanged"])
    state = header["state"] if header["state"] in ("held", "refused") else "applied"
    refused = [CellError(0, None, "TURNED_DOWN", _TURNED_DOWN)] if state == "refused" else []
    return Result(header["id"], state, results, refused, [], [], *(counts if state == "applied" else ()))


def _done(row: int, change: Change, kept: Any) -> RowResult:
    values = {name: pair[1] for name, pair in (kept["cells"] or {}).items()}
    held = kept["state"] == "held"
    return RowResult(
        row, kept["entity"], kept["op"], change.ref, kept["record_id"], kept["version"],
        "held" if held else "done", {} if held else values,
    )  # fmt: skip


def _unchanged(row: int, change: Change) -> RowResult:
    return RowResult(row, change.entity, change.op, change.ref, change.id, change.version, "unchanged", {})

"""What waits for approval: what is kept of a held change, the cells nobody else may hold, locked records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, update

from app.audit.actor import writing
from app.change.contract import Draft
from app.entity import EntityType

WHOLE = "*"
"""The held field that stands for a deletion."""


def asked_cells(draft: Draft) -> dict[str, list[Any]]:
    """``{field: [now, asked]}`` of what was asked itself; what rules compute is worked out when it is written."""
    if draft.op == "delete":
        return {}
    if draft.op == "insert":
        return {name: [None, value] for name, value in draft.given.items()}
    now = draft.before
    return {name: [now.get(name), value] for name, value in draft.given.items() if now.get(name) != value}


def held_fields(set_id: int, draft: Draft) -> list[dict[str, Any]]:
    """The rows of ``held_cell`` for a change; a new record holds none."""
    names = {"insert": [], "delete": [WHOLE]}.get(draft.op, list(asked_cells(draft)))
    place = {"entity": draft.entity.name, "record_id": draft.id, "set_id": set_id}
    return [place | {"field": name} for name in names]


def lock_record(
    connection: Connection, entity: EntityType, record: int, set_id: int, case: int, *, locked: bool = True
) -> None:
    """Lock a record for a case, or open it again. Its lines go with it."""
    with writing(set_id, case):
        mine = entity.table.c.id == record
        connection.execute(update(entity.table).where(mine).values(locked_by_case=case if locked else None))

"""Held changes: what is kept of a change that waits for approval, and the cells nobody else may hold meanwhile."""

from __future__ import annotations

from typing import Any

from app.change.contract import Draft

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

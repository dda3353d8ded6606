"""New values that wait for an approval, as a reader of the rows may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.access.load import person_name
from app.approval.model import OPEN_STATES, ApprovalCase, ApprovalTask
from app.change.holding import WHOLE
from app.change.model import ChangeRow, HeldCell
from app.entity import EntityType, registry
from app.entity.field import PERSON
from app.query.titles import parts, titles_of


def add_held(session: Session, entity: EntityType, grants: Grants, rows: list[dict[str, Any]]) -> None:
    """Give each row ``held`` (shape: docs/approvals.md), None where nothing waits. One statement when nothing does."""
    waiting: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for cell in _cells(session, entity, [row["id"] for row in rows]):
        level = "read" if cell.field == WHOLE else grants.level(entity.name, cell.field)
        if level == "hidden":
            continue
        new = (cell.cells or {}).get(cell.field, [None, None])[1]
        waiting[cell.record_id][cell.field] = {
            "new": entity.fields[cell.field].masked(new) if level == "masked" else new, "title": None,
            "case": cell.id, "number": cell.number, "waits_for": [], "since": clock.instant_text(cell.submitted_at),
            "mine": cell.submitter_id == grants.user_id,
        }  # fmt: skip
    found = [(name, one) for cells in waiting.values() for name, one in cells.items()]
    names = deciders(session, {one["case"] for _, one in found})
    for _, one in found:
        one["waits_for"] = names.get(one["case"], [])
    _titles(session, entity, grants, found)
    for row in rows:
        row["held"] = waiting.get(row["id"])


def deciders(session: Session, cases: Iterable[int]) -> dict[int, list[str]]:
    """The names of those who have to decide now, by case."""
    user: Any = registry.target_class(PERSON)
    names: dict[int, list[str]] = defaultdict(list)
    for part in parts(sorted(set(cases))):
        query = (
            select(ApprovalTask.case_id, user.first_name, user.last_name)
            .join(user, user.id == ApprovalTask.assignee_id)
            .where(ApprovalTask.case_id.in_(part), ApprovalTask.state == "open")
            .order_by(ApprovalTask.id)
        )
        for case, first, last in session.execute(query):
            names[case].append(person_name(first, last))
    return names


def _cells(session: Session, entity: EntityType, ids: list[int]) -> Iterable[Any]:
    cells: Any = HeldCell
    for part in parts(ids):
        query = (
            select(cells.record_id, cells.field, ChangeRow.cells, ApprovalCase.id, ApprovalCase.number,
                   ApprovalCase.submitted_at, ApprovalCase.submitter_id)
            .join(ApprovalCase, ApprovalCase.set_id == cells.set_id)
            .join(ChangeRow, and_(ChangeRow.set_id == cells.set_id, ChangeRow.entity == cells.entity,
                                  ChangeRow.record_id == cells.record_id))
            .where(cells.entity == entity.name, cells.record_id.in_(part), ApprovalCase.state.in_(OPEN_STATES))
        )  # fmt: skip
        yield from session.execute(query)


def _titles(
    session: Session, entity: EntityType, grants: Grants, found: list[tuple[str, dict[str, Any]]]
) -> None:
    """The names behind new links and people."""
    targets = {name: spec.target for name, spec in entity.fields.items() if spec.target}
    for target in {targets[name] for name, _ in found if name in targets}:
        cells = [one for name, one in found if targets.get(name) == target and isinstance(one["new"], int)]
        titles = titles_of(session, target, [one["new"] for one in cells], grants)
        for one in cells:
            one["title"] = titles.get(one["new"])

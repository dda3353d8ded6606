"""The tree of departments: one root, no circles, and each department's path ("/1/4/"), which scope reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change import Change
from app.change.contract import Draft
from app.change.rules import Batch, Row, rule
from app.entity import registry
from app.org import Department

UPPER = "parent_department_id"
MAX_DEPTH = 15

# A department that exists is known by its id, one that the set inserts by its reference (or its row).
Node = int | str


def chain(node: Node, upper: Mapping[Node, Node | None]) -> list[Node]:
    """The departments from the root down to `node`. In a circle, and beyond MAX_DEPTH, it is cut off."""
    found: list[Node] = [node]
    while (above := upper.get(found[-1])) is not None and above not in found and len(found) <= MAX_DEPTH:
        found.append(above)
    return found[::-1]


def path_of(nodes: list[Node]) -> str:
    """The path that leads through these departments."""
    return "/" + "".join(f"{node}/" for node in nodes)


@rule(Department, "DEPARTMENT_TREE", when=(UPPER,))
def tree(batch: Batch) -> None:
    """Refuse circles and a second root; give those that move, and all below them, their path."""
    table = registry.of(Department).table
    query = select(table.c.id, table.c[UPPER], table.c.path)
    paths: dict[Node, str | None] = {}
    upper: dict[Node, Node | None] = {}
    for record in batch.connection.execute(query):
        paths[record[0]], upper[record[0]] = record[2], record[1]
    moved = {_node(row): row for row in batch}
    upper |= {node: _target(row[UPPER]) for node, row in moved.items()}
    roots = [node for node, above in upper.items() if above is None]
    for node, row in moved.items():
        way = chain(node, upper)
        if upper.get(way[0]) is not None:
            message = _l("A department cannot be below itself, nor more than %(n)s levels deep.", n=MAX_DEPTH)
            row.error(UPPER, message, "BAD_TREE")
        elif upper[node] is None and len(roots) > 1:
            row.error(
                UPPER,
                _l("There is a topmost department already. Please choose the upper one."),
                "SECOND_ROOT",
            )
        elif all(isinstance(step, int) for step in way):
            row.set("path", path_of(way))
        else:
            row.when_numbered(partial(_fill, way=way, moved=moved))
    _move_below(moved, upper, paths)


def _move_below(
    moved: Mapping[Node, Row], upper: Mapping[Node, Node | None], paths: Mapping[Node, str | None]
) -> None:
    """Give the departments below those that moved their new path."""
    for node, path in paths.items():
        way = chain(node, upper)
        cause = next((moved[step] for step in way if step in moved), None)
        if node in moved or cause is None or cause.draft.errors:
            continue
        if not all(isinstance(step, int) for step in way):
            cause.error(
                UPPER, _l("Please save the new upper department first, then move this one."), "BAD_TREE"
            )
        elif path_of(way) != path:
            cause.add(Change("department", "update", {"path": path_of(way)}, id=int(node)))


def _fill(draft: Draft, way: list[Node], moved: Mapping[Node, Row]) -> None:
    """Write the path of a draft that is below one of its own set, now that all have their ids."""
    path = path_of([step if isinstance(step, int) else moved[step].draft.id or 0 for step in way])
    draft.after["path"] = path
    if draft.op == "update":
        draft.touched["path"] = path


def _node(row: Row) -> Node:
    draft = row.draft
    return draft.id if draft.id is not None else draft.change.ref or f"row {draft.row}"


def _target(value: Any) -> Node | None:
    found: Node | None = value["ref"] if isinstance(value, dict) else value
    return found

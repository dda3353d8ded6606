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
    ways = {node: chain(node, upper) for node in upper}
    roots = [node for node, above in upper.items() if above is None]
    for node, row in moved.items():
        if upper.get(ways[node][0]) is not None:
            message = _l("A department cannot be below itself, nor more than %(n)s levels deep.", n=MAX_DEPTH)
            row.error(UPPER, message, "BAD_TREE")
        elif upper[node] is None and len(roots) > 1:
            message = _l("There is a topmost department already. Please choose the upper one.")
            row.error(UPPER, message, "SECOND_ROOT")
    known = {None, *upper}  # a link to nothing is refused later, by the gate
    refused = {node for node, row in moved.items() if row.draft.errors or upper[node] not in known}
    for node, row in moved.items():
        if refused.intersection(ways[node][:-1]) and not row.draft.errors:
            row.error(UPPER, _l("The department above cannot be saved. Please correct it first."), "BAD_TREE")
        elif node not in refused:
            _place(row, ways[node], moved)
    for node, path in paths.items():
        if node not in moved:
            _follow(node, path, ways[node], moved)


def _place(row: Row, way: list[Node], moved: Mapping[Node, Row]) -> None:
    """Give a department of the set its path, now or once those of its set have their ids."""
    if all(isinstance(step, int) for step in way):
        row.set("path", path_of(way))
    else:
        row.when_numbered(partial(_fill, way=way, moved=moved))


def _follow(node: Node, path: str | None, way: list[Node], moved: Mapping[Node, Row]) -> None:
    """Give a department below one that moves its new path, by a change of its own."""
    cause = next((moved[step] for step in reversed(way) if step in moved), None)
    if cause is None or cause.draft.errors or path_of(way) == path:
        return
    if all(isinstance(step, int) for step in way):
        cause.add(Change("department", "update", {"path": path_of(way)}, id=int(node)))
    else:
        message = _l("Please save the new upper department first, then move this one.")
        cause.error(UPPER, message, "BAD_TREE")


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

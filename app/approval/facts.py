"""What flows decide on: the facts of a record or of a change, and the way through a flow that follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.approval.conditions import Condition, Facts, Ground, fields_read, holds, line_entities, resolved
from app.approval.people import People
from app.approval.spec import Flow, Place, read, route
from app.change.contract import Draft, chunks
from app.entity import EntityType, registry
from app.org.parameters import parameter_value


def ground_of(connection: Connection, people: People) -> Ground:
    """Parameters and departments for conditions."""
    return Ground(lambda code: parameter_value(connection, code), people.under)


def values_of(connection: Connection, entity: EntityType, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Records as wire values, by id."""
    table, specs = entity.table, entity.fields
    columns = [table.c.id, *(table.c[name] for name in specs)]
    found = {}
    for part in chunks(sorted(ids)):
        for row in connection.execute(select(*columns).where(table.c.id.in_(part))):
            found[row[0]] = {n: s.to_wire(v) for (n, s), v in zip(specs.items(), row[1:], strict=True)}
    return found


def lines_of(
    connection: Connection, line: EntityType, headers: Iterable[int]
) -> dict[int, list[dict[str, Any]]]:
    """The lines of headers as wire values, in their order, each with its ``id``."""
    table, specs = line.table, line.fields
    columns = [table.c.parent_id, table.c.id, *(table.c[name] for name in specs)]
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for part in chunks(sorted(headers)):
        query = select(*columns).where(table.c.parent_id.in_(part)).order_by(table.c.position, table.c.id)
        for row in connection.execute(query):
            values = {n: s.to_wire(v) for (n, s), v in zip(specs.items(), row[2:], strict=True)}
            found[row[0]].append({"id": row[1], **values})
    return found


def facts_of(
    connection: Connection, flow: Flow, entity: EntityType, drafts: Sequence[Draft], department: int | None
) -> list[Facts]:
    """The facts of each change of `entity` among the drafts."""
    mine = [d for d in drafts if d.entity.name == entity.name]
    wanted = set().union(*(line_entities(c) for c in flow.conditions)) if flow.conditions else set()
    ids = [d.id for d in mine if isinstance(d.id, int)]
    lines = {name: lines_of(connection, registry.get(name), ids) for name in sorted(wanted)}
    return [
        Facts(
            d.after if d.op != "delete" else d.before, d.before,
            {name: rows.get(d.id or 0, []) for name, rows in lines.items()},
            frozenset(d.touched) if d.op == "update" else frozenset(d.after), len(mine), department,
        )
        for d in mine
    ]  # fmt: skip


def way(flow: Flow, entity: EntityType, facts: Sequence[Facts], ground: Ground) -> list[Place]:
    """The way of a case through its flow: a branch is taken when any of its records asks for it."""

    def decide(condition: Condition) -> bool:
        return any(holds(condition, entity, one, ground) for one in facts)

    return route(flow, lambda condition: resolved(condition, ground), decide)


def unpicked(
    places: Sequence[Place], picks: Mapping[str, Sequence[int]], submitter: int, people: People
) -> Any:
    """What the submitter still has to choose, as a sentence; None when they have chosen from those who may decide."""
    for place in places:
        for asked in place.step.approvers if place.taken else ():
            if "chosen" not in asked:
                continue
            chosen, allowed = set(picks.get(place.step.id, ())), set(people.candidates(asked, submitter))
            if len(chosen & allowed) < int(asked.get("count", 1)) or chosen - allowed:
                return _l("Please choose who decides at “%(step)s”.", step=place.step.title)
    return None


def relied_on(flow: Flow, entity: EntityType, draft: Draft) -> dict[str, Any]:
    """The cells of a held change that its flow or its approvers look at, besides those it changes."""
    if draft.op == "insert":
        return {}
    names = {*entity.about.key, entity.about.title}.union(*(fields_read(c) for c in flow.conditions))
    names -= draft.touched.keys()
    return {n: draft.before.get(n) for n in sorted(names) if n in entity.fields and entity.fields[n].logged}


def flow_for(connection: Connection, entity: str, code: str | None = None) -> tuple[int, str, Flow] | None:
    """The published flow of an entity (id, code, definition): by its code, else the one submitted records take."""
    table = registry.get("approval_flow").table
    query = select(table.c.id, table.c.code, table.c.spec, table.c.for_entity).where(
        table.c.status == "published"
    )
    query = query.where(table.c.code == code) if code else query.where(table.c.for_entity == entity)
    for row in connection.execute(query.order_by(table.c.code)):
        flow = read(row.spec, registry.get(row.for_entity))
        if code or flow.use == "submit":
            return row.id, row.code, flow
    return None

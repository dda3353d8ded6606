"""What the end of a case does to the data: a transition of the record, or the held set written or put aside.

Also the figures that tell an approver what a decision would lead to (`effects`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, select, update

from app.access.grants import SYSTEM_GRANTS, Grants
from app.access.load import load_grants
from app.approval.facts import values_of as record_values
from app.approval.running import Running
from app.audit.actor import Actor, acting
from app.change.contract import Change, ChangeSet, Plan, Result
from app.change.gate import carry_out
from app.change.holding import lock_record
from app.change.model import ChangeRow, ChangeSetRow, HeldCell
from app.change.plan import make_plan
from app.entity import EntityType, Transition

_sets, _changes, _held = ChangeSetRow.__table__, ChangeRow.__table__, HeldCell.__table__
_UNDOING = ("undo", "revert", "restore")
_INSTEAD = {
    "approved": ("approved",),
    "rejected": ("rejected", "returned", "withdrawn"),
    "returned": ("returned", "withdrawn", "rejected"),
    "withdrawn": ("withdrawn", "returned", "rejected"),
}
"""Where a lifecycle marks no transition for an outcome, the nearest one it marks."""

Figures = Callable[[Connection, int], list[tuple[Any, Any, Any]]]
_figures: dict[str, Figures] = {}


class EffectRefused(ValueError):
    """A rule refuses what the decision would do; nothing of the decision is kept."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__("; ".join(str(e.message) for e in result.errors[:5]))


def effects(entity: str) -> Callable[[Figures], Figures]:
    """Declare the figures an approver sees for records of an entity: a list of (label, value, note)."""

    def declare(figures: Figures) -> Figures:
        _figures[entity] = figures
        return figures

    return declare


def figures_of(connection: Connection, entity: str, record_id: int) -> list[tuple[Any, Any, Any]]:
    """The figures declared for an entity; none when nobody declared any."""
    return _figures[entity](connection, record_id) if entity in _figures else []


def values_of(run: Running) -> dict[str, Any]:
    """The record a case is about as wire values; empty for a case of many."""
    if run.row["record_id"] is None:
        return {}
    return record_values(run.connection, run.entity, [run.row["record_id"]]).get(run.row["record_id"], {})


def carry(run: Running, state: str) -> dict[str, Any]:
    """Do what a case's new state means. Returns what stands in the way of a held set, and then writes nothing.

    Raises EffectRefused where a rule refuses a submitted record's transition.
    """
    return _carry_record(run, state) if run.row["kind"] == "record" else _carry_set(run, state)


def _carry_record(run: Running, state: str) -> dict[str, Any]:
    move = move_of(run.entity, state, values_of(run))
    set_id = run.row["set_id"]
    if move is not None:
        change = Change(run.entity.name, "update", id=run.row["record_id"], verb=move.verb)
        set_id = write_record(run, change, SYSTEM_GRANTS, frozenset({"*"}))[1].change_set or set_id
    lock_record(run.connection, run.entity, run.row["record_id"], set_id, run.id, locked=False)
    return {}


def write_record(
    run: Running, change: Change, grants: Grants, confirmed: frozenset[str] = frozenset()
) -> tuple[Plan, Result]:
    """Change the record in the case's name. Raises EffectRefused where a rule refuses."""
    asked = ChangeSet([change], "approval", run.row["number"], case=run.id, confirmed=confirmed)
    with acting(run.actor):
        planned = make_plan(run.connection, asked, grants)
        result = carry_out(run.connection, planned, grants, run.actor)
    if not result.ok:
        raise EffectRefused(result)
    return planned, result


def move_of(entity: EntityType, state: str, values: dict[str, Any]) -> Transition | None:
    """The transition of the lifecycle that a case's state stands for, from where the record is."""
    lifecycle = entity.about.lifecycle
    if lifecycle is None:
        return None
    moves = (lifecycle.move(word, values.get(lifecycle.field)) for word in _INSTEAD[state])
    return next(filter(None, moves), None)


def _carry_set(run: Running, state: str) -> dict[str, Any]:
    set_id = run.row["set_id"]
    if state in ("rejected", "withdrawn"):
        run.connection.execute(delete(_held).where(_held.c.set_id == set_id))
        run.connection.execute(update(_sets).where(_sets.c.id == set_id).values(state="refused"))
    if state != "approved":
        return {}
    asked, actor = held_set(run.connection, set_id, run.id)
    grants = load_grants(run.connection, run.submitter)
    result = _write_held(run, asked, grants, actor, set_id)
    if result.ok:
        run.connection.execute(delete(_held).where(_held.c.set_id == set_id))
        return {}
    errors = [{**asdict(e), "message": str(e.message)} for e in [*result.errors, *result.confirms]][:50]
    # Events stay for ever: they say where something moved, never what it was.
    moved = [
        {"seq": asked.changes[c.row].seq, "field": c.field, "by": c.by, "at": c.at}
        for c in result.conflicts[:50]
    ]
    return {"conflicts": moved, "errors": errors}


def _write_held(run: Running, asked: ChangeSet, grants: Grants, actor: Actor, set_id: int) -> Result:
    early = run.prepared
    # Rows left out since make it another set.
    same = early is not None and early.change_set.changes == asked.changes
    with acting(actor):
        planned = early if early is not None and same else make_plan(run.connection, asked, grants)
        return carry_out(run.connection, planned, grants, actor, set_id)


def prepare(connection: Connection, case: dict[str, Any]) -> Plan:
    """Plan a held set before the lock is taken: what moves until then is planned again under it."""
    asked, actor = held_set(connection, case["set_id"], case["id"])
    with acting(actor):
        return make_plan(connection, asked, load_grants(connection, case["submitter_id"]))


def held_set(connection: Connection, set_id: int, case: int) -> tuple[ChangeSet, Actor]:
    """A held set as its case can write it, bases as seen when it was asked, and who asked."""
    head = connection.execute(select(_sets).where(_sets.c.id == set_id)).mappings().one()
    rows = connection.execute(
        select(_changes)
        .where(_changes.c.set_id == set_id, _changes.c.state == "held")
        .order_by(_changes.c.seq)
    ).mappings()
    changes = [
        Change(
            row["entity"], row["op"], {n: pair[1] for n, pair in (row["cells"] or {}).items()}, row["record_id"],
            row["base_version"] if row["op"] == "delete" else None,
            {n: pair[0] for n, pair in (row["cells"] or {}).items()} if row["op"] == "update" else None,
            row["ref"], row["line"], row["verb"], row["seen"], row["seq"],
        )
        for row in rows
    ]  # fmt: skip
    asked = ChangeSet(
        changes, head["source"], head["reason"] or "", confirmed=frozenset(head["confirmed"] or ()),
        inverse_of=head["inverse_of"], restoring=head["source"] in _UNDOING, file=head["file"], case=case,
    )  # fmt: skip
    return asked, Actor(head["actor_id"], head["actor_name"], head["source"])

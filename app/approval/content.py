"""What a case is about: its fingerprint, leaving rows out, an approver's edits, and laying it over what is there now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, insert, select, update

from app.access.grants import SYSTEM_GRANTS, Grants
from app.approval import carrying
from app.approval.facts import facts_of, ground_of, lines_of, relied_on, unpicked, way
from app.approval.opening import demanded_flow
from app.approval.refusal import Refusal
from app.approval.running import Running, flow_code
from app.audit.actor import acting
from app.change.contract import Change, Draft, chunks
from app.change.holding import asked_cells, held_fields, lock_record
from app.change.model import ChangeRow, HeldCell
from app.change.plan import make_plan
from app.db import canonical_json
from app.entity import registry

if TYPE_CHECKING:
    from app.approval.act import Asked

_changes, _held = ChangeRow.__table__, HeldCell.__table__


def fingerprint(run: Running) -> str:
    """The sha256 of what a decision is about: the record with its lines, or the rows of the held set."""
    if run.row["kind"] == "record":
        record = run.row["record_id"]
        lines = {
            line.name: lines_of(run.connection, registry.get(line.name), [record]).get(record, [])
            for line in run.entity.lines
        }
        content: Any = [carrying.values_of(run), lines]
    else:
        columns = (_changes.c.seq, _changes.c.op, _changes.c.cells, _changes.c.state)
        content = [list(row) for row in run.connection.execute(_rows(run, columns).order_by(_changes.c.seq))]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _rows(run: Running, columns: Sequence[Any]) -> Any:
    mine = (_changes.c.set_id == run.row["set_id"]) & (_changes.c.state == "held")
    return select(*columns).where(mine)


def exclude(run: Running, rows: Iterable[int]) -> list[int]:
    """Leave rows of a held set out of what is agreed, and with them the new lines of a header left out."""
    if run.row["kind"] != "change":
        raise Refusal(422, _("Only rows of a change can be left out."))
    found = run.connection.execute(_rows(run, [_changes])).mappings().all()
    out = set(rows) & {row["seq"] for row in found}
    while True:
        refs = {row["ref"] for row in found if row["seq"] in out and row["ref"]}
        more = {row["seq"] for row in found if row["seq"] not in out and _points_at(row["cells"], refs)}
        if not more:
            break
        out |= more
    if not out:
        raise Refusal(422, _("These rows are not part of the request."))
    if len(out) == len(found):
        raise Refusal(422, _("Nothing would be left. Please reject the request instead."))
    for part in chunks(sorted(out)):
        mine = (_changes.c.set_id == run.row["set_id"]) & _changes.c.seq.in_(part)
        run.connection.execute(update(_changes).where(mine).values(state="excluded"))
    _free_cells(run, [row for row in found if row["seq"] in out])
    run.row["rows"] = len(found) - len(out)
    return sorted(out)


def _points_at(cells: dict[str, Any] | None, refs: set[str]) -> bool:
    return any(isinstance(new, dict) and new.get("ref") in refs for _old, new in (cells or {}).values())


def _free_cells(run: Running, rows: Iterable[Any]) -> None:
    for row in rows:
        if row["record_id"] is not None:
            mine = (_held.c.set_id == run.row["set_id"]) & (_held.c.record_id == row["record_id"])
            run.connection.execute(delete(_held).where(mine & (_held.c.entity == row["entity"])))


def edit(run: Running, values: dict[str, Any]) -> None:
    """Change fields of the record an approver may change at their step, through the gate."""
    if run.row["kind"] != "record":
        raise Refusal(422, _("Only a submitted record can be changed here."))
    change = Change(run.entity.name, "update", dict(values), run.row["record_id"])
    planned, _result = carrying.write_record(run, change, SYSTEM_GRANTS)
    _add_steps(run, planned.drafts)


def _add_steps(run: Running, drafts: Sequence[Draft]) -> None:
    """An approver's edit may call for further steps; none that was to come is dropped by it."""
    facts = facts_of(run.connection, run.flow, run.entity, drafts, run.row["department_id"])
    places = way(run.flow, run.entity, facts, ground_of(run.connection, run.people))
    path, at = run.row["path"], [place["id"] for place in run.row["path"]].index(run.row["step"])
    more = {n for n, place in enumerate(places) if place.taken and not path[n]["taken"]}
    if any(n < at for n in more):
        raise Refusal(
            422, _("This edit needs somebody's agreement first. Please return the request instead.")
        )
    run.row["path"] = [places[n].as_json() if n in more else place for n, place in enumerate(path)]


def renew(run: Running, asked: Asked, grants: Grants) -> None:
    """Begin the next round: what is asked is laid over what is there now, and the way is decided from that."""
    run.next_round(asked.picks)
    if run.row["kind"] == "record":
        _renew_record(run, grants)
    else:
        _renew_set(run, asked, grants)


def _decide_way(run: Running, drafts: Sequence[Draft]) -> None:
    facts = facts_of(run.connection, run.flow, run.entity, drafts, run.row["department_id"])
    places = way(run.flow, run.entity, facts, ground_of(run.connection, run.people))
    missing = unpicked(places, run.row["picks"] or {}, run.submitter, run.people)
    if missing:
        raise Refusal(422, missing)
    run.row["path"] = [place.as_json() for place in places]


def _renew_record(run: Running, grants: Grants) -> None:
    """Submit the record again as its owner would: the transition, with all its rules."""
    lifecycle = run.entity.about.lifecycle
    move = lifecycle.move("submit", carrying.values_of(run).get(lifecycle.field)) if lifecycle else None
    if lifecycle is None or move is None:
        raise Refusal(422, _("This record cannot be sent in its present state."))
    if not grants.can(move.right, run.entity.name):
        raise Refusal(403, _("Your role may not do this."))
    change = Change(run.entity.name, "update", {}, run.row["record_id"], verb=move.verb)
    planned, result = carrying.write_record(run, change, grants)
    if planned.drafts[0].after.get(lifecycle.field) != move.target:
        raise Refusal(422, str(result.notes[0].message) if result.notes else _("It could not be sent."))
    run.row["set_id"] = result.change_set or run.row["set_id"]
    lock_record(run.connection, run.entity, run.row["record_id"], run.row["set_id"], run.id)
    _decide_way(run, planned.drafts)


def _renew_set(run: Running, asked: Asked, grants: Grants) -> None:
    set_id = run.row["set_id"]
    if asked.drop:
        exclude(run, asked.drop)
    held, actor = carrying.held_set(run.connection, set_id, run.id)
    given = {one["seq"]: one for one in asked.changes if type(one.get("seq")) is int}
    for change in held.changes:
        _ask_anew(change, given.get(change.seq or 0, {}), grants)
    with acting(actor):
        planned = make_plan(run.connection, held, grants)
    demanded = demanded_flow(run.connection, planned.drafts, held, run.people, grants)
    if demanded not in (None, flow_code(run.connection, run.row["flow_id"])):
        message = _("This change needs another approval now. Please withdraw the request and save it anew.")
        raise Refusal(422, message)
    wrong = [e for d in planned.drafts for e in (*d.errors, *d.confirms)]
    if wrong:
        raise Refusal(422, "；".join(dict.fromkeys(str(e.message) for e in wrong[:3])))
    if planned.conflicts:
        raise Refusal(409, _("Somebody else changed the same cells meanwhile."))
    _keep(run, [d for d in planned.drafts if not d.added])
    _decide_way(run, planned.drafts)


def _ask_anew(change: Change, fresh: dict[str, Any], grants: Grants) -> None:
    """Lay what the submitter says now over a held change. It rests on the record as it is from here on."""
    values, leave = fresh.get("values") or {}, fresh.get("leave") or []
    if not (isinstance(values, dict) and isinstance(leave, list)):
        raise Refusal(422, _("This request cannot be read."))
    fields = registry.get(change.entity).fields
    # A restoring set may bring back cells that nobody writes by hand; what is asked anew is written by hand.
    for name in values.keys() - set(grants.editable_fields(change.entity)):
        label = fields[name].label if grants.level(change.entity, name) != "hidden" else name[:60]
        raise Refusal(422, _("You may not change “%(label)s”.", label=label))
    change.values |= values
    for name in leave:
        change.values.pop(str(name), None)
    change.base = change.seen = change.version = None


def _keep(run: Running, drafts: Sequence[Draft]) -> None:
    """The rows of a held set with the values and bases of now; what is already so is left out."""
    set_id = run.row["set_id"]
    rows: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    for draft in drafts:
        asked = asked_cells(draft)
        state = "held" if asked or draft.op != "update" else "unchanged"
        relied = relied_on(run.flow, draft.entity, draft) or None
        rows.append({"k_seq": draft.change.seq, "v_cells": asked, "v_state": state, "v_version": draft.version,
                     "v_seen": relied})  # fmt: skip
        cells += held_fields(set_id, draft)
    if not any(row["v_state"] == "held" for row in rows):
        raise Refusal(422, _("Everything asked for is already so. Please withdraw the request."))
    statement = (
        update(_changes)
        .where(_changes.c.set_id == set_id, _changes.c.seq == bindparam("k_seq"))
        .values(cells=bindparam("v_cells", type_=_changes.c.cells.type), state=bindparam("v_state"),
                base_version=bindparam("v_version"), seen=bindparam("v_seen", type_=_changes.c.seen.type))
    )  # fmt: skip
    run.connection.execute(delete(_held).where(_held.c.set_id == set_id))
    for part in chunks(rows):
        run.connection.execute(statement, part)
    for part in chunks(cells):
        run.connection.execute(insert(_held), part)
    run.row["rows"] = sum(row["v_state"] == "held" for row in rows)

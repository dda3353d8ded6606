"""Reading approvals: the inbox, one case, the cases of a record, and what a submit would lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.approval import drawn, shown
from app.approval.carrying import values_of
from app.approval.facts import facts_of, flow_for, ground_of, way
from app.approval.model import OPEN_STATES
from app.approval.people import People, delegations
from app.approval.running import Running, cases, events, load, look, tasks
from app.approval.seats import may_see, taking_part
from app.approval.words import CASE_STATES
from app.audit.actor import current_actor
from app.change.contract import Change, ChangeSet
from app.change.gate import snapshot
from app.change.model import ChangeRow
from app.change.plan import make_plan
from app.db import db
from app.entity import EntityType

TABS = ("todo", "mine", "done", "cc")
_changes = ChangeRow.__table__


def case_json(session: Session, case_id: int, grants: Grants) -> dict[str, Any] | None:
    """One case as its reader sees it; None for who has nothing to do with it."""
    with snapshot(db.engine) as connection:
        run = load(connection, case_id, locked=False)
        if run is None or not may_see(run, grants):
            return None
        return shown.case_json(session, run, grants)


def inbox(session: Session, grants: Grants, tab: str, before: int | None, limit: int) -> dict[str, Any]:
    """A page of one tab, the latest first, and how many are open in each tab or were sent back."""
    with snapshot(db.engine) as connection:
        conditions = _tabs(connection, grants)
        query = select(cases).where(conditions[tab])
        if before is not None:
            query = query.where(cases.c.id < before)
        rows = [
            dict(r) for r in connection.execute(query.order_by(cases.c.id.desc()).limit(limit + 1)).mappings()
        ]
        items = [_item(session, run, grants) for run in look(connection, rows[:limit])]
        mine = conditions["mine"]
        told = conditions | {
            "mine": and_(mine, cases.c.state.in_(OPEN_STATES)),
            "returned": and_(mine, cases.c.state == "returned"),
        }
        counted = [select(func.count()).select_from(cases).where(told[t]).scalar_subquery() for t in told]
        counts = dict(zip(told, connection.execute(select(*counted)).one(), strict=True))
        return {
            "items": items,
            "counts": counts,
            "next": rows[limit - 1]["id"] if len(rows) > limit else None,
        }


def waiting(connection: Connection, grants: Grants) -> int:
    """How many cases wait for a person."""
    query = select(func.count()).select_from(cases).where(_tabs(connection, grants)["todo"])
    return int(connection.execute(query).scalar_one())


def _tabs(connection: Connection, grants: Grants) -> dict[str, ColumnElement[bool]]:
    user = grants.user_id or 0
    seats = [tasks.c.assignee_id == user]
    for principal, entity in delegations(connection, user, clock.now()):
        seat = tasks.c.assignee_id == principal
        seats.append(and_(seat, cases.c.entity == entity) if entity else seat)
    open_seat = exists().where(tasks.c.case_id == cases.c.id, tasks.c.state == "open", or_(*seats))
    # A delegate with a part of their own in the step, decided or to come, does not act for somebody else as well.
    own = tasks.alias("own")
    taken = exists().where(
        own.c.case_id == cases.c.id, own.c.round == cases.c.round, own.c.step == cases.c.step,
        or_(own.c.assignee_id == user, own.c.acted_by_id == user), own.c.state != "transferred", own.c.state != "open",
    )  # fmt: skip
    told = select(events.c.case_id).where(events.c.verb == "cc", events.c.for_user_id == user)
    return {
        "todo": and_(cases.c.state == "running", cases.c.submitter_id != user, open_seat, ~taken),
        "mine": cases.c.submitter_id == user,
        "done": cases.c.id.in_(taking_part(user).where(tasks.c.acted_by_id == user)),
        "cc": cases.c.id.in_(told),
    }  # fmt: skip


def _item(session: Session, run: Running, grants: Grants) -> dict[str, Any]:
    row, state = run.row, CASE_STATES[run.row["state"]]
    due = min((t["due_at"] for t in run.open_tasks() if t["due_at"]), default=None)
    changes = shown.changes_json(session, run, grants, 3) if row["kind"] == "change" else []
    cells = [(one, cell) for one in changes for cell in one["cells"]]
    lead, amount = _lead(session, run, grants)
    step = run.step
    return {
        "case": run.id, "rev": row["rev"], "number": row["number"], "kind": row["kind"], "entity": run.entity.name,
        "entity_label": str(run.entity.label), "title": shown.title(run), "lead": lead,
        "submitter": {"id": run.submitter, "name": row["submitter_name"]}, "for": shown.stands_in_for(run, grants),
        "submitted_at": clock.instant_text(row["submitted_at"]), "due_at": clock.instant_text(due) if due else None,
        "overdue": bool(due and due <= run.now), "state": row["state"], "state_label": str(state[0]),
        "color": state[1], "step_label": step.title if step and row["state"] == "running" else "", "amount": amount,
        "waits_for": [run.people.name(t["assignee_id"]) for t in run.open_tasks()],
        "changes": [{"label": f"{one['title']} {cell['label']}" if row["rows"] > 1 else cell["label"],
                     "old": cell["old"], "new": cell["new"]} for one, cell in cells[:3]],
        "more": max(row["rows"] - len(changes), 0), "rows": row["rows"],
        "look_first": row["kind"] == "change" and row["rows"] > shown.LOOK_FIRST,
        "verbs": [v["verb"] for v in shown.verbs_json(run, grants)],
    }  # fmt: skip


def _lead(session: Session, run: Running, grants: Grants) -> tuple[str, str | None]:
    """One line about a case: who asks, and the sum of the first total field its reader sees, else its first rate."""
    parts, amount = [str(run.row["submitter_name"])], None
    if run.row["kind"] == "record":
        values = values_of(run)
        sums = [n for n, s in run.entity.fields.items() if s.kind == "money" and s.total and values.get(n)]
        rates = [
            n for n, s in run.entity.fields.items() if s.kind == "percent" and s.computed and values.get(n)
        ]
        names = (sums or rates)[:1]
        texts = shown.texts_of(session, run.entity, [values], grants, names)[0]
        masked = any(grants.level(run.entity.name, n) == "masked" for n in names)
        if texts and not masked and sums:
            amount = str(values[sums[0]])
            parts.append(texts[sums[0]])
        elif texts and not masked:
            parts.append(f"{run.entity.fields[names[0]].label} {texts[names[0]]}")
    elif run.row["reason"]:
        parts.append(str(run.row["reason"]))
    return " · ".join(parts), amount


def of_record(session: Session, entity: EntityType, record_id: int, grants: Grants) -> dict[str, Any]:
    """The open case of a record, whole, and its earlier ones. The caller has seen that the reader reaches it."""
    with snapshot(db.engine) as connection:
        held = select(_changes.c.set_id).where(
            _changes.c.entity == entity.name, _changes.c.record_id == record_id
        )
        mine = and_(cases.c.entity == entity.name, cases.c.record_id == record_id)
        query = select(cases).where(or_(mine, cases.c.set_id.in_(held))).order_by(cases.c.id.desc()).limit(20)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        live = next((row for row in rows if row["state"] in OPEN_STATES), None)
        runs = look(connection, [live]) if live else []
        return {
            "case": shown.case_json(session, runs[0], grants) if runs and may_see(runs[0], grants) else None,
            "earlier": [_brief(row) for row in rows if row is not live],
        }


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    label, color = CASE_STATES[row["state"]]
    ended = clock.instant_text(row["ended_at"]) if row["ended_at"] else None
    return {"case": row["id"], "number": row["number"], "state": row["state"], "state_label": str(label),
            "color": color, "ended_at": ended}  # fmt: skip


def preview(entity: EntityType, record_id: int, grants: Grants) -> dict[str, Any]:
    """The way a submit would take, by the same functions as the submit itself, and what stands in its way."""
    lifecycle = entity.about.lifecycle
    moves = [t for t in lifecycle.transitions if t.case == "submit"] if lifecycle else []
    empty: dict[str, Any] = {"flow": None, "route": [], "picks": [], "problems": []}
    if not moves:
        return empty
    with snapshot(db.engine) as connection:
        change = Change(entity.name, "update", id=record_id, verb=moves[0].verb)
        planned = make_plan(connection, ChangeSet([change], "preview"), grants)
        draft = planned.drafts[0]
        problems = [e for d in planned.drafts for e in (*d.errors, *d.notes) if e.code != "PICK"]
        found = flow_for(connection, entity.name)
        if found is None or draft.missing:
            return {**empty, "problems": [str(e.message) for e in problems]}
        flow_id, code, flow = found
        people, department = People(connection), grants.department_id
        facts = facts_of(connection, flow, entity, [draft], department)
        places = way(flow, entity, facts, ground_of(connection, people))
        actor = current_actor()
        assert actor is not None
        row = {
            "id": 0, "entity": entity.name, "record_id": record_id, "kind": "record", "submitter_id": grants.user_id,
            "submitter_name": grants.name, "department_id": department, "state": "running", "step": None, "round": 1,
            "rev": 0, "path": [p.as_json() for p in places], "picks": None, "flow_id": flow_id, "rows": 1, "title": "",
        }  # fmt: skip
        run = Running(connection, row, [], flow, people, actor)
        return {
            "flow": {"code": code}, "route": drawn.route_json(run, grants), "picks": shown.picks_json(run),
            "problems": [str(e.message) for e in problems],
        }  # fmt: skip


def open_cases(entity: EntityType, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The open case (id, revision) of each record that has one: submitted, or with a change of its own held."""
    with db.engine.connect() as connection:
        query = select(cases.c.record_id, cases.c.id, cases.c.rev).where(
            cases.c.entity == entity.name, cases.c.record_id.in_(ids), cases.c.state.in_(OPEN_STATES)
        )
        return {row[0]: (row[1], row[2]) for row in connection.execute(query.order_by(cases.c.id))}


def standing(case_id: int) -> tuple[int, list[int]]:
    """A case's revision, and whose turn it is; nobody's once it has ended."""
    with db.engine.connect() as connection:
        rev = connection.execute(select(cases.c.rev).where(cases.c.id == case_id)).scalar_one()
        open_seats = select(tasks.c.assignee_id).where(tasks.c.case_id == case_id, tasks.c.state == "open")
        return int(rev), list(connection.execute(open_seats.order_by(tasks.c.id)).scalars())

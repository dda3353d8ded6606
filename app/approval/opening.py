"""What approvals say to the gate: which changes wait, and opening the cases of a set that was written or held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, insert, select

from app import clock
from app.access.grants import Grants
from app.approval import carrying
from app.approval.conditions import holds, resolved
from app.approval.facts import facts_of, flow_for, ground_of, relied_on, unpicked, way
from app.approval.model import OPEN_STATES
from app.approval.people import People
from app.approval.running import Running, cases, load
from app.approval.settle import NoApprover, start
from app.approval.spec import Flow
from app.approval.titles import title_of
from app.audit.actor import Actor
from app.change import numbers
from app.change.approving import NotOpened
from app.change.contract import ChangeSet, Draft, Plan, chunks
from app.change.holding import WHOLE, asked_cells, lock_record
from app.change.model import HeldCell
from app.entity import EntityType, registry

NUMBER = "AP-{date}-{seq:4}"
TITLE_LENGTH: int = cases.c.title.type.length
_held = HeldCell.__table__


class CaseOpener:
    """Fills the gate's slot for approvals."""

    def plan(
        self, connection: Connection, change_set: ChangeSet, drafts: list[Draft], grants: Grants
    ) -> str | None:
        """Refuse what returned cases and open questions forbid; the flow the whole set waits for, or None."""
        if change_set.case is not None or grants.system:
            return None
        live = _live(drafts)
        _returned_to_somebody_else(connection, live, grants)
        people = People(connection)
        for draft in live:
            if submits(draft):
                _submission(connection, change_set, draft, grants, people)
        code = _policies(connection, live, change_set, people, grants)
        if code is not None:
            found = flow_for(connection, "", code)
            if found is None:
                live[0].error(None, "NO_FLOW", NO_FLOW)
                return None
            _held_already(connection, live)
            _check_picks(connection, change_set, found[2], live[0].entity, live, grants, people)
        return code

    def begin(self, connection: Connection, set_id: int, planned: Plan, actor: Actor) -> list[dict[str, Any]]:
        """Open the case of a held set, or of each record that was submitted (a returned one sets out again)."""
        if planned.change_set.case is not None or actor.id is None:
            return []
        try:
            if planned.held is not None:
                return [_open_change(connection, set_id, planned, actor)]
            submitted = [d for d in planned.drafts if d.state == "done" and submits(d)]
            return [_open_record(connection, set_id, planned, draft, actor) for draft in submitted]
        except NoApprover:
            raise NotOpened("NO_APPROVER", NoApprover.message) from None

    def relied_on(self, connection: Connection, planned: Plan, drafts: list[Draft]) -> list[dict[str, Any]]:
        """What the flow's conditions and its approvers look at."""
        found = flow_for(connection, "", planned.held)
        return [relied_on(found[2], d.entity, d) if found else {} for d in drafts]


NO_FLOW = _l("No approval flow is published for this. Please ask an administrator to publish one.")


def _live(drafts: Sequence[Draft]) -> list[Draft]:
    """What was asked for and changes something."""
    return [d for d in drafts if not (d.missing or d.added) and (d.op != "update" or d.touched)]


def demanded_flow(
    connection: Connection, drafts: Sequence[Draft], change_set: ChangeSet, people: People, grants: Grants
) -> str | None:
    """The flow that the policies in use demand for a held set, as it is asked for now."""
    return _policies(connection, _live(drafts), change_set, people, grants)


def submits(draft: Draft) -> bool:
    """Whether a change submits its record: the transition was asked for and no rule diverted it."""
    lifecycle, move = draft.entity.about.lifecycle, draft.move
    if lifecycle is None or move is None or move.case != "submit":
        return False
    return bool(draft.after.get(lifecycle.field) == move.target)


def _returned_to_somebody_else(connection: Connection, drafts: list[Draft], grants: Grants) -> None:
    """While a case is with its submitter, nobody else changes the record, and nobody deletes it."""
    places: dict[str, dict[int, Draft]] = defaultdict(dict)
    for draft in drafts:
        lifecycle = draft.entity.about.lifecycle
        if draft.op != "insert" and lifecycle and any(t.case for t in lifecycle.transitions) and draft.id:
            places[draft.entity.name][draft.id] = draft
    for name, known in places.items():
        for part in chunks(sorted(known)):
            query = select(cases.c.record_id, cases.c.submitter_id, cases.c.submitter_name, cases.c.number).where(
                cases.c.entity == name, cases.c.record_id.in_(part), cases.c.kind == "record",
                cases.c.state == "returned",
            )  # fmt: skip
            for record, submitter, who, number in connection.execute(query):
                draft = known[record]
                if submitter != grants.user_id:
                    message = _l(
                        "%(number)s was returned to %(who)s, who changes it now.", number=number, who=who
                    )
                    draft.error(None, "RETURNED", message)
                elif draft.op == "delete":
                    message = _l(
                        "This is waiting in %(number)s already. Withdraw that request first.", number=number
                    )
                    draft.error(None, "RETURNED", message)


def _submission(
    connection: Connection, change_set: ChangeSet, draft: Draft, grants: Grants, people: People
) -> None:
    found = flow_for(connection, draft.entity.name)
    if found is None:
        draft.error(None, "NO_FLOW", NO_FLOW)
        return
    _check_picks(connection, change_set, found[2], draft.entity, [draft], grants, people)


def _check_picks(
    connection: Connection, change_set: ChangeSet, flow: Flow, entity: EntityType, drafts: Sequence[Draft],
    grants: Grants, people: People,
) -> None:  # fmt: skip
    """Where the flow lets the submitter choose, they have chosen from those who may."""
    asking = {s.id for s in flow.steps.values() if any("chosen" in a for a in s.approvers)}
    if not asking or grants.user_id is None:
        return
    facts = facts_of(connection, flow, entity, drafts, grants.department_id)
    places = way(flow, entity, facts, ground_of(connection, people))
    missing = unpicked(places, change_set.picks, grants.user_id, people)
    if missing:
        drafts[0].error(None, "PICK", missing)


def _policies(
    connection: Connection, drafts: list[Draft], change_set: ChangeSet, people: People, grants: Grants
) -> str | None:
    """The flow that the policies in use demand for these changes; two different ones cannot be met by one set."""
    names = {d.entity.name for d in drafts}
    if not names:
        return None
    table = registry.get("approval_policy").table
    query = select(table).where(table.c.is_active.is_(True), table.c.for_entity.in_(sorted(names)))
    policies = [dict(row) for row in connection.execute(query.order_by(table.c.code)).mappings()]
    ground = ground_of(connection, people)
    found: str | None = None
    for policy in policies:
        for draft in drafts:
            if found == policy["flow_code"] or not _concerns(
                connection, policy, draft, change_set, ground, grants
            ):
                continue
            if found is not None:
                message = _l(
                    "This needs two different approvals. Please save the changes one after the other."
                )
                draft.error(None, "TWO_FLOWS", message)
                return found
            found = str(policy["flow_code"])
    return found


def _concerns(
    connection: Connection, policy: Mapping[str, Any], draft: Draft, change_set: ChangeSet, ground: Any,
    grants: Grants,
) -> bool:  # fmt: skip
    if draft.entity.name != policy["for_entity"]:
        return False
    operations = set(policy["operations"] or ())
    imported = change_set.source == "import" and "import" in operations
    if draft.op not in operations and not imported:
        return False
    state = draft.entity.about.lifecycle.field if draft.entity.about.lifecycle else ""
    cells = (draft.touched if draft.op == "update" else draft.given).keys() - {state}
    wanted = {name.strip() for name in (policy["fields"] or "").split(",") if name.strip()}
    if draft.op != "delete" and not (cells & wanted if wanted else cells):
        return False
    condition = policy["condition"]
    if condition is None:
        return True
    flow = Flow((), ())
    facts = facts_of(connection, flow, draft.entity, [draft], grants.department_id)
    return any(holds(resolved(condition, ground), draft.entity, one, ground) for one in facts)


def _held_already(connection: Connection, drafts: list[Draft]) -> None:
    """A cell waits in one case at a time."""
    for name in {d.entity.name for d in drafts}:
        known = {d.id: d for d in drafts if d.entity.name == name and isinstance(d.id, int)}
        for part in chunks(sorted(known)):
            query = (
                select(_held.c.record_id, _held.c.field, cases.c.number)
                .join(cases, cases.c.set_id == _held.c.set_id)
                .where(_held.c.entity == name, _held.c.record_id.in_(part))
            )
            for record, field, number in connection.execute(query):
                draft = known[record]
                if field == WHOLE or draft.op == "delete" or field in asked_cells(draft):
                    message = _l(
                        "This is waiting in %(number)s already. Withdraw that request first.", number=number
                    )
                    draft.error(None if field == WHOLE else field, "HELD", message)


def _open_change(connection: Connection, set_id: int, planned: Plan, actor: Actor) -> dict[str, Any]:
    found = flow_for(connection, "", planned.held)
    assert found is not None
    drafts = [d for d in planned.drafts if d.state == "held"]
    return _set_out(_new_case(connection, set_id, planned, drafts, found, actor), "submit")


def _open_record(
    connection: Connection, set_id: int, planned: Plan, draft: Draft, actor: Actor
) -> dict[str, Any]:
    query = select(cases.c.id).where(
        cases.c.entity == draft.entity.name, cases.c.record_id == draft.id, cases.c.kind == "record",
        cases.c.state.in_(OPEN_STATES),
    )  # fmt: skip
    case_id = connection.execute(query).scalar()
    entity = draft.entity
    if case_id is not None:
        run = load(connection, case_id)
        assert run is not None
        facts = facts_of(connection, run.flow, entity, [draft], run.row["department_id"])
        places = way(run.flow, entity, facts, ground_of(connection, run.people))
        run.next_round(planned.change_set.picks)
        run.row |= {"set_id": set_id, "title": title_of(connection, entity, draft.after)[:TITLE_LENGTH],
                    "path": [p.as_json() for p in places]}  # fmt: skip
        lock_record(run.connection, run.entity, run.row["record_id"], set_id, run.id)
        return _set_out(run, "resubmit")
    found = flow_for(connection, entity.name)
    if found is None:
        raise NotOpened("NO_FLOW", NO_FLOW)
    run = _new_case(connection, set_id, planned, [draft], found, actor)
    lock_record(run.connection, run.entity, run.row["record_id"], set_id, run.id)
    return _set_out(run, "submit")


def _new_case(
    connection: Connection, set_id: int, planned: Plan, drafts: list[Draft], found: tuple[int, str, Flow],
    actor: Actor,
) -> Running:  # fmt: skip
    """The case of a held set, or of one submitted record; its way is decided by what is asked."""
    assert actor.id is not None
    flow_id, _code, flow = found
    entity, people, one = drafts[0].entity, People(connection), drafts[0] if len(drafts) == 1 else None
    department = next(iter(people.departments(actor.id)), None)
    facts = facts_of(connection, flow, entity, drafts, department)
    title = title_of(connection, entity, one.before if one.op == "delete" else one.after) if one else ""
    row = {
        "number": _number(connection), "flow_id": flow_id, "kind": "record" if planned.held is None else "change",
        "entity": entity.name, "record_id": one.id if one else None, "set_id": set_id, "rows": len(drafts),
        "title": title[:TITLE_LENGTH], "reason": planned.change_set.reason or None, "submitter_id": actor.id,
        "submitter_name": actor.name, "department_id": department, "state": "running", "step": None, "round": 1,
        "rev": 0, "path": [p.as_json() for p in way(flow, entity, facts, ground_of(connection, people))],
        "picks": planned.change_set.picks or None, "submitted_at": clock.now(), "ended_at": None,
    }  # fmt: skip
    row["id"] = int(connection.execute(insert(cases).returning(cases.c.id), row).scalar_one())
    return Running(connection, row, [], flow, people, actor)


def _number(connection: Connection) -> str:
    day = clock.today()
    period = numbers.period_of(NUMBER, day)
    with numbers.counting(connection) as counters:
        first = numbers.reserve(counters, NUMBER, {period: 1})
    return numbers.render(NUMBER, day, first[period])


def _set_out(run: Running, verb: str) -> dict[str, Any]:
    run.bump()
    run.event(verb, comment=run.row["reason"])
    _carbon_copies(run)
    start(run)
    run.save()
    waits_for = [run.people.name(t["assignee_id"]) for t in run.open_tasks()]
    return {"case": run.id, "number": run.row["number"], "entity": run.entity.name,
            "record": run.row["record_id"], "state": run.row["state"], "waits_for": waits_for}  # fmt: skip


def _carbon_copies(run: Running) -> None:
    told: set[int] = set()
    for asked in run.flow.cc:
        values = carrying.values_of(run)
        for user in run.people.resolve(asked, run.submitter, run.row["department_id"], values):
            if user not in told:
                told.add(user)
                run.event("cc", automatic=True, for_user=user)

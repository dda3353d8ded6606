"""`why()` in full: first the rights, then what the gate itself says about this record as it stands now.

The rights alone do not decide: a record is locked while a case runs, a cell is held, a price list is no draft any
more. Those answers are not written a second time here: the gate plans the change and is quoted, and a decision is
asked of the case.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.access.load import load_grants
from app.access.why import Why
from app.access.why import why as why_rights
from app.approval.held import deciders
from app.approval.model import OPEN_STATES, ApprovalCase
from app.approval.refusal import Refusal
from app.approval.running import Running, load
from app.approval.seats import demand_seat, may_see
from app.change import CellError, Change, ChangeSet, plan
from app.change.gate import snapshot
from app.change.model import HeldCell
from app.db import db
from app.entity import EntityType, Field, FieldError, registry

OF_THE_CELL = frozenset({"HELD"})
"""Answers about one cell that hold whatever value is given; all others about a cell are about the value."""
DECIDING = frozenset({"approve", "reject", "return", "transfer"})
"""Verbs of a case that need a part in it, whatever rights one has."""
_STATUS = {"FORBIDDEN": 403, "NOT_FOUND": 404}


def why(
    session: Session,
    user_id: int,
    verb: str,
    entity: str,
    record_id: int | None = None,
    field: str | None = None,
    *,
    grants: Grants | None = None,
    discreet: bool = False,
) -> Why:
    """Why a person may or may not do `verb`: a right (``edit``) or a step of the lifecycle (``submit``).

    `grants` are theirs, where they are known already. With `discreet` nothing is told that this person may not
    know: a field hidden from them does not exist.
    Raises KeyError for an entity or field that does not exist.
    """
    kind, grants = registry.get(entity), grants or load_grants(session, user_id)
    if discreet and field is not None and grants.level(entity, field) == "hidden":
        raise KeyError(field)
    if verb in DECIDING and record_id is not None:
        return _why_deciding(session, user_id, kind, record_id, grants, discreet=discreet)
    found = why_rights(
        session, user_id, _right(kind, verb), entity, record_id, field, grants=grants, discreet=discreet
    )
    if not found.allowed or record_id is None:
        return found
    problem = stands_against(grants, kind, verb, record_id, field)
    if problem is None:
        return found
    chain = (*found.chain[:-1], _state(session, kind, record_id, problem), str(problem.message))
    return replace(
        found, allowed=False, status=_STATUS.get(problem.code, 422), reason=problem.code, chain=chain,
        fix=_fix(problem),
    )  # fmt: skip


def stands_against(
    grants: Grants, kind: EntityType, verb: str, record_id: int, field: str | None = None
) -> CellError | None:
    """What the gate has against the verb on this record now, whatever values are given; None: nothing."""
    if verb == "delete":
        return _first(_planned(grants, Change(kind.name, "delete", id=record_id)))
    if _step(kind, verb) is not None:
        return _first(_planned(grants, Change(kind.name, "update", id=record_id, verb=verb)), cells=True)
    if verb != "edit":
        return None
    untouched = _planned(grants, Change(kind.name, "update", id=record_id))
    name = field or next(iter(grants.editable_fields(kind.name)), None)
    if untouched.errors or name is None:
        return _first(untouched)
    values = {name: another(kind.fields[name], untouched.before.get(name))}
    return _first(_planned(grants, Change(kind.name, "update", values, id=record_id)))


def _right(kind: EntityType, verb: str) -> str:
    """The right a step of the lifecycle needs; any other verb is a right itself."""
    step = _step(kind, verb)
    return step.right if step is not None else verb


def _step(kind: EntityType, verb: str) -> Any:
    lifecycle = kind.about.lifecycle
    return next((t for t in lifecycle.transitions if t.verb == verb), None) if lifecycle else None


def _planned(grants: Grants, change: Change) -> Any:
    return plan(ChangeSet([change], "why"), grants).drafts[0]


def _first(draft: Any, *, cells: bool = False) -> CellError | None:
    """The first answer that is not about a value: one about the whole record, or one of `OF_THE_CELL`."""
    found = (e for e in draft.errors if cells or e.field is None or e.code in OF_THE_CELL)
    return next(found, None)


def another(spec: Field, now: Any) -> Any:
    """Some other value of a field, so that the gate looks at a change: empty, or for an empty field a plain one."""
    if now is not None:
        return None
    if spec.choices:
        code = next((c.code for c in spec.choices if not c.retired), None)
        return [code] if spec.kind == "multi_choice" else code
    plain: dict[str, Any] = {
        "date": "2026-01-01", "datetime": "2026-01-01T00:00:00.000000Z", "time": "08:00:00", "yes_no": True,
        "link": 1, "person": 1, "attachment": None, "json": {},
    }  # fmt: skip
    value = plain.get(spec.kind, "1")
    try:
        spec.parse(value)
    except FieldError:
        return None
    return value


def _state(session: Session, kind: EntityType, record_id: int, problem: CellError) -> str:
    """What the record is now, as far as it decides."""
    if problem.code in ("LOCKED", "HELD"):
        case = open_case(session, kind, record_id)
        if case is not None:
            return _who_has(session, case)
    return str(_("The rights suffice; what the record is now stands against it."))


def open_case(session: Session, kind: EntityType, record_id: int) -> Any:
    """The case a record is in, or its header's, or that holds cells of it: (id, number, submitter_name); None."""
    columns = (ApprovalCase.id, ApprovalCase.number, ApprovalCase.submitter_name)
    held = select(HeldCell.set_id).where(HeldCell.entity == kind.name, HeldCell.record_id == record_id)
    own = and_(ApprovalCase.entity == kind.name, ApprovalCase.record_id == record_id)
    query = select(*columns).where(
        ApprovalCase.state.in_(OPEN_STATES), or_(own, ApprovalCase.set_id.in_(held))
    )
    found = session.execute(query.order_by(ApprovalCase.kind.desc(), ApprovalCase.id).limit(1)).first()
    if found is None and kind.parent is not None:
        up = session.execute(select(kind.table.c.parent_id).where(kind.table.c.id == record_id)).scalar()
        return open_case(session, kind.parent, up) if up is not None else None
    return found


def _who_has(session: Session, case: Any) -> str:
    people = "、".join(deciders(session, [case.id]).get(case.id, []))
    if people:
        return str(_("%(number)s, sent by %(name)s, waits for %(people)s.",
                     number=case.number, name=case.submitter_name, people=people))  # fmt: skip
    return str(_("%(number)s went back to %(name)s.", number=case.number, name=case.submitter_name))


def _why_deciding(
    session: Session, user_id: int, kind: EntityType, record_id: int, grants: Grants, *, discreet: bool
) -> Why:
    """A decision is nobody's by right: whose part is open in the case may take it."""
    case = open_case(session, kind, record_id)
    if case is not None:
        with snapshot(db.engine) as connection:
            run = load(connection, case.id, locked=False)
            if run is not None and may_see(run, grants):
                return _seat(session, run, case, grants)
    seen = why_rights(session, user_id, "list", kind.name, record_id, grants=grants, discreet=discreet)
    if not seen.allowed:
        return seen
    sentence = str(_("This record is in no approval now."))
    return replace(
        seen, allowed=False, status=409, reason="NO_CASE", chain=(*seen.chain[:-1], sentence), fix=""
    )


def _seat(session: Session, run: Running, case: Any, grants: Grants) -> Why:
    chain = (_who_has(session, case),)
    try:
        demand_seat(run, grants)
    except Refusal as refused:
        fix = str(
            _("Whoever has it can hand it over, or an administrator of the flow can name somebody else.")
        )
        return Why(False, refused.status, "NO_TASK", (*chain, str(refused.message)), fix)
    return Why(True, 200, "GRANTED", (*chain, str(_("It is your part to decide."))), "")


def _fix(problem: CellError) -> str:
    if problem.code in ("LOCKED", "HELD"):
        return str(_("Withdraw the request, or wait until it is decided."))
    return ""


__all__ = ["another", "stands_against", "why"]

"""Who may do what in a case: the seat a person acts from, and what they may see."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.access.grants import Grants
from app.approval.carrying import values_of
from app.approval.refusal import Refusal
from app.approval.running import DECIDED, Running, events, tasks

WATCH = ("can_list", "ApprovalCase")
"""The permission to see every case, as auditors do."""


def seat_of(run: Running, user: int | None) -> dict[str, Any] | None:
    """The open task a person may act on now: their own, else that of somebody they stand in for.

    Nobody acts on their own request, nor twice in one step.
    """
    if user is None or user == run.submitter:
        return None
    open_tasks = run.open_tasks()
    own = next((t for t in open_tasks if t["assignee_id"] == user), None)
    if own is not None:
        return own
    here = run.here()
    if any(user in (t["assignee_id"], t["acted_by_id"]) and t["state"] != "transferred" for t in here):
        return None  # their own part in this step is done or to come
    principals = run.people.principals(user, run.entity.name, run.now)
    return next((t for t in open_tasks if t["assignee_id"] in principals), None)


def demand_seat(run: Running, grants: Grants) -> dict[str, Any]:
    """The task to act on. Raises Refusal with the reason there is none."""
    if run.row["state"] != "running":
        raise Refusal(409, _already(run))
    seat = seat_of(run, grants.user_id)
    if seat is not None:
        return seat
    if grants.user_id == run.submitter:
        raise Refusal(403, _("Nobody decides about their own request."))
    mine = [t for t in run.tasks if t["assignee_id"] == grants.user_id or t["acted_by_id"] == grants.user_id]
    if any(t["state"] in (*DECIDED, "skipped", "cancelled") for t in mine):
        raise Refusal(409, _already(run))
    raise Refusal(403, _("This is not waiting for you."))


def _already(run: Running) -> str:
    decided = [t for t in run.tasks if t["acted_at"] is not None]
    if not decided:
        return str(_("This request is closed already."))
    last = max(decided, key=lambda t: (t["acted_at"], t["id"]))
    return str(_("%(who)s has decided this already.", who=run.people.name(last["acted_by_id"])))


def is_admin(run: Running, grants: Grants) -> bool:
    """Whether a person administers the flow of this case (and did not submit it)."""
    admins = run.people.administrators(run.flow.admin, run.submitter, run.row["department_id"])
    return grants.user_id in admins


def may_comment(run: Running, grants: Grants) -> bool:
    """Whether a person may say something about a case: who submits or approves such things, or has a part in this one."""
    user, entity = grants.user_id, run.entity.name
    if grants.can("submit", entity) or grants.can("approve", entity) or user == run.submitter:
        return True
    part = any(user in (t["assignee_id"], t["acted_by_id"]) for t in run.tasks)
    return part or seat_of(run, user) is not None or is_admin(run, grants)


def may_see(run: Running, grants: Grants) -> bool:
    """Whether a person has anything to do with a case: took part, was told, stands in, administers, watches."""
    user = grants.user_id
    if user is None:
        return grants.system
    if user == run.submitter or grants.system or grants.permits(*WATCH):
        return True
    if any(user in (t["assignee_id"], t["acted_by_id"]) for t in run.tasks):
        return True
    told = select(events.c.id).where(events.c.case_id == run.id, events.c.for_user_id == user).limit(1)
    if run.connection.execute(told).first() is not None or seat_of(run, user) is not None:
        return True
    if is_admin(run, grants):
        return True
    values = values_of(run)
    reached = grants.reaches(run.entity.name, values.get("owner_id"), values.get("department_id"))
    return bool(values) and grants.can("list", run.entity.name) and reached


def taking_part(user: int) -> Any:
    """A condition on cases: those a person took part in (for lists)."""
    return select(tasks.c.case_id).where(or_(tasks.c.assignee_id == user, tasks.c.acted_by_id == user))

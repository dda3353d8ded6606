"""The verbs of a case. Each checks who may, changes tasks, says so in an event, and lets the case settle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.access.grants import Grants
from app.access.load import load_grants
from app.approval import content
from app.approval.model import OPEN_STATES
from app.approval.refusal import Refusal
from app.approval.running import LIVE, Running, events, started
from app.approval.seats import demand_seat, is_admin, may_comment
from app.approval.settle import enter, finish, settle, start

if TYPE_CHECKING:
    from app.approval.act import Asked

Verb = Callable[[Running, "Asked", Grants], None]
REMIND_EVERY = timedelta(hours=1)
MAX_COMMENT = 2000


def approve(run: Running, asked: Asked, grants: Grants) -> None:
    """Agree, to all rows of a held set or without some of them, and with such edits as the step allows."""
    seat = _decide(run, asked, grants)
    step = run.step
    if step is not None and step.comment == "required":
        _demand_comment(asked)
    data: dict[str, Any] = {}
    if asked.exclude:
        data["excluded"] = content.exclude(run, asked.exclude)
    if asked.edits:
        allowed = set(step.editable) if step else set()
        if asked.edits.keys() - allowed:
            raise Refusal(403, _("At this step these fields cannot be changed."))
        content.edit(run, asked.edits)
        data["edited"] = sorted(asked.edits)
    if data:
        run.bump()
    _vote(run, seat, asked, grants, "approved", **data)
    settle(run)


def reject(run: Running, asked: Asked, grants: Grants) -> None:
    """Refuse, with a reason."""
    seat = _decide(run, asked, grants)
    _demand_comment(asked)
    _vote(run, seat, asked, grants, "rejected")
    settle(run)


def send_back(run: Running, asked: Asked, grants: Grants) -> None:
    """Return the case, with a reason: to the submitter, or to an earlier step, which decides anew."""
    seat = _decide(run, asked, grants)
    _demand_comment(asked)
    if asked.step is None:
        _vote(run, seat, asked, grants, "returned", verb="return")
        finish(run, "returned")
        return
    taken = started(run.row["path"])
    if asked.step not in taken or taken.index(asked.step) >= taken.index(run.row["step"]):
        raise Refusal(422, _("Please choose a step before this one."))
    _vote(run, seat, asked, grants, "returned", verb="return", to_step=asked.step)
    run.cancel_live()
    run.row["round"] += 1
    if not enter(run, run.flow.steps[asked.step]):
        start(run)


def withdraw(run: Running, asked: Asked, grants: Grants) -> None:
    """The submitter takes the request back, as long as the flow lets them."""
    _demand_submitter(run, grants)
    _demand_open(run)
    decided = any(t["acted_at"] is not None for t in run.tasks if t["round"] == run.row["round"])
    if run.flow.withdraw == "until_first" and decided and run.row["state"] == "running":
        raise Refusal(409, _("Somebody has decided already, so it cannot be withdrawn any more."))
    finish(run, "withdrawn", "withdraw", why=asked.comment[:MAX_COMMENT])


def resubmit(run: Running, asked: Asked, grants: Grants) -> None:
    """The submitter sends a returned request out again, laid over what is there now."""
    _demand_submitter(run, grants)
    if run.row["state"] != "returned":
        raise Refusal(409, _("Only a returned request can be sent again."))
    content.renew(run, asked, grants)
    run.bump()
    run.event("resubmit", comment=asked.comment[:MAX_COMMENT])
    start(run)


def transfer(run: Running, asked: Asked, grants: Grants) -> None:
    """Hand one's part to a colleague, who may approve such things and is no part of this step yet."""
    seat = demand_seat(run, grants)
    heir = _colleague(run, asked)
    run.hand_on(seat, heir, "transfer")
    run.event("transfer", task=seat, for_user=heir, comment=asked.comment[:MAX_COMMENT])


def add(run: Running, asked: Asked, grants: Grants) -> None:
    """Ask further people: before one's own decision, after it, or beside it. All of them must agree."""
    seat = demand_seat(run, grants)
    if asked.where not in ("before", "after", "parallel") or not asked.to:
        raise Refusal(422, _("Please choose whom to ask, and whether before, after or beside you."))
    people = [_colleague(run, asked, user) for user in dict.fromkeys(asked.to)]
    for user in people:
        state = "waiting" if asked.where == "after" else "open"
        run.add_task(user, "add", state, place=asked.where, parent_id=seat["id"])
    if asked.where == "before":
        run.to(seat, "waiting")
    run.event("add", task=seat, comment=asked.comment[:MAX_COMMENT], where=asked.where, people=people)


def remove(run: Running, asked: Asked, grants: Grants) -> None:
    """Take back that somebody was asked: only who was added by oneself and has not decided."""
    _demand_open(run, "running")
    if not asked.to:
        raise Refusal(422, _("Please choose one colleague."))
    mine = {t["id"] for t in run.here() if t["assignee_id"] == grants.user_id}
    for user in asked.to:
        seats = [t for t in run.here() if t["assignee_id"] == user and t["state"] in LIVE]
        if not seats:
            raise Refusal(409, _("This person has no open part here."))
        added = [
            t for t in seats if t["place"] is not None and (t["parent_id"] in mine or is_admin(run, grants))
        ]
        if not added:
            raise Refusal(403, _("Only whom you asked yourself can be taken out again."))
        for task in added:
            run.to(task, "cancelled")
    run.event("remove", people=list(asked.to), comment=asked.comment[:MAX_COMMENT])
    settle(run)


def comment(run: Running, asked: Asked, grants: Grants) -> None:
    """Say something about the case, as one who asks or decides here; who only reads it says nothing."""
    if not may_comment(run, grants):
        raise Refusal(403, _("Your role may not do this."))
    _demand_comment(asked)
    run.event("comment", comment=asked.comment[:MAX_COMMENT])


def remind(run: Running, asked: Asked, grants: Grants) -> None:
    """Nudge those it waits for, once an hour; who only reads the case does not."""
    if not may_comment(run, grants):
        raise Refusal(403, _("Your role may not do this."))
    _demand_open(run, "running")
    last = select(func.max(events.c.at)).where(events.c.case_id == run.id, events.c.verb == "remind")
    at = run.connection.execute(last).scalar()
    if at is not None and run.now - at < REMIND_EVERY:
        raise Refusal(409, _("They were reminded less than an hour ago."))
    run.event("remind", people=[t["assignee_id"] for t in run.open_tasks()])


def terminate(run: Running, asked: Asked, grants: Grants) -> None:
    """The flow's administrator ends a case, with a reason."""
    _demand_admin(run, grants)
    _demand_comment(asked)
    _demand_open(run)
    finish(run, "withdrawn", "terminate", why=asked.comment[:MAX_COMMENT])


def reassign(run: Running, asked: Asked, grants: Grants) -> None:
    """The flow's administrator gives the open parts of a step (or that of the first person named) to somebody else."""
    _demand_admin(run, grants)
    if len(asked.to) not in (1, 2) or not run.open_tasks():
        raise Refusal(422, _("Please choose one colleague."))
    old = asked.to[0] if len(asked.to) == 2 else run.open_tasks()[0]["assignee_id"]
    heir = _colleague(run, asked, asked.to[-1])
    seat = next((t for t in run.open_tasks() if t["assignee_id"] == old), None)
    if seat is None:
        raise Refusal(409, _("This person has no open part here."))
    run.hand_on(seat, heir, "reassign")
    run.event("reassign", task=seat, for_user=heir, comment=asked.comment[:MAX_COMMENT])


def _decide(run: Running, asked: Asked, grants: Grants) -> dict[str, Any]:
    seat = demand_seat(run, grants)
    if asked.rev != run.row["rev"]:
        raise Refusal(409, _("This request has changed since you opened it. Please look at it again."))
    return seat


def _vote(
    run: Running, seat: dict[str, Any], asked: Asked, grants: Grants, state: str, verb: str = "", **data: Any
) -> None:
    said = asked.comment.strip()[:MAX_COMMENT] or None
    run.to(seat, state, acted_at=run.now, acted_by_id=grants.user_id, comment=said)
    stood_in = seat["assignee_id"] if seat["assignee_id"] != grants.user_id else None
    word = verb or {"approved": "approve", "rejected": "reject"}[state]
    run.event(word, task=seat, for_user=stood_in, comment=said, seen=content.fingerprint(run), **data)


def _demand_comment(asked: Asked) -> None:
    if not asked.comment.strip():
        raise Refusal(422, _("Please say why."))


def _demand_open(run: Running, *states: str) -> None:
    if run.row["state"] not in (states or OPEN_STATES):
        raise Refusal(409, _("This request is closed already."))


def _demand_submitter(run: Running, grants: Grants) -> None:
    if grants.user_id != run.submitter:
        raise Refusal(403, _("Only who sent this request can do that."))


def _demand_admin(run: Running, grants: Grants) -> None:
    if not is_admin(run, grants):
        raise Refusal(403, _("Only the administrator of this flow can do that."))


def _colleague(run: Running, asked: Asked, user: int | None = None) -> int:
    """Somebody who may take a part: active, not the submitter, allowed to approve here, not in the step yet."""
    if user is None:
        if len(asked.to) != 1:
            raise Refusal(422, _("Please choose one colleague."))
        user = asked.to[0]
    name = run.people.name(user)
    if not run.people.active(user):
        raise Refusal(422, _("This person is not here any more."))
    if user == run.submitter:
        raise Refusal(422, _("%(name)s sent this request and cannot decide about it.", name=name))
    if user in run.involved():
        raise Refusal(422, _("%(name)s has a part in this step already.", name=name))
    if not load_grants(run.connection, user).can("approve", run.entity.name):
        raise Refusal(422, _("%(name)s may not approve “%(label)s”.", name=name, label=run.entity.label))
    return user


VERBS: dict[str, Verb] = {
    "approve": approve, "reject": reject, "return": send_back, "withdraw": withdraw, "resubmit": resubmit,
    "transfer": transfer, "add": add, "remove": remove, "comment": comment, "remind": remind,
    "terminate": terminate, "reassign": reassign,
}  # fmt: skip

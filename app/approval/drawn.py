"""A case's route drawn whole: steps done, the one it stands at, those to come, and those left out with the reason."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app import clock
from app.access.grants import Grants
from app.approval.conditions import Condition, cells_read, sentence
from app.approval.running import Running
from app.approval.settle import NoApprover, seats_of
from app.approval.spec import Step
from app.approval.words import TASK_STATES, VIA, mode_label, waited


def route_json(run: Running, grants: Grants) -> list[dict[str, Any]]:
    """The steps of the case's path (shape: docs/approvals.md)."""
    steps, found = run.flow.steps, []
    taken = [place["id"] for place in run.row["path"] if place["taken"]]
    at = taken.index(run.row["step"]) if run.row["step"] in taken else -1
    for place in run.row["path"]:
        step = steps[place["id"]]
        state = _state(run, taken.index(step.id), at) if place["taken"] else "left_out"
        found.append(
            {
                **_step_json(run, step, state),
                "reason": reason(run, place["when"], grants, taken=place["taken"]),
            }
        )
    return found


def _state(run: Running, index: int, at: int) -> str:
    if run.row["state"] == "approved" or index < at:
        return "done"
    if index > at:
        return "next" if run.undecided else "stopped"
    return "now" if run.row["state"] == "running" else "stopped"


def reason(run: Running, when: Condition | None, grants: Grants, *, taken: bool) -> str:
    """Why a step is taken, or left out; empty for one that always is. What cells hold is told to who sees them."""
    if when is None:
        return ""
    if not all(
        grants.level(entity, name) in ("read", "edit") for entity, name in cells_read(when, run.entity)
    ):
        return str(_("because of values you do not see") if taken else _("not needed: values you do not see"))
    if taken:
        return str(_("because %(condition)s", condition=sentence(when, run.entity)))
    return str(_("not needed: %(condition)s", condition=sentence(when, run.entity, negated=True)))


def _step_json(run: Running, step: Step, state: str) -> dict[str, Any]:
    seats = [t for t in run.tasks if t["step"] == step.id and t["state"] != "cancelled"]
    last = max((t["round"] for t in seats), default=0)
    seats = [t for t in seats if t["round"] == last and (state != "next" or last == run.row["round"])]
    people = [_person(run, t) for t in seats]
    if not people and state in ("next", "now"):
        people = [_expected(run, user) for user in _to_come(run, step)]
    own = [t for t in seats if t["place"] is None and t["state"] != "transferred"]
    count = len(own) or len(people)
    return {
        "id": step.id, "label": step.title, "mode": step.mode, "state": state, "people": people,
        "mode_label": mode_label(step.mode, count, step.need(count)),
    }  # fmt: skip


def _to_come(run: Running, step: Step) -> list[int]:
    """Who will be asked, as things stand."""
    try:
        return list(seats_of(run, step))
    except NoApprover:
        return []


def _expected(run: Running, user: int) -> dict[str, Any]:
    return {"id": user, "name": run.people.name(user), "role": run.people.position(user), "state": "waiting",
            "state_label": str(TASK_STATES["waiting"]), "at": None, "comment": "", "by": None, "waited": None,
            "overdue": False}  # fmt: skip


def _person(run: Running, task: dict[str, Any]) -> dict[str, Any]:
    stood_in = task["acted_by_id"] not in (None, task["assignee_id"])
    open_since = task["opened_at"] if task["state"] == "open" else None
    role = "，".join(
        filter(
            None,
            [run.people.position(task["assignee_id"]), str(VIA[task["via"]]) if task["via"] in VIA else ""],
        )
    )
    return {
        "id": task["assignee_id"], "name": run.people.name(task["assignee_id"]), "role": role,
        "state": task["state"], "state_label": str(TASK_STATES[task["state"]]),
        "at": clock.instant_text(task["acted_at"]) if task["acted_at"] else None, "comment": task["comment"] or "",
        "by": run.people.name(task["acted_by_id"]) if stood_in else None,
        "waited": waited(int((run.now - open_since).total_seconds() // 60)) if open_since else None,
        "overdue": bool(open_since and task["due_at"] and task["due_at"] <= run.now),
    }  # fmt: skip

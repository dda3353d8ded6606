"""Moving a case on: entering steps, counting votes, ending it. Everything automatic leaves an event."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.approval import carrying
from app.approval.running import LIVE, Running, started
from app.approval.spec import Step
from app.approval.votes import FAIL, PASS


class NoApprover(ValueError):
    """Nobody is left who could decide: not the people named, not an administrator."""

    message = _l("Nobody is there to decide this. Please ask an administrator to name somebody.")


def start(run: Running) -> None:
    """Set out on the first step of the path."""
    run.row |= {"state": "running", "step": None, "ended_at": None}
    _advance(run)


def settle(run: Running) -> None:
    """After a vote: stay, wake who is next, or move on until somebody has to decide."""
    if run.row["state"] != "running" or run.step is None:
        return
    found = run.outcome()
    if found is None:
        if run.own_outcome() == PASS:  # it waits for those asked as well, for nobody else
            _skip(run.seats(added=False), run)
        _wake(run)
        return
    _skip(run.here(), run)
    if found == FAIL:
        finish(run, "rejected")
    else:
        _advance(run)


def _skip(seats: list[dict[str, Any]], run: Running) -> None:
    for task in seats:
        if task["state"] in LIVE:
            run.to(task, "skipped")


def _advance(run: Running) -> None:
    """Enter the next step somebody has to decide; behind the last the case is approved."""
    taken = started(run.row["path"])
    at = taken.index(run.row["step"]) + 1 if run.row["step"] in taken else 0
    for step_id in taken[at:]:
        if enter(run, run.flow.steps[step_id]):
            return
    finish(run, "approved")


def enter(run: Running, step: Step) -> bool:
    """Open a step's tasks. False when nobody holds it and the flow says to pass it by."""
    run.row["step"] = step.id
    run.bump()
    seats = seats_of(run, step)
    if not seats:
        run.event("skip", automatic=True, why=["empty"])
        return False
    for n, (user, via) in enumerate(seats.items()):
        waiting = step.mode == "seq" and n > 0
        run.add_task(user, via, "waiting" if waiting else "open")
    run.event("enter", automatic=True, why=sorted(set(seats.values()) - {"route"}))
    return True


def seats_of(run: Running, step: Step) -> dict[int, str]:
    """Who is asked, and by which way: never the submitter, in whose stead the next holder up is."""
    seats: dict[int, str] = {}
    picks = (run.row["picks"] or {}).get(step.id, [])
    vacant = False
    for asked in step.approvers:
        found = run.people.resolve(
            asked, run.submitter, run.row["department_id"], carrying.values_of(run), picks
        )
        others = [user for user in found if user != run.submitter]
        above = run.people.in_stead(run.submitter) if found and not others else None
        for user in others:
            seats.setdefault(user, "route")
        if above is not None:
            seats.setdefault(above, "up")
        elif not others:
            # The submitter's own part is never dropped; a part nobody holds is, where the flow says so.
            vacant = vacant or bool(found) or step.empty == "admin"
    if vacant and (not seats or step.mode != "any"):
        seats.setdefault(_administrators(run)[0], "admin")
    return seats


def _administrators(run: Running) -> list[int]:
    found = run.people.administrators(run.flow.admin, run.submitter, run.row["department_id"])
    if not found:
        raise NoApprover
    return found


def _wake(run: Running) -> None:
    """Open whose turn it is: the next in a sequence, and whoever waited for a colleague asked first."""
    here = run.here()
    woken = []
    for task in here:
        if task["state"] != "waiting":
            continue
        first = [t for t in here if t["parent_id"] == task["id"] and t["place"] == "before"]
        if any(t["state"] in LIVE for t in first):
            continue
        sequence = run.step is not None and run.step.mode == "seq" and task["place"] is None
        ahead = [t for t in here if t["place"] is None and t["seq"] < task["seq"]]
        if sequence and any(t["state"] in LIVE for t in ahead):
            continue
        if task["place"] == "after" and _parent_open(here, task):
            continue
        run.open(task)
        woken.append(task)
    if woken or run.moved:
        run.event("open", automatic=True)


def _parent_open(here: list[dict[str, Any]], task: dict[str, Any]) -> bool:
    return any(t["id"] == task["parent_id"] and t["state"] in LIVE for t in here)


def mend(run: Running) -> bool:
    """An open task of somebody who has left goes to an administrator, said in an event. True if one did."""
    if run.row["state"] != "running":
        return False
    left = [task for task in run.live() if not run.people.active(task["assignee_id"])]
    for task in left:
        taken = run.involved()
        heir = next((user for user in _administrators(run) if user not in taken), None)
        if heir is not None:
            run.hand_on(task, heir, "admin")
        elif task["place"] is None and run.seats(added=False) == [task]:
            raise NoApprover
        else:  # every administrator has a part in the step already: it goes on without this one
            run.to(task, "cancelled")
        run.event("leaver", automatic=True, task=task)
    if left:
        settle(run)
    return bool(left)


def finish(run: Running, state: str, verb: str = "end", **data: Any) -> None:
    """End the case: nobody has to do anything any more, and what was asked is done, or put aside."""
    run.cancel_live()
    run.row |= {"state": state, "ended_at": None if state == "returned" else run.now}
    run.bump()
    found = carrying.carry(run, state)
    if found:
        # What was asked no longer fits what is there: back to the submitter with the difference.
        run.row |= {"state": "returned", "ended_at": None}
        carrying.carry(run, "returned")
        run.event("back", automatic=True, **found)
    else:
        run.event(verb, automatic=verb == "end", **data)

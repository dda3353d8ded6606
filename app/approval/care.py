"""What nobody clicks: parts of people who left go to the administrator, parts that wait too long go up the line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.approval.carrying import EffectRefused
from app.approval.people import People
from app.approval.running import LIVE, Running, cases, events, load, tasks
from app.approval.settle import NoApprover, mend
from app.change.gate import Further, begin
from app.change.lock import write_lock
from app.db import db
from app.jobs.schedule import every


@every("approval_care", minutes=5)
def care(now: datetime) -> dict[str, Any]:
    """Sweep all running cases."""
    return {"moved": sweep(now)}


def sweep(now: datetime) -> int:
    """Mend and escalate what needs it, each case in a transaction of its own; returns how many cases moved."""
    with db.engine.connect() as connection:
        found = People(connection)
        rows = connection.execute(
            select(tasks.c.case_id, tasks.c.assignee_id, tasks.c.due_at, tasks.c.state)
            .join(cases, cases.c.id == tasks.c.case_id)
            .where(cases.c.state == "running", tasks.c.state.in_(LIVE))
        ).all()
        late = {
            row.case_id
            for row in rows
            if row.due_at is not None and row.due_at <= now and row.state == "open"
        }
        left = {row.case_id for row in rows if not found.active(row.assignee_id)}
        connection.rollback()
    return sum(_care_for(case_id, now) for case_id in sorted(late | left))


def _care_for(case_id: int, now: datetime) -> bool:
    with write_lock(), db.engine.connect() as connection:
        begin(connection)
        try:
            run = load(connection, case_id)
            if run is None or run.row["state"] != "running":
                return False
            moved = mend(run)
            moved = _escalate(run, now) or moved
            if moved:
                run.save()
                connection.commit()
            return moved
        except (
            NoApprover,
            EffectRefused,
            Further,
        ):  # nobody to give it to, or not now: the next sweep tries again
            return False
        finally:
            connection.rollback()


def _escalate(run: Running, now: datetime) -> bool:
    """Twice the step's hours gone: the part goes to the person's manager. Never is anything agreed by waiting."""
    step, moved = run.step, False
    if step is None or not step.hours:
        return False
    for task in run.open_tasks():
        if task["due_at"] is None or now < task["due_at"]:
            continue
        if now < task["due_at"] + (task["due_at"] - task["opened_at"]):
            moved = _remind_once(run, task) or moved
            continue
        seated = {t["assignee_id"] for t in run.here()} | run.involved() | {run.submitter}
        line = [user for user in run.people.managers(task["assignee_id"]) if user not in seated]
        heir = next((user for user in line if run.people.active(user)), None)
        if heir is None:
            continue
        run.hand_on(task, heir, "escalate")
        run.event("escalate", automatic=True, task=task, for_user=heir)
        moved = True
    return moved


def _remind_once(run: Running, task: dict[str, Any]) -> bool:
    told = select(events.c.id).where(
        events.c.case_id == run.id, events.c.verb == "overdue", events.c.task_id == task["id"]
    )
    if run.connection.execute(told.limit(1)).first() is not None:
        return False
    run.event("overdue", automatic=True, task=task)
    return True

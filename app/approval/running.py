"""A case while it is worked on: its row, tasks and new events, under the lock of one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app import clock
from app.approval.model import OPEN_STATES, ApprovalCase, ApprovalEvent, ApprovalOutbox, ApprovalTask
from app.approval.people import People
from app.approval.spec import Flow, Step, read
from app.approval.votes import FAIL, PASS, outcome
from app.audit.actor import Actor, current_actor
from app.change.contract import Plan
from app.entity import EntityType, registry

cases, tasks, events = ApprovalCase.__table__, ApprovalTask.__table__, ApprovalEvent.__table__
outbox = ApprovalOutbox.__table__
LIVE = ("waiting", "open")
DECIDED = ("approved", "rejected", "returned")
GONE = ("transferred", "cancelled")


class Running:
    """One case under work. `row` and `tasks` are what the tables hold; `save()` writes what changed and the events."""

    def __init__(self, connection: Connection, row: dict[str, Any], seats: list[dict[str, Any]], flow: Flow,
                 people: People, actor: Actor) -> None:  # fmt: skip
        self.connection, self.row, self.tasks, self.flow = connection, row, seats, flow
        self.people, self.actor, self.now = people, actor, clock.now()
        self.entity: EntityType = registry.get(row["entity"])
        # The held set as it was planned before the lock was taken, which a large one is.
        self.prepared: Plan | None = None
        self._events: list[dict[str, Any]] = []
        self._moved: dict[int, dict[str, Any]] = {}

    @property
    def id(self) -> int:
        """The case's id."""
        return int(self.row["id"])

    @property
    def submitter(self) -> int:
        """Whose request it is."""
        return int(self.row["submitter_id"])

    @property
    def undecided(self) -> bool:
        """Whether it has not ended: it runs, or is with its submitter."""
        return self.row["state"] in OPEN_STATES

    @property
    def step(self) -> Step | None:
        """The step it stands at."""
        return self.flow.steps.get(self.row["step"] or "")

    def here(self) -> list[dict[str, Any]]:
        """The tasks of the present step in the present round."""
        return [t for t in self.tasks if t["round"] == self.row["round"] and t["step"] == self.row["step"]]

    def live(self) -> list[dict[str, Any]]:
        """The tasks somebody still has to do, or will."""
        return [t for t in self.tasks if t["state"] in LIVE]

    def open_tasks(self) -> list[dict[str, Any]]:
        """The tasks somebody has to do now."""
        return [t for t in self.tasks if t["state"] == "open"]

    @property
    def moved(self) -> bool:
        """Whether a task has moved since the last event."""
        return bool(self._moved)

    def next_round(self, picks: Mapping[str, list[int]]) -> None:
        """It sets out anew; whom the submitter chose before stands where nobody else is chosen."""
        self.row |= {"round": self.row["round"] + 1, "submitted_at": self.now}
        self.row["picks"] = {**(self.row["picks"] or {}), **picks}

    def bump(self) -> None:
        """What a decision rests on has changed: pages opened before are stale."""
        self.row["rev"] += 1

    def to(self, task: dict[str, Any], state: str, **values: Any) -> None:
        """Move a task to another state."""
        task |= {"state": state, **values}
        changes = {"state": state, **values}
        self.connection.execute(update(tasks).where(tasks.c.id == task["id"]).values(changes))
        self._moved[task["id"]] = task

    def add_task(self, assignee: int, via: str, state: str, **more: Any) -> dict[str, Any]:
        """A new task in the present step. `state` is open or waiting."""
        task = {
            "case_id": self.id, "round": self.row["round"], "step": self.row["step"], "seq": len(self.here()),
            "assignee_id": assignee, "origin_id": None, "via": via, "place": None, "parent_id": None, "state": state,
            "opened_at": None, "due_at": None, "acted_at": None, "acted_by_id": None, "comment": None,
        } | more  # fmt: skip
        if state == "open":
            task |= self._opened()
        task["id"] = int(self.connection.execute(insert(tasks).returning(tasks.c.id), task).scalar_one())
        self.tasks.append(task)
        self._moved[task["id"]] = task
        return task

    def hand_on(self, task: dict[str, Any], heir: int, via: str) -> dict[str, Any]:
        """Somebody else takes a seat, with whatever hangs on it."""
        state = task["state"]
        self.to(task, "transferred")
        fresh = self.add_task(heir, via, state, origin_id=task["assignee_id"], seq=task["seq"],
                              parent_id=task["parent_id"], place=task["place"])  # fmt: skip
        for child in self.tasks:
            if child["parent_id"] == task["id"] and child["id"] != fresh["id"]:
                self.to(child, child["state"], parent_id=fresh["id"])
        return fresh

    def open(self, task: dict[str, Any]) -> None:
        """A waiting task's turn has come."""
        self.to(task, "open", **self._opened())

    def _opened(self) -> dict[str, Any]:
        hours = self.step.hours if self.step else 0
        return {"opened_at": self.now, "due_at": self.now + timedelta(hours=hours) if hours else None}

    def cancel_live(self, state: str = "cancelled") -> None:
        """Nobody has to do anything here any more."""
        for task in self.live():
            self.to(task, state)

    def seats(self, *, added: bool) -> list[dict[str, Any]]:
        """The seats of the present step as they are held now: the flow's own, or those somebody `added`."""
        held = (t for t in self.here() if t["state"] not in GONE)
        return [t for t in held if (t["place"] is not None) == added]

    def involved(self) -> set[int]:
        """Whoever has a part in the present step, or has decided there for somebody: nobody votes twice."""
        held = (t for t in self.here() if t["state"] not in GONE)
        return {who for t in held for who in (t["assignee_id"], t["acted_by_id"]) if who is not None}

    def own_outcome(self) -> str | None:
        """What the flow's own seats of the present step have come to."""
        step, own = self.step, self.seats(added=False)
        assert step is not None
        yes = sum(t["state"] == "approved" for t in own)
        no = sum(t["state"] == "rejected" for t in own)
        return outcome(step.mode, yes, no, len(own), step.need(len(own)))

    def outcome(self) -> str | None:
        """Whether the present step is agreed, refused or open. Added seats must all agree besides."""
        added = self.seats(added=True)
        if any(t["state"] == "rejected" for t in added):
            return FAIL
        found = self.own_outcome()
        return None if found == PASS and any(t["state"] in LIVE for t in added) else found

    def event(
        self, verb: str, *, task: dict[str, Any] | None = None, for_user: int | None = None,
        comment: str | None = None, automatic: bool = False, **data: Any,
    ) -> None:  # fmt: skip
        """Say what happened; carries all tasks that moved since the event before, and where the case now stands."""
        moved = [[t["id"], t["assignee_id"], t["round"], t["step"], t["state"]] for t in self._moved.values()]
        self._moved = {}
        state = {name: self.row[name] for name in ("state", "step", "round", "rev")}
        self._events.append(
            {
                "case_id": self.id, "at": self.now, "actor_id": None if automatic else self.actor.id,
                "actor_name": "system" if automatic else self.actor.name, "for_user_id": for_user, "verb": verb,
                "task_id": task["id"] if task else None, "comment": comment or None,
                "data": {**state, "tasks": moved, **data},
            }
        )  # fmt: skip

    def save(self) -> list[dict[str, Any]]:
        """Write the case and its events; returns the events with their ids."""
        assert not self._moved, "every move of a task belongs to an event"
        kept = (
            "state",
            "step",
            "round",
            "rev",
            "path",
            "ended_at",
            "title",
            "rows",
            "submitted_at",
            "set_id",
            "picks",
        )
        values = {name: self.row[name] for name in kept}
        self.connection.execute(update(cases).where(cases.c.id == self.id).values(values))
        last = select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.case_id == self.id)
        seq = int(self.connection.execute(last).scalar_one())
        for offset, event in enumerate(self._events, 1):
            event["seq"] = seq + offset
            made = self.connection.execute(insert(events).returning(events.c.id), event)
            event["id"] = int(made.scalar_one())
        done, self._events = self._events, []
        _tell(self, done)
        return done


_hooks: dict[str, tuple[frozenset[str], Callable[[], bool]]] = {}


def hook(name: str, verbs: Iterable[str], configured: Callable[[], bool]) -> None:
    """Declare that a hook, where it is `configured`, wants to be told of events with these verbs."""
    _hooks[name] = (frozenset(verbs), configured)


def _tell(run: Running, done: Sequence[dict[str, Any]]) -> None:
    rows = [
        {"event_id": e["id"], "hook": name, "attempts": 0, "next_at": run.now,
         "payload": {"case": run.id, "number": run.row["number"], "entity": run.entity.name,
                     "record": run.row["record_id"], "verb": e["verb"], "state": run.row["state"],
                     "at": clock.instant_text(run.now), "actor": e["actor_name"]}}
        for e in done
        for name, (verbs, configured) in _hooks.items()
        if e["verb"] in verbs and configured()
    ]  # fmt: skip
    if rows:
        run.connection.execute(insert(outbox), rows)


def load(connection: Connection, case_id: int, *, locked: bool = True) -> Running | None:
    """A case under its lock, for one verb (or without, for a look); None when there is none."""
    query = select(cases).where(cases.c.id == case_id)
    if locked and connection.dialect.name == "postgresql":
        query = query.with_for_update()
    row = connection.execute(query).mappings().first()
    return _assembled(connection, [dict(row)])[0] if row is not None else None


def look(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Running]:
    """Cases for reading, several at once: people and definitions are read once for all of them."""
    return _assembled(connection, rows)


def _assembled(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Running]:
    actor = current_actor()
    assert actor is not None
    seats: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    query = select(tasks).where(tasks.c.case_id.in_(list(seats))).order_by(tasks.c.id)
    for task in connection.execute(query).mappings():
        seats[task["case_id"]].append(dict(task))
    people = People(connection)
    flows = {flow_id: flow_of(connection, flow_id) for flow_id in {row["flow_id"] for row in rows}}
    return [Running(connection, row, seats[row["id"]], flows[row["flow_id"]], people, actor) for row in rows]


def flow_of(connection: Connection, flow_id: int) -> Flow:
    """The definition a case is pinned to."""
    table = registry.get("approval_flow").table
    row = connection.execute(select(table.c.spec, table.c.for_entity).where(table.c.id == flow_id)).one()
    return read(row.spec, registry.get(row.for_entity))


def flow_code(connection: Connection, flow_id: int) -> str:
    """The code of the flow that a definition is a version of."""
    table = registry.get("approval_flow").table
    return str(connection.execute(select(table.c.code).where(table.c.id == flow_id)).scalar_one())


def started(path: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of the steps a path takes."""
    return [place["id"] for place in path if place["taken"]]

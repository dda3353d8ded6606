"""Short ways to ask for changes and to decide about them, as people of the cast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.access.context import acting_as
from app.approval import Asked, Done, act
from app.approval.running import cases, events, tasks
from app.change import Change, ChangeSet, Result, commit
from app.db import db
from seeds.data.people import PEOPLE, UNITS
from seeds.people import found_departments, hire, join_departments
from seeds.writing import inserts, write
from tests.cast import HASH, customer

SIGNERS = ("admin", "auditor", "ceo", "sd.chen", "sm.east", "sm.south", "sr.wang", "sr.li", "mm.zhao", "fm.zhou",
           "fn.qian", "lg.sun")  # fmt: skip


def step(name: str, *approvers: dict[str, Any], mode: str = "any", **more: Any) -> dict[str, Any]:
    """A step of a flow."""
    return {"id": name, "label": {"zh": name, "en": name}, "mode": mode, "approvers": list(approvers), **more}


def user(login: str) -> dict[str, Any]:
    """An approver by login name."""
    return {"user": login}


@dataclass
class Desk:
    """People by login name, customers of 王芳's, and what can be asked."""

    users: dict[str, int]
    departments: dict[str, int]
    region: int
    customers: list[int]

    def publish(self, *steps: dict[str, Any], entity: str = "customer", code: str = "T1", **spec: Any) -> int:
        """Publish a flow of these steps (a new version of `code`); returns its id."""
        table = _table("approval_flow")
        with db.engine.connect() as connection:
            known = connection.execute(select(table.c.id).where(table.c.code == code)).all()
        body = {"steps": list(steps), "use": "change", "admin": {"user": "ceo"}, **spec}
        values = {
            "code": code,
            "version_no": len(known) + 1,
            "name": code,
            "for_entity": entity,
            "spec": body,
        }
        made = self.send("admin", Change("approval_flow", "insert", values))
        assert made.ok, [str(e.message) for e in made.errors]
        done = self.send("admin", Change("approval_flow", "update", id=made.results[0].id, verb="publish"))
        assert done.ok, [str(e.message) for e in done.errors]
        return made.results[0].id or 0

    def guard(self, fields: str = "", *, entity: str = "customer", on: Sequence[str] = ("update",), code: str = "P1",
              flow: str = "T1", condition: Any = None) -> None:  # fmt: skip
        """Let edits of these fields need the flow."""
        values = {"code": code, "name": code, "for_entity": entity, "operations": list(on), "fields": fields or None,
                  "condition": condition, "flow_code": flow, "is_active": True}  # fmt: skip
        made = self.send("admin", Change("approval_policy", "insert", values))
        assert made.ok, [str(e.message) for e in made.errors]

    def send(self, who: str | None, *changes: Change, **more: Any) -> Result:
        """Commit a set as somebody (None: the system)."""
        with acting_as(self.users[who] if who else None, more.pop("source", "test")) as grants:
            return commit(ChangeSet(list(changes), more.pop("kind", "test"), **more), grants)

    def edit(self, who: str, record: int, entity: str = "customer", **values: Any) -> Result:
        """Edit a record as it is now."""
        return self.send(who, Change(entity, "update", values, id=record))

    def act(
        self, who: str, case: int, verb: str, comment: str = "", *, rev: int | None = None, **more: Any
    ) -> Done:
        """Do a verb on a case; the revision is that of now unless given."""
        asked = Asked(case, verb, self.case(case)["rev"] if rev is None else rev, comment, **more)
        with acting_as(self.users[who], "test") as grants:
            return act(asked, grants)

    def case(self, case: int) -> dict[str, Any]:
        """A case's row."""
        return _rows(cases, cases.c.id == case)[0]

    def tasks(self, case: int) -> list[dict[str, Any]]:
        """A case's tasks in the order they were made."""
        return _rows(tasks, tasks.c.case_id == case)

    def events(self, case: int) -> list[dict[str, Any]]:
        """A case's events."""
        return _rows(events, events.c.case_id == case)

    def waits_for(self, case: int) -> list[str]:
        """The login names of those who have to decide."""
        names = {number: name for name, number in self.users.items()}
        return [names[t["assignee_id"]] for t in self.tasks(case) if t["state"] == "open"]

    def customer(self, record: int) -> dict[str, Any]:
        """A customer's row as stored."""
        table = _table("customer")
        return _rows(table, table.c.id == record)[0]


def case_of(result: Result) -> int:
    """The one case a set opened."""
    assert len(result.cases) == 1, (result.state, [str(e.message) for e in result.errors])
    return int(result.cases[0]["case"])


def _table(name: str) -> Any:
    from app.entity import registry

    return registry.get(name).table


def _rows(table: Any, where: Any) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        return [
            dict(r) for r in connection.execute(select(table).where(where).order_by(table.c.id)).mappings()
        ]


def open_desk(app: Flask) -> Desk:
    """Those who sign with their departments, and three customers of 王芳's, in a fresh database."""
    with app.app_context(), acting_as(None, source="seed"):
        people = [one for one in PEOPLE if one.username in SIGNERS]
        users = hire(people, HASH)
        units = {one.unit for one in people} | {"YX", "XS"}
        departments = found_departments([unit for unit in UNITS if unit.code in units], users, "desk")
        join_departments(people, users, departments, "desk")
        region = write(
            "desk:region", inserts("region", [{"code": "HD", "name": "华东大区", "level": "area"}])
        )[0]
        rows = [
            customer(region, n, owner_id=users["sr.wang"], department_id=departments["XS-HD"])
            for n in range(1, 4)
        ]
        ids = write("desk:customers", inserts("customer", rows))
    return Desk(users, departments, region, ids)

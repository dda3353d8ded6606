"""kill -9 at any moment of an agreement that writes many rows: the case and its rows change together or not at all."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.approval.running import cases
from app.change import Change
from app.entity import registry
from tests.approval.desk import Desk, case_of, step, user
from tests.approval.replay import replay
from tests.cast import customer
from tests.faults import state
from tests.faults.killing import Work, killed, moments

ROWS = 210
"""More than the rows from which a set is planned before the lock."""


class Asking:
    """王芳 asks for another remark of all her customers, again and again; 王浩 decides."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.asked, self.case = desk, 0, 0
        desk.publish(step("one", user("sm.east")))
        own = {"owner_id": desk.users["sr.wang"], "department_id": desk.departments["XS-HD"]}
        rows = [customer(desk.region, 1000 + n, **own) for n in range(ROWS)]
        made = desk.send(
            None, *(Change("customer", "insert", row) for row in rows), confirmed=frozenset({"*"})
        )
        assert made.ok, made.errors[:3]
        self.records = [r.id for r in made.results]
        desk.guard("remark")

    def ask(self) -> None:
        self.asked += 1
        changes = [Change("customer", "update", {"remark": self.remark}, id=n) for n in self.records]
        self.case = case_of(self.desk.send("sr.wang", *changes))

    def agree(self) -> Any:
        return self.desk.act("sm.east", self.case, "approve")

    @property
    def remark(self) -> str:
        return f"第{self.asked}次"

    def outcome(self) -> str:
        """The case's state, once everything was found to agree with it."""
        case = self.desk.case(self.case)
        told = replay(self.desk.events(self.case))
        assert (told.state, told.rev, told.step) == (case["state"], case["rev"], case["step"])
        assert [e["seq"] for e in self.desk.events(self.case)] == list(
            range(1, len(self.desk.events(self.case)) + 1)
        )
        tasks = [t["state"] for t in self.desk.tasks(self.case)]
        remarks = Counter(state.column(registry.get("customer").table, "remark"))
        waiting = state.count(state.held)
        if case["state"] == "running":
            assert (tasks, remarks[self.remark], waiting) == (["open"], 0, ROWS)
            assert state.row(state.sets, state.sets.c.id == case["set_id"])["state"] == "held"
            assert state.count(state.log, state.log.c.change_set == case["set_id"],
                               state.log.c.tbl == "customer") == 0  # fmt: skip
        else:
            assert (tasks, remarks[self.remark], waiting) == (["approved"], ROWS, 0)
            state.written_once(case["set_id"], "customer", ROWS)
        return str(case["state"])


def test_an_agreement_that_is_killed_was_given_or_can_be_given_again(desk: Desk) -> None:
    asking = Asking(desk)
    seen = {"running": 0, "approved": 0}

    def undisturbed() -> Work:
        asking.ask()
        return asking.agree

    for moment in moments(undisturbed):
        asking.ask()
        killed(asking.agree, moment)
        found = asking.outcome()
        seen[found] += 1
        assert asking.agree().status == (200 if found == "running" else 409), moment
        assert asking.outcome() == "approved", moment
    assert state.count(cases, cases.c.state == "running") == 0
    state.fits("customer", "customer_code")
    print(f"agreement killed {sum(seen.values())} times: {seen}")
    assert all(seen.values())

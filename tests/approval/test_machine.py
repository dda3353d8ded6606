"""Approvals against their invariants: whoever presses what in whatever order, I1 to I8, I11, I12 and I14 hold.

I9 (races) is in `test_races`, I10 (the outbox) in `test_outbox`, I13 (all or nothing) in `test_list`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.approval import Done, care, content
from app.approval.reading import preview
from app.approval.running import load
from app.change import Change
from app.change.model import HeldCell
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, step, user
from tests.approval.replay import agreed, replay
from tests.cast import customer

PEOPLE = ("sr.wang", "sm.east", "sd.chen", "ceo", "fm.zhou", "mm.zhao", "lg.sun")
LEAVERS = ("sm.east", "sd.chen", "ceo", "fm.zhou", "lg.sun")
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
WAYS = {
    "route": {"enter"}, "up": {"enter"}, "admin": {"enter", "leaver"}, "transfer": {"transfer"}, "add": {"add"},
    "escalate": {"escalate"}, "reassign": {"reassign"},
}  # fmt: skip

person = st.sampled_from(PEOPLE)
asked = st.one_of(
    person.map(user),
    st.sampled_from([
        {"role": "sales_director"}, {"role": "legal"}, {"role": "sales_manager", "in": "department"},
        {"head": 0}, {"head": 1}, {"manager": 1}, {"manager": "chain", "to": 2}, {"field": "owner_id"},
        {"chosen": {"role": "finance_manager"}, "count": 1},
    ]),
)  # fmt: skip


@st.composite
def flows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two or three steps of all kinds, one of them only on a condition."""
    made = []
    for name in ("a", "b", "c")[: draw(st.integers(2, 3))]:
        people = draw(st.lists(asked, min_size=1, max_size=3, unique_by=str))
        mode = draw(st.sampled_from(["any", "all", "seq", "vote"]))
        made.append(step(name, *people, mode=mode, threshold=draw(st.sampled_from(["0.5", "0.66", "1"])),
                         hours=draw(st.sampled_from([0, 24])), empty=draw(st.sampled_from(["admin", "skip"]))))  # fmt: skip
    when = {"field": "remark", "op": "=", "value": "远"}
    return [*made[:-1], {"choose": [{"when": when, "steps": [made[-1]]}], "else": []}]


def steps_of(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All steps of a tree."""
    for node in nodes:
        if "choose" in node:
            for branch in node["choose"]:
                yield from steps_of(branch["steps"])
            yield from steps_of(node["else"])
        else:
            yield node


class Company(RuleBasedStateMachine):
    """People ask, decide, leave, stand in for one another; flows move on; others edit."""

    desk: ClassVar[Desk]
    numbers: ClassVar[Iterator[int]] = count(1)

    @initialize(change=flows(), record=flows())
    def begin(self, change: list[Any], record: list[Any]) -> None:
        clock.configure("Asia/Shanghai", NOON)
        self.known: dict[str, dict[int, dict[str, Any]]] = {"tasks": {}, "events": {}}
        self.flows: dict[int, list[dict[str, Any]]] = {}
        self.cases: dict[int, int] = {}
        self.swept = True
        for who in LEAVERS:
            self._active(who, active=True)
        self.publish(change, "customer")
        self.publish(record, "price_list")
        rows = [
            customer(self.desk.region, n, owner_id=self.desk.users["sr.wang"],
                     department_id=self.desk.departments["XS-HD"])
            for n in (next(self.numbers) + 1000, next(self.numbers) + 1000)
        ]  # fmt: skip
        made = self.desk.send(None, *(Change("customer", "insert", row) for row in rows))
        assert made.ok, made.errors
        self.customers = [r.id or 0 for r in made.results]
        self.lists: list[int] = []

    def teardown(self) -> None:
        """Leave nothing open, and nobody away."""
        for who in LEAVERS:
            self._active(who, active=True)
        for case in getattr(self, "cases", {}):
            row = self.desk.case(case)
            if row["state"] in ("running", "returned"):
                names = {number: name for name, number in self.desk.users.items()}
                self.desk.act(names[row["submitter_id"]], case, "withdraw")
        table = registry.get("approval_delegation").table
        with db.engine.connect() as connection:
            old = connection.execute(select(table.c.id)).scalars().all()
        if old:
            assert self.desk.send(None, *(Change("approval_delegation", "delete", id=i) for i in old)).ok

    # What people do.

    @rule(nodes=flows(), entity=st.sampled_from(["customer", "price_list"]))
    def publish(self, nodes: list[Any], entity: str) -> None:
        code = {"customer": "T1", "price_list": "F06"}[entity]
        use = {"customer": "change", "price_list": "submit"}[entity]
        self.flows[self.desk.publish(*nodes, entity=entity, code=code, use=use)] = nodes

    @rule(who=st.sampled_from(["sr.wang", "sm.east"]), both=st.booleans(), far=st.booleans())
    def ask_for_a_change(self, who: str, both: bool, far: bool) -> None:
        if not self._is_active(self.desk.users[who]):
            return
        values = {"address": f"{next(self.numbers)}号"} | ({"remark": "远"} if far else {})
        ids = self.customers if both else self.customers[:1]
        picks = {name: [self.desk.users["fm.zhou"]] for name in "abc"}
        result = self.desk.send(
            who, *(Change("customer", "update", dict(values), i) for i in ids), picks=picks
        )
        assert result.state in ("held", "refused"), result
        self._note(result)

    @rule(far=st.booleans())
    def ask_for_prices(self, far: bool) -> None:
        code = f"L{next(self.numbers)}"
        values = {"code": code, "name": code, "valid_from": "2027-01-01", "pricing_basis": "成本",
                  "remark": "远" if far else None}  # fmt: skip
        made = self.desk.send("mm.zhao", Change("price_list", "insert", values))
        assert made.ok, made.errors
        self.lists.append(made.results[0].id or 0)
        self._submit(self.lists[-1])

    @precondition(lambda self: self.lists)
    @rule(n=st.integers(0, 3))
    def submit_again(self, n: int) -> None:
        self._submit(self.lists[n % len(self.lists)])

    def _submit(self, record: int) -> None:
        with acting_as(self.desk.users["mm.zhao"], "test") as grants:
            drawn = preview(registry.get("price_list"), record, grants)
        before = set(self.cases)
        picks = {name: [self.desk.users["fm.zhou"]] for name in "abc"}
        change = Change("price_list", "update", id=record, verb="submit")
        result = self.desk.send("mm.zhao", change, picks=picks)
        assert result.ok or {e.code for e in result.errors} <= {
            "LOCKED",
            "WRONG_STATE",
            "NOT_DRAFT",
            "PICK",
        }, result.errors
        self._note(result)
        for case in set(self.cases) - before:
            row = self.desk.case(case)
            told = [p["id"] for p in drawn["route"] if p["state"] != "left_out"]
            assert told == [p["id"] for p in row["path"] if p["taken"]], "I11"
            names = {t["assignee_id"] for t in self.desk.tasks(case)}
            shown = {one["id"] for place in drawn["route"] for one in place["people"]}
            assert names <= shown | {self.desk.users["fm.zhou"]}, (
                "I11"
            )  # whom she chooses is not drawn before

    @precondition(lambda self: self.cases)
    @rule(who=person, n=st.integers(0, 5), verb=st.sampled_from(["approve"] * 4 + ["reject", "return"]),
          back=st.sampled_from([None, None, "a", "b"]), stale=st.sampled_from([0, 0, 0, 0, 1]),
          waiting=st.sampled_from([True, True, True, False]))  # fmt: skip
    def decide(self, who: str, n: int, verb: str, back: str | None, stale: int, waiting: bool) -> None:
        case = self._pick(n)
        open_to = self.desk.waits_for(case)
        who = open_to[n % len(open_to)] if waiting and open_to else who
        rev, seen = self.desk.case(case)["rev"] - stale, self._fingerprint(case)
        done = self._act(who, case, verb, "看过了", rev=rev, step=back if verb == "return" else None)
        if done.status == 200:
            assert not stale, "a stale page decided"
            found = [e for e in self.desk.events(case) if e["verb"] == verb][-1]
            assert found["data"]["seen"] == seen, "I12"

    @precondition(lambda self: self.cases)
    @rule(who=person, to=person, n=st.integers(0, 5), where=st.sampled_from(["before", "after", "parallel"]),
          verb=st.sampled_from(["transfer", "add", "add", "remove", "reassign"]), by_seat=st.booleans())  # fmt: skip
    def hand_on(self, who: str, to: str, n: int, where: str, verb: str, by_seat: bool) -> None:
        case = self._pick(n)
        open_to = self.desk.waits_for(case)
        if by_seat and open_to:
            who = open_to[n % len(open_to)]
        who = "ceo" if verb == "reassign" else who
        self._act(who, case, verb, to=(self.desk.users[to],), where=where)

    @precondition(lambda self: self.cases)
    @rule(who=person, n=st.integers(0, 5), own=st.booleans(),
          verb=st.sampled_from(["withdraw", "resubmit", "resubmit", "comment", "remind", "terminate"]))  # fmt: skip
    def other_verbs(self, who: str, n: int, own: bool, verb: str) -> None:
        case = self._pick(n)
        names = {number: name for name, number in self.desk.users.items()}
        who = names[self.desk.case(case)["submitter_id"]] if own else who
        self._act(who, case, verb, "因为")

    @rule(n=st.integers(0, 1), address=st.sampled_from(["东", "西"]))
    def somebody_else_edits(self, n: int, address: str) -> None:
        change = Change("customer", "update", {"address": address}, id=self.customers[n])
        assert self.desk.send(None, change).ok

    @precondition(lambda self: self.lists)
    @rule(n=st.integers(0, 3))
    def somebody_edits_what_may_be_locked(self, n: int) -> None:
        record = self.lists[n % len(self.lists)]
        locked = self._stored("price_list", record)["locked_by_case"]
        result = self.desk.send(
            None, Change("price_list", "update", {"pricing_basis": f"成本{n}"}, id=record)
        )
        if locked is not None:
            assert [e.code for e in result.errors] == ["LOCKED"], "I2"

    @rule(who=st.sampled_from(LEAVERS), active=st.booleans())
    def comes_or_goes(self, who: str, active: bool) -> None:
        self._active(who, active=active)
        self.swept = False

    @rule(who=person, to=person, days=st.integers(1, 3))
    def goes_on_holiday(self, who: str, to: str, days: int) -> None:
        if not self._is_active(self.desk.users[who]):
            return
        now = clock.now()
        ends = clock.instant_text(now + timedelta(days=days))
        values = {"from_user_id": self.desk.users[who], "to_user_id": self.desk.users[to],
                  "starts_at": clock.instant_text(now), "ends_at": ends}  # fmt: skip
        assert self.desk.send(who, Change("approval_delegation", "insert", values)).ok == (who != to)

    @rule(hours=st.sampled_from([1, 25, 49]))
    def time_goes_by(self, hours: int) -> None:
        clock.turn(timedelta(hours=hours))
        care.sweep(clock.now())
        self.swept = True
        assert care.sweep(clock.now()) == 0, "item 25: a second sweep finds something"

    # What always holds.

    @invariant()
    def every_case_keeps_its_promises(self) -> None:
        for case in getattr(self, "cases", {}):
            row, seats, told = self.desk.case(case), self.desk.tasks(case), self.desk.events(case)
            self._replayed(row, seats, told)
            self._locked(row)
            self._somebody_can_decide(row, seats)
            self._agreed_whole(row, seats)
            self._one_person_one_vote(row, seats)
            self._kept(case, row, seats, told)

    def _replayed(self, row: dict[str, Any], seats: list[Any], told: list[Any]) -> None:
        case = replay(told)
        assert (case.state, case.step, case.round, case.rev) == (
            row["state"], row["step"], row["round"], row["rev"]
        ), "I1"  # fmt: skip
        stored = {t["id"]: (t["assignee_id"], t["round"], t["step"], t["state"]) for t in seats}
        assert case.tasks == stored, "I1"
        for seat in seats:
            assert case.born[seat["id"]] in WAYS[seat["via"]], "I14"

    def _locked(self, row: dict[str, Any]) -> None:
        if row["kind"] == "record":
            locked = self._stored(row["entity"], row["record_id"])["locked_by_case"]
            assert (locked == row["id"]) == (row["state"] == "running"), "I2"
        else:
            query = select(HeldCell.__table__.c.field).where(HeldCell.__table__.c.set_id == row["set_id"])
            with db.engine.connect() as connection:
                held = connection.execute(query).all()
            assert bool(held) == (row["state"] in ("running", "returned")), "I2"

    def _somebody_can_decide(self, row: dict[str, Any], seats: list[dict[str, Any]]) -> None:
        live = [t for t in seats if t["state"] in ("open", "waiting")]
        if row["state"] != "running":
            assert not live, "I3"
            return
        assert any(t["state"] == "open" for t in live), "I3: nobody can decide"
        assert {(t["round"], t["step"]) for t in live} == {(row["round"], row["step"])}, "I5"
        if self.swept:
            assert all(self._is_active(t["assignee_id"]) for t in live), "I3: somebody who left"

    def _agreed_whole(self, row: dict[str, Any], seats: list[dict[str, Any]]) -> None:
        if row["state"] != "approved":
            return
        specs = {s["id"]: s for s in steps_of(self.flows[row["flow_id"]])}
        last = 0
        for place in row["path"]:
            mine = [t for t in seats if t["step"] == place["id"]]
            if not place["taken"] or not mine:
                assert not mine or not place["taken"] or specs[place["id"]]["empty"] == "skip", "I4"
                continue
            final = max(t["round"] for t in mine)
            assert agreed(specs[place["id"]], [t for t in mine if t["round"] == final]), "I4"
            assert final >= last, "I5: an old vote counted"
            last = final

    def _one_person_one_vote(self, row: dict[str, Any], seats: list[dict[str, Any]]) -> None:
        votes = [(t["round"], t["step"], t["acted_by_id"]) for t in seats if t["acted_at"] is not None]
        assert len(votes) == len(set(votes)), "I6: two votes of one person in a step"
        assert row["submitter_id"] not in {by for _round, _step, by in votes}, "I6"
        assert row["submitter_id"] not in {t["assignee_id"] for t in seats}, "I6"

    def _kept(self, case: int, row: dict[str, Any], seats: list[Any], told: list[Any]) -> None:
        for seat in seats:
            before = self.known["tasks"].get(seat["id"])
            if before is not None:
                assert before["assignee_id"] == seat["assignee_id"], "I14"
                assert before["acted_at"] is None or before | {"parent_id": 0} == seat | {"parent_id": 0}, (
                    "I7"
                )
            self.known["tasks"][seat["id"]] = seat
        assert [e["seq"] for e in told] == list(range(1, len(told) + 1)), "I7"
        for event in told:
            assert self.known["events"].setdefault(event["id"], event) == event, "I7"
        assert row["flow_id"] == self.cases[case], "I8"

    # Short ways.

    def _act(self, who: str, case: int, verb: str, comment: str = "", **more: Any) -> Done:
        if not self._is_active(self.desk.users[who]):
            return Done(case, 401, "")
        before = self._all(case)
        done = self.desk.act(who, case, verb, comment, **more)
        assert done.status in (200, 403, 404, 409, 422), done
        assert done.message
        assert done.status == 200 or self._all(case) == before, "a refused verb left something"
        return done

    def _all(self, case: int) -> Any:
        return self.desk.case(case), self.desk.tasks(case), self.desk.events(case)

    def _note(self, result: Any) -> None:
        for one in result.cases:
            self.cases.setdefault(one["case"], self.desk.case(one["case"])["flow_id"])
        assert set(self.cases.values()) <= set(self.flows), "I8: an old flow"

    def _pick(self, n: int) -> int:
        live = [c for c in self.cases if self.desk.case(c)["state"] in ("running", "returned")]
        among = live or sorted(self.cases)
        return among[n % len(among)]

    def _fingerprint(self, case: int) -> str:
        with db.engine.connect() as connection, acting_as(None, "test"):
            run = load(connection, case, locked=False)
            assert run is not None
            return content.fingerprint(run)

    def _stored(self, entity: str, record: int) -> Any:
        table = registry.get(entity).table
        with db.engine.connect() as connection:
            return connection.execute(select(table).where(table.c.id == record)).mappings().one()

    def _is_active(self, person_id: int) -> bool:
        with db.engine.connect() as connection:
            return bool(connection.execute(select(User.active).where(User.id == person_id)).scalar_one())

    def _active(self, who: str, *, active: bool) -> None:
        with acting_as(None, "test"):
            db.session.get_one(User, self.desk.users[who]).active = active
            db.session.commit()
            db.session.remove()


def test_whatever_people_press_the_invariants_hold(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address, remark")
    Company.desk = desk
    full = settings().max_examples >= 1000
    walks = settings(
        max_examples=150 if full else 6, stateful_step_count=25, deadline=None,
        # A failing walk is told as it is: making it shorter takes longer than reading it.
        phases=(Phase.generate,), print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(Company, settings=walks)

"""I9: many hands on one case. However many press at once, the case moves once; the others are told who was faster.

Items 2, 3 and 20 of the acceptance list. Threads, each with a context of its own; on PostgreSQL that is a connection
and a session each, on SQLite the lock within a process and the database's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask

from app.change import Busy, Change
from tests.approval.desk import Desk, case_of, step, user

EIGHT = ("sm.east", "sd.chen", "ceo", "fm.zhou", "mm.zhao", "lg.sun", "fn.qian", "sm.south")
ROUNDS = 6
MAX_TRIES = 50


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each returns when all of them set out at the same moment."""
    start = threading.Barrier(len(works))
    found: list[Any] = [None] * len(works)

    def run(n: int, work: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            for _try in range(MAX_TRIES):
                try:
                    found[n] = work()
                except Busy:
                    continue
                except Exception as error:
                    found[n] = error
                return

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [one for one in found if isinstance(one, Exception) or one is None]
    assert not wrong, wrong
    return found


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """Addresses need the agreement of one of eight."""
    desk.publish(step("a", *(user(n) for n in EIGHT)))
    desk.guard("address")
    return desk


def ask(desk: Desk, n: int = 0, address: str = "新地址") -> int:
    """A held change of an address."""
    return case_of(desk.edit("sr.wang", desk.customers[n % 3], address=address))


def press(desk: Desk, who: str, case: int, verb: str = "approve", **more: Any) -> Callable[[], Any]:
    """A click that comes later, on what is on the screen now."""
    rev = desk.case(case)["rev"]
    return lambda: desk.act(who, case, verb, "好", rev=rev, **more)


def decisions(
    desk: Desk, case: int, verbs: Sequence[str] = ("approve", "reject", "return")
) -> list[dict[str, Any]]:
    """The decisions a case's events tell."""
    return [e for e in desk.events(case) if e["verb"] in verbs]


def test_item_2_of_eight_who_may_one_decides(app: Flask, guarded: Desk) -> None:
    names = {number: name for name, number in guarded.users.items()}
    for n in range(ROUNDS):
        case = ask(guarded, n, f"{n}号")
        done = at_once(
            app, *(press(guarded, who, case, ("approve", "reject")[i % 2]) for i, who in enumerate(EIGHT))
        )
        assert sorted(d.status for d in done) == [200] + [409] * 7
        [decided] = decisions(guarded, case)
        who = names[decided["actor_id"]]
        assert done[EIGHT.index(who)].status == 200
        assert {d.message for d in done if d.status == 409} == {f"{decided['actor_name']}已经处理过了。"}
        assert guarded.case(case)["state"] in ("approved", "rejected")


def test_item_2_together_every_vote_counts_once(app: Flask, guarded: Desk) -> None:
    guarded.publish(step("a", *(user(n) for n in EIGHT), mode="all"))
    case = ask(guarded)
    done = at_once(app, *(press(guarded, who, case) for who in EIGHT))
    assert [d.status for d in done] == [200] * 8
    assert len(decisions(guarded, case)) == 8
    assert guarded.case(case)["state"] == "approved"
    assert [e["verb"] for e in guarded.events(case)].count("end") == 1


def test_item_3_a_double_click_is_one_decision(app: Flask, guarded: Desk) -> None:
    guarded.publish(step("a", user("sm.east")), step("b", user("sm.east")))
    for n in range(3):
        case = ask(guarded, n)
        done = at_once(app, *(press(guarded, "sm.east", case) for _click in range(4)))
        assert sorted(d.status for d in done) == [200, 409, 409, 409]
        assert (len(decisions(guarded, case)), guarded.case(case)["step"]) == (1, "b")


def test_item_20_withdrawn_or_agreed_but_not_both(app: Flask, guarded: Desk) -> None:
    for n in range(ROUNDS):
        case, address = ask(guarded, n, f"撤{n}"), f"撤{n}"
        withdrawn, agreed = at_once(
            app, press(guarded, "sr.wang", case, "withdraw"), press(guarded, "sm.east", case)
        )
        assert sorted((withdrawn.status, agreed.status)) == [200, 409]
        wrote = guarded.customer(guarded.customers[n % 3])["address"] == address
        state = guarded.case(case)["state"]
        assert (state, wrote) == (("withdrawn", False) if withdrawn.status == 200 else ("approved", True))


def test_batches_that_cross_decide_every_case_once(app: Flask, guarded: Desk) -> None:
    cases = [ask(guarded, n) for n in range(3)]

    def batch(who: str, order: Sequence[int]) -> Callable[[], list[int]]:
        clicks = [press(guarded, who, case) for case in order]
        return lambda: [click().status for click in clicks]

    one, other = at_once(app, batch("sm.east", cases), batch("ceo", cases[::-1]))
    assert [sorted(pair) for pair in zip(one, other[::-1], strict=True)] == [[200, 409]] * 3
    assert [guarded.case(case)["state"] for case in cases] == ["approved"] * 3


def test_sent_twice_at_once_it_is_one_case(app: Flask, guarded: Desk) -> None:
    values = {"code": "L", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    record = guarded.send("mm.zhao", Change("price_list", "insert", values)).results[0].id
    submit = Change("price_list", "update", id=record, verb="submit")
    done = at_once(app, *(lambda: guarded.send("mm.zhao", submit) for _click in range(4)))
    assert sorted(len(r.cases) for r in done) == [0, 0, 0, 1]
    one = guarded.customers[0]
    done = at_once(app, *(lambda: guarded.edit("sr.wang", one, address="同一处") for _click in range(4)))
    assert sorted(len(r.cases) for r in done) == [0, 0, 0, 1]


def test_agreed_while_somebody_edits_the_same_cell_nothing_is_lost(app: Flask, guarded: Desk) -> None:
    for n in range(ROUNDS):
        one = guarded.customers[n % 3]
        case = ask(guarded, n, f"申请{n}")
        by_hand = Change("customer", "update", {"address": f"直改{n}"}, one)
        edited, agreed = at_once(
            app, lambda change=by_hand: guarded.send(None, change), press(guarded, "sm.east", case)
        )
        assert (edited.ok, agreed.status) == (True, 200)
        assert guarded.customer(one)["address"] == f"直改{n}", "the edit came last, or the case was returned"
        if agreed.state == "returned":
            assert guarded.act("sr.wang", case, "withdraw").status == 200
        else:
            assert agreed.state == "approved"

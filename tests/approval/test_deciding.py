"""Who decides, and what each verb does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import clock
from app.access.context import acting_as
from app.approval.reading import case_json
from app.change import Change
from app.db import db
from tests.approval.desk import Desk, case_of, step, user


def ask(desk: Desk, who: str = "sr.wang", n: int = 0, address: str = "新地址") -> int:
    """A held change of an address."""
    return case_of(desk.edit(who, desk.customers[n], address=address))


def test_together_all_must_agree_and_one_no_ends_it(desk: Desk) -> None:
    desk.publish(step("both", user("sd.chen"), user("fm.zhou"), mode="all"))
    desk.guard("address")
    case = ask(desk)
    assert desk.waits_for(case) == ["sd.chen", "fm.zhou"]
    assert desk.act("fm.zhou", case, "approve").state == "running"
    assert desk.act("sd.chen", case, "approve").state == "approved"
    case = ask(desk, n=1)
    assert desk.act("fm.zhou", case, "reject", "太远").state == "rejected"
    assert [t["state"] for t in desk.tasks(case)] == ["skipped", "rejected"]
    assert desk.act("sd.chen", case, "approve").status == 409


def test_in_sequence_each_waits_for_the_one_before(desk: Desk) -> None:
    desk.publish(step("line", user("sm.east"), user("sd.chen"), user("ceo"), mode="seq"))
    desk.guard("address")
    case = ask(desk)
    for who in ("sm.east", "sd.chen", "ceo"):
        assert desk.waits_for(case) == [who]
        assert desk.act(who, case, "approve").status == 200
    assert desk.case(case)["state"] == "approved"


def test_a_vote_passes_and_fails_as_soon_as_it_is_sure(desk: Desk) -> None:
    people = [user(n) for n in ("sm.east", "sd.chen", "ceo", "fm.zhou", "mm.zhao")]
    desk.publish(step("vote", *people, mode="vote", threshold="0.66"))
    desk.guard("address")
    case = ask(desk)
    for who in ("sm.east", "sd.chen", "ceo"):
        assert desk.act(who, case, "approve").state == "running"
    assert desk.act("fm.zhou", case, "approve").state == "approved"
    case = ask(desk, n=1)
    assert desk.act("sm.east", case, "reject", "不").state == "running"
    assert desk.act("ceo", case, "reject", "不").state == "rejected"


def test_ones_own_request_goes_to_the_next_above(desk: Desk) -> None:
    desk.publish(step("sm", user("sm.east")))
    desk.guard("address")
    case = ask(desk, "sm.east")
    assert desk.waits_for(case) == ["sd.chen"]
    refused = desk.act("sm.east", case, "approve")
    assert (refused.status, "自己" in refused.message or "own" in refused.message) == (403, True)


def test_a_step_nobody_holds_goes_to_the_flows_administrator(desk: Desk) -> None:
    desk.publish(step("nobody", {"role": "legal"}))
    desk.guard("address")
    assert desk.waits_for(ask(desk)) == ["ceo"]


def test_nobody_else_decides(desk: Desk) -> None:
    desk.publish(step("sm", user("sm.east")))
    desk.guard("address")
    case = ask(desk)
    assert desk.act("fm.zhou", case, "approve").status == 403
    assert desk.act("sr.li", case, "approve").status == 404
    assert desk.act("sm.east", case, "nonsense").status == 400


def test_a_stale_page_decides_nothing(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")), step("b", user("fm.zhou")))
    desk.guard("address")
    case = ask(desk)
    seen = desk.case(case)["rev"]
    assert desk.act("sm.east", case, "approve").status == 200
    assert desk.act("sm.east", case, "approve", rev=seen).status == 409
    assert desk.act("fm.zhou", case, "approve", rev=seen).status == 409
    assert desk.act("fm.zhou", case, "approve").status == 200


def test_returned_it_is_changed_and_sent_again_and_old_votes_do_not_count(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")), step("b", user("fm.zhou")))
    desk.guard("address")
    case = ask(desk)
    desk.act("sm.east", case, "approve")
    assert desk.act("fm.zhou", case, "return", "请写门牌号").state == "returned"
    assert desk.act("sr.li", case, "resubmit").status in (403, 404)
    again = desk.act("sr.wang", case, "resubmit", changes=({"seq": 0, "values": {"address": "三路3号"}},))
    assert (again.status, again.state) == (200, "running"), again
    assert desk.waits_for(case) == ["sm.east"]
    desk.act("sm.east", case, "approve")
    assert desk.act("fm.zhou", case, "approve").state == "approved"
    assert desk.customer(desk.customers[0])["address"] == "三路3号"


def test_returned_to_an_earlier_step_it_is_decided_there_anew(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")), step("b", user("fm.zhou")), step("c", user("ceo")))
    desk.guard("address")
    case = ask(desk)
    desk.act("sm.east", case, "approve")
    desk.act("fm.zhou", case, "approve")
    assert desk.act("ceo", case, "return", "再看", step="c").status == 422
    assert desk.act("ceo", case, "return", "再看", step="a").status == 200
    assert desk.waits_for(case) == ["sm.east"]
    for who in ("sm.east", "fm.zhou", "ceo"):
        assert desk.act(who, case, "approve").status == 200
    assert desk.case(case)["state"] == "approved"


def test_a_moved_cell_returns_the_case_with_the_difference(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    one = desk.customers[0]
    case = ask(desk)
    assert desk.send(None, Change("customer", "update", {"address": "别人改的"}, id=one)).state == "applied"
    done = desk.act("sm.east", case, "approve")
    assert (done.status, done.state) == (200, "returned"), done
    assert desk.customer(one)["address"] == "别人改的"
    last = desk.events(case)[-1]
    assert last["verb"] == "back"
    assert last["data"]["conflicts"][0]["field"] == "address"
    assert "别人改的" not in str(last["data"])
    with acting_as(desk.users["sr.wang"]) as grants:
        seen = case_json(db.session(), case, grants)
    assert seen is not None
    assert [(c["base"], c["yours"], c["now"]) for c in seen["conflicts"]] == [
        ("云溪镇云溪路1号", "新地址", "别人改的")
    ]
    assert desk.act("sr.wang", case, "resubmit").status == 200
    assert desk.act("sm.east", case, "approve").state == "approved"
    assert desk.customer(one)["address"] == "新地址"


def test_withdrawn_it_is_over_and_the_cell_is_free(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    case = ask(desk)
    twice = desk.edit("sr.wang", desk.customers[0], address="又一个")
    assert [e.code for e in twice.errors] == ["HELD"]
    assert desk.act("sm.east", case, "withdraw").status == 403
    assert desk.act("sr.wang", case, "withdraw").state == "withdrawn"
    assert desk.edit("sr.wang", desk.customers[0], address="又一个").state == "held"


def test_a_waiting_cell_that_is_asked_to_stay_as_it_is_stands_in_nobodys_way(desk: Desk) -> None:
    """As in a ledger that brings all cells of a record and changes another one."""
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    one = desk.customers[0]
    ask(desk)
    now = desk.customer(one)["address"]
    assert desk.edit("sr.wang", one, address=now, remark="月底对账").state == "applied"


def test_rows_left_out_are_not_written(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")), step("b", user("fm.zhou")))
    desk.guard("address")
    changes = [
        Change("customer", "update", {"address": f"新{n}"}, id=i) for n, i in enumerate(desk.customers)
    ]
    case = case_of(desk.send("sr.wang", *changes))
    assert desk.act("sm.east", case, "approve", exclude=(0, 1, 2)).status == 422
    assert desk.act("sm.east", case, "approve", exclude=(1,)).status == 200
    assert desk.act("fm.zhou", case, "approve").state == "approved"
    assert [desk.customer(i)["address"] for i in desk.customers] == ["新0", "云溪镇云溪路1号", "新2"]


@pytest.mark.parametrize(("hours", "stands"), [(-1, True), (1, False)])
def test_a_delegate_decides_while_the_delegation_lasts(desk: Desk, hours: int, stands: bool) -> None:
    desk.publish(step("a", user("sd.chen")))
    desk.guard("address")
    now = clock.now()
    values = {
        "from_user_id": desk.users["sd.chen"], "to_user_id": desk.users["fm.zhou"],
        "starts_at": clock.instant_text(now + timedelta(hours=hours)),
        "ends_at": clock.instant_text(now + timedelta(hours=hours + 5)),
    }  # fmt: skip
    made = desk.send("sd.chen", Change("approval_delegation", "insert", values))
    assert made.ok, [str(e.message) for e in made.errors]
    case = ask(desk)
    done = desk.act("fm.zhou", case, "approve")
    assert done.status == (200 if stands else 403)
    if stands:
        task = desk.tasks(case)[0]
        assert (task["assignee_id"], task["acted_by_id"]) == (desk.users["sd.chen"], desk.users["fm.zhou"])


def test_handed_over_and_asked_as_well(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    case = ask(desk)
    assert desk.act("sm.east", case, "transfer", to=(desk.users["sr.wang"],)).status == 422
    assert desk.act("sm.east", case, "transfer", to=(desk.users["sr.li"],)).status == 422
    assert desk.act("sm.east", case, "transfer", to=(desk.users["sd.chen"],)).status == 200
    assert desk.waits_for(case) == ["sd.chen"]
    assert desk.act("sd.chen", case, "add", to=(desk.users["ceo"],), where="before").status == 200
    assert desk.waits_for(case) == ["ceo"]
    assert desk.act("ceo", case, "approve").state == "running"
    assert desk.waits_for(case) == ["sd.chen"]
    assert desk.act("sd.chen", case, "approve").state == "approved"

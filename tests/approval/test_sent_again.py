"""What a submitter may not smuggle into a returned request, and what is told to whom on the way."""

from __future__ import annotations

from typing import Any

import pytest

from app.access.context import acting_as
from app.approval.reading import case_json
from app.change import Change
from app.change.erase import erase
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, case_of, step, user

READS = frozenset({"list", "history"})


def seen_by(desk: Desk, who: str, case: int) -> Any:
    """A case as somebody sees it."""
    with acting_as(desk.users[who], "test") as grants:
        return case_json(db.session(), case, grants)


def returned(desk: Desk, **values: Any) -> int:
    """A change of the first customer that 王浩 has returned."""
    case = case_of(desk.edit("sr.wang", desk.customers[0], **values))
    assert desk.act("sm.east", case, "return", "再看看").state == "returned"
    return case


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """Remarks need 王浩, the way of payment needs the director."""
    desk.publish(step("one", user("sm.east")))
    desk.publish(step("two", user("sd.chen")), code="T2")
    desk.guard("remark")
    desk.guard("customer_group", code="P2", flow="T2")
    return desk


def test_a_field_of_another_approval_is_not_sent_along(guarded: Desk) -> None:
    case = returned(guarded, remark="一")
    more = ({"seq": 0, "values": {"customer_group": "direct"}},)
    assert guarded.act("sr.wang", case, "resubmit", changes=more).status == 422
    assert guarded.case(case)["state"] == "returned"
    again = ({"seq": 0, "values": {"remark": "二"}},)
    assert guarded.act("sr.wang", case, "resubmit", changes=again).status == 200
    assert guarded.act("sm.east", case, "approve").state == "approved"
    row = guarded.customer(guarded.customers[0])
    assert (row["remark"], row["customer_group"]) == ("二", "factory")


@pytest.mark.parametrize("values", [
    {"code": "C-1"}, {"created_at": "2020-01-01T00:00:00.000000Z"}, {"nothing": 1}, {"version": 9}, [1], "x",
], ids=str)  # fmt: skip
def test_nor_what_nobody_writes_by_hand(guarded: Desk, values: Any) -> None:
    case = returned(guarded, remark="一")
    done = guarded.act("sr.wang", case, "resubmit", changes=({"seq": 0, "values": values},))
    assert (done.status, guarded.case(case)["state"]) == (422, "returned")


def test_what_cannot_be_read_is_no_error_page(guarded: Desk) -> None:
    case = returned(guarded, remark="一")
    for nonsense in (
        {"seq": [0]},
        {"seq": {}, "values": {"remark": "x"}},
        {"seq": True},
        {},
        {"seq": 0, "leave": [[1], {}]},
    ):
        assert guarded.act("sr.wang", case, "resubmit", changes=(nonsense,)).status in (200, 422), nonsense
        if guarded.case(case)["state"] == "running":
            guarded.act("sm.east", case, "return", "再看看")
    assert guarded.act("sr.wang", case, "resubmit", changes=({"seq": 0, "leave": "remark"},)).status == 422


def test_who_is_chosen_anew_is_asked_also_at_later_steps(desk: Desk) -> None:
    desk.publish(step("one", user("sm.east")), step("two", {"chosen": {"role": "sales_director"}}),
                 step("three", {"chosen": {"role": "sales_manager"}}))  # fmt: skip
    desk.guard("remark")
    users = desk.users
    asked = desk.send("sr.wang", Change("customer", "update", {"remark": "一"}, desk.customers[0]),
                      picks={"two": [users["sd.chen"]], "three": [users["sm.east"]]})  # fmt: skip
    case = case_of(asked)
    desk.act("sm.east", case, "return", "换人")
    picks = {"three": [users["sm.south"]]}
    assert desk.act("sr.wang", case, "resubmit", picks=picks).status == 200
    assert desk.act("sm.east", case, "approve").status == 200
    assert desk.act("sd.chen", case, "approve").status == 200
    assert desk.waits_for(case) == ["sm.south"]


def test_who_may_not_submit_any_more_does_not_send_again(desk: Desk) -> None:
    values = {"code": "PL", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    record = desk.send("mm.zhao", Change("price_list", "insert", values)).results[0].id
    case = case_of(desk.send("mm.zhao", Change("price_list", "update", id=record, verb="submit")))
    assert desk.act("ceo", case, "return", "再看看").status == 200
    with acting_as(desk.users["admin"], "test") as grants:
        change_rights([RightsChange("marketing_manager", "price_list", READS)], "换岗", grants)
    assert desk.act("mm.zhao", case, "resubmit").status in (403, 422)
    assert desk.case(case)["state"] == "returned"


def test_who_only_reads_a_record_neither_comments_nor_reminds(desk: Desk) -> None:
    values = {"code": "PL", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    record = desk.send("mm.zhao", Change("price_list", "insert", values)).results[0].id
    case = case_of(desk.send("mm.zhao", Change("price_list", "update", id=record, verb="submit")))
    assert seen_by(desk, "lg.sun", case)["verbs"] == []
    for verb in ("comment", "remind", "withdraw", "resubmit", "terminate", "reassign", "approve"):
        assert desk.act("lg.sun", case, verb, "说两句", to=(desk.users["sd.chen"],)).status == 403, verb
    assert {e["verb"] for e in desk.events(case)} == {"submit", "enter"}


def test_a_route_does_not_tell_what_a_masked_cell_holds(desk: Desk) -> None:
    told = {"field": "mobile", "op": "=", "value": "15400000001"}
    desk.publish(step("one", user("sm.east"), user("fm.zhou")),
                 {"choose": [{"when": {"any": [told]}, "steps": [step("two", user("ceo"))]}], "else": []})  # fmt: skip
    desk.guard("remark")
    case = case_of(desk.edit("sr.wang", desk.customers[0], remark="一"))
    reasons = {who: seen_by(desk, who, case)["route"][1]["reason"] for who in ("sr.wang", "fm.zhou", "ceo")}
    assert "15400000001" in reasons["sr.wang"]
    assert "1540000" not in reasons["fm.zhou"] + reasons["ceo"]
    assert reasons["fm.zhou"]


def test_a_repeated_send_of_what_was_turned_down_says_so(guarded: Desk) -> None:
    change = Change("customer", "update", {"remark": "一"}, guarded.customers[0])
    case = case_of(guarded.send("sr.wang", change, key="same"))
    assert guarded.send("sr.wang", change, key="same").state == "held"
    assert guarded.act("sm.east", case, "reject", "不行").state == "rejected"
    again = guarded.send("sr.wang", change, key="same")
    assert (again.state, [e.code for e in again.errors]) == ("refused", ["TURNED_DOWN"])
    assert guarded.send("sr.wang", change, key="another").state == "held"


def test_an_erased_name_is_not_kept_as_the_title_of_a_case(desk: Desk) -> None:
    desk.publish(step("one", user("sm.east")), entity="customer_contact")
    desk.guard("title", entity="customer_contact")
    values = {"parent_id": desk.customers[0], "name": "何小满小姐", "mobile": "15412345678"}
    made = desk.send("sr.wang", Change("customer_contact", "insert", values))
    assert made.ok, [str(e.message) for e in made.errors]
    contact = made.results[0].id or 0
    case = case_of(desk.edit("sr.wang", contact, "customer_contact", title="经理"))
    assert "何小满小姐" in desk.case(case)["title"]
    desk.act("sm.east", case, "reject", "不行")
    with acting_as(desk.users["admin"], "test") as grants:
        erase(registry.get("customer_contact"), contact, "本人要求", grants=grants)
    assert "何小满" not in desk.case(case)["title"]

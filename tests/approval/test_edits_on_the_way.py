"""An approver's edits do not lead around those who have to agree, and cases outlive their records."""

from __future__ import annotations

from typing import Any

from app.access.context import acting_as
from app.approval.reading import case_json, inbox
from app.change import Change
from app.db import db
from tests.approval.desk import Desk, case_of, step, user

VALUES = {"code": "PL", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}


def only_if(remark: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """Steps for a list with this remark."""
    return {
        "choose": [{"when": {"field": "remark", "op": "=", "value": remark}, "steps": list(steps)}],
        "else": [],
    }


def submitted(desk: Desk) -> int:
    """The case of a price list of 赵敏's."""
    record = desk.send("mm.zhao", Change("price_list", "insert", VALUES)).results[0].id
    return case_of(desk.send("mm.zhao", Change("price_list", "update", id=record, verb="submit")))


def test_an_edit_that_calls_for_a_further_step_gets_it(desk: Desk) -> None:
    first = step("one", user("fm.zhou"), editable=["remark"])
    desk.publish(only_if("早", step("zero", user("sd.chen"))), first, only_if("大", step("two", user("ceo"))),
                 entity="price_list", code="A0", use="submit")  # fmt: skip
    case = submitted(desk)
    assert desk.waits_for(case) == ["fm.zhou"]
    refused = desk.act("fm.zhou", case, "approve", edits={"remark": "早"})
    assert (refused.status, desk.waits_for(case)) == (422, ["fm.zhou"])
    assert desk.act("fm.zhou", case, "approve", edits={"remark": "大"}).state == "running"
    assert desk.waits_for(case) == ["ceo"]
    assert desk.act("ceo", case, "approve").state == "approved"


def test_a_case_whose_record_is_gone_can_be_read_and_ended(desk: Desk) -> None:
    desk.publish(step("one", user("sm.east")))
    desk.guard("remark")
    held = case_of(desk.edit("sr.wang", desk.customers[0], remark="一"))
    asked = case_of(desk.edit("sr.wang", desk.customers[1], remark="二"))
    listed = submitted(desk)
    assert desk.act("ceo", listed, "return", "再看看").status == 200
    for entity, record in (("customer", desk.customers[0]), ("customer", desk.customers[1]),
                           ("price_list", desk.case(listed)["record_id"])):  # fmt: skip
        gone = desk.send(None, Change(entity, "delete", id=record))
        assert gone.ok, [str(e.message) for e in gone.errors]
    assert desk.act("sm.east", held, "approve").state == "returned"
    assert desk.act("sr.wang", held, "resubmit").status == 422
    assert desk.act("mm.zhao", listed, "resubmit").status == 422
    for who, cases in (
        ("sr.wang", [held, asked]),
        ("sm.east", [asked]),
        ("mm.zhao", [listed]),
        ("ceo", [listed]),
    ):
        with acting_as(desk.users[who], "test") as grants:
            assert all(case_json(db.session(), case, grants) for case in cases)
            for tab in ("todo", "mine", "done", "cc"):
                inbox(db.session(), grants, tab, None, 50)
    assert desk.act("sr.wang", held, "withdraw").state == "withdrawn"
    assert desk.act("sr.wang", asked, "withdraw").state == "withdrawn"
    assert desk.act("mm.zhao", listed, "withdraw").state == "withdrawn"

"""Submitted records: locked while their case runs, moved on by the case alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.change import Change
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, case_of


@pytest.fixture
def price_list(desk: Desk) -> int:
    """A draft of 赵敏's, with no items."""
    values = {"code": "PL", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    made = desk.send("mm.zhao", Change("price_list", "insert", values))
    assert made.ok, [str(e.message) for e in made.errors]
    return made.results[0].id or 0


def submit(desk: Desk, record: int, who: str = "mm.zhao", **more: Any) -> Any:
    """Ask for a price list's approval."""
    return desk.send(who, Change("price_list", "update", id=record, verb="submit"), **more)


def row(record: int) -> dict[str, Any]:
    """The price list as stored."""
    table = registry.get("price_list").table
    with db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == record)).mappings().one())


def test_a_submitted_list_is_locked_and_approved_by_those_the_flow_names(desk: Desk, price_list: int) -> None:
    case = case_of(submit(desk, price_list))
    assert (row(price_list)["status"], row(price_list)["locked_by_case"]) == ("pending", case)
    locked = desk.edit("mm.zhao", price_list, "price_list", name="别的")
    assert [e.code for e in locked.errors] == ["LOCKED"]
    # Her own step goes to the one above her.
    assert desk.waits_for(case) == ["ceo"]
    for who in ("ceo", "fm.zhou", "ceo"):
        assert desk.waits_for(case) == [who]
        assert desk.act(who, case, "approve").status == 200
    assert (row(price_list)["status"], row(price_list)["locked_by_case"]) == ("scheduled", None)


def test_nobody_presses_what_the_case_decides(desk: Desk, price_list: int) -> None:
    case = case_of(submit(desk, price_list))
    pressed = desk.send("ceo", Change("price_list", "update", id=price_list, verb="approved"))
    assert {e.code for e in pressed.errors} & {"BY_CASE", "LOCKED"}
    assert desk.case(case)["state"] == "running"


@pytest.mark.parametrize(("verb", "status"), [("reject", "rejected"), ("return", "returned")])
def test_refused_or_returned_it_can_be_changed_and_sent_again(
    desk: Desk, price_list: int, verb: str, status: str
) -> None:
    case = case_of(submit(desk, price_list))
    assert desk.act("ceo", case, verb, "名字不对").status == 200
    assert (row(price_list)["status"], row(price_list)["locked_by_case"]) == (status, None)
    if status == "returned":
        other = desk.edit("sm.east", price_list, "price_list", name="抢改")
        assert {e.code for e in other.errors} & {"RETURNED", "FORBIDDEN"}
    assert desk.edit("mm.zhao", price_list, "price_list", name="对的名字").ok
    again = case_of(submit(desk, price_list))
    assert (again == case) is (status == "returned")
    assert row(price_list)["status"] == "pending"
    assert desk.waits_for(again) == ["ceo"]


def test_withdrawn_it_is_a_draft_again(desk: Desk, price_list: int) -> None:
    case = case_of(submit(desk, price_list))
    assert desk.act("mm.zhao", case, "withdraw").state == "withdrawn"
    assert (row(price_list)["status"], row(price_list)["locked_by_case"]) == ("draft", None)
    assert case_of(submit(desk, price_list)) != case


def test_resubmitted_from_the_case_itself(desk: Desk, price_list: int) -> None:
    case = case_of(submit(desk, price_list))
    desk.act("ceo", case, "return", "再看看")
    done = desk.act("mm.zhao", case, "resubmit")
    assert (done.status, done.state) == (200, "running"), done
    assert (desk.case(case)["round"], row(price_list)["status"]) == (2, "pending")
    assert row(price_list)["locked_by_case"] == case


def test_a_locked_record_is_not_deleted_and_its_submit_not_undone(desk: Desk, price_list: int) -> None:
    result = submit(desk, price_list)
    gone = desk.send("mm.zhao", Change("price_list", "delete", id=price_list))
    assert {e.code for e in gone.errors} >= {"LOCKED"}
    assert row(price_list)["status"] == "pending"
    assert result.state == "applied"

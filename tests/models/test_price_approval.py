"""New prices and policies through their flows (F07, F08): lock, route, effects and notices, as people ask and decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app import clock
from app.access.context import acting_as
from app.approval.carrying import figures_of
from app.change import Change, ChangeSet, commit
from app.db import db
from models.price.dates import turn
from seeds.data.people import PEOPLE
from seeds.people import hire, join_departments
from tests.approval.desk import Desk, case_of, open_desk
from tests.cast import HASH
from tests.models.conftest import Write, act, delete, insert, new_id, stored, update
from tests.models.pricing_data import draft_policy, price_list, product, rows

ALL = ["mm.zhao", "sd.chen", "fm.zhou"]


@pytest.fixture
def company(app: Flask) -> Iterator[Desk]:
    """Those who sign, with 宋佳 of marketing who asks, at noon of 2026-12-05."""
    clock.configure("Asia/Shanghai", datetime(2026, 12, 5, 4, tzinfo=UTC))
    desk = open_desk(app)
    with app.app_context(), acting_as(None, source="test"):
        asker = [one for one in PEOPLE if one.username == "mk.song"]
        desk.users |= {"mk.song": hire(asker, HASH)["mk.song"]}
        join_departments(asker, desk.users, desk.departments, "asker")
        yield desk
    clock.configure("Asia/Shanghai")


@pytest.fixture
def write(company: Desk) -> Write:
    """Commit changes as one set, as whoever is acting."""
    return lambda *changes, **more: commit(ChangeSet(list(changes), "test", **more))


@pytest.fixture
def bottle(write: Write) -> int:
    """A product at 400 / 450 / 600, floor 320, cost 100, in effect for the whole country."""
    found = product(write)
    price_list(write, {found: {}, product(write, "P2"): {}})
    turn(date(2026, 12, 5))
    return found


def ordered(company: Desk, customer: int, product_id: int, day: str, status: str) -> None:
    """An order of the past."""
    head = insert("sales_order", "o", customer_id=customer, order_date=day, status=status, delivery_date=day,
                  delivery_address="南京秦淮路1号", receiver="何先生", receiver_mobile="15400000001",
                  payment_term="prepay", order_form="electronic", owner_id=company.users["sr.wang"],
                  department_id=company.departments["XS-HD"])  # fmt: skip
    line = insert("sales_order_line", parent_id={"ref": "o"}, line_no=1, product_id=product_id, cases=1, loose=0,
                  qty=6, unit_price="400", amount="2400")  # fmt: skip
    new_id(commit(ChangeSet([head, line], "test", restoring=True)))


def asked(company: Desk, bottle: int, new: str = "420", **more: str) -> tuple[int, int]:
    """宋佳 asks for a new ex-factory price from 2026-12-12 on; the adjustment and its case."""
    values = {
        "title": "窖藏调价",
        "basis": "包材涨价",
        "effective_date": "2026-12-12",
        "notify_depts": ["finance"],
        **more,
    }
    line = insert(
        "price_adjustment_line", parent_id={"ref": "a"}, product_id=bottle, tier="ex_factory", new_price=new
    )
    record = new_id(company.send("mk.song", insert("price_adjustment", ref="a", **values), line))
    return record, case_of(company.send("mk.song", act("price_adjustment", record, "submit")))


def decide(company: Desk, case: int, *people: str) -> None:
    for who in people:
        done = company.act(who, case, "approve")
        assert done.status == 200, (who, done.message)


def test_an_adjustment_goes_from_marketing_to_sales_and_finance_together(bottle: int, company: Desk) -> None:
    record, case = asked(company, bottle)
    assert stored("price_adjustment", record, "status") == ("pending",)
    assert company.waits_for(case) == ["mm.zhao"]
    (line,) = rows("price_adjustment_line", "id", parent_id=record)[0]
    for change in (update("price_adjustment", record, title="改"), update("price_adjustment_line", line, new_price="1"),
                   delete("price_adjustment_line", line)):  # fmt: skip
        assert "LOCKED" in {e.code for e in company.send("mk.song", change).errors}
    decide(company, case, "mm.zhao")
    assert sorted(company.waits_for(case)) == ["fm.zhou", "sd.chen"]
    decide(company, case, "sd.chen")
    assert stored("price_adjustment", record, "status") == ("pending",)
    decide(company, case, "fm.zhou")
    assert stored("price_adjustment", record, "status", "notice_date") == ("scheduled", "2026-12-05")
    told = {row[0] for row in rows("price_notice", "assignee_id", adjustment_id=record)}
    sales = ("sd.chen", "sm.east", "sm.south", "sr.wang", "sr.li")
    assert told == {company.users[name] for name in (*sales, "fm.zhou", "fn.qian")}


@pytest.mark.parametrize(("new", "emergency", "management"), [("420", False, False), ("420.01", False, True),
                                                              ("379.99", False, True), ("404", True, True)])  # fmt: skip
def test_management_decides_about_large_and_urgent_changes(
    bottle: int, company: Desk, new: str, emergency: bool, management: bool
) -> None:
    record, case = asked(company, bottle, new, emergency=emergency)  # type: ignore[arg-type]
    decide(company, case, *ALL)
    assert company.waits_for(case) == (["ceo"] if management else [])
    if management:
        decide(company, case, "ceo")
    assert stored("price_adjustment", record, "status") == ("scheduled",)


def test_when_the_days_run_out_the_last_approver_is_told_and_the_author_chooses_another_day(
    bottle: int, company: Desk
) -> None:
    record, case = asked(company, bottle)
    decide(company, case, "mm.zhao", "sd.chen")
    clock.configure("Asia/Shanghai", datetime(2026, 12, 6, 4, tzinfo=UTC))
    done = company.act("fm.zhou", case, "approve")
    assert (done.status, done.errors[0]["code"]) == (422, "NOTICE_TOO_SHORT")
    assert "2026-12-13" in done.message
    assert stored("price_adjustment", record, "status") == ("pending",)
    assert company.act("fm.zhou", case, "return", "请把生效日期改到 13 日").status == 200
    assert stored("price_adjustment", record, "status") == ("returned",)
    assert company.send("mk.song", update("price_adjustment", record, effective_date="2026-12-13")).ok
    assert company.act("mk.song", case, "resubmit").status == 200
    assert company.waits_for(case) == ["mm.zhao"]
    decide(company, case, *ALL)
    assert stored("price_adjustment", record, "status") == ("scheduled",)


def test_rejected_and_withdrawn_adjustments_are_open_again(bottle: int, company: Desk) -> None:
    record, case = asked(company, bottle)
    assert company.act("mk.song", case, "withdraw").status == 200
    assert stored("price_adjustment", record, "status") == ("draft",)
    case = case_of(company.send("mk.song", act("price_adjustment", record, "submit")))
    assert company.act("mm.zhao", case, "reject", "时机不对").status == 200
    assert stored("price_adjustment", record, "status") == ("rejected",)
    assert company.send("mk.song", update("price_adjustment", record, title="再想想")).ok
    assert case_of(company.send("mk.song", act("price_adjustment", record, "submit"))) != case


def test_an_approver_sees_whom_new_prices_reach(bottle: int, company: Desk) -> None:
    assert company.send(None, act("product", bottle, "launch")).ok
    first, second, third = company.customers
    ordered(company, first, bottle, "2026-06-08", "done")
    ordered(company, first, bottle, "2026-11-20", "confirmed")
    ordered(company, second, bottle, "2026-06-07", "done")
    ordered(company, second, bottle, "2026-11-20", "cancelled")
    ordered(company, third, bottle, "2026-12-01", "draft")
    ordered(company, third, bottle, "2026-12-02", "pending")
    record, case = asked(company, bottle)
    with db.engine.connect() as connection:
        figures = {str(a): str(b) for a, b, _ in figures_of(connection, "price_adjustment", record)}
    assert figures == {
        "影响客户": "1",
        "重新计价的订单": "1",
        "价格不变的订单": "1",
        "发出通知": "8",
    }
    decide(company, case, *ALL)
    assert rows("price_notice", "customer_id", "assignee_id", "due_on", target_type="customer") == [
        (first, company.users["sr.wang"], "2026-12-11"),
    ]
    assert stored("price_adjustment", record, "customer_notice_rate") == ("0.0000",)


def test_who_keeps_a_customer_says_how_they_told_them(bottle: int, company: Desk) -> None:
    assert company.send(None, act("product", bottle, "launch")).ok
    ordered(company, company.customers[0], bottle, "2026-11-20", "confirmed")
    record, case = asked(company, bottle)
    decide(company, case, *ALL)
    ((notice,),) = rows("price_notice", "id", target_type="customer")
    refused = company.send("sr.wang", act("price_notice", notice, "acknowledge"))
    assert [(e.field, e.code) for e in refused.errors] == [("method", "NO_METHOD")]
    told = Change("price_notice", "update", {"method": "call"}, id=notice, verb="acknowledge")
    assert company.send("sr.wang", told).ok
    assert stored("price_notice", notice, "status", "read_at") == ("done", None)
    assert stored("price_notice", notice, "informed_at") != (None,)
    assert stored("price_adjustment", record, "customer_notice_rate", "ack_rate") == ("1.0000", "0.0000")


def test_a_policy_goes_to_sales_and_finance_and_a_deep_one_to_management(
    bottle: int, company: Desk, write: Write
) -> None:
    shallow, deep, steps = (
        draft_policy(write, "A", rate="0.85", owner_id=company.users["sm.east"]),
        draft_policy(write, "B", rate="0.84"),
        draft_policy(write, "C", (60, "0.95"), (120, "0.84"), kind="tier"),
    )
    for record, management in ((shallow, False), (deep, True), (steps, True)):
        case = case_of(company.send("sm.east", act("discount_policy", record, "submit")))
        decide(company, case, "sd.chen", "fm.zhou")
        assert company.waits_for(case) == (["ceo"] if management else []), record
    assert stored("discount_policy", shallow, "status") == ("scheduled",)
    with db.engine.connect() as connection:
        figures = {str(a): str(b) for a, b, _ in figures_of(connection, "discount_policy", shallow)}
    assert figures == {"适用产品": "2", "符合条件的客户": "3"}

"""The orders of the demo company: 15 months with their seasons, plausible prices, and some in hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.wall import unscoped
from app.approval.model import ApprovalEvent
from app.approval.reading import standing
from app.db import db
from app.entity import registry
from seeds.approving import case_of, decide
from seeds.data.customers import customers
from seeds.data.in_hand import IN_HAND
from seeds.data.orders import drafts, orders
from seeds.data.policies import RAISED

DAY = date(2026, 11, 22)


@pytest.fixture
def inside(demo_app: Flask) -> Iterator[Flask]:
    with demo_app.app_context():
        yield demo_app


def rows(entity: str, *fields: str) -> list[tuple[Any, ...]]:
    """The named fields of every record, as wire values, in order of the records."""
    found = registry.get(entity)
    with unscoped("a test looks at what is stored"):
        query = select(*(found.table.c[name] for name in fields)).order_by(found.table.c.id)
        stored = db.session.execute(query).all()
    db.session.rollback()
    return [
        tuple(found.fields[n].to_wire(v) if n != "id" else v for n, v in zip(fields, row, strict=True))
        for row in stored
    ]


@pytest.mark.parametrize("day", [DAY, date(2027, 1, 3), date(2026, 2, 28), date(2028, 2, 29)])
def test_orders_are_the_same_every_time_and_end_yesterday(day: date) -> None:
    buyers = list(customers(day))
    found = orders(buyers, day)
    assert orders(buyers, day) == found
    assert 165 <= len(found) <= 200
    days = [order.values["order_date"] for order in found]
    assert days == sorted(days)
    assert days[-1] < day.isoformat()
    assert len({text[:7] for text in days}) == 15


def test_orders_in_hand_are_the_same_every_time_and_of_their_owners_customers() -> None:
    buyers, days = list(customers(DAY)), [DAY - timedelta(days=1)] * len(IN_HAND)
    found = drafts(buyers, days)
    assert drafts(buyers, days) == found
    assert {buyers[order.buyer]["owner"] for order in found} == {asked.owner for asked in IN_HAND}
    assert all(buyers[order.buyer]["status"] == "dealt" for order in found)


def test_the_seasons_are_seen() -> None:
    months = Counter(order.values["order_date"][:7] for order in orders(list(customers(DAY)), DAY))
    assert months["2026-01"] > 2 * months["2026-03"]
    assert months["2026-09"] > 1.5 * months["2026-07"]


def test_a_raised_price_is_paid_from_its_first_day_on() -> None:
    found = orders(list(customers(DAY)), DAY)
    raised = DAY + timedelta(days=RAISED)
    prices = {
        (order.values["order_date"] >= raised.isoformat(), line["list_price"])
        for order in found
        for line in order.lines
        if line["sku"] == "YX-GP-480"
    }
    assert {price for later, price in prices if not later} <= {"22", "27", "38"}
    assert {price for later, price in prices if later} <= {"23", "28", "39"}


def test_every_order_is_added_up_and_no_price_is_below_the_floor(inside: Flask) -> None:
    heads = rows("sales_order", "status", "total_amount", "special_discount", "order_no")
    lines = rows("sales_order_line", "unit_price", "floor_price", "policy_price", "amount", "is_gift")
    assert len(heads) >= 180
    assert len({head[3] for head in heads}) == len(heads)
    states = Counter(head[0] for head in heads)
    assert states["done"] > 120
    assert {"confirmed", "shipped", "received", "cancelled"} <= states.keys()
    assert all(float(head[1]) > 0 for head in heads)
    assert any(float(head[2]) > 0 for head in heads if head[0] == "done")
    for unit, floor, policy, amount, gift in lines:
        assert gift or float(floor) <= float(unit) <= float(policy)
        assert amount is not None


def test_orders_in_hand_take_as_many_decisions_as_their_sums_ask_for(inside: Flask) -> None:
    found = rows("sales_order", "id", "status", "total_amount", "special_discount")
    pending = [row for row in found if row[1] == "pending"]
    taken = set()
    for record, _status, total, special in pending:
        case = case_of("sales_order", record)
        assert case is not None
        while standing(case)[1]:
            decide(case)
        # Sales manager and finance always; the director from 50,000 or at a special price; then the management.
        steps = 2 + (float(total) >= 50_000 or float(special) > 0) + (float(total) >= 200_000)
        assert decisions(case) == steps, (total, special)
        taken.add(steps)
    assert taken == {2, 3, 4}
    before = Counter(row[1] for row in found)
    after = Counter(status for (status,) in rows("sales_order", "status"))
    assert after["confirmed"] == before["confirmed"] + len(pending)


def decisions(case: int) -> int:
    """How many people have agreed in a case."""
    event = ApprovalEvent.__table__.c
    query = select(func.count()).where(event.case_id == case, event.verb == "approve")
    return int(db.session.execute(query).scalar_one())

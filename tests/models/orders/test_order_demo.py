"""The orders of the demo company: 15 months with their seasons, plausible prices, some in hand, some to be verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.access.wall import unscoped
from app.approval.reading import open_cases, standing
from app.db import db
from app.entity import registry
from app.org import Department
from seeds.approving import decide
from seeds.data.customers import customers
from seeds.data.orders import orders
from seeds.ledgers import Place
from seeds.orders import submit_some

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
    return [tuple(found.fields[n].to_wire(v) for n, v in zip(fields, row, strict=True)) for row in stored]


@pytest.mark.parametrize("day", [DAY, date(2027, 1, 3), date(2026, 2, 28), date(2028, 2, 29)])
def test_orders_are_the_same_every_time_and_end_today(day: date) -> None:
    buyers = list(customers(day))
    found = orders(buyers, day)
    assert orders(buyers, day) == found
    assert 180 <= len(found) <= 215
    days = [order.values["order_date"] for order in found]
    assert days == sorted(days)
    assert days[-1] == day.isoformat()
    assert len({text[:7] for text in days}) == 15


def test_the_seasons_are_seen() -> None:
    months = Counter(order.values["order_date"][:7] for order in orders(list(customers(DAY)), DAY))
    assert months["2026-01"] > 2 * months["2026-03"]
    assert months["2026-09"] > 1.5 * months["2026-07"]


def test_every_order_is_added_up_and_no_price_is_below_the_floor(inside: Flask) -> None:
    heads = rows("sales_order", "status", "total_amount", "special_discount", "order_no")
    lines = rows("sales_order_line", "unit_price", "floor_price", "policy_price", "amount", "is_gift")
    assert len(heads) >= 180
    assert len({head[3] for head in heads}) == len(heads)
    states = Counter(head[0] for head in heads)
    assert states["done"] > 120
    assert (states["to_verify"], states["pending"]) == (3, 0)
    assert {"draft", "confirmed", "shipped", "received", "cancelled", "rejected"} <= states.keys()
    assert all(float(head[1]) > 0 for head in heads)
    assert any(float(head[2]) > 0 for head in heads if head[0] == "done")
    for unit, floor, policy, amount, gift in lines:
        assert gift or float(floor) <= float(unit) <= float(policy)
        assert amount is not None


def test_drafts_are_submitted_by_their_owners(inside: Flask) -> None:
    users = {one.username: one.id for one in db.session.execute(select(User.username, User.id))}
    with unscoped("a test looks for departments"):
        found = db.session.execute(select(Department.code, Department.id))
        departments = {one.code: one.id for one in found}
    db.session.rollback()
    records = ids()
    submitted = submit_some(Place(users, departments), records)
    assert len(submitted) == 9
    states = Counter(status for (status,) in rows("sales_order", "status"))
    assert (states["pending"], states["draft"]) == (9, 3)
    worth = dict(zip(records, rows("sales_order", "total_amount", "special_discount"), strict=True))
    taken = set()
    for record in submitted:
        amount, special = map(float, worth[record])
        # Sales manager and finance always; the director from 50,000 or at a special price; then the management.
        steps = 2 + (amount >= 50_000 or special > 0) + (amount >= 200_000)
        assert decisions(record) == steps, (amount, special)
        taken.add(steps)
    assert taken == {2, 3, 4}
    assert (
        Counter(status for (status,) in rows("sales_order", "status"))["confirmed"] == states["confirmed"] + 9
    )


def decisions(record: int) -> int:
    """Let everybody whose turn it is agree to an order; how many had to."""
    case, count = open_cases(registry.get("sales_order"), [record])[record][0], 0
    while standing(case)[1]:
        decide(case)
        count += 1
    return count


def ids() -> list[int]:
    table = registry.get("sales_order").table
    with unscoped("a test looks at what is stored"):
        found = list(db.session.execute(select(table.c.id).order_by(table.c.id)).scalars())
    db.session.rollback()
    return found

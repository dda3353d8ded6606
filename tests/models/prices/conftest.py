"""Prices that change are tested in December 2026, on a list with two products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app import clock
from models.price.dates import turn
from tests.cast import Cast
from tests.models.conftest import Write, act, insert, new_id
from tests.models.pricing_data import price_list, product


@pytest.fixture(autouse=True)
def december(cast: Cast) -> Iterator[None]:
    """The clock stands at noon of 2026-12-05, when the example of BR-18 is approved."""
    clock.configure("Asia/Shanghai", datetime(2026, 12, 5, 4, tzinfo=UTC))
    yield
    clock.configure("Asia/Shanghai")


def at(day: date) -> None:
    """Turn the clock to noon of a day."""
    clock.configure("Asia/Shanghai", datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


@pytest.fixture
def bottle(write: Write) -> int:
    """A product at 400 / 450 / 600, floor 320, cost 100, in effect for the whole country."""
    found = product(write)
    price_list(write, {found: {}, product(write, "P2"): {}})
    turn(date(2026, 12, 5))
    return found


def draft(write: Write, lines: dict[tuple[int, str], str], **more: Any) -> int:
    """A draft that takes effect on 2026-12-12, with new prices by product and tier."""
    values = {
        "title": "调价",
        "basis": "成本上涨",
        "effective_date": "2026-12-12",
        "notify_depts": ["finance"],
        **more,
    }
    changes = [
        insert("price_adjustment_line", parent_id={"ref": "a"}, product_id=p, tier=tier,
               **{"new_floor" if tier == "floor" else "new_price": new})
        for (p, tier), new in lines.items()
    ]  # fmt: skip
    return new_id(write(insert("price_adjustment", ref="a", **values), *changes))


def approve(write: Write, record: int) -> int:
    """Submit an adjustment and let it be approved, as the approval would."""
    for verb in ("submit", "approved"):
        new_id(write(act("price_adjustment", record, verb)))
    return record

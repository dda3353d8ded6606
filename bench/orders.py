"""The orders every contender imports and exports: twenty columns, told by nothing but the number of the row.

Plain Python on purpose: the contenders of the other environment read it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

REGIONS = 1000
DAY = date(2020, 1, 1)
COLUMNS = {
    "code": "text", "buyer": "text", "region_id": "link", "state": "text", "ordered": "date", "shipped": "date",
    "paid": "yes_no", "quantity": "integer", "amount": "money", "weight": "decimal", "city": "text", "street": "text",
    "phone": "text", "note": "text", "carrier": "text", "tracking": "text", "discount": "money", "tax": "money",
    "receiver": "text", "remark": "text",
}  # fmt: skip
SCALES = {"money": 2, "decimal": 3}
LENGTHS = {"code": 30, "buyer": 80, "state": 40, "city": 40, "street": 80, "phone": 20, "note": 120, "carrier": 40,
           "tracking": 40, "receiver": 40, "remark": 120}  # fmt: skip


def region(number: int) -> str:
    """The name of one of the regions, counted from 1."""
    return f"区域{number}"


def region_of(number: int) -> int:
    """The region of an order."""
    return number * 7 % REGIONS + 1


def order(number: int, edition: int = 0) -> list[Any]:
    """An order in the order of `COLUMNS`, its region by name. Editions differ in five of the twenty columns."""
    day = DAY + timedelta(days=number % 2000)
    return [
        f"B{number:08}", f"客户{number % 50_000}", region(region_of(number)), ("new", "open", "done")[number % 3], day,
        day + timedelta(days=3 + edition) if number % 4 else None, (number + edition) % 2 == 0,
        number % 499 + 1 + edition, Decimal(number * 7919 % 10**8 + edition) / 100, Decimal(number * 31 % 10**6) / 1000,
        f"城市{number % 300}", f"云溪路{number % 900}号", f"0{13800000000 + number % 10**8}",
        f"第 {edition} 次：货到付款，请先打电话" if number % 3 else None, f"承运商{number % 40}", f"00{number:012}",
        Decimal(number % 5000) / 100, Decimal(number * 13 % 10**5) / 100, f"收货人{number % 7000}", None,
    ]  # fmt: skip


def found(count: int) -> Iterator[list[Any]]:
    """The orders that are there before: every second one of a file of `count`."""
    return (order(n) for n in range(2, count + 1, 2))


def sent(count: int) -> Iterator[list[Any]]:
    """The orders of a file: half of them are there already and look different now."""
    return (order(n, 1) for n in range(1, count + 1))

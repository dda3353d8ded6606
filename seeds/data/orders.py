"""Orders of the demo company, made from a fixed seed: 15 months up to the day they are made for, with their seasons.

What was agreed carries the prices of then. What is in hand is priced by the rules when it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from seeds.data.customers import BOUGHT
from seeds.data.in_hand import IN_HAND, InHand
from seeds.data.policies import prices_on
from seeds.data.products import BOTTLES, Bottle

MONTHS = 15
A_MONTH = 12
WEIGHTS = (1.6, 1.2, 0.7, 0.7, 0.8, 0.8, 0.7, 0.9, 1.4, 1.2, 0.9, 1.1)
"""How much of a usual month each month sells, January first: the Spring Festival, then Mid-Autumn."""
SOLD = tuple(bottle for bottle in BOTTLES if bottle.prices and bottle.net_ml != "50")
GIFT = next(bottle for bottle in BOTTLES if bottle.sku == "YX-XZ-100")
_GROUPS = ("factory", "wholesale", "retail")
# Cases a line has, by who buys.
_CASES = {"dealer": (8, 60), "distributor": (5, 30), "ecom": (10, 50), "group": (4, 30), "direct": (3, 12),
          "supermarket": (3, 15), "terminal": (1, 8), "catering": (1, 6), "consumer": (1, 2)}  # fmt: skip
# The share of the states by age in days: up to so many days, states with their weights.
_AGES: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = (
    (6, (("confirmed", 6), ("part_shipped", 1))),
    (15, (("confirmed", 2), ("part_shipped", 2), ("shipped", 4), ("cancelled", 1))),
    (40, (("shipped", 2), ("part_signed", 1), ("received", 6), ("done", 3))),
    (9999, (("received", 2), ("done", 40), ("cancelled", 2))),
)
CANCELLED_FOR = ("客户改订其他产品", "客户资金未到位", "活动取消，不再需要", "重复下单")


@dataclass
class Order:
    """An order in wire values: `buyer` is the place of its customer in their list; lines name a SKU as ``sku``."""

    buyer: int
    owner: str
    values: dict[str, Any]
    lines: list[dict[str, Any]] = field(default_factory=list)


def orders(buyers: Sequence[dict[str, Any]], today: date) -> list[Order]:
    """All orders that were agreed to, by day, up to yesterday."""
    return sorted(_agreed(Random(2027), buyers, today), key=lambda order: str(order.values["order_date"]))


def _agreed(dice: Random, buyers: Sequence[dict[str, Any]], today: date) -> Iterator[Order]:
    for day in _days(dice, today - timedelta(days=1)):
        buyer = dice.choice(_buying(buyers, day))
        age = (today - day).days
        states = next(states for most, states in _AGES if age <= most)
        names, weights = zip(*states, strict=True)
        state = dice.choices(names, weights)[0]
        order = _order(dice, buyer, buyers[buyer], day)
        order.values["status"] = state
        if state == "cancelled":
            order.values["cancel_reason"] = dice.choice(CANCELLED_FOR)
        customer = buyers[buyer]
        for bottle in dice.sample(SOLD, dice.choice((1, 1, 2, 2, 3, 4))):
            cases = dice.randint(*_CASES[customer["customer_type"]])
            cases = max(1, cases // (1 + int(Decimal(bottle.prices[0]) // 250)))
            order.lines.append(
                _sold(dice, bottle, customer, cases, prices_on(bottle.sku, bottle.prices, day, today))
            )
        if customer["customer_type"] == "catering":
            order.lines.append({"sku": GIFT.sku, "loose": dice.randint(2, 10), "is_gift": True, "cost": GIFT.cost,
                                "unit_price": "0.00", "price_check": "ok"})  # fmt: skip
        yield order


def _days(dice: Random, today: date) -> Iterator[date]:
    """The days of closed orders: month by month with its weight, the present month as far as it has come."""
    year, month = today.year, today.month
    for _ in range(MONTHS):
        first = date(year, month, 1)
        last = min(today, date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1))
        share = ((last - first).days + 1) / 30
        for _ in range(round(A_MONTH * WEIGHTS[month - 1] * min(share, 1))):
            yield first + timedelta(days=dice.randint(0, (last - first).days))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _buying(buyers: Sequence[dict[str, Any]], day: date) -> list[int]:
    """Who was buying on a day: those who had begun and had not stopped; before all of them, whoever bought ever."""
    ever = [n for n, buyer in enumerate(buyers) if buyer["status"] in BOUGHT]
    then = [
        n
        for n in ever
        if buyers[n]["first_order_on"] <= day.isoformat()
        and (buyers[n]["status"] == "dealt" or day.isoformat() <= buyers[n]["last_order_on"])
    ]
    return then or ever


def _order(dice: Random, number: int, buyer: dict[str, Any], day: date) -> Order:
    values = {
        "order_date": day.isoformat(),
        "delivery_date": (day + timedelta(days=dice.randint(3, 10))).isoformat(),
        "delivery_address": buyer["address"],
        "receiver": buyer["contact_name"],
        "receiver_mobile": buyer["mobile"],
        "payment_term": buyer["payment_term"],
        "invoice_type": "none"
        if buyer["customer_type"] == "consumer"
        else dice.choice(("normal", "special")),
        "order_form": "electronic",
    }
    return Order(number, buyer["owner"], values)


def _sold(
    dice: Random, bottle: Bottle, buyer: dict[str, Any], cases: int, prices: Sequence[str]
) -> dict[str, Any]:
    """A line as it was sold: by policy, one in eight at a special price above the floor."""
    listed = Decimal(prices[_GROUPS.index(buyer["customer_group"])])
    floor, bottles = Decimal(prices[3]), cases * int(bottle.case_spec)
    rate, name = _policy(buyer, bottles)
    policy = max(_cents(listed * rate), floor)
    special = dice.random() < 0.12 and policy - floor > 1
    unit = max(_cents(policy * Decimal("0.97")), floor) if special else policy
    return {
        "sku": bottle.sku,
        "cases": cases,
        "list_price": str(listed),
        "policy_price": str(policy),
        "policy_names": name,
        "unit_price": str(unit),
        "floor_price": str(floor),
        "price_check": "special" if special else "ok",
        "extra_discount": str((policy - unit) * bottles) if special else None,
        "cost": bottle.cost,
    }


def _policy(buyer: dict[str, Any], bottles: int) -> tuple[Decimal, str | None]:
    if buyer["customer_type"] == "group":
        return Decimal("0.95"), "团购95折"
    if bottles >= 120:
        return Decimal("0.95"), "满120瓶95折"
    return (Decimal("0.97"), "满60瓶97折") if bottles >= 60 else (Decimal(1), None)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def drafts(buyers: Sequence[dict[str, Any]], days: Sequence[date]) -> list[Order]:
    """The orders in hand as they were written, on these days: each of an own customer of its owner."""
    dice, taken = Random(2028), set[int]()
    return [_draft(dice, buyers, asked, day, taken) for asked, day in zip(IN_HAND, days, strict=True)]


def _draft(
    dice: Random, buyers: Sequence[dict[str, Any]], asked: InHand, day: date, taken: set[int]
) -> Order:
    number = _next(buyers, asked.owner, taken)
    order = _order(dice, number, buyers[number], day)
    order.owner = asked.owner
    order.values |= dict.fromkeys(asked.lacks)
    order.lines = [{"sku": sku, "cases": cases} for sku, cases in asked.wanted]
    return order


def _next(buyers: Sequence[dict[str, Any]], owner: str, taken: set[int]) -> int:
    """The next customer of somebody who has bought and may buy; companies buy by the case."""
    own = [n for n, buyer in enumerate(buyers) if buyer["owner"] == owner and buyer["status"] == "dealt"]
    own.sort(key=lambda n: buyers[n]["customer_type"] == "consumer")
    number = next((n for n in own if n not in taken), own[0])
    taken.add(number)
    return number

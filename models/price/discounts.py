"""Which discount policies meet a line and what they make of its price (BR-12 steps 3 to 5). No database but to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection, select

from app.change.contract import chunks
from app.entity import registry
from models.price.life import HELD
from models.price.policy import DiscountPolicy, DiscountTier

CENT = Decimal("0.01")
CASH = ("prepay", "cod")
"""Terms of payment that a cash discount is for."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How much a policy gives; `tiers` are its steps, the largest quantity first."""

    kind: str
    rate: Decimal | None = None
    amount_off: Decimal | None = None
    fixed_price: Decimal | None = None
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def factor(self, qty: int) -> Decimal | None:
        """What it multiplies the price with for a quantity; None when it has no rate for it."""
        if self.kind == "tier":
            return next((rate for least, rate in self.tiers if least <= qty), None)
        return self.rate if self.kind in ("rate", "cash_discount") else None

    def does_something(self, qty: int) -> bool:
        """Whether it changes the price of this quantity at all."""
        given = {"amount_off": self.amount_off, "fixed_price": self.fixed_price}
        return given.get(self.kind, self.factor(qty)) is not None


@dataclass(frozen=True, kw_only=True)
class Policy(Figure):
    """A policy as it was approved: how much, for whom, for what and when."""

    id: int
    scope_product_id: int | None
    scope_series: str | None
    customer_id: int | None
    customer_group: str | None
    channel_type: str | None
    region_id: int | None
    min_qty: int | None
    max_qty: int | None
    min_amount: Decimal | None
    valid_from: date
    valid_to: date
    priority: int
    stackable: bool | None
    used_amount: Decimal | None
    cap_amount: Decimal | None

    @property
    def specificity(self) -> int:
        """How narrow it is: customer 5, product 4, group 3, channel 2, region 1, summed. A series is no product."""
        weights = ((self.customer_id, 5), (self.scope_product_id, 4), (self.customer_group, 3),
                   (self.channel_type, 2), (self.region_id, 1))  # fmt: skip
        return sum(weight for value, weight in weights if value is not None)


@dataclass(frozen=True, slots=True)
class Line:
    """What policies are matched with: a line of an order with what is known of its product and customer."""

    product_id: int
    series: str | None
    customer_id: int
    customer_group: str | None
    channel_type: str | None
    way: Sequence[int]
    qty: int
    on: date
    order_amount: Decimal
    payment_term: str | None


def matches(policy: Policy, line: Line) -> bool:
    """Whether every condition the policy has is met, and what it may give away is not used up."""
    same = (
        (policy.scope_product_id, line.product_id), (policy.scope_series, line.series),
        (policy.customer_id, line.customer_id), (policy.customer_group, line.customer_group),
        (policy.channel_type, line.channel_type),
    )  # fmt: skip
    return (
        policy.valid_from <= line.on <= policy.valid_to
        and all(wanted is None or wanted == found for wanted, found in same)
        and (policy.region_id is None or policy.region_id in line.way)
        and (policy.min_qty or 0) <= line.qty
        and (policy.max_qty is None or line.qty <= policy.max_qty)
        and (policy.min_amount or 0) <= line.order_amount
        and (policy.cap_amount is None or (policy.used_amount or 0) < policy.cap_amount)
        and (policy.kind != "cash_discount" or line.payment_term in CASH)
        and policy.does_something(line.qty)
    )


def price_after(list_price: Decimal, chosen: Iterable[Figure], qty: int) -> Decimal:
    """The price policies make together: one fixed price in place of the list's, then rates, then amounts off."""
    policies = list(chosen)
    fixed = next((p.fixed_price for p in policies if p.kind == "fixed_price"), None)
    price = list_price if fixed is None else fixed
    for policy in policies:
        price *= policy.factor(qty) or 1
    return price - sum((p.amount_off or 0 for p in policies if p.kind == "amount_off"), Decimal(0))


def choose(list_price: Decimal, candidates: Iterable[Policy], qty: int) -> list[Policy]:
    """Those that apply, in their order: the first, and if it adds up, all further ones that do."""
    ordered = sorted(
        candidates,
        key=lambda p: (-p.priority, -p.specificity, price_after(list_price, [p], qty), p.id),
    )
    if not ordered or not ordered[0].stackable:
        return ordered[:1]
    return [policy for policy in ordered if policy.stackable]


def rounded(price: Decimal) -> Decimal:
    """A price to the cent."""
    return price.quantize(CENT, ROUND_HALF_UP)


def policies_in_force(connection: Connection, days: Iterable[date]) -> list[Policy]:
    """The policies that hold on any of the days, with their steps."""
    span = sorted(set(days))
    if not span:
        return []
    table = registry.of(DiscountPolicy).table
    names = [field.name for field in fields(Policy) if field.name != "tiers"]
    held = table.c.status.in_(HELD) & (table.c.valid_from <= span[-1]) & (table.c.valid_to >= span[0])
    found = list(connection.execute(select(*(table.c[name] for name in names)).where(held)))
    tiers = steps_of(connection, [row.id for row in found if row.kind == "tier"])
    return [Policy(**row._mapping, tiers=tuple(tiers[row.id])) for row in found]


def steps_of(connection: Connection, policies: Iterable[int]) -> dict[int, list[tuple[int, Decimal]]]:
    """(from bottles, rate) of each policy, the largest quantity first."""
    table, found = registry.of(DiscountTier).table, defaultdict[int, list[tuple[int, Decimal]]](list)
    query = select(table.c.parent_id, table.c.min_qty, table.c.rate).order_by(table.c.min_qty.desc())
    for part in chunks(sorted(policies)):
        for policy, least, rate in connection.execute(query.where(table.c.parent_id.in_(part))):
            found[policy].append((least, rate))
    return found

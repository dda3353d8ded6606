"""The price engine (BR-12, first half of BR-13): what a customer pays by list and policy, and whether a price may be.

Pure and batched: many asks cost as many statements as one, nothing is written, nobody's rights are looked at.
A quote therefore knows the floor price; what is said to people must not (see `docs/pricing.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.change.contract import chunks
from app.entity import registry
from app.org import parameter
from models.price.discounts import Line, Policy, choose, matches, policies_in_force, price_after, rounded
from models.price.in_force import LISTS, Shelf, items_in_force, upper_regions, upwards

MODE = parameter("discount.mode", "floor", _l("How special prices are limited: floor, quota or both (BR-13)"))

NO_PRICE = "NO_PRICE"
_BUYER = ("customer_group", "channel_type", "region_id", "payment_term")

Verdict = Literal["ok", "special", "below_floor", "above"]

PRICED_BY = (*LISTS, "discount_policy", "discount_tier")
"""The entities a quote rests on; rules that ask for one declare that they read them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A line somebody wants to order: so many bottles of a product, by a customer, on a day.

    `order_amount` is the whole order at list prices, which policies with a least amount look at. `payment_term`
    is the order's; empty means the customer's own. Policies of the kind cash discount ask for it.
    """

    product_id: int
    customer_id: int
    qty: int
    on: date
    order_amount: Decimal = Decimal(0)
    payment_term: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the line costs per bottle: by the list, and after policies, in the order in which they were applied.

    With `error` (``NO_PRICE``: no list in force has the product for this customer that day) all else is empty.
    """

    price_list_id: int | None = None
    item_id: int | None = None
    list_price: Decimal | None = None
    policy_price: Decimal | None = None
    policy_ids: tuple[int, ...] = ()
    floor: Decimal | None = None
    error: str = ""


def quote(connection: Connection, asks: Sequence[Ask]) -> list[Quote]:
    """A quote for each ask, in the order of the asks. In a rule: ``quote(batch.connection, asks)``."""
    if not asks:
        return []
    days = {ask.on for ask in asks}
    shelf = Shelf(items_in_force(connection, (ask.product_id for ask in asks), days))
    policies = policies_in_force(connection, days)
    upper = upper_regions(connection)
    buyers = _read(connection, "customer", (a.customer_id for a in asks), _BUYER)
    series = _read(connection, "product", (a.product_id for a in asks), ("series",))
    quotes = []
    for ask in asks:
        buyer = buyers.get(ask.customer_id, dict.fromkeys(_BUYER))
        line = Line(
            ask.product_id, series.get(ask.product_id, {}).get("series"),
            ask.customer_id, buyer["customer_group"], buyer["channel_type"], upwards(buyer["region_id"], upper),
            ask.qty, ask.on, ask.order_amount, ask.payment_term or buyer["payment_term"],
        )  # fmt: skip
        quotes.append(_quote(line, shelf, policies))
    return quotes


def _quote(line: Line, shelf: Shelf, policies: Iterable[Policy]) -> Quote:
    item = shelf.nearest(line.product_id, line.way, line.on)
    if item is None or line.customer_group is None:
        return Quote(error=NO_PRICE)
    price = item.price_for(line.customer_group)
    chosen = choose(price, (p for p in policies if matches(p, line)), line.qty)
    after = rounded(max(price_after(price, chosen, line.qty), item.floor_price))
    return Quote(item.list_id, item.id, price, after, tuple(p.id for p in chosen), item.floor_price)


def _read(
    connection: Connection, entity: str, ids: Iterable[int], names: Sequence[str]
) -> dict[int, dict[str, Any]]:
    table, found = registry.get(entity).table, dict[int, dict[str, Any]]()
    query = select(table.c.id, *(table.c[name] for name in names))
    for part in chunks(sorted(set(ids))):
        for row in connection.execute(query.where(table.c.id.in_(part))):
            found[row[0]] = dict(zip(names, row[1:], strict=True))
    return found


def check(price: Decimal, quoted: Quote, mode: str = "floor") -> Verdict:
    """What a unit price is to its quote (which has no error): ok, special, below_floor or above.

    `mode` is the parameter ``discount.mode``. In ``quota`` no floor is asked for; what a special price uses of a
    quota is not asked here. Gifts cost nothing by nature: do not ask about them.
    """
    if quoted.policy_price is None or quoted.floor is None:
        raise ValueError("there is no price to compare with")
    if price == quoted.policy_price:
        return "ok"
    if price > quoted.policy_price:
        return "above"
    return "below_floor" if price < quoted.floor and mode != "quota" else "special"

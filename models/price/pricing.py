"""The price engine (BR-12, first half of BR-13): what a customer pays by list and policy, and whether a price may be.

Pure and batched: many asks cost as many statements as one, nothing is written, nobody's rights are looked at.
A quote therefore knows the floor price; what is said to people must not (see `docs/pricing.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from app.org import parameter

MODE = parameter("discount.mode", "floor", _l("How special prices are limited: floor, quota or both (BR-13)"))

Verdict = Literal["ok", "special", "below_floor", "above"]


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
    raise NotImplementedError


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

"""The prices of an order's lines: BR-12 by list and policies, BR-13 not above them and not below the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change.contract import chunks
from app.change.document import Document
from app.change.rules import Batch, Row
from app.entity import registry
from models.order.facts import Facts
from models.price.pricing import MODE, Ask, Quote, check, quote

Priced = tuple[Document, Row]


def price(batch: Batch, orders: Sequence[Document], facts: Facts) -> None:
    """Price every line anew. A unit price that somebody agreed on stays; any other follows the policy price."""
    lines = [(order, line) for order in orders for line in order.lines if _complete(order, line, facts)]
    found = _quotes(batch, lines)
    names = _policy_names(batch, found)
    mode = batch.parameter(MODE)
    for (order, line), quoted in zip(lines, found, strict=True):
        product = facts.product(line) or {}
        if quoted.error:
            message = _l(
                "“%(product)s” has no price for this customer on this day. Ask the marketing department for one.",
                product=product["name"],
            )
            say(order, line, "product_id", message, quoted.error)
            continue
        own_price = _own_price(line)
        line.set("list_price", quoted.list_price)
        line.set("policy_price", quoted.policy_price)
        line.set("floor_price", quoted.floor)
        line.set("policy_ids", list(quoted.policy_ids) or None)
        line.set("policy_names", "、".join(names.get(n, "") for n in quoted.policy_ids)[:400])
        line.set("cost", product["cost_price"])
        line.set("unit_price", own_price if own_price is not None else quoted.policy_price)
        judge(batch, order, line, quoted, mode)
        if order.head["price_list_id"] != quoted.price_list_id:
            order.head.set("price_list_id", quoted.price_list_id)


def judge_kept(batch: Batch, orders: Sequence[Document]) -> None:
    """Look again at unit prices whose policy prices and floors stay as they were, those of orders in approval."""
    mode = batch.parameter(MODE)
    for order in orders:
        for line in order.lines:
            kept = [None if line[n] is None else Decimal(line[n]) for n in ("policy_price", "floor_price")]
            if None not in kept and line["unit_price"] is not None:
                judge(batch, order, line, Quote(policy_price=kept[0], floor=kept[1]), mode)


def judge(batch: Batch, order: Document, line: Row, quoted: Quote, mode: str) -> None:
    """BR-13: say what a unit price is to its policy price; refuse one above it or below the floor."""
    if line["is_gift"]:
        line.set("unit_price", 0)
        line.set("price_check", "ok")
        line.set("extra_discount", None)
        return
    unit = Decimal(line["unit_price"])
    verdict = check(unit, quoted, mode)
    assert quoted.policy_price is not None
    if verdict == "above":
        message = _l(
            "The unit price must not be above the policy price of %(price)s. Please lower it.",
            price=str(quoted.policy_price),
        )
        say(order, line, "unit_price", message, "PRICE_ABOVE")
    elif verdict == "below_floor":
        say(order, line, "unit_price", _too_low(batch, quoted), "BELOW_FLOOR")
    line.set("price_check", verdict)
    line.set(
        "extra_discount",
        (quoted.policy_price - unit) * (line["qty"] or 0) if verdict == "special" else None,
    )


def say(order: Document, line: Row, field: str, message: Any, code: str) -> None:
    """Refuse a line: on its cell if it was sent, else on a row of the order that was, with its number."""
    teller = order.teller(line)
    if teller is line:
        line.error(field, message, code)
    else:
        teller.error(None, _l("Line %(no)s: %(message)s", no=line["line_no"], message=message), code)


def _too_low(batch: Batch, quoted: Quote) -> Any:
    if batch.grants.level("sales_order_line", "floor_price") in ("read", "edit"):
        return _l("The unit price must not be below the floor price of %(floor)s.", floor=str(quoted.floor))
    return _l("This price is too low, and nobody may agree to it. Please raise it.")


def _complete(order: Document, line: Row, facts: Facts) -> bool:
    """Whether a line can be priced; one that cannot keeps no price of before."""
    if facts.customer(order.head) and facts.product(line) and order.head["order_date"] and line["qty"]:
        return True
    for name in ("list_price", "policy_price", "floor_price", "policy_ids", "policy_names"):
        line.set(name, None)
    for name in ("price_check", "extra_discount", "cost"):
        line.set(name, None)
    return False


def _own_price(line: Row) -> Any:
    """The unit price somebody agreed on; None when the line shall follow the policy price."""
    if line.given("unit_price") or line.op == "insert":
        return line["unit_price"]
    kept = line.before.get("unit_price") != line.before.get("policy_price") and not line.changed("product_id")
    return line["unit_price"] if kept and not line.before.get("is_gift") else None


def _quotes(batch: Batch, lines: Sequence[Priced]) -> list[Quote]:
    """Quotes for lines; the amount of each order at list prices, which some policies ask for, comes first."""
    asks = [
        Ask(
            line["product_id"],
            order.head["customer_id"],
            line["qty"],
            date.fromisoformat(order.head["order_date"]),
            payment_term=order.head["payment_term"] or "",
        )
        for order, line in lines
    ]
    first = quote(batch.connection, asks)
    amounts: dict[int, Decimal] = {}
    for (order, line), quoted in zip(lines, first, strict=True):
        worth = (quoted.list_price or Decimal(0)) * (0 if line["is_gift"] else line["qty"])
        amounts[id(order)] = amounts.get(id(order), Decimal(0)) + worth
    return quote(
        batch.connection,
        [replace(ask, order_amount=amounts[id(order)]) for (order, _), ask in zip(lines, asks, strict=True)],
    )


def _policy_names(batch: Batch, quotes: Sequence[Quote]) -> dict[int, str]:
    table, found = registry.get("discount_policy").table, dict[int, str]()
    for part in chunks(sorted({n for quoted in quotes for n in quoted.policy_ids})):
        query = select(table.c.id, table.c.name).where(table.c.id.in_(part))
        found |= {row.id: row.name for row in batch.connection.execute(query)}
    return found

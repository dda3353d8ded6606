"""The orders of the demo company: what was ordered in 15 months, and what is in hand today."""

from __future__ import annotations

from typing import Any

from app import clock
from app.access.context import acting_as
from app.change import Change
from app.entity import registry
from seeds.data.customers import customers
from seeds.data.orders import Order, orders
from seeds.ledgers import Ids, Place
from seeds.writing import write

_ITEMS = ("delivery_date", "delivery_address", "receiver")
_ASKED = "已电话联系客户，等回复"


def history(place: Place, products: Ids, buyers: list[int]) -> list[int]:
    """Write all orders with their lines, as they are by now; `buyers` are the ids of the demo customers in order.

    Returns the ids of the orders. What is open is priced by the rules; what is closed keeps its prices of then.
    """
    found = orders(list(customers(clock.today())), clock.today())
    changes: list[Change] = []
    for number, order in enumerate(found):
        changes.append(_head(number, order, place, buyers))
        changes += [_line(number, line, products) for line in order.lines]
        if order.values["status"] == "to_verify":
            changes += [_check(number, item) for item in order.lacks if item in _ITEMS]
    ids = write("demo:orders", changes, "历史订单", history=True)
    return [record for change, record in zip(changes, ids, strict=True) if change.entity == "sales_order"]


def _head(number: int, order: Order, place: Place, buyers: list[int]) -> Change:
    values = {**order.values, "customer_id": buyers[order.buyer], **place.kept_by(order.owner)}
    return Change("sales_order", "insert", values, ref=f"o{number}")


def _line(number: int, line: dict[str, Any], products: Ids) -> Change:
    values = {name: value for name, value in line.items() if name != "sku"}
    values |= {"parent_id": {"ref": f"o{number}"}, "product_id": products[line["sku"]]}
    return Change("sales_order_line", "insert", values)


def _check(number: int, item: str) -> Change:
    label = registry.get("sales_order").fields[item].label
    values = {
        "parent_id": {"ref": f"o{number}"},
        "field": item,
        "problem": f"“{label}”没有填",
        "answer": _ASKED,
    }
    return Change("order_check_log", "insert", values)


def submit_some(place: Place, records: list[int]) -> list[int]:
    """Let the owners of complete drafts submit them, each their own; the ids of what is in approval then.

    `records` are what `history` returned. Some need the sales director (50,000 and more, or a special price),
    one the management (200,000 and more).
    """
    found = orders(list(customers(clock.today())), clock.today())
    submitted = []
    for record, order in zip(records, found, strict=True):
        if order.values["status"] == "draft" and not order.lacks:
            with acting_as(place.users[order.owner], source="seed"):
                asked = [Change("sales_order", "update", id=record, verb="submit")]
                write(f"demo:orders:submit:{record}", asked, "提交订单")
            submitted.append(record)
    return submitted

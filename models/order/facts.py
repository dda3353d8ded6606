"""What the rules of orders look up: the customers, contacts and products of many orders, each kind at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.change.document import Document
from app.change.rules import Batch, Row

_CUSTOMER = (
    *("name", "status", "customer_type", "birthday", "is_key", "region_id", "channel_type"),
    *("payment_term", "delivery_address"),
)
_PRODUCT = ("name", "status", "abv", "net_ml", "case_spec", "cost_price", "is_gift")
_CONTACT = ("parent_id", "name", "mobile")
Records = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Facts:
    """Records by id, as wire values."""

    customers: Records
    products: Records
    contacts: Records

    def customer(self, order: Row) -> dict[str, Any] | None:
        """The customer of an order."""
        return self.customers.get(order["customer_id"]) if isinstance(order["customer_id"], int) else None

    def product(self, line: Row) -> dict[str, Any] | None:
        """The product of a line."""
        return self.products.get(line["product_id"]) if isinstance(line["product_id"], int) else None


def look_up(batch: Batch, orders: Iterable[Document]) -> Facts:
    """Everything the orders and their lines link to."""
    heads = [order.head for order in orders]
    lines = [line for order in orders for line in order.lines]
    return Facts(
        batch.fetch("customer", [head["customer_id"] for head in heads], _CUSTOMER),
        batch.fetch("product", [line["product_id"] for line in lines], _PRODUCT),
        batch.fetch("customer_contact", [head["contact_id"] for head in heads], _CONTACT),
    )

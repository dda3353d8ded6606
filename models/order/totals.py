"""What follows from an order's lines: quantities and amounts of the lines, and the sums of the order."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.change.document import Document
from app.change.rules import Batch, Row
from app.org import parameter
from models.order.facts import Facts
from models.price.item_rules import VAT, margin

LARGE = parameter(
    "order.large_amount", Decimal(200_000), _l("Orders from this amount need a contract (BR-16)")
)
KEY_LARGE = parameter(
    "order.key_customer_amount", Decimal(50_000), _l("Orders of key customers from this amount need one (BR-16)")
)  # fmt: skip
_RATE = Decimal("0.0001")
_TOO_MUCH = Decimal(10) ** 12


def measure(line: Row, product: dict[str, Any] | None) -> None:
    """Give a line its specification and its quantity in bottles."""
    if product is None:
        line.set("qty", line["loose"])
        return
    cases, loose = line["cases"], line["loose"]
    some = cases is not None or loose is not None
    line.set("qty", (cases or 0) * product["case_spec"] + (loose or 0) if some else None)
    if line.changed("product_id"):
        line.set(
            "spec",
            f"{Decimal(product['abv']).normalize():f}%vol {product['net_ml']}ml×{product['case_spec']}",
        )


def total(batch: Batch, orders: Iterable[Document], facts: Facts) -> None:
    """Give lines their amounts and orders their sums. A line that is refused counts as it was before."""
    vat, large, key_large = (batch.parameter(name) for name in (VAT, LARGE, KEY_LARGE))
    for order in orders:
        head, listed, due, cost, special = order.head, Decimal(0), Decimal(0), Decimal(0), Decimal(0)
        bottles, costed = 0, bool(order.lines)
        for line in order.lines:
            unit = line["unit_price"]
            line.set("amount", None if unit is None else _money(Decimal(unit) * (line["qty"] or 0)))
            kept = line.draft.after if line.draft.ok else line.draft.before
            qty = kept.get("qty") or 0
            bottles += qty
            due += Decimal(kept.get("amount") or 0)
            special += Decimal(kept.get("extra_discount") or 0)
            if not kept.get("is_gift"):
                listed += Decimal(kept.get("list_price") or kept.get("unit_price") or 0) * qty
            costed = costed and kept.get("cost") is not None
            cost += Decimal(kept.get("cost") or 0) * qty
        head.set("total_qty", bottles)
        head.set("list_amount", _money(listed))
        head.set("total_amount", _money(due))
        head.set("discount_amount", _money(listed - due))
        head.set("special_discount", _money(special))
        head.set("discount_rate", _rate(due / listed) if listed else None)
        head.set("gross_margin", _rate(margin(due, cost, vat)) if costed and due else None)
        is_key = (facts.customer(head) or {}).get("is_key")
        head.set("need_contract", due >= large or bool(is_key and due >= key_large))


def _money(value: Decimal) -> Decimal | None:
    """An amount as a field holds it; None for one too large, which only a price that is refused can make."""
    return value if abs(value) < _TOO_MUCH else None


def _rate(value: Decimal) -> Decimal | None:
    """A rate as a field holds it; None for one so extreme that it says nothing."""
    return value.quantize(_RATE, ROUND_HALF_UP) if abs(value) < 1000 else None

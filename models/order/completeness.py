"""BR-10 and BR-11: an order is sent to approval when it is complete, right, and proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.change import Change
from app.change.document import Document
from app.change.rules import Batch, Row
from models.order.choices import CheckItem
from models.order.facts import Facts
from models.order.prices import say

_LABELS = {item.code: item.label for item in CheckItem}
_OF_AGE = 18


@dataclass(frozen=True)
class Gap:
    """An item that is missing: in a cell of the order, or of one of its lines."""

    item: str
    field: str
    line: Row | None = None

    def __str__(self) -> str:
        if self.line is None:
            return str(_LABELS[self.item])
        return str(_l("%(item)s in line %(no)s", item=_LABELS[self.item], no=self.line["line_no"]))


def gaps(order: Document, facts: Facts) -> list[Gap]:
    """Everything an order lacks, in the order of `CheckItem`."""
    head, found = order.head, list[Gap]()
    if not order.lines:
        found.append(Gap("product", "product_id"))
    for line in order.lines:
        product = facts.product(line) or {}
        if not all(product.get(name) for name in ("abv", "net_ml", "case_spec")):
            found.append(Gap("spec", "product_id", line))
        if not line["qty"]:
            found.append(Gap("qty", "cases", line))
        elif line["unit_price"] is None:
            found.append(Gap("unit_price", "unit_price", line))
    for name in ("delivery_date", "delivery_address"):
        if head[name] is None:
            found.append(Gap(name, name))
    if head["receiver"] is None or head["receiver_mobile"] is None:
        found.append(Gap("receiver", "receiver" if head["receiver"] is None else "receiver_mobile"))
    if head["payment_term"] is None:
        found.append(Gap("payment_term", "payment_term"))
    return found


def rate(order: Document, missing: list[Gap]) -> Decimal:
    """The share of the items that are filled in. An order without lines lacks all four that lines have."""
    lacking = {gap.item for gap in missing}
    if "product" in lacking:
        lacking |= {"spec", "qty", "unit_price"}
    return 1 - Decimal(len(lacking)) / len(CheckItem)


def submit(batch: Batch, orders: Iterable[Document], facts: Facts) -> None:
    """Let complete orders go on to approval. One that lacks something waits to be verified, and says for what."""
    for order in orders:
        missing = gaps(order, facts)
        if missing and order.head.verb == "verify":
            for gap in missing:
                message = _l("“%(item)s” is still missing. Please fill it in, then submit.", item=str(gap))
                _point(order, gap, message, "ORDER_INCOMPLETE")
        elif missing:
            _divert(order, missing)
        else:
            _accurate(order, facts)
            _proven(order.head)


def _point(order: Document, gap: Gap, message: Any, code: str) -> None:
    if gap.line is not None and order.teller(gap.line) is gap.line:
        gap.line.error(gap.field, message, code)
    else:
        order.head.error(gap.field if gap.line is None and gap.item != "product" else None, message, code)


def _divert(order: Document, missing: list[Gap]) -> None:
    head = order.head
    head.divert(
        "to_verify",
        _l(
            "This order still lacks: %(items)s. It waits under “To be verified”; fill these in, then submit again.",
            items="、".join(str(gap) for gap in missing),
        ),
        "ORDER_INCOMPLETE",
    )
    for gap in missing:
        problem = str(_l("“%(item)s” was empty.", item=str(gap)))
        head.add(
            Change("order_check_log", "insert",
                   {"parent_id": head.draft.id, "field": gap.item, "problem": problem[:200]})
        )  # fmt: skip


def _accurate(order: Document, facts: Facts) -> None:
    """What is ordered can be sold; a quantity that fills no case is asked about."""
    odd = []
    for line in order.lines:
        sellable(order, line, facts)
        product = facts.product(line)
        if product and line["qty"] % product["case_spec"]:
            odd.append(f"{product['name']} {line['qty']}")
    if odd:
        message = _l("Not whole cases: %(lines)s bottles. Submit all the same?", lines="、".join(odd))
        order.head.confirm(None, "ODD_CASE", message)


def sellable(order: Document, line: Row, facts: Facts) -> None:
    """Refuse products that are not on sale, and gifts that may not be given away."""
    product = facts.product(line)
    if product is None:
        return
    if product["status"] != "on_sale":
        message = _l("“%(name)s” is not on sale. Please choose another product.", name=product["name"])
        say(order, line, "product_id", message, "NOT_ON_SALE")
    elif line["is_gift"] and not product["is_gift"]:
        message = _l("“%(name)s” may not be given away. Please take off the gift mark.", name=product["name"])
        say(order, line, "is_gift", message, "NOT_A_GIFT")


def may_buy(head: Row, customer: dict[str, Any]) -> None:
    """Refuse customers on the blacklist, and consumers who are not of age."""
    if customer["status"] == "blacklist":
        message = _l("“%(name)s” is on the blacklist and cannot order.", name=customer["name"])
        head.error("customer_id", message, "BLACKLISTED")
    born, ordered = customer["birthday"], head["order_date"]
    if customer["customer_type"] == "consumer" and born and ordered and not _of_age(born, ordered):
        head.error("customer_id", _l("Spirits are not sold to anybody under 18."), "UNDER_AGE")


def _of_age(born: str, on: str) -> bool:
    birth, day = date.fromisoformat(born), date.fromisoformat(on)
    return (day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))) >= _OF_AGE


def _proven(head: Row) -> None:
    """BR-11: an order by word of mouth was confirmed, one in writing is there as a picture."""
    if head["order_form"] == "verbal":
        for name in ("verbal_confirmed_by", "verbal_confirmed_at", "form_evidence"):
            if not head[name]:
                label = head.draft.entity.fields[name].label
                message = _l("An order by word of mouth needs “%(label)s”. Please fill it in.", label=label)
                head.error(name, message, "VERBAL_UNCONFIRMED")
    elif head["order_form"] == "written" and not head["form_evidence"]:
        message = _l("An order in writing needs its scan. Please attach it.")
        head.error("form_evidence", message, "SCAN_MISSING")

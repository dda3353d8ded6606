"""The rules of orders: terms from the customer, prices, sums, what a submit asks for, and what stays as it is."""

from __future__ import annotations

from collections import defaultdict

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.change.contract import chunks
from app.change.document import Document, documents
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.order import completeness, prices
from models.order.choices import OPEN
from models.order.facts import Facts, look_up
from models.order.order_line import OrderCheckLog, SalesOrderLine
from models.order.sales_order import SalesOrder
from models.order.totals import measure, total
from models.price.pricing import PRICED_BY

ALWAYS = {"status", "remark", "cancel_reason", "owner_id", "department_id"}
"""Fields that are not what was ordered: they may change at any time."""
_PRICED = ("customer_id", "order_date", "payment_term")
_ASKED = (
    *_PRICED,
    "contact_id",
    "status",
    "delivery_date",
    "delivery_address",
    "receiver",
    "receiver_mobile",
)
_CLOSED = _l("This order is no draft any more. To change it, cancel it and make a new one.")


@rule(SalesOrder, "BR-17", on=("update", "delete"))
def only_open_orders(batch: Batch) -> None:
    """Refuse changes of what was agreed; an order in approval keeps what its prices came from."""
    derived = {n for n, f in registry.of(SalesOrder).fields.items() if f.computed}
    for row in batch:
        state, touched = row.before.get("status"), row.draft.touched.keys()
        fixed = set(_PRICED) if state == "pending" else touched - ALWAYS - derived
        if state not in OPEN and (row.op == "delete" or touched & fixed):
            row.error(None, _CLOSED, "ORDER_CLOSED")


@rule(SalesOrderLine, "BR-17", on=("insert", "update", "delete"))
def only_lines_of_open_orders(batch: Batch) -> None:
    """Refuse changes of the lines of such orders."""
    _only_lines_of_open(batch)


@rule(OrderCheckLog, "BR-17", on=("insert", "update", "delete"))
def only_checks_of_open_orders(batch: Batch) -> None:
    """What was asked before an order was approved stays as it was."""
    _only_lines_of_open(batch)


def _only_lines_of_open(batch: Batch) -> None:
    places = {row: (row["parent_id"], row.before.get("parent_id")) for row in batch}
    orders = [place for both in places.values() for place in both if isinstance(place, int)]
    states = batch.fetch("sales_order", orders, ["status"])
    for row, both in places.items():
        found = [states[p]["status"] for p in both if isinstance(p, int) and p in states]
        if any(state not in (*OPEN, "pending") for state in found):
            row.error(None, _CLOSED, "ORDER_CLOSED")


@rule(SalesOrderLine, "LINE-NO", when=("parent_id",))
def number_lines(batch: Batch) -> None:
    """Give lines that are new in an order its next number."""
    _number(batch)


@rule(OrderCheckLog, "LINE-NO", when=("parent_id",))
def number_checks(batch: Batch) -> None:
    """Give checks that are new in an order its next number."""
    _number(batch)


def _number(batch: Batch) -> None:
    table = registry.of(batch.rule.entity).table
    last: dict[object, int] = defaultdict(int)
    for part in chunks(sorted({p for row in batch if isinstance(p := row["parent_id"], int)})):
        query = select(table.c.parent_id, func.max(table.c.line_no)).where(table.c.parent_id.in_(part))
        last |= {
            parent: highest or 0
            for parent, highest in batch.connection.execute(query.group_by(table.c.parent_id))
        }
    named = {id(row) for row in batch if row.given("line_no") and row["line_no"] is not None}
    for row in batch:
        if id(row) in named:
            last[_place(row)] = max(last[_place(row)], row["line_no"])
    for row in batch:
        if id(row) not in named:
            last[_place(row)] += 1
            row.set("line_no", last[_place(row)])


def _place(row: Row) -> object:
    parent = row["parent_id"]
    return parent["ref"] if isinstance(parent, dict) else parent


@rule(SalesOrder, "BR-17-CANCEL", on=("update",), when=("status",))
def cancelling(batch: Batch) -> None:
    """Orders are cancelled by who leads the sales, for a reason."""
    for row in batch:
        if row.verb != "cancel":
            continue
        if not batch.grants.can("edit", "sales_order"):
            row.error(None, _l("Only a sales manager may cancel an order. Please ask one."), "FORBIDDEN")
        elif row["cancel_reason"] is None:
            row.error("cancel_reason", _l("Please say why the order is cancelled."), "CANCEL_REASON")


@rule(SalesOrder, "BR-12", when=_ASKED, reads=PRICED_BY)
def orders(batch: Batch) -> None:
    """Orders whose terms change are priced and added up anew; submitted ones are looked at as a whole."""
    settle(batch)


@rule(SalesOrderLine, "BR-12", on=("insert", "update", "delete"), reads=PRICED_BY)
def lines(batch: Batch) -> None:
    """So are orders whose lines change."""
    settle(batch)


def settle(batch: Batch) -> None:
    """Bring orders in line with their lines, price list and policies; what is decided keeps its prices."""
    with documents(batch, SalesOrderLine) as found:
        live = [order for order in found if order.head.op == "insert" or _state(order) in (*OPEN, "pending")]
        facts = look_up(batch, live)
        drafts = [order for order in live if _state(order) in OPEN]
        for order in live:
            if order.head.op == "insert" or _state(order) in OPEN:
                _terms(order.head, facts)
        for order in live:
            for line in order.lines:
                measure(line, facts.product(line))
        for order in drafts:
            _accept(order, facts)
        prices.price(batch, drafts, facts)
        prices.judge_kept(batch, [order for order in live if _state(order) == "pending"])
        total(batch, live, facts)
        for order in live:
            order.head.set("completeness", completeness.rate(order, completeness.gaps(order, facts)))
        completeness.submit(batch, [order for order in drafts if _submitted(order.head)], facts)


def _state(order: Document) -> str | None:
    head = order.head
    found: str | None = head["status"] if head.op == "insert" else head.before["status"]
    return found


def _submitted(head: Row) -> bool:
    return head.verb in ("submit", "verify") and head["status"] == "pending"


def _terms(head: Row, facts: Facts) -> None:
    """Take from the customer, or from the contact, what nobody said."""
    customer = facts.customer(head)
    if customer is None:
        if isinstance(head["customer_id"], dict):
            head.error("customer_id", _l("Please save the customer first, then the order."), "SAVE_CUSTOMER")
        return
    if head.changed("customer_id"):
        head.set("region_id", customer["region_id"])
        head.set("channel_type", customer["channel_type"])
        for name in ("payment_term", "delivery_address"):
            if head[name] is None and _unsaid(head, name):
                head.set(name, customer[name])
    contact = facts.contacts.get(head["contact_id"])
    if contact is None or not head.changed("contact_id"):
        return
    if contact["parent_id"] != head["customer_id"]:
        message = _l("This contact belongs to another customer. Please choose one of this customer's.")
        head.error("contact_id", message, "OTHER_CUSTOMER")
        return
    for name, theirs in (("receiver", "name"), ("receiver_mobile", "mobile")):
        if head[name] is None and _unsaid(head, name):
            head.set(name, contact[theirs])


def _unsaid(head: Row, name: str) -> bool:
    """Whether nobody emptied a cell on purpose; forms send those of a new order that were left empty."""
    return head.op == "insert" or not head.given(name)


def _accept(order: Document, facts: Facts) -> None:
    """Whoever may not buy, and whatever is not sold, is refused when it is entered, and again at the submit."""
    head, customer, submitted = order.head, facts.customer(order.head), _submitted(order.head)
    if customer and (head.changed("customer_id") or head.changed("order_date") or submitted):
        completeness.may_buy(head, customer)
    for line in order.lines:
        if not submitted and (line.changed("product_id") or line.changed("is_gift")):
            completeness.sellable(order, line, facts)
    delivered, ordered = head["delivery_date"], head["order_date"]
    dated = head.changed("delivery_date") or head.changed("order_date")
    if dated and delivered and ordered and delivered < ordered:
        message = _l("The delivery date is before the order date. Please correct one of them.")
        head.error("delivery_date", message, "DELIVERY_BEFORE_ORDER")

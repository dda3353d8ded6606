"""The lines of an order: what is ordered at which price, and what had to be asked again before it was complete."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    choice,
    instant,
    integer,
    json_value,
    link,
    long_text,
    money,
    person,
    text,
    yes_no,
)
from models.checks import at_least, between
from models.order import choices as of

MOST = 100_000
"""More cases, or loose bottles, are no order but a slip of the hand."""


class SalesOrderLine(Entity):
    """A product in an order: how many bottles, at which price, and what the price is to list, policy and floor."""

    __tablename__ = "sales_order_line"
    about = About(
        _l("Order lines"), key=("line_no",), title="product_id", workbook="order", parent="sales_order", order=20,
        note=_l("The products of each order, with quantity and price."),
    )  # fmt: skip

    line_no = integer(_l("Line"), auto=True, check=at_least(1), width=60, help=_l("Empty means the next."))
    product_id = link(_l("Product"), "product", required=True, width=200)
    spec = text(_l("Specification"), 60, computed=True)
    cases = integer(_l("Cases"), check=between(0, MOST))
    loose = integer(_l("Loose bottles"), check=between(0, MOST))
    qty = integer(_l("Quantity (bottles)"), computed=True, total=True)
    unit_price = money(_l("Unit price"), check=at_least(0), help=_l("Empty means the policy price."))
    amount = money(_l("Amount"), computed=True, total=True)
    is_gift = yes_no(_l("Gift"), default=False)
    list_price = money(_l("List price"), computed=True)
    policy_price = money(_l("Policy price"), computed=True)
    policy_names = text(_l("Policies met"), 400, computed=True)
    price_check = choice(_l("Price check"), of.PriceCheck, computed=True)
    extra_discount = money(_l("Special price discount"), computed=True, total=True)
    floor_price = money(_l("Floor price"), computed=True)
    cost = money(_l("Unit cost"), computed=True)
    policy_ids = json_value(_l("Policies met (ids)"), computed=True, system=True)


class OrderCheckLog(Entity):
    """Something an order lacked when it was submitted, with what the customer answered."""

    __tablename__ = "order_check_log"
    about = About(
        _l("Order checks"), key=("line_no",), title="field", workbook="order", parent="sales_order", order=30,
        note=_l("What orders lacked when they were submitted, and what the customer said."),
    )  # fmt: skip

    line_no = integer(_l("Line"), auto=True, check=at_least(1), width=60, help=_l("Empty means the next."))
    field = choice(_l("To be asked"), of.CheckItem, required=True)
    problem = text(_l("Problem"), 200)
    contacted_at = instant(_l("Asked at"))
    contact_person = text(_l("Person asked"), 40, pii=True)
    answer = long_text(_l("Answer"))
    checked_by_id = person(_l("Asked by"))

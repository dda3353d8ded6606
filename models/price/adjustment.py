"""PriceAdjustment (E28): new prices from a day on, and who has to hear of them before (BR-18)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Lifecycle,
    Transition,
    choice,
    choices,
    day,
    instant,
    link,
    long_text,
    money,
    multi_choice,
    number,
    percent,
    person,
    text,
    yes_no,
)
from app.org.models import DepartmentType
from models.checks import at_least
from models.price.life import asked_for

AdjustmentStatus = choices(
    ("draft", _l("Draft")),
    ("pending", _l("Awaiting approval"), "amber"),
    ("returned", _l("Sent back for changes"), "amber"),
    ("rejected", _l("Rejected"), "red"),
    ("scheduled", _l("Approved, being announced"), "blue"),
    ("effective", _l("In effect"), "green"),
    ("cancelled", _l("Called off"), "red"),
)

AdjustmentReason = choices(
    ("cost", _l("Costs have changed")),
    ("demand", _l("Demand has changed")),
    ("competitor", _l("Competitors have moved")),
    ("strategy", _l("Business strategy")),
)

Tier = choices(
    ("ex_factory", _l("Ex-factory price"), "blue"),
    ("wholesale", _l("Wholesale price"), "cyan"),
    ("retail", _l("Suggested retail price"), "green"),
    ("floor", _l("Floor price"), "red"),
)

NoticeStatus = choices(
    ("open", _l("Not yet heard of"), "amber"),
    ("done", _l("Knows"), "green"),
    ("void", _l("No longer needed")),
)

NoticeKind = choices(
    ("announce", _l("Prices will change"), "blue"),
    ("cancel", _l("The change was called off"), "red"),
    ("escalate", _l("Somebody has not read it"), "amber"),
)

NoticeTarget = choices(("staff", _l("A colleague"), "blue"), ("customer", _l("A customer"), "green"))

NoticeMethod = choices(
    ("site", _l("In this system")),
    ("visit", _l("In person")),
    ("call", _l("By telephone")),
    ("wechat", _l("By WeChat")),
    ("letter", _l("By letter")),
)


class PriceAdjustment(Entity):
    """New prices for some products of one price list from a day on; it makes the next version of the list."""

    __tablename__ = "price_adjustment"
    about = About(
        _l("Price adjustments"), key=("adjust_no",), sort=(("adjust_no", "desc"),),
        title="title", workbook="price", order=50,
        note=_l("Which prices change when, why, and who has been told."),
        lifecycle=Lifecycle("status", (
            *asked_for(),
            Transition("begin", _l("Comes into effect"), ("scheduled",), "effective", "approve", case="job"),
            Transition("cancel", _l("Call off"), ("scheduled",), "cancelled", "approve"),
        )),
    )  # fmt: skip

    adjust_no = number(_l("Adjustment number"), "PA-{year}-{seq:3}")
    title = text(_l("Subject of the adjustment"), 120, required=True, search=True, width=220)
    status = choice(_l("Adjustment status"), AdjustmentStatus, computed=True, default="draft", width=140)
    reason = choice(_l("Reason for the change"), AdjustmentReason, required=True, default="cost")
    basis = long_text(_l("Basis of the change"), required=True)
    effective_date = day(_l("Takes effect on"), required=True)
    notice_date = day(_l("Announced on"), computed=True)
    emergency = yes_no(_l("Urgent"), default=False, help=_l("Urgent changes need no notice period."))
    notify_depts = multi_choice(_l("Departments to be told"), DepartmentType, required=True,
                                help=_l("Sales is always told.")
                                )  # fmt: skip
    region_id = link(_l("Valid in region"), "region", help=_l("Empty means the list of the whole country."))
    max_change = percent(_l("Largest change"), computed=True, derived=True)
    ack_rate = percent(_l("Read by"), computed=True, derived=True)
    customer_notice_rate = percent(_l("Customers told"), computed=True, derived=True)
    remark = long_text(_l("Remarks"))


class PriceAdjustmentLine(Entity):
    """One price that changes: from what to what, and by how much.

    Floor prices have columns of their own, because fewer people may see them.
    """

    __tablename__ = "price_adjustment_line"
    about = About(
        _l("Price changes"), key=("product_id", "tier"), title="product_id", workbook="price",
        parent="price_adjustment", order=60, note=_l("The prices an adjustment changes, old and new."),
    )  # fmt: skip

    product_id = link(_l("Product"), "product", required=True, width=200)
    tier = choice(_l("Which price"), Tier, required=True, default="ex_factory")
    old_price = money(_l("Old price"), computed=True)
    new_price = money(_l("New price"), check=at_least("0.01"))
    old_floor = money(_l("Old floor price"), computed=True)
    new_floor = money(_l("New floor price"), check=at_least("0.01"))
    change = percent(_l("Changes by"), computed=True)


class PriceNotice(Entity):
    """That one person has to hear of a price adjustment, or has to tell one customer of it; and whether they did."""

    __tablename__ = "price_notice"
    about = About(
        _l("Price notices"), key=("notice_no",), sort=(("notice_no", "desc"),),
        title="notice_no", workbook="price", pattern="assigned", order=70,
        note=_l("Price changes you should know of, and customers you should tell."),
        lifecycle=Lifecycle("status", (
            Transition("acknowledge", _l("Confirm that it is known"), ("open",), "done", "list"),
            Transition("void", _l("No longer needed"), ("open",), "void", "approve", case="job"),
        )),
    )  # fmt: skip

    notice_no = number(_l("Notice number"), "PN-{year}-{seq:5}")
    adjustment_id = link(_l("Price adjustment"), "price_adjustment", required=True, width=220)
    kind = choice(_l("What it is about"), NoticeKind, required=True, default="announce")
    target_type = choice(_l("Who is told"), NoticeTarget, required=True, default="staff")
    assignee_id = person(_l("Who sees to it"), required=True)
    customer_id = link(_l("Customer to be told"), "customer")
    status = choice(_l("Notice status"), NoticeStatus, computed=True, default="open")
    due_on = day(_l("To be done by"), computed=True)
    method = choice(_l("Told how"), NoticeMethod)
    sent_at = instant(_l("Sent at"), computed=True)
    read_at = instant(_l("Read at"), computed=True)
    informed_at = instant(_l("Told at"), computed=True)
    note = text(_l("Notice text"), 500, computed=True)

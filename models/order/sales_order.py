"""SalesOrder (E32): what a customer orders, on which terms, and how far it is."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app import clock
from app.entity import (
    About,
    Entity,
    attachment,
    choice,
    day,
    instant,
    integer,
    link,
    long_text,
    money,
    number,
    percent,
    text,
    yes_no,
)
from models.checks import between, cn_mobile, one_mobile
from models.crm.choices import ChannelType, PaymentTerm
from models.order import choices as of


def _today() -> str:
    return clock.today().isoformat()


class SalesOrder(Entity):
    """An order of a customer with its terms of delivery and payment; the sums follow from its lines."""

    __tablename__ = "sales_order"
    about = About(
        _l("Sales orders"), key=("order_no",), sort=(("order_no", "desc"),),
        title="order_no", workbook="order", pattern="sales", order=10,
        note=_l("What customers order, from the draft to the receipt; the products are in the order lines."),
        lifecycle=of.ORDER_LIFE,
    )  # fmt: skip

    order_no = number(_l("Order number"), "SO-{date}-{seq:4}", date_from="order_date", width=160)
    customer_id = link(_l("Customer"), "customer", required=True, width=180)
    status = choice(_l("Order status"), of.OrderStatus, computed=True, default="draft")
    order_date = day(_l("Order date"), required=True, default=_today)
    total_amount = money(_l("Amount due"), computed=True, derived=True, total=True)
    total_qty = integer(_l("Bottles in all"), computed=True, derived=True, total=True)

    delivery_date = day(_l("Delivery date"))
    delivery_address = text(_l("Delivery address"), 200, width=220)
    receiver = text(_l("Receiver"), 40, pii=True)
    receiver_mobile = text(
        _l("Receiver's mobile"), 20, tidy=one_mobile, check=cn_mobile, pii=True, mask="3-4"
    )
    contact_id = link(_l("Contact"), "customer_contact", help=_l("Who receives it, if nobody else is named."))
    payment_term = choice(
        _l("Payment term"), PaymentTerm, help=_l("Empty means as agreed with the customer.")
    )
    deposit_ratio = percent(_l("Share of the deposit"), check=between(0, 1))
    invoice_type = choice(_l("Invoice"), of.InvoiceType, default="none")

    order_form = choice(_l("Form of the order"), of.OrderForm, required=True, default="electronic")
    form_evidence = attachment(_l("Proof of the order"))
    verbal_confirmed_by = text(_l("Confirmed by"), 40)
    verbal_confirmed_at = instant(_l("Confirmed at"))

    list_amount = money(_l("Amount by list"), computed=True, derived=True, total=True)
    discount_amount = money(_l("Discount in all"), computed=True, derived=True, total=True)
    special_discount = money(_l("Special price discount"), computed=True, derived=True, total=True)
    discount_rate = percent(_l("Paid of the list"), computed=True, derived=True)
    gross_margin = percent(_l("Expected gross margin"), computed=True, derived=True)
    completeness = percent(_l("Filled in"), computed=True, derived=True)
    need_contract = yes_no(_l("Contract needed"), computed=True, derived=True)
    price_list_id = link(_l("Price list"), "price_list", computed=True, derived=True)
    region_id = link(_l("Region"), "region", computed=True)
    channel_type = choice(_l("Channel"), ChannelType, computed=True)
    cancel_reason = text(_l("Reason of the cancellation"), 200)
    remark = long_text(_l("Remarks"))

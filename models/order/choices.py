"""What a sales order is filled in with, and the states it goes through."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import Lifecycle, Transition, choices

OrderStatus = choices(
    ("draft", _l("Draft")),
    ("to_verify", _l("To be verified"), "amber"),
    ("pending", _l("Awaiting approval"), "amber"),
    ("returned", _l("Sent back for changes"), "amber"),
    ("rejected", _l("Rejected"), "red"),
    ("credit_hold", _l("Held for credit"), "red"),
    ("confirmed", _l("Confirmed"), "blue"),
    ("part_shipped", _l("Shipped in part"), "cyan"),
    ("shipped", _l("Shipped"), "cyan"),
    ("part_signed", _l("Received in part"), "cyan"),
    ("received", _l("Received"), "green"),
    ("done", _l("Completed"), "green"),
    ("cancelled", _l("Cancelled")),
)
OPEN = ("draft", "to_verify", "returned", "rejected")
"""States in which the owner still changes what is ordered."""

_AWAITED = ("pending",)
ORDER_LIFE = Lifecycle("status", (
    Transition("submit", _l("Submit"), ("draft", "returned", "rejected"), "pending", "submit", case="submit"),
    Transition("verify", _l("Verified, submit"), ("to_verify",), "pending", "submit", case="submit"),
    Transition("approved", _l("Approve the order"), _AWAITED, "confirmed", "approve", case="approved"),
    Transition("returned", _l("Send the order back"), _AWAITED, "returned", "approve", case="returned"),
    Transition("rejected", _l("Turn the order down"), _AWAITED, "rejected", "approve", case="rejected"),
    Transition("withdrawn", _l("Take the order back"), ("pending", "returned"), "draft", "approve", case="withdrawn"),
    Transition("hold", _l("Hold for credit"), ("draft", "pending"), "credit_hold", "approve", case="job"),
    Transition("release", _l("Release"), ("credit_hold",), "pending", "approve", case="job"),
    Transition("ship_part", _l("Ship in part"), ("confirmed",), "part_shipped", "approve", case="job"),
    Transition("ship", _l("Ship"), ("confirmed", "part_shipped"), "shipped", "approve", case="job"),
    Transition("sign_part", _l("Receive in part"), ("shipped",), "part_signed", "approve", case="job"),
    Transition("sign", _l("Receive"), ("shipped", "part_signed"), "received", "approve", case="job"),
    Transition("finish", _l("Complete"), ("received",), "done", "approve", case="job"),
    Transition("cancel", _l("Cancel the order"), (*OPEN, "credit_hold", "confirmed"), "cancelled", "approve"),
))  # fmt: skip

OrderForm = choices(
    ("written", _l("In writing")),
    ("electronic", _l("Electronic"), "blue"),
    ("verbal", _l("By word of mouth"), "amber"),
)

InvoiceType = choices(
    ("none", _l("No invoice")),
    ("normal", _l("Ordinary invoice")),
    ("special", _l("VAT invoice")),
)

PriceCheck = choices(
    ("ok", _l("By policy"), "green"),
    ("special", _l("Special price"), "amber"),
    ("below_floor", _l("Below the floor"), "red"),
    ("above", _l("Above policy"), "red"),
)

CheckItem = choices(
    ("product", _l("Product")),
    ("spec", _l("Specification")),
    ("qty", _l("Quantity")),
    ("unit_price", _l("Unit price")),
    ("delivery_date", _l("Delivery date")),
    ("delivery_address", _l("Delivery address")),
    ("receiver", _l("Receiver and mobile")),
    ("payment_term", _l("Payment term")),
)
"""The seven items the sales rules ask of an order, and who receives it (BR-10)."""

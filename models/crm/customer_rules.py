"""Customers: what follows from the credit grade, and who may no longer be deleted."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch, rule
from models.crm.customer import Customer


@rule(Customer, "E17-CREDIT", when=("credit_grade", "payment_term"))
def grade_d_pays_first(batch: Batch) -> None:
    """Let customers of credit grade D pay before shipping, whatever was asked."""
    for row in batch:
        if row["credit_grade"] == "D":
            row.set("payment_term", "prepay")


@rule(Customer, "E17-DELETE", on=("delete",))
def keep_buyers(batch: Batch) -> None:
    """Refuse to delete a customer who has bought."""
    for row in batch:
        if row.before.get("first_order_on") is not None:
            row.error(
                None,
                _l("This customer has bought before and stays on file. Mark as lost instead."),
                "HAS_ORDERS",
            )

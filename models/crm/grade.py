"""BR-30: how soon a customer is likely to buy, as class A, B or C."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch, rule
from app.org import parameter
from models.crm.customer import Customer

A_DAYS = parameter("abc.a_days", 30, _l("Class A: days within which a strong lead expects to buy (BR-30)"))


def abc_class(intent: str | None, expected: date | None, today: date, a_days: int) -> str:
    """A for a strong intent within `a_days` from today, C without a clear intent, B for all else.

    A day that has passed says nothing any more, so it makes no A.
    """
    if intent in (None, "unclear"):
        return "C"
    soon = expected is not None and today <= expected <= today + timedelta(days=a_days)
    return "A" if intent == "strong" and soon else "B"


@rule(Customer, "BR-30", when=("intent_level", "expected_buy_date"))
def classify(batch: Batch) -> None:
    """Give customers their class. The nightly job asks the same function."""
    a_days = batch.parameter(A_DAYS)
    for row in batch:
        expected = row["expected_buy_date"]
        day = None if expected is None else date.fromisoformat(expected)
        row.set("abc_class", abc_class(row["intent_level"], day, batch.today, a_days))

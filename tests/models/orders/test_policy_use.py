"""What confirmed orders give away is counted at their policies, which stop at their cap; a cancelled order gives it back."""

from __future__ import annotations

from tests.models.conftest import Write, act, new_id, stored, update
from tests.models.orders.conftest import Sell, Shop
from tests.models.pricing_data import policy


def confirm(write: Write, *orders: int) -> None:
    """Submit orders and let them be approved, as the approval would."""
    for verb in ("submit", "approved"):
        new_id(write(*(act("sales_order", order, verb) for order in orders), confirmed=frozenset({"*"})))


def test_orders_confirmed_together_are_counted_and_the_cap_stops_the_policy(
    shop: Shop, sell: Sell, write: Write
) -> None:
    cheap = policy(write, "A", cap_amount="2000.00")
    first, second = sell()[0], sell()[0]  # 60 bottles each at 380 instead of 400
    confirm(write, first)
    assert stored("discount_policy", cheap, "used_amount", "status") == ("1200.00", "scheduled")
    confirm(write, second)
    assert stored("discount_policy", cheap, "used_amount", "status") == ("2400.00", "suspended")


def test_policies_met_together_share_what_they_gave_and_get_it_back(
    shop: Shop, sell: Sell, write: Write
) -> None:
    both = [policy(write, code, stackable=True, priority=n) for n, code in ((9, "A"), (5, "B"))]
    order = sell()[0]  # 400 × 0.95 × 0.95 = 361
    confirm(write, order)
    assert [stored("discount_policy", one, "used_amount")[0] for one in both] == ["1170.00", "1170.00"]
    new_id(write(update("sales_order", order, cancel_reason="客户不要了")))
    new_id(write(act("sales_order", order, "cancel")))
    assert [stored("discount_policy", one, "used_amount")[0] for one in both] == ["0.00", "0.00"]

"""Sales orders: quantities, prices and sums follow by themselves (BR-12, BR-13), and what is agreed stays (BR-16, BR-17)."""

from __future__ import annotations

import pytest

from app.change import undo
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, delete, insert, new_id, stored, update
from tests.models.orders.conftest import Sell, Shop, order, status

LINE = ("qty", "list_price", "policy_price", "unit_price", "amount", "price_check", "extra_discount")


def test_an_order_is_priced_and_added_up_as_it_is_entered(sell: Sell, shop: Shop) -> None:
    head, line, gift = sell(
        {"product_id": shop.wine, "cases": 9, "loose": 6},
        {"product_id": shop.sample, "loose": 2, "is_gift": True},
    )
    assert stored("sales_order_line", line, "line_no", "spec", *LINE) == (
        1, "52%vol 500ml×6", 60, "400.00", "400.00", "400.00", "24000.00", "ok", None,
    )  # fmt: skip
    assert stored("sales_order_line", gift, "line_no", "qty", "unit_price", "amount", "price_check") == (
        2, 2, "0.00", "0.00", "ok",
    )  # fmt: skip
    assert stored(
        "sales_order", head, "status", "total_qty", "list_amount", "total_amount", "discount_amount",
        "special_discount", "discount_rate", "completeness", "need_contract", "price_list_id",
    ) == ("draft", 62, "24000.00", "24000.00", "0.00", "0.00", "1.0000", "1.0000", False, shop.price_list)  # fmt: skip
    # 1 − (60 × 100 + 2 × 5) × 1.13 / 24000
    assert stored("sales_order", head, "gross_margin") == ("0.7170",)


def test_the_number_is_dated_by_the_day_of_the_order(sell: Sell) -> None:
    numbers = [
        stored("sales_order", sell(order_date=day)[0], "order_no")[0]
        for day in ("2026-11-20", "2026-11-21", "2026-11-20")
    ]
    assert numbers == ["SO-20261120-0001", "SO-20261121-0001", "SO-20261120-0002"]


def test_what_the_customer_agreed_on_is_taken_over(cast: Cast, sell: Sell, write: Write) -> None:
    customer = cast.customers["sr.wang"]
    new_id(write(update("customer", customer, payment_term="net30", delivery_address="南京江东路2号")))
    contact = new_id(
        write(insert("customer_contact", parent_id=customer, name="周会计", mobile="15400000022"))
    )
    head = sell(
        payment_term=None, delivery_address=None, receiver=None, receiver_mobile=None, contact_id=contact
    )[0]
    fields = ("payment_term", "delivery_address", "receiver", "receiver_mobile", "region_id", "channel_type")
    assert stored("sales_order", head, *fields) == (
        "net30", "南京江东路2号", "周会计", "15400000022", cast.region, "dealer",
    )  # fmt: skip


def test_a_contact_of_another_customer_is_refused(cast: Cast, sell: Sell, write: Write) -> None:
    other = insert("customer_contact", parent_id=cast.customers["sr.li"], name="他人", mobile="15400000023")
    contact = new_id(write(other))
    assert codes(write(*order(cast, contact_id=contact))) == [(0, "contact_id", "OTHER_CUSTOMER")]


# --- BR-13 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "code"), [("400", None), ("399.99", None), ("320", None), ("319.99", "BELOW_FLOOR"), ("400.01", "PRICE_ABOVE")]
)  # fmt: skip
@pytest.mark.parametrize("who", ["sr.wang", "sm.east", None])
def test_nobody_sells_below_the_floor_or_above_the_policy(
    cast: Cast, shop: Shop, write: Write, unit: str, code: str | None, who: str | None
) -> None:
    changes = order(cast, {"product_id": shop.wine, "cases": 10, "unit_price": unit})
    if who is None:
        result = write(*changes, confirmed=frozenset({"*"}))
    else:
        with cast.acting(who):
            result = write(*changes, confirmed=frozenset({"*"}))
    assert codes(result) == ([] if code is None else [(1, "unit_price", code)])


def test_the_example_of_br_13(sell: Sell, write: Write, shop: Shop) -> None:
    """P=400, F=320: 340 for 60 bottles gives away 3,600."""
    head, line = sell({"product_id": shop.wine, "cases": 10, "unit_price": "340"})
    assert stored("sales_order_line", line, "price_check", "extra_discount") == ("special", "3600.00")
    assert stored("sales_order", head, "special_discount", "total_amount", "discount_rate") == (
        "3600.00", "20400.00", "0.8500",
    )  # fmt: skip


def test_a_rep_is_not_told_the_floor_by_the_refusal(cast: Cast, shop: Shop, write: Write) -> None:
    cheap = order(cast, {"product_id": shop.wine, "cases": 1, "unit_price": "100"})
    with cast.acting("sr.wang"):
        assert "320" not in str(write(*cheap).errors[0].message)
    with cast.acting("sm.east"):
        assert "320.00" in str(write(*cheap).errors[0].message)


def test_an_agreed_price_stays_and_another_follows_the_policy(sell: Sell, shop: Shop, write: Write) -> None:
    _, agreed, other = sell(
        {"product_id": shop.wine, "cases": 1, "unit_price": "350"}, {"product_id": shop.wine, "cases": 1}
    )
    assert write(update("sales_order_line", agreed, cases=2), update("sales_order_line", other, cases=2)).ok
    assert stored("sales_order_line", agreed, "unit_price", "extra_discount") == ("350.00", "600.00")
    assert stored("sales_order_line", other, "unit_price", "extra_discount") == ("400.00", None)
    assert write(update("sales_order_line", agreed, unit_price=None)).ok
    assert stored("sales_order_line", agreed, "unit_price", "price_check") == ("400.00", "ok")


def test_a_customer_of_another_price_group_has_other_prices(cast: Cast, sell: Sell, write: Write) -> None:
    head, line = sell()
    assert write(update("customer", cast.customers["sr.li"], customer_group="retail")).ok
    assert write(update("sales_order", head, customer_id=cast.customers["sr.li"])).ok
    assert stored("sales_order_line", line, "list_price", "unit_price", "amount") == (
        "600.00", "600.00", "36000.00",
    )  # fmt: skip
    assert stored("sales_order", head, "total_amount") == ("36000.00",)


def test_a_product_without_a_price_that_day_is_refused(cast: Cast, shop: Shop, write: Write) -> None:
    result = write(*order(cast, {"product_id": shop.wine, "cases": 1}, order_date="2025-12-31"))
    assert codes(result) == [(1, "product_id", "NO_PRICE")]
    assert "云溪窖藏" in str(result.errors[0].message)


# --- sums ------------------------------------------------------------------------------------------------------


def test_sums_follow_lines_without_a_new_version_of_the_order(sell: Sell, shop: Shop, write: Write) -> None:
    head, line = sell()
    was = stored("sales_order", head, "updated_at"), version_of(head)
    more = new_id(write(insert("sales_order_line", parent_id=head, product_id=shop.sample, cases=1)))
    assert stored("sales_order", head, "total_qty", "total_amount") == (84, "24384.00")
    assert version_of(head) == was[1]
    assert write(delete("sales_order_line", line)).ok
    assert stored("sales_order", head, "total_qty", "total_amount") == (24, "384.00")
    assert stored("sales_order_line", more, "line_no") == (2,)


def version_of(record: int) -> int:
    from sqlalchemy import select

    from app.access.wall import unscoped
    from app.db import db
    from models.order.sales_order import SalesOrder

    with unscoped("a test looks at what is stored"):
        found = db.session.execute(select(SalesOrder.version).where(SalesOrder.id == record)).scalar_one()
    db.session.rollback()
    return int(found)


def test_somebody_with_the_order_open_is_not_disturbed_by_a_line_but_by_a_field(
    sell: Sell, shop: Shop, write: Write
) -> None:
    head = sell()[0]
    edit = update("sales_order", head, receiver="周先生")
    edit.version = version_of(head)
    assert write(update("sales_order", head, receiver="李先生")).ok
    assert write(insert("sales_order_line", parent_id=head, product_id=shop.sample, cases=1)).ok
    assert [c.field for c in write(edit).conflicts] == ["receiver"]


def test_a_line_moved_to_another_order_is_counted_there(sell: Sell, write: Write) -> None:
    (one, line), (other, _) = sell(), sell()
    assert write(update("sales_order_line", line, parent_id=other)).ok
    assert stored("sales_order", one, "total_amount", "completeness") == ("0.00", "0.5000")
    assert stored("sales_order", other, "total_amount") == ("48000.00",)
    assert stored("sales_order_line", line, "line_no") == (2,)


def test_undoing_a_line_takes_its_sum_back(sell: Sell, shop: Shop, write: Write) -> None:
    head, line = sell()
    first = write(update("sales_order_line", line, cases=20))
    assert write(insert("sales_order_line", parent_id=head, product_id=shop.sample, cases=1)).ok
    assert first.change_set is not None
    assert undo(first.change_set).left == []
    assert stored("sales_order", head, "total_amount") == ("24384.00",)


def test_a_deleted_draft_comes_back_whole(sell: Sell, write: Write) -> None:
    head, line = sell()
    gone = write(delete("sales_order", head))
    assert gone.change_set is not None
    assert undo(gone.change_set).left == []
    assert stored("sales_order", head, "total_amount", "status") == ("24000.00", "draft")
    assert stored("sales_order_line", line, "amount") == ("24000.00",)


def test_rows_that_can_be_written_are_added_up_without_the_refused_ones(
    sell: Sell, shop: Shop, write: Write
) -> None:
    head = sell()[0]
    result = write(
        insert("sales_order_line", parent_id=head, product_id=shop.wine, cases=1, unit_price="1"),
        insert("sales_order_line", parent_id=head, product_id=shop.wine, cases=1),
        partial=True,
    )
    assert codes(result) == [(0, "unit_price", "BELOW_FLOOR")]
    assert stored("sales_order", head, "total_qty", "total_amount") == (66, "26400.00")


def test_a_slip_of_the_hand_is_refused_with_a_sentence(sell: Sell, shop: Shop, write: Write) -> None:
    head = sell()[0]
    huge = insert("sales_order_line", parent_id=head, product_id=shop.wine, cases=10**12)
    dear = insert(
        "sales_order_line", parent_id=head, product_id=shop.wine, cases=9999, unit_price="999999999999"
    )
    assert codes(write(huge)) == [(0, "cases", "OUT_OF_RANGE")]
    assert codes(write(dear)) == [(0, "unit_price", "PRICE_ABOVE")]


# --- BR-16, BR-17 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "needed"), [("400", True), ("399.99", False)])
def test_large_orders_need_a_contract(sell: Sell, shop: Shop, last: str, needed: bool) -> None:
    lines = [
        {"product_id": shop.wine, "loose": 499},
        {"product_id": shop.wine, "loose": 1, "unit_price": last},
    ]
    assert stored("sales_order", sell(*lines)[0], "need_contract") == (needed,)


def test_key_customers_need_one_earlier(cast: Cast, sell: Sell, shop: Shop, write: Write) -> None:
    assert write(update("customer", cast.customers["sr.wang"], is_key=True)).ok
    assert stored("sales_order", sell({"product_id": shop.wine, "loose": 125})[0], "need_contract") == (True,)


def confirm(head: int, write: Write) -> None:
    """As an approval would: outside of one, only the system may."""
    assert write(act("sales_order", head, "submit")).ok
    assert write(act("sales_order", head, "approved")).ok
    assert status(head) == "confirmed"


def test_a_confirmed_order_stays_as_it_is(cast: Cast, sell: Sell, shop: Shop, write: Write) -> None:
    head, line = sell()
    confirm(head, write)
    for change in (
        update("sales_order", head, customer_id=cast.customers["sr.li"]),
        update("sales_order", head, order_date="2026-11-21"),
        update("sales_order_line", line, cases=11),
        update("sales_order_line", line, unit_price="390"),
        insert("sales_order_line", parent_id=head, product_id=shop.sample, cases=1),
        delete("sales_order_line", line),
        delete("sales_order", head),
        insert("order_check_log", parent_id=head, field="qty"),
    ):
        assert {code for _, _, code in codes(write(change))} == {"ORDER_CLOSED"}, change
    assert write(update("sales_order", head, remark="客户催货")).ok


def test_an_order_in_approval_keeps_its_price(sell: Sell, shop: Shop, write: Write) -> None:
    head, line = sell()
    assert write(act("sales_order", head, "submit")).ok
    assert {c for _, _, c in codes(write(update("sales_order", head, order_date="2026-11-21")))}
    assert codes(write(update("sales_order_line", line, unit_price="319"))) != []
    assert stored("sales_order_line", line, "unit_price") == ("400.00",)


def test_only_a_sales_manager_cancels_and_says_why(cast: Cast, sell: Sell, write: Write) -> None:
    head = sell()[0]
    with cast.acting("sr.wang"):
        assert codes(write(act("sales_order", head, "cancel"))) == [(0, None, "FORBIDDEN")]
    with cast.acting("sm.east"):
        assert codes(write(act("sales_order", head, "cancel"))) == [(0, "cancel_reason", "CANCEL_REASON")]
        why = act("sales_order", head, "cancel")
        why.values = {"cancel_reason": "客户改订别的产品"}
        assert write(why).ok
    assert status(head) == "cancelled"


def test_nobody_presses_what_an_approval_or_a_shipment_does(cast: Cast, sell: Sell, write: Write) -> None:
    head = sell()[0]
    assert write(act("sales_order", head, "submit")).ok
    with cast.acting("sm.east"):
        for verb in ("approved", "returned", "rejected"):
            assert [c for _, _, c in codes(write(act("sales_order", head, verb)))] == ["BY_CASE"]
        assert [c for _, _, c in codes(write(act("sales_order", head, "ship")))] == ["BY_CASE"]


def test_computed_cells_are_nobodys_to_type(cast: Cast, sell: Sell, write: Write) -> None:
    head, line = sell()
    with cast.acting("sr.wang"):
        assert codes(write(update("sales_order", head, total_amount="1.00"))) == [
            (0, "total_amount", "NOT_EDITABLE")
        ]
        assert codes(write(update("sales_order_line", line, policy_price="1.00"))) == [
            (0, "policy_price", "NOT_EDITABLE")
        ]

"""BR-10 and BR-11: an order goes on to approval when it is complete, right and proven; else it says what is missing."""

from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.models.conftest import Write, act, asked, codes, insert, stored, update
from tests.models.orders.conftest import Sell, Shop, order, placed, status


def checks_of(record: int) -> list[tuple[int, str]]:
    from sqlalchemy import select

    from app.access.wall import unscoped
    from app.db import db
    from models.order.order_line import OrderCheckLog as Log

    with unscoped("a test looks at what is stored"):
        query = select(Log.line_no, Log.field).where(Log.parent_id == record).order_by(Log.line_no)
        found = [(no, field) for no, field in db.session.execute(query)]
    db.session.rollback()
    return found


def test_a_complete_order_goes_on_to_approval(cast: Cast, sell: Sell, write: Write) -> None:
    head = sell()[0]
    with cast.acting("sr.wang"):
        assert write(act("sales_order", head, "submit")).ok
    assert status(head) == "pending"
    assert checks_of(head) == []


def test_an_order_that_lacks_something_waits_to_be_verified_and_says_for_what(
    cast: Cast, sell: Sell, shop: Shop, write: Write
) -> None:
    head, line = sell({"product_id": shop.wine}, delivery_date=None, receiver_mobile=None)
    assert stored("sales_order", head, "completeness") == ("0.6250",)
    with cast.acting("sr.wang"):
        result = write(act("sales_order", head, "submit"))
        assert result.ok
        assert [n.code for n in result.notes] == ["ORDER_INCOMPLETE"]
        assert "交货时间" in str(result.notes[0].message)
        assert status(head) == "to_verify"
        assert checks_of(head) == [(1, "qty"), (2, "delivery_date"), (3, "receiver")]
        again = write(act("sales_order", head, "verify"))
        assert codes(again) == [
            (0, None, "ORDER_INCOMPLETE"), (0, "delivery_date", "ORDER_INCOMPLETE"),
            (0, "receiver_mobile", "ORDER_INCOMPLETE"),
        ]  # fmt: skip
        filled = update("sales_order", head, delivery_date="2026-12-01", receiver_mobile="15400000033")
        assert write(filled, update("sales_order_line", line, cases=2)).ok
        assert stored("sales_order", head, "completeness") == ("1.0000",)
        assert write(act("sales_order", head, "verify")).ok
    assert status(head) == "pending"
    assert len(checks_of(head)) == 3


@pytest.mark.parametrize(
    "name", ["delivery_date", "delivery_address", "receiver", "receiver_mobile", "payment_term"]
)
def test_each_item_of_the_terms_is_asked_for(cast: Cast, sell: Sell, write: Write, name: str) -> None:
    head = sell()[0]
    assert write(update("sales_order", head, **{name: None})).ok
    assert stored("sales_order", head, "completeness") == ("0.8750",)
    assert write(act("sales_order", head, "submit")).ok
    assert status(head) == "to_verify"
    assert [field for _, field in checks_of(head)] == ["receiver" if name.startswith("receiver") else name]


def test_an_order_of_nothing_is_not_sent_on(cast: Cast, shop: Shop, write: Write) -> None:
    head = placed(write(*order(cast)))[0]
    assert stored("sales_order", head, "completeness") == ("0.5000",)
    assert write(act("sales_order", head, "submit")).ok
    assert (status(head), checks_of(head)) == ("to_verify", [(1, "product")])


def test_delivery_before_the_order_is_refused(cast: Cast, shop: Shop, write: Write) -> None:
    assert codes(write(*order(cast, delivery_date="2026-11-19"))) == [
        (0, "delivery_date", "DELIVERY_BEFORE_ORDER")
    ]


def test_bottles_that_fill_no_case_are_asked_about_when_submitted(
    sell: Sell, shop: Shop, write: Write
) -> None:
    head = sell({"product_id": shop.wine, "loose": 7})[0]
    result = write(act("sales_order", head, "submit"))
    assert asked(result) == [(0, None, "ODD_CASE")]
    assert "云溪窖藏 7" in str(result.confirms[0].message)
    assert write(act("sales_order", head, "submit"), confirmed=frozenset({"ODD_CASE"})).ok
    assert status(head) == "pending"


def test_what_is_not_on_sale_is_refused_when_entered_and_when_submitted(
    cast: Cast, sell: Sell, shop: Shop, write: Write
) -> None:
    head = sell()[0]
    assert write(act("product", shop.wine, "suspend")).ok
    assert codes(write(act("sales_order", head, "submit"))) == [(0, None, "NOT_ON_SALE")]
    entered = write(insert("sales_order_line", parent_id=head, product_id=shop.wine, cases=1))
    assert codes(entered) == [(0, "product_id", "NOT_ON_SALE")]


def test_only_what_may_be_given_away_is_a_gift(sell: Sell, shop: Shop, write: Write) -> None:
    line = sell()[1]
    assert codes(write(update("sales_order_line", line, is_gift=True))) == [(0, "is_gift", "NOT_A_GIFT")]


def test_the_blacklist_cannot_order(cast: Cast, sell: Sell, shop: Shop, write: Write) -> None:
    head = sell()[0]
    assert write(act("customer", cast.customers["sr.wang"], "blacklist")).ok
    assert codes(write(*order(cast))) == [(0, "customer_id", "BLACKLISTED")]
    assert codes(write(act("sales_order", head, "submit"))) == [(0, "customer_id", "BLACKLISTED")]


@pytest.mark.parametrize(("born", "fine"), [("2008-11-20", True), ("2008-11-21", False), (None, True)])
def test_consumers_must_be_18_on_the_day_of_the_order(
    cast: Cast, shop: Shop, write: Write, born: str | None, fine: bool
) -> None:
    assert write(update("customer", cast.customers["sr.wang"], customer_type="consumer", birthday=born)).ok
    assert codes(write(*order(cast))) == ([] if fine else [(0, "customer_id", "UNDER_AGE")])


def test_an_order_by_word_of_mouth_is_confirmed_first(sell: Sell, write: Write) -> None:
    head = sell(order_form="verbal", verbal_confirmed_by="何先生")[0]
    assert codes(write(act("sales_order", head, "submit"))) == [
        (0, "verbal_confirmed_at", "VERBAL_UNCONFIRMED"), (0, "form_evidence", "VERBAL_UNCONFIRMED"),
    ]  # fmt: skip


def test_an_order_in_writing_needs_its_scan(sell: Sell, write: Write) -> None:
    head = sell(order_form="written")[0]
    assert codes(write(act("sales_order", head, "submit"))) == [(0, "form_evidence", "SCAN_MISSING")]

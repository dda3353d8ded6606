"""Price adjustments (BR-18): figures, notice period, order of prices, the first day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.change.model import ChangeSetRow
from app.db import db
from app.jobs.schedule import run_due
from models.price.dates import turn
from models.price.pricing import Ask, Quote, quote
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, delete, insert, new_id, stored, update
from tests.models.prices.conftest import approve, at, draft
from tests.models.pricing_data import price_list, rows


def submit(write: Write, record: int) -> list[tuple[int, str | None, str]]:
    return codes(write(act("price_adjustment", record, "submit")))


def price_on(product_id: int, customer: int, day: date) -> Quote:
    with db.engine.connect() as connection:
        return quote(connection, [Ask(product_id, customer, 6, day)])[0]


def test_figures_come_from_the_list_in_force(bottle: int, write: Write) -> None:
    record = draft(
        write, {(bottle, "ex_factory"): "420", (bottle, "wholesale"): "441", (bottle, "floor"): "304"}
    )
    assert rows("price_adjustment_line", "old_price", "old_floor", "change", parent_id=record) == [
        ("400.00", None, "0.0500"), ("450.00", None, "-0.0200"), (None, "320.00", "-0.0500"),
    ]  # fmt: skip
    number, largest, status = stored("price_adjustment", record, "adjust_no", "max_change", "status")
    assert (number[:8], largest, status) == ("PA-2026-", "0.0500", "draft")
    (line,) = rows("price_adjustment_line", "id", parent_id=record, tier="wholesale")[0]
    assert write(update("price_adjustment_line", line, new_price="495")).ok
    assert stored("price_adjustment", record, "max_change") == ("0.1000",)
    assert write(delete("price_adjustment_line", line)).ok
    assert stored("price_adjustment", record, "max_change") == ("0.0500",)


def test_the_figures_follow_the_region_and_the_first_day(bottle: int, write: Write, cast: Cast) -> None:
    price_list(write, {bottle: {"ex_factory": "380"}}, 2, region_id=cast.region)
    price_list(write, {bottle: {"ex_factory": "410"}}, 3, valid_from="2027-01-01", valid_to=None)
    record = draft(write, {(bottle, "ex_factory"): "418"})
    old = [("400.00",)]
    for change, expected in (({"region_id": cast.region}, "380.00"), ({"region_id": None}, "400.00"),
                             ({"effective_date": "2027-01-10"}, "410.00")):  # fmt: skip
        assert write(update("price_adjustment", record, **change)).ok
        old = rows("price_adjustment_line", "old_price", parent_id=record)
        assert old == [(expected,)]


def test_a_price_goes_into_its_own_column(bottle: int, write: Write) -> None:
    head = insert(
        "price_adjustment", ref="a", title="调价", basis="x", effective_date="2026-12-12", notify_depts=["hr"]
    )
    line = {"parent_id": {"ref": "a"}, "product_id": bottle}
    floor = insert("price_adjustment_line", **line, tier="floor", new_price="330")
    found = codes(write(head, floor))
    assert (1, "new_price", "WHICH_PRICE") in found
    assert codes(write(head, insert("price_adjustment_line", **line, tier="retail"))) == [
        (1, "new_price", "WHICH_PRICE")
    ]
    huge = insert("price_adjustment_line", **line, tier="retail", new_price="999999999.99")
    assert write(head, huge).ok, "a change beyond what the column holds is no crash"


@pytest.mark.parametrize(
    ("day", "emergency", "fits"),
    [
        ("2026-12-10", False, False),
        ("2026-12-11", False, False),
        ("2026-12-12", False, True),
        ("2026-12-10", True, True),
        ("2026-12-06", True, True),
        ("2026-12-05", True, False),
        ("2026-12-01", True, False),
    ],
)
def test_the_example_of_br_18(bottle: int, write: Write, day: str, emergency: bool, fits: bool) -> None:
    record = draft(write, {(bottle, "ex_factory"): "420"}, effective_date=day, emergency=emergency)
    result = write(act("price_adjustment", record, "submit"))
    assert codes(result) == ([] if fits else [(0, "effective_date", "NOTICE_TOO_SHORT")])
    if not fits:
        assert ("2026-12-06" if emergency else "2026-12-12") in str(result.errors[0].message)


def test_the_notice_period_is_asked_again_at_the_approval(bottle: int, write: Write) -> None:
    record = draft(write, {(bottle, "ex_factory"): "420"})
    assert submit(write, record) == []
    at(date(2026, 12, 6))
    result = write(act("price_adjustment", record, "approved"))
    assert codes(result) == [(0, "effective_date", "NOTICE_TOO_SHORT")]
    assert "2026-12-13" in str(result.errors[0].message)
    assert write(act("price_adjustment", record, "returned")).ok
    assert write(update("price_adjustment", record, effective_date="2026-12-13")).ok
    approve(write, record)
    assert stored("price_adjustment", record, "status", "notice_date") == ("scheduled", "2026-12-06")


def test_the_days_of_notice_are_a_parameter(bottle: int, write: Write) -> None:
    ((parameter,),) = rows("biz_param", "id", code="price.notice_days")
    assert write(update("biz_param", parameter, value="5")).ok
    assert submit(write, draft(write, {(bottle, "ex_factory"): "420"}, effective_date="2026-12-10")) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ({"ex_factory": "451"}, ["PRICE_ORDER"]),
        ({"ex_factory": "451", "wholesale": "451"}, []),
        ({"wholesale": "600.01"}, ["PRICE_ORDER"]),
        ({"ex_factory": "100", "floor": "133"}, ["PRICE_ORDER"]),
        ({"floor": "132.95"}, []),
        ({"floor": "132.94"}, ["MIN_MARGIN"]),
        ({}, ["NO_LINES"]),
    ],
)
def test_new_prices_keep_their_order_and_the_floor_its_margin(
    bottle: int, write: Write, lines: dict[str, str], found: list[str]
) -> None:
    record = draft(write, {(bottle, tier): new for tier, new in lines.items()})
    result = write(act("price_adjustment", record, "submit"))
    assert [e.code for e in result.errors] == found
    assert all("132.95" not in str(e.message) for e in result.errors)
    assert all("产品P1" in str(e.message) for e in result.errors if e.code != "NO_LINES")


def test_a_price_that_comes_along_with_the_submit_is_looked_at(bottle: int, write: Write) -> None:
    record = draft(write, {(bottle, "ex_factory"): "420"})
    dear = insert(
        "price_adjustment_line", parent_id=record, product_id=bottle, tier="wholesale", new_price="700"
    )
    for changes in (
        (dear, act("price_adjustment", record, "submit")),
        (act("price_adjustment", record, "submit"), dear),
    ):
        assert "PRICE_ORDER" in {code for _, _, code in codes(write(*changes))}


def test_a_product_without_a_price_there_is_named(bottle: int, write: Write, cast: Cast) -> None:
    record = draft(write, {(bottle, "ex_factory"): "420"}, region_id=cast.region)
    result = write(act("price_adjustment", record, "submit"))
    assert [e.code for e in result.errors] == ["NO_PRICE"]
    assert "产品P1" in str(result.errors[0].message)


def test_two_adjustments_of_one_list_do_not_share_a_day(bottle: int, write: Write) -> None:
    first = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    number = stored("price_adjustment", first, "adjust_no")[0]
    second = draft(write, {(bottle, "retail"): "610"})
    result = write(act("price_adjustment", second, "submit"))
    assert codes(result) == [(0, "effective_date", "SAME_DAY")]
    assert number in str(result.errors[0].message)
    assert write(update("price_adjustment", second, effective_date="2026-12-13")).ok
    assert submit(write, second) == []


def test_what_was_agreed_to_is_what_was_shown(bottle: int, write: Write) -> None:
    approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    late = draft(write, {(bottle, "ex_factory"): "430"}, effective_date="2026-12-20")
    assert submit(write, late) == []
    assert turn(date(2026, 12, 12))["refused"] == []
    at(date(2026, 12, 12))
    assert [e.code for e in write(act("price_adjustment", late, "approved")).errors] == ["BASE_MOVED"]
    assert write(act("price_adjustment", late, "returned")).ok
    assert write(update("price_adjustment", late, effective_date="2026-12-21")).ok
    assert rows("price_adjustment_line", "old_price", parent_id=late) == [("420.00",)]
    approve(write, late)


def test_what_was_submitted_is_not_edited(bottle: int, write: Write) -> None:
    record = draft(write, {(bottle, "ex_factory"): "420"})
    (line,) = rows("price_adjustment_line", "id", parent_id=record)[0]
    assert submit(write, record) == []
    for change in (
        update("price_adjustment", record, title="另一个标题"),
        update("price_adjustment_line", line, new_price="430"),
        delete("price_adjustment_line", line),
        delete("price_adjustment", record),
    ):
        assert {code for _, _, code in codes(write(change))} == {"NOT_DRAFT"}


def test_on_the_first_day_the_next_version_takes_over(bottle: int, write: Write, cast: Cast) -> None:
    customer = cast.customers["sr.wang"]
    new_id(write(update("customer", customer, customer_group="factory")))
    record = approve(
        write,
        draft(write, {(bottle, "ex_factory"): "420", (bottle, "retail"): "900", (bottle, "floor"): "330"}),
    )
    assert turn(date(2026, 12, 11))["refused"] == []
    assert stored("price_adjustment", record, "status") == ("scheduled",)
    assert price_on(bottle, customer, date(2026, 12, 12)).list_price == 400, (
        "the new version is not there yet"
    )
    assert turn(date(2026, 12, 12))["refused"] == []
    assert stored("price_adjustment", record, "status") == ("effective",)
    versions = rows("price_list", "version_no", "status", "valid_from", "valid_to", "source_adjustment_id")
    assert versions == [
        (1, "expired", "2026-01-01", "2026-12-11", None), (2, "effective", "2026-12-12", "2026-12-31", record),
    ]  # fmt: skip
    items = rows(
        "price_list_item", "product_id", "ex_factory", "wholesale", "retail", "floor_price", "cost_price"
    )
    assert items[2] == (bottle, "420.00", "450.00", "900.00", "330.00", "100.00")
    assert items[3][1:] == items[1][1:], "prices that do not change are taken over"
    assert [price_on(bottle, customer, date(2026, 12, d)).list_price for d in (11, 12)] == [400, 420]
    assert price_on(bottle, customer, date(2026, 12, 12)).floor == Decimal(330)
    assert stored("product", bottle, "price_band") == ("b5",)
    assert turn(date(2026, 12, 12)) == {"moved": 0, "refused": []}
    assert len(rows("price_list", "id")) == 2


def test_after_days_without_a_worker_adjustments_follow_each_other(
    bottle: int, write: Write, cast: Cast
) -> None:
    approve(write, draft(write, {(bottle, "ex_factory"): "430"}, effective_date="2026-12-14"))
    approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    assert turn(date(2026, 12, 16))["refused"] == []
    spans = rows("price_list", "version_no", "status", "valid_from", "valid_to")
    assert spans == [
        (1, "expired", "2026-01-01", "2026-12-11"), (2, "expired", "2026-12-12", "2026-12-13"),
        (3, "effective", "2026-12-14", "2026-12-31"),
    ]  # fmt: skip
    assert [row[0] for row in rows("price_list_item", "ex_factory", product_id=bottle)] == [
        "400.00",
        "420.00",
        "430.00",
    ]


def test_a_cost_that_rose_meanwhile_does_not_stop_the_first_day(bottle: int, write: Write) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    assert write(update("product", bottle, cost_price="390")).ok
    assert turn(date(2026, 12, 12))["refused"] == []
    assert stored("price_adjustment", record, "status") == ("effective",)


def test_a_list_that_was_stopped_meanwhile_is_said_and_nothing_is_written(bottle: int, write: Write) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    ((stopped,),) = rows("price_list", "id")
    assert write(act("price_list", stopped, "suspend")).ok
    moved = turn(date(2026, 12, 12))
    assert moved["moved"] == 1, "the head of sales hears that nobody has read it"
    assert "NO_PRICE" in moved["refused"][0]
    assert stored("price_adjustment", record, "status") == ("scheduled",)
    assert write(act("price_adjustment", record, "cancel")).ok


def test_the_worker_does_it_by_itself_in_the_night(bottle: int, write: Write, app: Flask) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    clock.configure("Asia/Shanghai", datetime(2026, 12, 11, 16, 30, tzinfo=UTC))  # half past midnight
    run_due()
    assert stored("price_adjustment", record, "status") == ("scheduled",)
    clock.configure("Asia/Shanghai", datetime(2026, 12, 11, 17, 30, tzinfo=UTC))
    assert "price_dates" in run_due()
    assert stored("price_adjustment", record, "status") == ("effective",)
    assert "price_dates" not in run_due()
    log = ChangeSetRow.__table__
    with db.engine.connect() as connection:
        newest = (
            select(log.c.reason, log.c.actor_name)
            .where(log.c.entity == "price_adjustment")
            .order_by(log.c.id.desc())
        )
        reason, actor = connection.execute(newest).first() or ("", "")
    assert reason.startswith("PA-2026-")
    assert actor == "system"

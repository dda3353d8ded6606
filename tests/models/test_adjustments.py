"""Price adjustments (BR-18): figures, notice period, order of prices, notices, the first day, and calling off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app import clock
from app.access.context import acting_as
from app.db import db
from models.price.dates import turn
from models.price.pricing import Ask, Quote, quote
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, delete, insert, new_id, stored, update
from tests.models.pricing_data import price_list, product, rows

TODAY = "2026-12-05"


@pytest.fixture(autouse=True)
def december(cast: Cast) -> Iterator[None]:
    """The clock stands at noon of 2026-12-05, when the example of BR-18 is approved."""
    clock.configure("Asia/Shanghai", datetime(2026, 12, 5, 4, tzinfo=UTC))
    yield
    clock.configure("Asia/Shanghai")


def at(day: date) -> None:
    """Turn the clock to noon of a day."""
    clock.configure("Asia/Shanghai", datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


@pytest.fixture
def bottle(write: Write) -> int:
    """A product at 400 / 450 / 600, floor 320, cost 100, in effect for the whole country."""
    found = product(write)
    price_list(write, {found: {}, product(write, "P2"): {}})
    turn(date(2026, 12, 5))
    return found


def draft(write: Write, lines: dict[tuple[int, str], str], **more: Any) -> int:
    """A draft that takes effect on 2026-12-12, with new prices by product and tier."""
    values = {
        "title": "调价",
        "basis": "成本上涨",
        "effective_date": "2026-12-12",
        "notify_depts": ["finance"],
        **more,
    }
    changes = [
        insert("price_adjustment_line", parent_id={"ref": "a"}, product_id=p, tier=tier,
               **{"new_floor" if tier == "floor" else "new_price": new})
        for (p, tier), new in lines.items()
    ]  # fmt: skip
    return new_id(write(insert("price_adjustment", ref="a", **values), *changes))


def approve(write: Write, record: int) -> int:
    for verb in ("submit", "approved"):
        new_id(write(act("price_adjustment", record, verb)))
    return record


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


def notices(record: int, *names: str) -> list[tuple[Any, ...]]:
    return rows("price_notice", *names, adjustment_id=record)


def test_sales_and_the_named_departments_get_a_notice(bottle: int, write: Write, cast: Cast) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}, notify_depts=["logistics"]))
    told = {who for _kind, who in notices(record, "kind", "assignee_id")}
    assert told == {cast.users[n] for n in ("sr.wang", "sr.li", "sm.east", "lg.sun")}
    assert set(notices(record, "status", "due_on", "target_type")) == {("open", "2026-12-11", "staff")}
    assert stored("price_adjustment", record, "ack_rate", "customer_notice_rate") == ("0.0000", "1.0000")


def test_who_has_left_or_may_not_sign_in_any_more_gets_none(bottle: int, write: Write, cast: Cast) -> None:
    from flask_appbuilder.security.sqla.models import User

    gone = insert("employee", emp_no="E1", name="李航", user_id=cast.users["sr.li"], mobile="13912345678",
                  onboard_passed=True)  # fmt: skip
    employee = new_id(write(gone))
    for verb in ("confirm", "start_leaving", "leave"):
        new_id(write(act("employee", employee, verb)))
    db.session.get(User, cast.users["sm.east"]).active = False
    db.session.commit()
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    assert [who for (who,) in notices(record, "assignee_id")] == [cast.users["sr.wang"]]


def test_everybody_says_for_themselves_that_they_know(bottle: int, write: Write, cast: Cast) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    mine = {who: n for n, who in notices(record, "id", "assignee_id")}
    wang, li = mine[cast.users["sr.wang"]], mine[cast.users["sr.li"]]
    with acting_as(cast.users["sm.east"], "test"):
        assert codes(write(act("price_notice", wang, "acknowledge"))) == [(0, "assignee_id", "NOT_YOURS")]
        assert codes(write(update("price_notice", wang, method="call"))) == [(0, "assignee_id", "NOT_YOURS")]
    with acting_as(cast.users["sr.li"], "test"):
        assert codes(write(act("price_notice", wang, "acknowledge"))) == [(0, None, "NOT_FOUND")]
        assert write(act("price_notice", li, "acknowledge")).ok
        assert codes(write(act("price_notice", li, "acknowledge"))) == [(0, "status", "WRONG_STATE")]
        assert codes(write(delete("price_notice", li))) == [(0, None, "FORBIDDEN")]
    assert stored("price_notice", li, "status", "method", "read_at")[:2] == ("done", "site")
    assert stored("price_adjustment", record, "ack_rate") == ("0.3333",)
    for who in ("sr.wang", "sm.east"):
        with acting_as(cast.users[who], "test"):
            assert write(act("price_notice", mine[cast.users[who]], "acknowledge")).ok
    assert stored("price_adjustment", record, "ack_rate") == ("1.0000",)


def test_the_day_before_the_head_of_sales_is_told_who_has_not_read_it_once(
    bottle: int, write: Write, cast: Cast
) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    mine = {who: n for n, who in notices(record, "id", "assignee_id")}
    with acting_as(cast.users["sr.wang"], "test"):
        new_id(write(act("price_notice", mine[cast.users["sr.wang"]], "acknowledge")))
    assert turn(date(2026, 12, 10)) == {"moved": 0, "refused": []}
    assert turn(date(2026, 12, 11)) == {"moved": 1, "refused": []}
    assert turn(date(2026, 12, 11)) == {"moved": 0, "refused": []}
    told = [row for row in notices(record, "kind", "assignee_id", "note") if row[0] == "escalate"]
    assert told == [("escalate", cast.users["sm.east"], "还没看的人：王浩、李航")]
    with acting_as(cast.users["sm.east"], "test"):
        ((number,),) = rows("price_notice", "id", kind="escalate")
        assert write(act("price_notice", number, "acknowledge")).ok
    assert stored("price_adjustment", record, "ack_rate") == ("0.3333",), "it is no notice of the prices"


def test_calling_off_voids_what_is_open_and_tells_who_knew(bottle: int, write: Write, cast: Cast) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    mine = {who: n for n, who in notices(record, "id", "assignee_id")}
    with acting_as(cast.users["sr.wang"], "test"):
        new_id(write(act("price_notice", mine[cast.users["sr.wang"]], "acknowledge")))
        assert codes(write(act("price_adjustment", record, "cancel")))[0][2] == "FORBIDDEN"
    assert write(act("price_adjustment", record, "cancel")).ok
    assert set(notices(record, "assignee_id", "kind", "status")) == {
        (cast.users["sr.wang"], "announce", "done"), (cast.users["sr.li"], "announce", "void"),
        (cast.users["sm.east"], "announce", "void"), (cast.users["sr.wang"], "cancel", "open"),
    }  # fmt: skip
    assert turn(date(2026, 12, 12)) == {"moved": 0, "refused": []}
    assert len(rows("price_list", "id")) == 1


def test_nobody_makes_notices_by_hand(bottle: int, write: Write, cast: Cast) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    with acting_as(cast.users["sr.wang"], "test"):
        mine = insert("price_notice", adjustment_id=record, assignee_id=cast.users["sr.wang"])
        assert codes(write(mine))[0][2] in ("FORBIDDEN", "BY_SYSTEM")


def test_whose_notice_it_is_does_not_make_another_of_it(bottle: int, write: Write, cast: Cast) -> None:
    record = approve(write, draft(write, {(bottle, "ex_factory"): "420"}))
    mine = {who: n for n, who in notices(record, "id", "assignee_id")}[cast.users["sr.wang"]]
    with acting_as(cast.users["sr.wang"], "test"):
        for values in ({"assignee_id": cast.users["sr.li"]}, {"kind": "cancel"}, {"target_type": "customer"}):
            assert codes(write(update("price_notice", mine, **values))) == [(0, None, "BY_SYSTEM")]
        assert write(update("price_notice", mine, method="letter")).ok


def test_the_floor_of_an_adjustment_is_hidden_from_who_may_not_see_floors(cast: Cast) -> None:
    from app.access.load import load_grants

    levels = load_grants(db.session(), cast.users["sr.wang"]).levels("price_adjustment_line")
    assert {levels["old_floor"], levels["new_floor"]} == {"hidden"}
    assert levels["new_price"] == "read"

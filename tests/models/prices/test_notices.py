"""Notices of price adjustments (BR-18): who gets one, who answers it, the day before, and calling off."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.access.context import acting_as
from app.db import db
from models.price.dates import turn
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, delete, insert, new_id, stored, update
from tests.models.prices.conftest import approve, draft
from tests.models.pricing_data import rows


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

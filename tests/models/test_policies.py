"""Discount policies: what a draft may lack and a submit may not, steps, floors, and the days that begin and end them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.access.context import acting_as
from models.price.dates import turn
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, delete, insert, new_id, stored, update
from tests.models.pricing_data import approved, draft_policy, policy, price_list, product, rows


@pytest.fixture
def bottle(write: Write) -> int:
    """A product at 400 ex-factory, 450 wholesale, 600 retail, floor 320."""
    found = product(write)
    price_list(write, {found: {}})
    return found


def submit(write: Write, record: int) -> list[tuple[int, str | None, str]]:
    return codes(write(act("discount_policy", record, "submit")))


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"valid_to": "2025-12-31"}, "valid_to", "BAD_PERIOD"),
        ({"min_qty": 12, "max_qty": 6}, "max_qty", "BAD_QUANTITY"),
        ({"scope_series": "classic", "scope_all": True}, "scope_all", "SCOPE"),
        ({"rate": "0"}, "rate", "OUT_OF_RANGE"),
        ({"rate": "1.0001"}, "rate", "OUT_OF_RANGE"),
        ({"rate": "0.95", "amount_off": "5"}, "amount_off", "FIGURE"),
        ({"kind": "fixed_price", "rate": "0.9"}, "rate", "FIGURE"),
        ({"priority": 0}, "priority", "OUT_OF_RANGE"),
        ({"priority": 100}, "priority", "OUT_OF_RANGE"),
        ({"used_amount": "5"}, "used_amount", "NOT_EDITABLE"),
        ({"status": "effective"}, "status", "NOT_EDITABLE"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    write: Write, more: dict[str, Any], field: str, code: str
) -> None:
    values = {"code": "A", "name": "A", "valid_from": "2026-01-01", "valid_to": "2026-12-31", **more}
    assert codes(write(insert("discount_policy", **values))) == [(0, field, code)]


def test_a_rate_of_one_is_a_policy(write: Write, bottle: int) -> None:
    assert policy(write, "A", rate="1")


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"scope_all": False}, "scope_product_id", "SCOPE"),
        ({"rate": None}, "rate", "FIGURE"),
        ({"kind": "amount_off"}, "amount_off", "FIGURE"),
        ({"kind": "tier"}, "kind", "TIERS"),
        ({"valid_from": "2030-01-01", "valid_to": "2030-12-31"}, "valid_from", "NO_PRICE"),
    ],
)
def test_a_draft_may_lack_what_a_submit_may_not(
    bottle: int, write: Write, more: dict[str, Any], field: str, code: str
) -> None:
    assert submit(write, draft_policy(write, "A", **more)) == [(0, field, code)]


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"rate": "0.80"}, True),
        ({"rate": "0.7999"}, False),
        ({"rate": "0.7999", "customer_group": "wholesale"}, True),
        ({"rate": "0.7110", "customer_group": "wholesale"}, False),
        ({"kind": "amount_off", "amount_off": "80"}, True),
        ({"kind": "amount_off", "amount_off": "80.01"}, False),
        ({"kind": "fixed_price", "fixed_price": "320"}, True),
        ({"kind": "fixed_price", "fixed_price": "319.99"}, False),
        ({"rate": "0.5", "scope_series": "gift"}, None),
    ],
)
def test_no_product_of_a_submitted_policy_falls_below_its_floor(
    bottle: int, write: Write, more: dict[str, Any], fits: bool | None
) -> None:
    record = draft_policy(write, "A", **more)
    field = more.get("kind", "rate")
    wrong = {True: [], False: [(0, field, "BELOW_FLOOR")], None: [(0, "valid_from", "NO_PRICE")]}[fits]
    result = write(act("discount_policy", record, "submit"))
    assert codes(result) == wrong
    said = " ".join(str(error.message) for error in result.errors)
    assert "320" not in said
    assert ("产品P1" in said) is (fits is False)


def test_the_floor_is_asked_again_at_the_approval(bottle: int, write: Write) -> None:
    record = draft_policy(write, "A", rate="0.80")
    new_id(write(act("discount_policy", record, "submit")))
    other = product(write, "P2")
    price_list(write, {other: {"floor_price": "330"}}, 2)
    assert codes(write(act("discount_policy", record, "approved"))) == [(0, "rate", "BELOW_FLOOR")]
    assert write(act("discount_policy", record, "returned")).ok
    assert stored("discount_policy", record, "status") == ("returned",)
    assert write(update("discount_policy", record, rate="0.83")).ok
    approved(write, "discount_policy", record)
    assert stored("discount_policy", record, "status") == ("scheduled",)


def test_a_policy_for_one_customer_is_measured_at_their_price(bottle: int, write: Write, cast: Cast) -> None:
    who = cast.customers["sr.wang"]
    new_id(write(update("customer", who, customer_group="retail")))
    assert policy(write, "A", rate="0.54", customer_id=who)
    assert submit(write, draft_policy(write, "B", rate="0.53", customer_id=who)) == [
        (0, "rate", "BELOW_FLOOR")
    ]


def test_lists_of_other_regions_do_not_stand_against_a_policy(bottle: int, write: Write, cast: Cast) -> None:
    south = new_id(write(insert("region", code="HN", name="华南大区", level="area")))
    price_list(write, {bottle: {"floor_price": "390"}}, 2, region_id=south)
    assert policy(write, "A", region_id=cast.region)
    assert submit(write, draft_policy(write, "B", region_id=south)) == [(0, "rate", "BELOW_FLOOR")]


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([(60, "0.97"), (120, "0.95")], []),
        ([(120, "0.95"), (60, "0.97")], []),
        ([(60, "0.95"), (120, "0.95")], [2]),
        ([(60, "0.95"), (120, "0.97")], [2]),
        ([(120, "0.97"), (60, "0.95")], [1]),
    ],
)
def test_more_bottles_are_never_dearer(
    write: Write, cast: Cast, steps: list[tuple[int, str]], wrong: list[int]
) -> None:
    head = insert("discount_policy", ref="p", code="A", name="A", kind="tier", valid_from="2026-01-01",
                  valid_to="2026-12-31", scope_all=True)  # fmt: skip
    tiers = [insert("discount_tier", parent_id={"ref": "p"}, min_qty=n, rate=r) for n, r in steps]
    assert codes(write(head, *tiers)) == [(row, "rate", "TIERS") for row in wrong]


def test_a_step_is_measured_with_those_that_are_there_and_with_those_that_come_along(
    bottle: int, write: Write
) -> None:
    record = draft_policy(write, "A", (60, "0.97"), (120, "0.95"), kind="tier")
    (low, high) = (found[0] for found in rows("discount_tier", "id", parent_id=record))
    assert codes(write(update("discount_tier", high, rate="0.98"))) == [(0, "rate", "TIERS")]
    assert codes(write(update("discount_tier", low, rate="0.90"))) == [(0, "rate", "TIERS")]
    assert write(update("discount_tier", low, rate="0.94"), update("discount_tier", high, rate="0.90")).ok
    assert codes(write(insert("discount_tier", parent_id=record, min_qty=60, rate="0.99"))) == [
        (0, "min_qty", "TAKEN")
    ]
    assert write(delete("discount_tier", low)).ok


def test_the_lowest_step_is_what_the_floor_is_asked_for(bottle: int, write: Write) -> None:
    assert policy(write, "A", (60, "0.97"), (120, "0.80"), kind="tier")
    too_low = draft_policy(write, "B", (60, "0.97"), (120, "0.79"), kind="tier")
    assert submit(write, too_low) == [(0, "kind", "BELOW_FLOOR")]
    never = draft_policy(write, "C", (60, "0.97"), (120, "0.79"), kind="tier", max_qty=119)
    assert submit(write, never) == []


def test_a_step_that_comes_along_with_the_submit_is_looked_at(bottle: int, write: Write) -> None:
    record = draft_policy(write, "A", (60, "0.97"), kind="tier")
    cheap = insert("discount_tier", parent_id=record, min_qty=120, rate="0.10")
    refused = {code for _, _, code in codes(write(act("discount_policy", record, "submit"), cheap))}
    assert "BELOW_FLOOR" in refused
    refused = {code for _, _, code in codes(write(cheap, act("discount_policy", record, "submit")))}
    assert "BELOW_FLOOR" in refused


def test_what_was_submitted_is_not_edited(bottle: int, write: Write) -> None:
    record = draft_policy(write, "A", (60, "0.97"), kind="tier")
    (tier,) = rows("discount_tier", "id", parent_id=record)[0]
    new_id(write(act("discount_policy", record, "submit")))
    for change in (
        update("discount_policy", record, name="另一个名字"),
        update("discount_tier", tier, rate="0.9"),
        delete("discount_tier", tier),
        insert("discount_tier", parent_id=record, min_qty=240, rate="0.9"),
        delete("discount_policy", record),
    ):
        assert {code for _, _, code in codes(write(change))} == {"NOT_DRAFT"}
    assert write(update("discount_policy", record, remark="备注可以改")).ok


def test_days_begin_and_end_a_policy_and_a_second_run_does_nothing(bottle: int, write: Write) -> None:
    turn(date(2026, 11, 20))
    record = policy(write, "A", valid_from="2026-12-01", valid_to="2026-12-10")
    seen = []
    for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 10), date(2026, 12, 11)):
        moved = turn(day)
        assert moved["refused"] == []
        assert turn(day) == {"moved": 0, "refused": []}
        seen.append((moved["moved"], *stored("discount_policy", record, "status")))
    assert seen == [(0, "scheduled"), (1, "effective"), (0, "effective"), (1, "expired")]


def test_days_without_a_worker_are_made_up_for(bottle: int, write: Write) -> None:
    over = policy(write, "A", valid_from="2026-02-01", valid_to="2026-02-10")
    turn(date(2026, 3, 1) + timedelta(days=1))
    assert stored("discount_policy", over, "status") == ("expired",)


def test_stopping_is_for_who_may_and_nobody_makes_the_moves_of_the_approval(
    bottle: int, write: Write, cast: Cast
) -> None:
    from seeds.data.people import PEOPLE
    from seeds.people import hire
    from tests.cast import HASH

    record = policy(write, "A")
    turn(date(2026, 11, 20))
    waiting = draft_policy(write, "B")
    new_id(write(act("discount_policy", waiting, "submit")))
    users = hire([one for one in PEOPLE if one.role in ("marketing_manager", "marketing_specialist")], HASH)
    with acting_as(users["mk.song"], "test"):
        assert codes(write(act("discount_policy", record, "suspend"))) == [(0, None, "FORBIDDEN")]
        assert codes(write(act("discount_policy", waiting, "approved")))[0][2] in (
            "BY_CASE",
            "LOCKED",
            "FORBIDDEN",
        )
    with acting_as(users["mm.zhao"], "test"):
        assert codes(write(act("discount_policy", waiting, "approved")))[0][2] in ("BY_CASE", "LOCKED")
        assert codes(write(act("discount_policy", record, "expire")))[0][2] == "BY_CASE"
        assert write(act("discount_policy", record, "suspend")).ok
    with acting_as(cast.users["sr.wang"], "test"):
        assert codes(write(update("discount_policy", waiting, remark="x")))[0][2] == "FORBIDDEN"


def test_a_price_list_begins_gives_the_band_and_runs_out_by_its_days(write: Write, cast: Cast) -> None:
    found = product(write)
    record = price_list(write, {found: {}}, valid_from="2026-12-01", valid_to="2026-12-31")
    assert turn(date(2026, 11, 30))["moved"] == 0
    assert turn(date(2026, 12, 1))["moved"] == 1
    assert stored("price_list", record, "status") == ("effective",)
    assert stored("product", found, "price_band") == ("b4",)
    assert turn(date(2027, 1, 1))["moved"] == 1
    assert stored("price_list", record, "status") == ("expired",)

"""The price engine: which list and which price (BR-12), which policies and in what order, and what a price is to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from app.access.wall import unscoped
from app.db import db
from models.price.discounts import Policy, choose, price_after
from models.price.pricing import Ask, Quote, check, quote
from tests.cast import Cast
from tests.models.conftest import Write, insert, new_id, stored, update
from tests.models.pricing_data import policy, price_list, product

DAY = date(2026, 11, 20)
OneQuote = Callable[..., Quote]


@pytest.fixture
def customer(cast: Cast, write: Write) -> int:
    """王芳's customer, who buys at ex-factory prices."""
    new_id(
        write(update("customer", cast.customers["sr.wang"], customer_group="factory", channel_type="dealer"))
    )
    return cast.customers["sr.wang"]


@pytest.fixture
def ask(customer: int, cast: Cast) -> Iterator[OneQuote]:
    """Ask for one line of that customer's."""

    def one(product_id: int, qty: int = 60, on: date = DAY, **more: Any) -> Quote:
        with unscoped("the engine is asked by rules, which see all"), db.engine.connect() as connection:
            (found,) = quote(
                connection, [Ask(product_id, more.pop("customer_id", customer), qty, on, **more)]
            )
        return found

    return one


@pytest.fixture
def bottle(write: Write) -> int:
    """A product at 400 ex-factory, floor 320, beside a gift box."""
    found = product(write)
    price_list(write, {found: {}, product(write, "G1", series="gift"): {}})
    return found


def test_the_example_of_br_12(bottle: int, write: Write, ask: OneQuote) -> None:
    a = policy(write, "A", stackable=True)
    b = policy(write, "B", kind="amount_off", amount_off="10", stackable=True, priority=10)
    found = ask(bottle)
    assert (found.list_price, found.policy_price, found.policy_ids) == (
        Decimal(400),
        Decimal("370.00"),
        (a, b),
    )


def test_without_policies_it_is_the_list_price_of_the_price_group(
    bottle: int, write: Write, ask: OneQuote, customer: int
) -> None:
    for group, price in (("factory", 400), ("wholesale", 450), ("retail", 600)):
        new_id(write(update("customer", customer, customer_group=group))) if group != "factory" else None
        found = ask(bottle)
        assert (found.list_price, found.policy_price, found.floor) == (price, price, 320)
        assert found.policy_ids == ()


def test_no_list_for_the_day_the_product_or_the_customer_is_no_price(
    bottle: int, write: Write, ask: OneQuote
) -> None:
    other = product(write, "P2")
    assert ask(bottle, on=date(2027, 1, 1)) == Quote(error="NO_PRICE")
    assert ask(bottle, on=date(2025, 12, 31)).error == "NO_PRICE"
    assert ask(bottle, on=date(2026, 12, 31)).error == ""
    assert ask(other).error == "NO_PRICE"
    assert ask(bottle, customer_id=999_999).error == "NO_PRICE"


def test_the_nearest_region_upwards_that_prices_the_product_wins(
    bottle: int, write: Write, ask: OneQuote, customer: int, cast: Cast
) -> None:
    province = new_id(
        write(insert("region", code="JS", name="江苏", level="province", parent_region_id=cast.region))
    )
    city = new_id(write(insert("region", code="NJ", name="南京", level="city", parent_region_id=province)))
    new_id(write(update("customer", customer, region_id=city)))
    only_here = product(write, "P2")
    price_list(write, {only_here: {}}, 2, region_id=province)
    assert ask(bottle).list_price == 400, "the list of the province does not have it"
    price_list(write, {bottle: {"ex_factory": "390"}}, 3, region_id=cast.region)
    assert ask(bottle).list_price == 390
    price_list(write, {bottle: {"ex_factory": "380"}}, 4, region_id=province)
    assert ask(bottle).list_price == 380
    beside = new_id(write(insert("region", code="SZ", name="苏州", level="city", parent_region_id=province)))
    price_list(write, {bottle: {"ex_factory": "370"}}, 5, region_id=beside)
    assert ask(bottle).list_price == 380


def test_a_draft_list_and_a_draft_policy_hold_for_nobody(write: Write, ask: OneQuote) -> None:
    from tests.models.pricing_data import draft_policy

    found = product(write)
    head = insert(
        "price_list", ref="l", code="D", version_no=1, name="草稿", valid_from="2026-01-01", pricing_basis="x"
    )
    item = insert("price_list_item", parent_id={"ref": "l"}, product_id=found, ex_factory="300", wholesale="310",
                  retail="320", floor_price="200", target_margin="0.1")  # fmt: skip
    new_id(write(head, item))
    assert ask(found).error == "NO_PRICE"
    price_list(write, {found: {}}, 2)
    draft_policy(write, "D")
    assert ask(found).policy_price == 400


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"customer_group": "factory"}, True), ({"customer_group": "retail"}, False),
        ({"channel_type": "dealer"}, True), ({"channel_type": "ecom"}, False),
        ({"scope_series": "classic"}, True), ({"scope_series": "gift"}, False),
        ({"min_qty": 60}, True), ({"min_qty": 61}, False), ({"max_qty": 60}, True), ({"max_qty": 59}, False),
        ({"min_amount": "1000"}, True), ({"min_amount": "1000.01"}, False),
        ({"valid_from": "2026-11-20"}, True), ({"valid_from": "2026-11-21"}, False),
        ({"valid_to": "2026-11-20"}, True), ({"valid_to": "2026-11-19"}, False),
        ({"kind": "cash_discount"}, True),
    ],
)  # fmt: skip
def test_every_condition_has_to_be_met(
    bottle: int, write: Write, ask: OneQuote, condition: dict[str, Any], met: bool
) -> None:
    policy(write, "A", **condition)
    found = ask(bottle, 60, order_amount=Decimal(1000), payment_term="prepay")
    assert (found.policy_price == 380) is met


def test_region_and_customer_are_conditions_too_and_cash_is_asked_of_the_payment_term(
    bottle: int, write: Write, ask: OneQuote, customer: int, cast: Cast
) -> None:
    elsewhere = new_id(write(insert("region", code="HN", name="华南大区", level="area")))
    policy(write, "A", region_id=elsewhere, priority=90)
    policy(write, "B", customer_id=cast.customers["sr.li"], priority=80)
    assert ask(bottle).policy_ids == ()
    here = policy(write, "C", region_id=cast.region, priority=70)
    assert ask(bottle).policy_ids == (here,)
    mine = policy(write, "D", customer_id=customer, priority=75)
    assert ask(bottle).policy_ids == (mine,)
    cash = policy(write, "E", kind="cash_discount", rate="0.98", priority=99)
    assert ask(bottle, payment_term="net30").policy_ids == (mine,)
    assert ask(bottle, payment_term="cod").policy_ids == (cash,)


def test_priority_comes_before_how_narrow_it_is_and_that_before_the_lower_price(
    bottle: int, write: Write, ask: OneQuote
) -> None:
    wide = policy(write, "A", rate="0.90")
    group = policy(write, "B", rate="0.95", customer_group="factory")
    assert ask(bottle).policy_ids == (group,)
    narrow = policy(write, "C", rate="0.97", scope_product_id=bottle)
    assert ask(bottle).policy_ids == (narrow,)
    cheaper = policy(write, "D", rate="0.96", scope_product_id=bottle)
    assert ask(bottle).policy_ids == (cheaper,)
    new_id(
        write(insert("discount_policy", code="Z", name="Z", valid_from="2026-01-01", valid_to="2026-12-31"))
    )
    first = policy(write, "E", rate="0.99", priority=51)
    assert ask(bottle).policy_ids == (first,)
    assert wide not in ask(bottle).policy_ids


def test_only_what_adds_up_is_added_and_only_behind_what_adds_up(
    bottle: int, write: Write, ask: OneQuote
) -> None:
    a = policy(write, "A", rate="0.95", stackable=True, priority=50)
    policy(write, "B", rate="0.90", priority=40)
    c = policy(write, "C", rate="0.98", stackable=True, priority=30)
    found = ask(bottle)
    assert found.policy_ids == (a, c)
    assert found.policy_price == Decimal("372.40")
    alone = policy(write, "D", rate="0.99", priority=60)
    assert ask(bottle).policy_ids == (alone,)


def test_steps_take_the_largest_quantity_that_is_reached(bottle: int, write: Write, ask: OneQuote) -> None:
    policy(write, "A", (60, "0.97"), (120, "0.95"), kind="tier")
    prices = [ask(bottle, qty).policy_price for qty in (59, 60, 119, 120, 9999)]
    assert prices == [400, 388, 388, 380, 380]


def test_a_fixed_price_stands_in_for_the_list_price(bottle: int, write: Write, ask: OneQuote) -> None:
    policy(write, "A", kind="fixed_price", fixed_price="360", stackable=True, priority=60)
    policy(write, "B", rate="0.95", stackable=True)
    assert ask(bottle).policy_price == 342


def test_policies_together_stop_at_the_floor(bottle: int, write: Write, ask: OneQuote) -> None:
    policy(write, "A", rate="0.85", stackable=True)
    policy(write, "B", rate="0.85", stackable=True)
    assert ask(bottle).policy_price == 320


def test_a_policy_that_gave_away_what_it_may_is_stopped_by_itself(
    bottle: int, write: Write, ask: OneQuote
) -> None:
    from app.change import Change, ChangeSet, commit
    from models.price.dates import turn

    capped = policy(write, "A", cap_amount="1000")
    turn(DAY)
    assert ask(bottle).policy_ids == (capped,)
    used = Change("discount_policy", "update", {"used_amount": "999.99"}, id=capped)
    assert commit(ChangeSet([used], "test", restoring=True)).ok
    assert ask(bottle).policy_ids == (capped,)
    full = Change("discount_policy", "update", {"used_amount": "1000.00"}, id=capped)
    assert commit(ChangeSet([full], "test", restoring=True)).ok
    assert stored("discount_policy", capped, "status") == ("suspended",)
    assert ask(bottle).policy_ids == ()


@pytest.mark.parametrize(
    ("price", "mode", "verdict"),
    [
        ("370", "floor", "ok"), ("370.01", "floor", "above"), ("371", "both", "above"), ("371", "quota", "above"),
        ("330", "floor", "special"), ("320", "both", "special"), ("319.99", "floor", "below_floor"),
        ("319", "both", "below_floor"), ("319", "quota", "special"), ("0", "floor", "below_floor"),
    ],
)  # fmt: skip
def test_the_examples_of_br_13(price: str, mode: str, verdict: str) -> None:
    quoted = Quote(list_price=Decimal(400), policy_price=Decimal(370), floor=Decimal(320))
    assert check(Decimal(price), quoted, mode) == verdict


def test_a_price_is_not_compared_with_nothing() -> None:
    with pytest.raises(ValueError, match="no price"):
        check(Decimal(1), Quote(error="NO_PRICE"))


def test_a_thousand_lines_ask_the_database_as_often_as_one(bottle: int, write: Write, customer: int) -> None:
    policy(write, "A", (60, "0.97"), kind="tier")
    asks = [Ask(bottle, customer, n, DAY) for n in range(1, 1001)]
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with db.engine.connect() as connection:
        assert len(quote(connection, asks[:1])) == 1
        once = len(seen)
        quotes = quote(connection, asks)
    assert once == len(seen) - once <= 6
    assert [q.policy_price for q in quotes[58:60]] == [400, 388]


def _policy(**more: Any) -> Policy:
    empty = dict.fromkeys(Policy.__dataclass_fields__)
    fixed = {
        "kind": "rate",
        "tiers": (),
        "valid_from": DAY,
        "valid_to": DAY,
        "stackable": True,
        "priority": 50,
    }
    return Policy(**{**empty, **fixed, **more})


@given(
    st.lists(st.tuples(st.integers(1, 99), st.decimals("0.50", "1", places=2), st.booleans()), max_size=6),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_policies_were_made_does_not_matter(
    given_policies: list[tuple[int, Decimal, bool]], random: Any
) -> None:
    policies = [
        _policy(id=n, priority=p, rate=rate, stackable=adds)
        for n, (p, rate, adds) in enumerate(given_policies)
    ]
    shuffled = random.sample(policies, len(policies))
    chosen = choose(Decimal(400), policies, 1)
    assert choose(Decimal(400), shuffled, 1) == chosen
    assert price_after(Decimal(400), chosen, 1) <= 400
    assert all(p.stackable for p in chosen) or len(chosen) == 1
    assert not policies or max(p.priority for p in policies) == chosen[0].priority

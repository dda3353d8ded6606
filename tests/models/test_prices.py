"""Price lists: BR-14 with its example and its bounds, prices in order, drafts only, no two lists for one day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.context import acting_as
from app.change import undo
from models.price.item_rules import least_floor, margin
from models.price.list_rules import price_band
from tests.cast import Cast
from tests.models.conftest import Write, act, asked, codes, delete, insert, new_id, stored, update

VAT, LEAST = Decimal("0.13"), Decimal("0.15")
DEAR = {
    "ex_factory": "300",
    "wholesale": "400",
    "retail": "500",
    "floor_price": "132.95",
    "target_margin": "0.4",
}


def product(sku: str = "P1", **more: Any) -> Any:
    values = {"sku": sku, "name": f"产品{sku}", "series": "classic", "aroma": "nong", "abv": "52", "net_ml": 500,
              "case_spec": 6, "pack_type": "glass", "cost_price": "100"}  # fmt: skip
    return insert("product", **{**values, **more})


def price_list(version: int = 1, **more: Any) -> Any:
    values = {"code": "L", "version_no": version, "name": f"第{version}版", "valid_from": "2026-01-01",
              "valid_to": "2026-12-31", "pricing_basis": "成本"}  # fmt: skip
    return insert("price_list", ref=f"list{version}", **{**values, **more})


def item(parent: Any, product_id: int, **more: Any) -> Any:
    return insert("price_list_item", parent_id=parent, product_id=product_id, **{**DEAR, **more})


@pytest.fixture
def draft(write: Write) -> tuple[int, int]:
    """Ids of a product that costs 100 and of an empty draft."""
    return new_id(write(product())), new_id(write(price_list()))


def test_the_example_of_br_14() -> None:
    assert least_floor(Decimal(100), VAT, LEAST) == Decimal("132.95")


@given(
    st.decimals("0.01", "99999", places=2),
    st.decimals("0", "0.30", places=2),
    st.decimals("0", "0.90", places=2),
)
def test_the_least_floor_keeps_the_margin_and_a_cent_less_does_not(
    cost: Decimal, vat: Decimal, least: Decimal
) -> None:
    floor = least_floor(cost, vat, least)
    assert floor * (1 - least) >= cost * (1 + vat)
    assert (floor - Decimal("0.01")) * (1 - least) < cost * (1 + vat)
    assert margin(floor, cost, vat) >= least - Decimal("1e-20")


def test_floor_at_the_bound_is_written_with_cost_and_margin(draft: tuple[int, int], write: Write) -> None:
    record = new_id(write(item(draft[1], draft[0])))
    assert stored("price_list_item", record, "cost_price", "margin_factory") == ("100.00", "0.6233")


def test_floor_a_cent_below_is_refused(draft: tuple[int, int], write: Write) -> None:
    result = write(item(draft[1], draft[0], floor_price="132.94"))
    assert codes(result) == [(0, "floor_price", "MIN_MARGIN")]
    assert "132.95" in str(result.errors[0].message)


def test_an_update_is_asked_like_an_insert(draft: tuple[int, int], write: Write) -> None:
    record = new_id(write(item(draft[1], draft[0])))
    assert codes(write(update("price_list_item", record, floor_price="100"))) == [
        (0, "floor_price", "MIN_MARGIN")
    ]
    assert write(update("price_list_item", record, market_demand="high")).ok


def test_the_least_margin_is_a_parameter(draft: tuple[int, int], write: Write) -> None:
    from sqlalchemy import select

    from app.db import db
    from app.entity import registry

    table = registry.get("biz_param").table
    row = db.session.execute(select(table.c.id).where(table.c.code == "price.min_margin")).scalar_one()
    assert codes(write(update("biz_param", row, value="fifteen"))) == [(0, "value", "BAD_PARAMETER")]
    assert codes(write(update("biz_param", row, value="NaN"))) == [(0, "value", "BAD_PARAMETER")]
    assert write(update("biz_param", row, value="0.20")).ok
    assert codes(write(item(draft[1], draft[0]))) == [(0, "floor_price", "MIN_MARGIN")]
    assert write(item(draft[1], draft[0], floor_price="141.25")).ok
    assert write(update("biz_param", row, value="1")).ok
    assert "MIN_MARGIN" in str(codes(write(item(draft[1], draft[0], floor_price="999999"))))


@pytest.mark.parametrize(
    ("prices", "fields"),
    [
        ({"ex_factory": "100"}, ["ex_factory"]),
        ({"ex_factory": "100.01"}, []),
        ({"ex_factory": "0"}, ["ex_factory"]),
        ({"wholesale": "299.99"}, ["wholesale"]),
        ({"wholesale": "300", "retail": "300"}, []),
        ({"retail": "399.99"}, ["retail"]),
        ({"ex_factory": "600", "wholesale": "500", "retail": "400"}, ["wholesale", "retail"]),
    ],
)
def test_prices_stand_in_order(
    draft: tuple[int, int], write: Write, prices: dict[str, str], fields: list[str]
) -> None:
    assert codes(write(item(draft[1], draft[0], **prices))) == [(0, f, "PRICE_ORDER") for f in fields]


def test_a_product_of_the_same_set_does_not_go_round_the_margin(write: Write) -> None:
    new = product()
    new.ref = "p"
    result = write(new, price_list(), item({"ref": "list1"}, {"ref": "p"}, floor_price="1"))  # type: ignore[arg-type]
    assert (2, "product_id", "SAVE_PRODUCT") in codes(result)


def test_who_may_not_see_the_cost_is_not_told_the_least_floor(
    draft: tuple[int, int], write: Write, cast: Cast
) -> None:
    from flask import current_app

    from seeds.data.people import PEOPLE
    from seeds.people import hire
    from tests.cast import HASH

    assert current_app
    (specialist,) = [one for one in PEOPLE if one.role == "marketing_specialist"]
    users = hire([specialist], HASH)
    with acting_as(users[specialist.username], "test"):
        result = write(item(draft[1], draft[0], floor_price="100"))
    assert codes(result) == [(0, "floor_price", "MIN_MARGIN")]
    assert "132" not in str(result.errors[0].message)


def in_effect(write: Write, version: int, **more: Any) -> int:
    """A list with one item for product P1, brought into effect."""
    from sqlalchemy import select

    from app.db import db
    from app.entity import registry

    table = registry.get("product").table
    sku = db.session.execute(select(table.c.id).where(table.c.sku == "P1")).scalar_one()
    record = new_id(write(price_list(version, **more), item({"ref": f"list{version}"}, sku)))
    for verb in ("submit", "approved", "begin"):
        result = write(act("price_list", record, verb))
        if not result.ok:
            assert codes(result) == [(0, "valid_from", "OVERLAP")]
            return 0
    return record


def test_what_is_in_effect_is_not_edited(draft: tuple[int, int], write: Write) -> None:
    record = in_effect(write, 2)
    line = stored_item(record)
    for change in (
        update("price_list", record, name="另一个名字"),
        update("price_list_item", line, retail="600"),
        delete("price_list_item", line),
        item(record, new_id(write(product("P2")))),
        delete("price_list", record),
    ):
        assert {code for _, _, code in codes(write(change))} == {"NOT_DRAFT"}
    assert write(update("price_list", record, valid_to="2026-06-30", remark="提前结束")).ok
    moved = update("price_list_item", new_id(write(item(draft[1], draft[0]))), parent_id=record)
    assert "NOT_DRAFT" in {code for _, _, code in codes(write(moved))}


def stored_item(parent: int) -> int:
    from sqlalchemy import select

    from app.db import db
    from app.entity import registry

    table = registry.get("price_list_item").table
    return int(db.session.execute(select(table.c.id).where(table.c.parent_id == parent)).scalar_one())


def test_a_draft_is_deleted_with_its_items_and_comes_back(draft: tuple[int, int], write: Write) -> None:
    new_id(write(item(draft[1], draft[0])))
    gone = write(delete("price_list", draft[1]))
    assert gone.ok
    assert gone.deleted == 2
    assert gone.change_set is not None
    back = undo(gone.change_set)
    assert back.ok
    assert back.left == []
    assert stored_item(draft[1])


def test_a_list_ends_after_it_begins(write: Write, cast: Cast) -> None:
    assert codes(write(price_list(valid_to="2025-12-31"))) == [(0, "valid_to", "BAD_PERIOD")]
    assert write(price_list(valid_to="2026-01-01")).ok


@pytest.mark.parametrize(
    ("span", "fits"),
    [
        ({"valid_from": "2027-01-01", "valid_to": None}, True),
        ({"valid_from": "2026-12-31", "valid_to": None}, False),
        ({"valid_from": "2025-01-01", "valid_to": "2025-12-31"}, True),
        ({"valid_from": "2025-01-01", "valid_to": "2026-01-01"}, False),
        ({"valid_from": "2025-01-01", "valid_to": None}, False),
    ],
)
def test_two_lists_for_one_product_and_region_do_not_meet(
    draft: tuple[int, int], write: Write, span: dict[str, str | None], fits: bool
) -> None:
    assert in_effect(write, 2)
    assert bool(in_effect(write, 3, **span)) is fits


def test_lists_of_different_regions_may_meet(draft: tuple[int, int], write: Write, cast: Cast) -> None:
    assert in_effect(write, 2)
    assert in_effect(write, 3, region_id=cast.region)
    assert not in_effect(write, 4, region_id=cast.region)


def test_the_band_of_a_product_follows_the_retail_price_in_effect(
    draft: tuple[int, int], write: Write
) -> None:
    assert stored("product", draft[0], "price_band") == (None,)
    assert in_effect(write, 2)
    assert stored("product", draft[0], "price_band") == ("b4",)


@pytest.mark.parametrize(
    ("retail", "band"),
    [("0", "b1"), ("49.99", "b1"), ("50", "b2"), ("99.99", "b2"), ("100", "b3"), ("299.99", "b3"), ("300", "b4"),
     ("799.99", "b4"), ("800", "b5")],
)  # fmt: skip
def test_bands_begin_at_their_lower_bound(retail: str, band: str) -> None:
    assert price_band(Decimal(retail)) == band


def test_products_are_priced_made_and_sold_within_reason(write: Write, cast: Cast) -> None:
    assert codes(write(product(abv="17.9"))) == [(0, "abv", "BAD_ABV")]
    assert codes(write(product(case_spec=0))) == [(0, "case_spec", "TOO_SMALL")]
    assert codes(write(product(barcode="6901234567890"))) == [(0, "barcode", "BAD_BARCODE")]
    odd = write(product(net_ml=501))
    assert asked(odd) == [(0, "net_ml", "ODD_VOLUME")]
    assert write(product(net_ml=501), confirmed=frozenset({"ODD_VOLUME"})).ok


def test_a_product_goes_on_sale_with_a_cost_only(write: Write, cast: Cast) -> None:
    record = new_id(write(product(cost_price=None)))
    assert stored("product", record, "status") == ("planned",)
    assert codes(write(act("product", record, "launch"))) == [(0, "status", "NO_COST")]
    assert write(update("product", record, cost_price="9.90")).ok
    assert write(act("product", record, "launch")).ok
    assert codes(write(update("product", record, status="retired"))) == [(0, "status", "NOT_EDITABLE")]
    assert write(act("product", record, "retire")).ok
    assert codes(write(act("product", record, "launch"))) == [(0, "status", "WRONG_STATE")]

"""Orders are tested in a shop: two products with prices in force, in the region of the cast, and orders of 王芳's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.change import Change, ChangeSet, Result, commit
from tests.cast import Cast
from tests.models.conftest import Write, insert, new_id, stored

Sell = Callable[..., list[int]]
COMPLETE = {
    "order_date": "2026-11-20",
    "delivery_date": "2026-11-27",
    "delivery_address": "南京秦淮路1号",
    "receiver": "何先生",
    "receiver_mobile": "15400000001",
    "payment_term": "prepay",
}


@dataclass(frozen=True)
class Shop:
    """Ids of a product listed at 400 with a floor of 320, of a gift of 16, and of their price list."""

    wine: int
    sample: int
    price_list: int


def set_up() -> Shop:
    """Write the shop as history, so that nobody has to approve it."""
    shared = {"series": "classic", "aroma": "nong", "abv": "52", "net_ml": 500, "pack_type": "glass",
              "status": "on_sale"}  # fmt: skip
    prices = {"wholesale": "500", "retail": "600", "target_margin": "0.3"}
    small = {
        "ex_factory": "16",
        "wholesale": "18",
        "retail": "22",
        "floor_price": "11",
        "target_margin": "0.3",
    }
    changes = [
        insert("product", "wine", sku="P1", name="云溪窖藏", case_spec=6, cost_price="100", **shared),
        insert("product", "sample", sku="P2", name="云溪小酌", case_spec=24, cost_price="5", is_gift=True, **shared),
        insert("price_list", "list", code="L", version_no=1, name="价格体系", valid_from="2026-01-01",
               pricing_basis="成本", status="effective"),
        insert("price_list_item", parent_id={"ref": "list"}, product_id={"ref": "wine"}, ex_factory="400",
               floor_price="320", cost_price="100", **prices),
        insert("price_list_item", parent_id={"ref": "list"}, product_id={"ref": "sample"}, cost_price="5", **small),
    ]  # fmt: skip
    two = commit(ChangeSet(changes[:2], "test", restoring=True))
    wine, sample = new_id(two), new_id(two, 1)
    changes[3].values["product_id"], changes[4].values["product_id"] = wine, sample
    listed = commit(ChangeSet(changes[2:], "test", restoring=True))
    return Shop(wine, sample, new_id(listed))


def order(cast: Cast, *lines: dict[str, Any], **more: Any) -> list[Change]:
    """Changes that make an order of the first customer with its lines."""
    values = {"customer_id": cast.customers["sr.wang"], **COMPLETE, **more}
    head = insert("sales_order", "o", **{n: v for n, v in values.items() if v is not None})
    return [head, *(insert("sales_order_line", parent_id={"ref": "o"}, **line) for line in lines)]


def placed(result: Result) -> list[int]:
    """Ids of an order just made and of its lines; fails with the errors when it was refused."""
    new_id(result)
    return [row.id or 0 for row in result.results]


def status(record: int) -> str:
    return str(stored("sales_order", record, "status")[0])


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return set_up()


@pytest.fixture
def sell(cast: Cast, shop: Shop, write: Write) -> Sell:
    """王芳 makes an order of 60 bottles of wine, or of other lines; the ids of the order and its lines."""

    def place(*lines: dict[str, Any], **more: Any) -> list[int]:
        found = lines or ({"product_id": shop.wine, "cases": 10},)
        with cast.acting("sr.wang"):
            return placed(write(*order(cast, *found, **more)))

    return place

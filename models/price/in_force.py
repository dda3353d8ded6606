"""Which price of a product holds where and on which day: the lists in force, read once for many questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select, true

from app.change.contract import chunks
from app.entity import registry
from models.price.life import HELD
from models.price.price_list import PriceList, PriceListItem

LISTS = ("price_list", "price_list_item", "region")
"""The entities that say which price is in force; rules that ask declare that they read them."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product's prices in one version of a price list, and where and when that version holds."""

    id: int
    list_id: int
    product_id: int
    region_id: int | None
    valid_from: date
    valid_to: date | None
    ex_factory: Decimal
    wholesale: Decimal
    retail: Decimal
    floor_price: Decimal

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def price_for(self, group: str) -> Decimal:
        """The price of a price group of customers."""
        return {"factory": self.ex_factory, "wholesale": self.wholesale, "retail": self.retail}[group]


_LIST = ("region_id", "valid_from", "valid_to")
_PRICES = ("ex_factory", "wholesale", "retail", "floor_price")


def items_in_force(
    connection: Connection, products: Iterable[int] | None, days: Iterable[date]
) -> list[Item]:
    """The items (of all products, for None) in lists that hold between the days, the latest begun first."""
    span = sorted(set(days))
    if not span:
        return []
    items, lists = registry.of(PriceListItem).table.c, registry.of(PriceList).table.c
    query = (
        select(
            items.id,
            items.parent_id,
            items.product_id,
            *(lists[n] for n in _LIST),
            *(items[n] for n in _PRICES),
        )
        .join_from(
            registry.of(PriceListItem).table, registry.of(PriceList).table, lists.id == items.parent_id
        )
        .where(lists.status.in_(HELD), lists.valid_from <= span[-1])
        .where(lists.valid_to.is_(None) | (lists.valid_to >= span[0]))
        .order_by(lists.valid_from.desc(), lists.version_no.desc(), lists.id.desc())
    )
    parts = [true()] if products is None else [items.product_id.in_(p) for p in chunks(sorted(set(products)))]
    return [Item(*row) for part in parts for row in connection.execute(query.where(part))]


class Shelf:
    """The items found, asked by product, region and day."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: dict[tuple[int, int | None], list[Item]] = defaultdict(list)
        for item in items:
            self._items[item.product_id, item.region_id].append(item)

    def exactly(self, product: int, region: int | None, on: date) -> Item | None:
        """The item of a list for this very region (None: the whole country)."""
        return next((item for item in self._items[product, region] if item.holds(on)), None)

    def nearest(self, product: int, way: Iterable[int], on: date) -> Item | None:
        """The item of the first region on the way upwards that has one, else of the whole country."""
        for region in (*way, None):
            item = self.exactly(product, region, on)
            if item is not None:
                return item
        return None


def upwards(region: int | None, upper: Mapping[int, int | None]) -> list[int]:
    """A region and those above it, the nearest first."""
    way: list[int] = []
    while region is not None and region not in way:
        way.append(region)
        region = upper.get(region)
    return way


def upper_regions(connection: Connection) -> dict[int, int | None]:
    """The region above each region."""
    table = registry.get("region").table
    return {row[0]: row[1] for row in connection.execute(select(table.c.id, table.c.parent_region_id))}

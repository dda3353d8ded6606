"""Price lists: only drafts are edited; those in force do not overlap and give products their price band."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change import Change
from app.change.contract import chunks
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.price.life import only_lines_of_open, only_open
from models.price.price_list import PriceList, PriceListItem

IN_FORCE = ("scheduled", "effective")
ALWAYS = {"status", "valid_to", "remark"}
BANDS = (("b5", 800), ("b4", 300), ("b3", 100), ("b2", 50), ("b1", 0))
_NOT_DRAFT = _l("This price list is no draft any more. Please change prices in a new version.")


def price_band(retail: Decimal) -> str:
    """The band (b1 to b5) a retail price falls into."""
    return next(code for code, least in BANDS if retail >= least)


@rule(PriceList, "NOT_DRAFT", on=("update", "delete"))
def only_drafts(batch: Batch) -> None:
    """Refuse changes of a list that was submitted, except of its end, its remarks and its status."""
    only_open(batch, ALWAYS, _NOT_DRAFT)


@rule(PriceListItem, "NOT_DRAFT", on=("insert", "update", "delete"))
def only_items_of_drafts(batch: Batch) -> None:
    """Refuse changes of the items of a list that was submitted."""
    only_lines_of_open(batch, "price_list", _NOT_DRAFT)


@rule(PriceList, "BAD_PERIOD", when=("valid_from", "valid_to"))
def period(batch: Batch) -> None:
    """Refuse a list that ends before it begins."""
    for row in batch:
        if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
            row.error("valid_to", _l("The last day is before the first day."))


@rule(PriceList, "OVERLAP", on=("update",), when=("status", "valid_from", "valid_to"))
def no_overlap(batch: Batch) -> None:
    """Refuse two lists in force with prices of one product, for one region and one day."""
    entering = [row for row in batch if row["status"] in IN_FORCE]
    if not entering:
        return
    mine = {row.draft.id: _span(row) for row in entering}
    theirs = {
        n: span for n, span in _in_force(batch).items() if n not in {row.draft.id for row in batch}
    } | mine
    products = {n: set(found) for n, found in _items(batch, theirs).items()}
    for row in entering:
        region, begin, end, _name = mine[row.draft.id]
        for other, (their_region, their_begin, their_end, name) in theirs.items():
            same = other != row.draft.id and their_region == region
            meet = begin <= (their_end or "9999") and their_begin <= (end or "9999")
            if same and meet and products.get(row.draft.id, set()) & products.get(other, set()):
                row.error(
                    "valid_from",
                    _l("In these days prices of “%(name)s” hold. Please end it first.", name=name),
                )
                break


@rule(PriceList, "PRICE_BAND", on=("update",), when=("status",))
def bands(batch: Batch) -> None:
    """Let a list for the whole country that comes into effect give its products their price band."""
    lists = {row.draft.id: row for row in batch if row["status"] == "effective" and row["region_id"] is None}
    items = _items(batch, lists)
    for list_id, found in items.items():
        for change in band_of(batch, found):
            lists[list_id].add(change)


def band_of(batch: Batch, retail: Mapping[int, str]) -> list[Change]:
    """The changes that give products the band of their new retail price."""
    products = batch.fetch("product", retail, ["price_band"])
    bands = {product: price_band(Decimal(price)) for product, price in retail.items() if product in products}
    return [
        Change("product", "update", {"price_band": band}, id=product)
        for product, band in bands.items()
        if products[product]["price_band"] != band
    ]


def _span(row: Row) -> tuple[Any, str, str | None, str]:
    return row["region_id"], row["valid_from"] or "", row["valid_to"], row["name"]


def _in_force(batch: Batch) -> dict[Any, tuple[Any, str, str | None, str]]:
    entity = registry.of(PriceList)
    table, names = entity.table, ("region_id", "valid_from", "valid_to", "name")
    query = select(table.c.id, *(table.c[name] for name in names)).where(table.c.status.in_(IN_FORCE))
    found = {}
    for record in batch.connection.execute(query):
        region, begin, end, name = (
            entity.fields[n].to_wire(v) for n, v in zip(names, record[1:], strict=True)
        )
        found[record[0]] = (region, begin, end, name)
    return found


def _items(batch: Batch, lists: Iterable[Any]) -> dict[Any, dict[int, str]]:
    """The retail price of each product, by list."""
    entity = registry.of(PriceListItem)
    table, found = entity.table, defaultdict[Any, dict[int, str]](dict)
    for part in chunks(lists):
        query = select(table.c.parent_id, table.c.product_id, table.c.retail).where(
            table.c.parent_id.in_(part)
        )
        for list_id, product, retail in batch.connection.execute(query):
            found[list_id][product] = entity.fields["retail"].to_wire(retail)
    return found

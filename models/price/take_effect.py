"""What an approved adjustment does on its first day: the list it changes ends, and its next version begins (BR-18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.change import Change
from app.change.contract import chunks
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.price.adjustment import PriceAdjustment, PriceAdjustmentLine
from models.price.adjustment_rules import FLOOR, column
from models.price.in_force import LISTS, Shelf, items_in_force
from models.price.list_rules import band_of
from models.price.price_list import PriceList, PriceListItem

KEPT = ("name", "region_id", "valid_to", "remark", "owner_id", "department_id")
COPIED = ("product_id", "ex_factory", "wholesale", "retail", "floor_price", "competitor_price", "market_demand",
          "target_margin")  # fmt: skip


@rule(PriceAdjustment, "BR-18", on=("update",), when=("status",), reads=LISTS)
def take_effect(batch: Batch) -> None:
    """Close the list in force on the day before, and add its next version with the new prices, in effect."""
    beginning = [row for row in batch if row.verb == "begin"]
    if not beginning:
        return
    lines = _lines_of(batch, PriceAdjustmentLine, [row.draft.id for row in beginning])
    days = [date.fromisoformat(row["effective_date"]) for row in beginning]
    wanted = {line["product_id"] for found in lines.values() for line in found}
    shelf = Shelf(items_in_force(batch.connection, wanted, days))
    for row, day in zip(beginning, days, strict=True):
        changed: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for line in lines[row.draft.id]:
            item = shelf.exactly(line["product_id"], row["region_id"], day)
            if item is None or item.valid_from >= day:
                message = _l(
                    "The price list these prices belong to is not in force any more. Please call it off."
                )
                row.error("effective_date", message, "NO_PRICE")
                break
            changed[item.list_id].append(line)
        else:
            _next_versions(batch, row, day, changed)


def _next_versions(batch: Batch, row: Row, day: date, changed: dict[int, list[dict[str, Any]]]) -> None:
    lists = batch.fetch("price_list", changed, ["code", *KEPT])
    newest = _newest(batch, {str(found["code"]) for found in lists.values()})
    items = _lines_of(batch, PriceListItem, changed)
    for list_id, lines in changed.items():
        old, ref = lists[list_id], f"{row.draft.id}:{list_id}"
        newest[old["code"]] += 1
        ends = (day - timedelta(days=1)).isoformat()
        row.add(Change("price_list", "update", {"valid_to": ends, "status": "expired"}, id=list_id))
        head = {
            **{name: old[name] for name in KEPT},
            "code": old["code"],
            "version_no": newest[old["code"]],
            "valid_from": day.isoformat(),
            "status": "effective",
            "pricing_basis": f"{row['adjust_no']} {row['title']}\n{row['basis']}",
            "source_adjustment_id": row.draft.id,
        }
        row.add(Change("price_list", "insert", head, ref=ref))
        prices: dict[int, dict[str, str]] = defaultdict(dict)
        for line in lines:
            new = line["new_floor"] if line["tier"] == FLOOR else line["new_price"]
            prices[line["product_id"]][column(line["tier"])] = new
        for item in items[list_id]:
            values = {name: item[name] for name in COPIED} | prices[item["product_id"]]
            row.add(Change("price_list_item", "insert", {**values, "parent_id": {"ref": ref}}))
        if old["region_id"] is None:
            for change in band_of(batch, {p: new["retail"] for p, new in prices.items() if "retail" in new}):
                row.add(change)


def _newest(batch: Batch, codes: Iterable[str]) -> dict[str, int]:
    """The highest version of each price list, whatever its state."""
    table = registry.of(PriceList).table
    query = select(table.c.code, func.max(table.c.version_no)).group_by(table.c.code)
    return {row[0]: row[1] for row in batch.connection.execute(query.where(table.c.code.in_(codes)))}


def _lines_of(batch: Batch, cls: Any, headers: Iterable[Any]) -> dict[Any, list[dict[str, Any]]]:
    """All lines of some headers in wire values, by header."""
    entity, found = registry.of(cls), defaultdict[Any, list[dict[str, Any]]](list)
    for part in chunks(headers):
        query = select(entity.table).where(entity.table.c.parent_id.in_(part)).order_by(entity.table.c.id)
        for record in batch.connection.execute(query).mappings():
            values = {name: spec.to_wire(record[name]) for name, spec in entity.fields.items()}
            found[values["parent_id"]].append(values)
    return found

"""Price adjustments: figures from the list in force, and what stands against asking for and agreeing to them (BR-18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change.document import Document, documents
from app.change.rules import Batch, Row, rule
from app.entity import registry
from app.org import parameter
from models.price.adjustment import PriceAdjustment, PriceAdjustmentLine
from models.price.in_force import LISTS, Item, Shelf, items_in_force
from models.price.item_rules import MIN_MARGIN, VAT, keeps_margin, no_margin, out_of_order
from models.price.life import OPEN, only_lines_of_open, only_open

NOTICE_DAYS = parameter(
    "price.notice_days", 7, _l("Days between the approval of new prices and their first day")
)
ALWAYS = {"status", "remark", "notice_date", "ack_rate", "customer_notice_rate"}
FLOOR = "floor"
_NOT_DRAFT = _l("This adjustment is no draft any more. Please withdraw it, or make a new one.")
_RATE, _MOST = Decimal("0.0001"), Decimal("999.9999")


@rule(PriceAdjustment, "NOT_DRAFT", on=("update", "delete"))
def only_drafts(batch: Batch) -> None:
    """Refuse changes of an adjustment that was submitted, except of what follows from its way."""
    only_open(batch, ALWAYS, _NOT_DRAFT)


@rule(PriceAdjustmentLine, "NOT_DRAFT", on=("insert", "update", "delete"))
def only_lines_of_drafts(batch: Batch) -> None:
    """Refuse changes of the lines of an adjustment that was submitted."""
    only_lines_of_open(batch, "price_adjustment", _NOT_DRAFT)


@rule(PriceAdjustmentLine, "WHICH_PRICE", when=("tier", "new_price", "new_floor"))
def one_price(batch: Batch) -> None:
    """Demand the new price in its own column: floor prices are kept apart from those everybody sees."""
    for row in batch:
        wanted, other = ("new_floor", "new_price") if row["tier"] == FLOOR else ("new_price", "new_floor")
        label = registry.of(PriceAdjustmentLine).fields[wanted].label
        if row[other] is not None:
            row.error(other, _l("Please enter this price under “%(label)s”.", label=label))
        elif row[wanted] is None:
            row.error(wanted, _l("Please fill in “%(label)s” first.", label=label))


@rule(PriceAdjustment, "BR-18", when=("effective_date", "region_id", "status"), reads=LISTS)
@rule(PriceAdjustmentLine, "BR-18", on=("insert", "update", "delete"), reads=LISTS)
def figures(batch: Batch) -> None:
    """While it is open: old prices from the list in force on the first day, changes, and the largest of them."""
    with documents(batch, PriceAdjustmentLine) as found:
        drafts = [one for one in found if one.head.before.get("status", "draft") in OPEN]
        shelf = _shelf(batch, drafts)
        for one in drafts:
            changes = [_figure(line, _item(shelf, one.head, line, batch)) for line in one.lines]
            one.head.set("max_change", _wire(max((abs(c) for c in changes if c is not None), default=None)))


def _figure(line: Row, item: Item | None) -> Decimal | None:
    """Give a line its old price and its change; returns the change."""
    name = "floor" if line["tier"] == FLOOR else "price"
    old = _old(item, line["tier"]) if item is not None and line["tier"] else None
    line.set(f"old_{name}", None if old is None else format(old, "f"))
    line.set("old_price" if name == "floor" else "old_floor", None)
    new = line[f"new_{name}"]
    change = min((Decimal(new) - old) / old, _MOST) if new is not None and old else None
    line.set("change", _wire(change))
    return change


@rule(PriceAdjustment, "NOTICE_TOO_SHORT", on=("update",), when=("status",))
@rule(PriceAdjustmentLine, "NOTICE_TOO_SHORT", on=("insert", "update", "delete"))
def notice_period(batch: Batch) -> None:
    """Refuse, at submit and at approval, a first day that leaves too little time to tell everybody."""
    days = int(batch.parameter(NOTICE_DAYS))
    with documents(batch, PriceAdjustmentLine) as found:
        for head in (one.head for one in found if _asked(one.head) and one.head["effective_date"]):
            earliest = batch.today + timedelta(days=1 if head["emergency"] else max(days, 1))
            if date.fromisoformat(head["effective_date"]) >= earliest:
                continue
            text = earliest.isoformat()
            message = _l("Prices change overnight. Please choose %(day)s or a later day.", day=text)
            if not head["emergency"]:
                message = _l(
                    "Everybody has to know %(n)s days before. Please choose %(day)s or a later day, or mark it as urgent.",
                    n=days, day=text,
                )  # fmt: skip
            head.error("effective_date", message)


@rule(PriceAdjustment, "PRICE_ORDER", on=("update",), when=("status",), reads=LISTS)
@rule(PriceAdjustmentLine, "PRICE_ORDER", on=("insert", "update", "delete"), reads=LISTS)
def new_prices(batch: Batch) -> None:
    """Refuse, at submit and at approval, prices out of order, floors without margin, and lists that have moved."""
    with documents(batch, PriceAdjustmentLine) as found:
        asked = [one for one in found if _asked(one.head)]
        shelf = _shelf(batch, asked)
        ids = {line["product_id"] for one in asked for line in one.lines}
        products = batch.fetch("product", ids, ["name", "cost_price"])
        margins = batch.parameter(VAT), batch.parameter(MIN_MARGIN)
        others = _others(batch, asked)
        for one in asked:
            if not one.lines:
                one.head.error(None, _l("Please add the prices that change first."), "NO_LINES")
            for name, message, code in _against(one, shelf, products, margins, batch):
                said = _l("%(product)s: %(problem)s", product=name, problem=message)
                one.head.error(None, said, code)
            other = others.get((one.head["region_id"], one.head["effective_date"]))
            if other is not None and other[0] != one.head.draft.id:
                message = _l(
                    "%(number)s changes the same list on that day. Please choose another day.",
                    number=other[1],
                )
                one.head.error("effective_date", message, "SAME_DAY")


def _against(
    one: Document,
    shelf: Shelf,
    products: dict[int, dict[str, Any]],
    margins: tuple[Decimal, Decimal],
    batch: Batch,
) -> Iterable[tuple[str, Any, str]]:
    """(product, problem, code) of everything that stands against the new prices of an adjustment."""
    lines: dict[Any, list[Row]] = defaultdict(list)
    for line in one.lines:
        lines[line["product_id"]].append(line)
    for product, changed in lines.items():
        name = str(products.get(product, {}).get("name", ""))
        item = _item(shelf, one.head, changed[0], batch)
        if item is None:
            yield name, _l("no price list of this region has a price for it on that day."), "NO_PRICE"
            continue
        if item.valid_from.isoformat() >= one.head["effective_date"]:
            yield name, _l("its price list begins on that day itself. Please choose a later day."), "SAME_DAY"
        moved = [line for line in changed if _shown(line) != _old(item, line["tier"])]
        if moved and one.head.verb == "approved":
            yield name, _l("its old price has changed meanwhile. Please send it back."), "BASE_MOVED"
        prices = {n: getattr(item, n) for n in ("ex_factory", "wholesale", "retail", "floor_price")}
        prices |= {column(line["tier"]): Decimal(line["new_floor"] or line["new_price"]) for line in changed}
        cost = products[product]["cost_price"]
        if cost is None:
            continue
        prices["cost_price"] = Decimal(cost)
        for _field, message in out_of_order(prices):
            yield name, message, "PRICE_ORDER"
        if not keeps_margin(prices["floor_price"], prices["cost_price"], *margins):
            yield name, no_margin(margins[1]), "MIN_MARGIN"


def column(tier: str) -> str:
    """The field of a price list item that a tier stands for."""
    return "floor_price" if tier == FLOOR else tier


def _old(item: Item, tier: str) -> Decimal:
    price: Decimal = getattr(item, column(tier))
    return price


def _shown(line: Row) -> Decimal | None:
    value = line["old_floor"] if line["tier"] == FLOOR else line["old_price"]
    return None if value is None else Decimal(value)


def _asked(head: Row) -> bool:
    return head.verb in ("submit", "approved")


def _day(head: Row, batch: Batch) -> date:
    """The day whose list the new prices replace."""
    return date.fromisoformat(head["effective_date"]) if head["effective_date"] else batch.today


def _shelf(batch: Batch, found: list[Document]) -> Shelf:
    ids = {line["product_id"] for one in found for line in one.lines if isinstance(line["product_id"], int)}
    days = {_day(one.head, batch) for one in found}
    return Shelf(items_in_force(batch.connection, ids, days) if ids else [])


def _item(shelf: Shelf, head: Row, line: Row, batch: Batch) -> Item | None:
    product, region = line["product_id"], head["region_id"]
    known = isinstance(product, int) and not isinstance(region, dict)
    return shelf.exactly(product, region, _day(head, batch)) if known else None


def _others(batch: Batch, asked: list[Document]) -> dict[tuple[Any, str], tuple[int, str]]:
    """Adjustments approved already, by region and first day: id and number."""
    days = [date.fromisoformat(one.head["effective_date"]) for one in asked if one.head["effective_date"]]
    table = registry.of(PriceAdjustment).table
    query = select(table.c.id, table.c.adjust_no, table.c.region_id, table.c.effective_date)
    query = query.where(table.c.status == "scheduled", table.c.effective_date.in_(days))
    return {(r[2], r[3].isoformat()): (r[0], r[1]) for r in batch.connection.execute(query)} if days else {}


def _wire(rate: Decimal | None) -> str | None:
    """A change as it is kept: rounded up, so that one beyond a limit never looks like one within it."""
    return None if rate is None else format(rate.quantize(_RATE, ROUND_UP), "f")

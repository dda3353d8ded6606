"""Price list items: prices in their order, and BR-14, a floor that keeps the least margin."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch, Row, rule
from app.org import parameter
from models.price.price_list import PriceListItem

MIN_MARGIN = parameter("price.min_margin", Decimal("0.15"), _l("Least margin of a floor price (BR-14)"))
VAT = parameter("tax.vat", Decimal("0.13"), _l("Value added tax"))
PRICES = ("ex_factory", "wholesale", "retail", "floor_price")


def margin(price: Decimal, cost: Decimal, vat: Decimal) -> Decimal:
    """The share of a price (tax included, not 0) that is left after the cost (before tax)."""
    return 1 - cost * (1 + vat) / price


def least_floor(cost: Decimal, vat: Decimal, min_margin: Decimal) -> Decimal:
    """The lowest floor price, to the cent, whose margin is at least `min_margin` (below 1)."""
    return (cost * (1 + vat) / (1 - min_margin)).quantize(Decimal("0.01"), ROUND_CEILING)


@rule(PriceListItem, "BR-14", when=("product_id", *PRICES))
def prices(batch: Batch) -> None:
    """Take the cost from the product; refuse prices out of order and a floor that eats the margin."""
    products = batch.fetch("product", [row["product_id"] for row in batch], ["cost_price"])
    vat, least = batch.parameter(VAT), batch.parameter(MIN_MARGIN)
    for row in batch:
        if isinstance(row["product_id"], dict):
            row.error("product_id", _l("Please save the product first, then its prices."), "SAVE_PRODUCT")
            continue
        row.set("cost_price", products.get(row["product_id"], {}).get("cost_price"))
        row.set("margin_factory", None)
        values = {name: Decimal(row[name]) for name in (*PRICES, "cost_price") if row[name] is not None}
        if len(values) <= len(PRICES):
            continue  # a price or the product is missing, which is an error of its own
        wrong = out_of_order(values)
        if not wrong:
            rate = margin(values["ex_factory"], values["cost_price"], vat)
            row.set("margin_factory", format(rate.quantize(Decimal("0.0001"), ROUND_HALF_UP), "f"))
        if row.draft.added:
            continue  # the next version made by an adjustment: what was approved holds, even if a cost has risen
        for name, message in wrong:
            row.error(name, message, "PRICE_ORDER")
        if not keeps_margin(values["floor_price"], values["cost_price"], vat, least):
            _too_low(batch, row, values["cost_price"], vat, least)


def out_of_order(prices: Mapping[str, Decimal]) -> list[tuple[str, Any]]:
    """What stands against cost < ex-factory ≤ wholesale ≤ retail: the field, and what to say."""
    wrong = (
        (prices["ex_factory"] <= prices["cost_price"], "ex_factory",
         _l("The ex-factory price must be above the cost.")),
        (prices["wholesale"] < prices["ex_factory"], "wholesale",
         _l("The wholesale price must not be below the ex-factory price.")),
        (prices["retail"] < prices["wholesale"], "retail",
         _l("The retail price must not be below the wholesale price.")),
    )  # fmt: skip
    return [(name, message) for found, name, message in wrong if found]


def keeps_margin(floor: Decimal, cost: Decimal, vat: Decimal, least: Decimal) -> bool:
    """Whether a floor price leaves at least the margin `least`."""
    return floor * (1 - least) >= cost * (1 + vat)


def no_margin(least: Decimal) -> Any:
    """What somebody is told of a floor price without margin who may not see the cost."""
    return _l("The floor price leaves less than %(rate)s. Please raise it.", rate=_rate(least))


def _rate(least: Decimal) -> str:
    return f"{(least * 100).normalize():f}%"


def _too_low(batch: Batch, row: Row, cost: Decimal, vat: Decimal, least: Decimal) -> None:
    message = no_margin(least)
    # The least floor would tell the cost to somebody who may not see it.
    if least < 1 and batch.grants.level("price_list_item", "cost_price") in ("read", "edit"):
        floor = str(least_floor(cost, vat, least))
        message = _l(
            "The floor price leaves less than %(rate)s. It takes at least %(floor)s.",
            rate=_rate(least), floor=floor,
        )  # fmt: skip
    row.error("floor_price", message, "MIN_MARGIN")

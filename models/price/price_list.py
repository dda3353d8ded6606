"""PriceList (E25): the prices of all products in a region for a time, version by version, with its items."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Lifecycle,
    choice,
    choices,
    day,
    integer,
    link,
    long_text,
    money,
    percent,
    text,
)
from models.checks import at_least, between
from models.price.life import DatedStatus, asked_for, held_by_dates

MarketDemand = choices(
    ("high", _l("Demand is high"), "green"),
    ("mid", _l("Demand is fair"), "blue"),
    ("low", _l("Demand is low"), "amber"),
)


class PriceList(Entity):
    """One version of the prices in a region, or everywhere, from a day on; later prices are a new version."""

    __tablename__ = "price_list"
    about = About(
        _l("Price lists"), key=("code", "version_no"), title="name", workbook="price", order=10,
        note=_l("Which prices hold where and when; one version a line."),
        lifecycle=Lifecycle("status", (*asked_for(), *held_by_dates())),
    )  # fmt: skip

    code = text(_l("Price list code"), 20, search=True)
    version_no = integer(_l("Version number"), default=1, check=at_least(1))
    name = text(_l("Price list name"), 120, required=True, search=True, width=200)
    status = choice(_l("Price list status"), DatedStatus, computed=True, default="draft")
    region_id = link(_l("Valid in region"), "region", help=_l("Empty means everywhere."))
    valid_from = day(_l("Valid from"), required=True)
    valid_to = day(_l("Valid to"), help=_l("Empty means until further notice."))
    source_adjustment_id = link(_l("Made by adjustment"), "price_adjustment", computed=True)
    pricing_basis = long_text(_l("Basis of the prices"), required=True)
    remark = long_text(_l("Remarks"))


class PriceListItem(Entity):
    """The prices of one product: to dealers, in wholesale, on the shelf, and the floor below them all."""

    __tablename__ = "price_list_item"
    about = About(
        _l("Price list items"),
        key=("product_id",),
        title="product_id",
        workbook="price",
        parent="price_list",
        order=20,
        note=_l("The price of each product in a price list."),
    )

    product_id = link(_l("Product"), "product", required=True, width=200)
    cost_price = money(_l("Unit cost"), computed=True)
    ex_factory = money(_l("Ex-factory price"), required=True, check=at_least(0))
    wholesale = money(_l("Wholesale price"), required=True, check=at_least(0))
    retail = money(_l("Suggested retail price"), required=True, check=at_least(0))
    floor_price = money(_l("Floor price"), required=True, check=at_least(0))
    competitor_price = money(_l("Competitor's price"), check=at_least(0))
    margin_factory = percent(_l("Ex-factory margin"), computed=True)
    market_demand = choice(_l("Judgement of demand"), MarketDemand)
    target_margin = percent(_l("Target margin"), required=True, check=between(0, 1))

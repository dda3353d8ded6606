"""What an approver should know before agreeing: whom new prices and policies reach, and which orders they change."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, func, select

from app import clock
from app.approval import effects
from app.entity import registry
from app.org.parameters import parameter_value
from models.price.adjustment import PriceAdjustment
from models.price.audience import BUYER_DAYS, buyers, line_products, staff
from models.price.in_force import items_in_force, upper_regions, upwards
from models.price.policy import DiscountPolicy

Figures = list[tuple[Any, Any, Any]]
REPRICED = ("draft", "to_verify", "returned", "rejected")
"""States of an order whose prices are looked up again when it is submitted."""


@effects("price_adjustment")
def of_adjustment(connection: Connection, record_id: int) -> Figures:
    """Who has to be told, which orders get the new prices, and which keep theirs."""
    table = registry.of(PriceAdjustment).table
    found = connection.execute(select(table).where(table.c.id == record_id)).mappings().one()
    products = line_products(connection, [record_id])[record_id]
    known = buyers(connection, products, found["region_id"], clock.today())
    people = staff(connection, found["notify_depts"] or [])
    days = parameter_value(connection, BUYER_DAYS)
    return [
        (_l("Customers concerned"), len(known), _l("Bought one of these products within %(n)s days.", n=days)),
        (_l("Orders priced anew"), _orders(connection, products, REPRICED),
         _l("Not submitted yet; the price follows from the order date when they are.")),
        (_l("Orders that keep their price"), _orders(connection, products, ("pending",)),
         _l("They are being approved already.")),
        (_l("Notices sent"), len(people) + len(known),
         _l("%(people)s colleagues, %(customers)s customers", people=len(people), customers=len(known))),
    ]  # fmt: skip


def _orders(connection: Connection, products: set[int], states: tuple[str, ...]) -> int:
    if "sales_order" not in registry:
        return 0
    orders, lines = registry.get("sales_order").table, registry.get("sales_order_line").table
    query = (
        select(func.count(orders.c.id.distinct()))
        .join_from(lines, orders, orders.c.id == lines.c.parent_id)
        .where(orders.c.status.in_(states), lines.c.product_id.in_(products))
    )
    return int(connection.execute(query).scalar_one())


@effects("discount_policy")
def of_policy(connection: Connection, record_id: int) -> Figures:
    """How many products and customers a policy is for."""
    table = registry.of(DiscountPolicy).table
    found = connection.execute(select(table).where(table.c.id == record_id)).mappings().one()
    days = [found["valid_from"], found["valid_to"]]
    items = {item.product_id for item in items_in_force(connection, None, days)}
    goods, people = registry.get("product").table, registry.get("customer").table
    wanted = select(goods.c.id).where(goods.c.id.in_(items))
    for column, name in ((goods.c.id, "scope_product_id"), (goods.c.series, "scope_series")):
        if found[name] is not None:
            wanted = wanted.where(column == found[name])
    query = select(people.c.region_id).where(people.c.status.not_in(("lost", "blacklist")))
    for column, name in ((people.c.id, "customer_id"), (people.c.customer_group, "customer_group"),
                         (people.c.channel_type, "channel_type")):  # fmt: skip
        if found[name] is not None:
            query = query.where(column == found[name])
    region, upper = found["region_id"], upper_regions(connection)
    regions = connection.execute(query).scalars()
    count = sum(1 for one in regions if region is None or region in upwards(one, upper))
    return [
        (
            _l("Products it is for"),
            len(connection.execute(wanted).all()),
            _l("Those with a price in these days."),
        ),
        (_l("Customers it is for"), count, _l("By price group, channel and region.")),
    ]

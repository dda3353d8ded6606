"""Who is concerned by new prices: colleagues by the type of their department, customers by what they bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Table, func, select

from app.change.contract import chunks
from app.entity import registry
from app.entity.field import PERSON
from app.org import Department, Membership, parameter
from app.org.parameters import parameter_value
from models.price.adjustment import PriceAdjustmentLine, PriceNotice
from models.price.in_force import upper_regions, upwards

BUYER_DAYS = parameter(
    "price.notice_customer_days", 180, _l("Whoever bought within so many days is told of new prices")
)
ALWAYS_TOLD = "sales"
NOT_BOUGHT = ("draft", "to_verify", "pending", "returned", "rejected", "cancelled")
"""States of an order in which nothing has been bought."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer and who keeps them."""

    id: int
    owner_id: int | None
    department_id: int | None


def staff(connection: Connection, types: Iterable[str]) -> dict[int, int]:
    """Everybody who works in sales or in a department of these types: person and department."""
    members, departments = Membership.__table__.c, Department.__table__.c
    users, files = _people().c, registry.get("employee").table.c
    gone = select(files.user_id).where(files.emp_status == "left", files.user_id.is_not(None))
    query = (
        select(members.user_id, members.of_department_id)
        .join_from(Membership.__table__, Department.__table__, departments.id == members.of_department_id)
        .join(_people(), users.id == members.user_id)
        .where(departments.department_type.in_({ALWAYS_TOLD, *types}), users.active, users.id.not_in(gone))
        .order_by(members.user_id, members.rank, members.id.desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def buyers(connection: Connection, products: Iterable[int], region: int | None, today: date) -> list[Buyer]:
    """The customers in a region (None: anywhere) who bought one of the products not long ago."""
    if "sales_order" not in registry:
        return []
    days = parameter_value(connection, BUYER_DAYS)
    orders, lines = registry.get("sales_order").table, registry.get("sales_order_line").table
    customers = registry.get("customer").table
    bought = (
        select(orders.c.customer_id)
        .join_from(lines, orders, orders.c.id == lines.c.parent_id)
        .where(orders.c.order_date >= today - timedelta(days=days), orders.c.status.not_in(NOT_BOUGHT))
    )
    query = select(customers.c.id, customers.c.owner_id, customers.c.department_id, customers.c.region_id)
    query = query.where(customers.c.status != "blacklist").order_by(customers.c.id)
    upper = upper_regions(connection) if region is not None else {}
    found = {}
    for part in chunks(sorted(set(products))):
        for row in connection.execute(
            query.where(customers.c.id.in_(bought.where(lines.c.product_id.in_(part))))
        ):
            if region is None or region in upwards(row.region_id, upper):
                found[row.id] = Buyer(row.id, row.owner_id, row.department_id)
    return list(found.values())


def head_of_sales(connection: Connection) -> tuple[int, int] | None:
    """Who heads the topmost department of sales, and that department; None where nobody does."""
    table = Department.__table__
    query = select(table.c.manager_id, table.c.id).where(
        table.c.department_type == ALWAYS_TOLD, table.c.manager_id.is_not(None)
    )
    found = connection.execute(query.order_by(func.length(table.c.path), table.c.id)).first()
    return (found[0], found[1]) if found else None


def unread(connection: Connection, adjustment: int) -> list[str]:
    """The names of those who have not said yet that they read of an adjustment."""
    notices, users = registry.of(PriceNotice).table.c, _people().c
    query = (
        select(users.last_name + users.first_name)
        .join_from(registry.of(PriceNotice).table, _people(), users.id == notices.assignee_id)
        .where(notices.adjustment_id == adjustment, notices.status == "open")
        .where(notices.kind == "announce", notices.target_type == "staff")
        .order_by(users.id)
    )
    return list(connection.execute(query).scalars())


def line_products(connection: Connection, adjustments: Iterable[int | None]) -> dict[int | None, set[int]]:
    """The products each adjustment changes prices of."""
    table, found = registry.of(PriceAdjustmentLine).table, defaultdict[int | None, set[int]](set)
    for part in chunks(adjustments):
        query = select(table.c.parent_id, table.c.product_id).where(table.c.parent_id.in_(part))
        for adjustment, product in connection.execute(query):
            found[adjustment].add(product)
    return found


def _people() -> Table:
    table: Table = registry.target_class(PERSON).__table__
    return table

"""Records may swap their business keys in one set, whatever kinds of fields these are made of."""

from __future__ import annotations

from sqlalchemy import func, select

from app.audit.log import ChangeLog
from app.db import db
from app.entity import registry
from app.entity.keys import text_key
from tests.models.conftest import Write, insert, new_id, stored, update
from tests.models.pricing_data import PRICES, product


def swapped(write: Write, entity: str, field: str, one: int, other: int) -> None:
    """Swap a field of two records; each is altered once, to the log as well."""
    log, table = ChangeLog.__table__, registry.get(entity).table
    mine = select(func.count()).select_from(log).where(log.c.tbl == entity, log.c.record_id.in_((one, other)))

    def entries() -> int:
        with db.engine.connect() as connection:
            return int(connection.execute(mine).scalar_one())

    def right(record: int) -> bool:
        """Whether what derives from the key, which nobody sees, fits it."""
        mine = select(*table.c).where(table.c.id == record)
        with db.engine.connect() as connection:
            row = connection.execute(mine).mappings().one()
        fits = [
            row[key] == (row[name] and text_key(row[name]))
            for name, key in registry.get(entity).key_columns.items()
        ]
        return all(fits) and not row.get("vacated")

    (a,), (b,), before = stored(entity, one, field), stored(entity, other, field), entries()
    result = write(update(entity, one, **{field: b}), update(entity, other, **{field: a}))
    assert result.ok, [str(e.message) for e in result.errors]
    assert (stored(entity, one, field), stored(entity, other, field)) == ((b,), (a,))
    assert entries() == before + 2
    assert all(map(right, (one, other)))


def a_list(write: Write, version: int) -> int:
    values = {
        "code": "L",
        "name": "表",
        "valid_from": "2026-01-01",
        "version_no": version,
        "pricing_basis": "成本",
    }
    return new_id(write(insert("price_list", **values)))


def test_versions_of_a_price_list(write: Write) -> None:
    swapped(write, "price_list", "version_no", a_list(write, 1), a_list(write, 2))


def test_numbers_of_products(write: Write) -> None:
    swapped(write, "product", "sku", product(write), product(write, "P2"))


def test_products_of_a_price_list(write: Write) -> None:
    head, prices = a_list(write, 1), {**PRICES, "target_margin": "0.4"}
    items = (
        insert("price_list_item", parent_id=head, product_id=product(write, sku), **prices)
        for sku in ("P1", "P2")
    )
    one, other = (new_id(write(item)) for item in items)
    swapped(write, "price_list_item", "product_id", one, other)


def test_limits_of_two_roles(write: Write) -> None:
    one, other = (
        new_id(write(insert("export_limit", role=role, for_entity="product")))
        for role in ("sales_rep", "auditor")
    )
    swapped(write, "export_limit", "role", one, other)

"""Products, price lists and policies as tests of prices need them, written through the gate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.wall import unscoped
from app.db import db
from app.entity import registry
from tests.models.conftest import Write, act, insert, new_id

PRICES = {"ex_factory": "400", "wholesale": "450", "retail": "600", "floor_price": "320"}


def product(write: Write, sku: str = "P1", **more: Any) -> int:
    """A product that costs 100; its id."""
    values = {"sku": sku, "name": f"产品{sku}", "series": "classic", "aroma": "nong", "abv": "52", "net_ml": 500,
              "case_spec": 6, "pack_type": "glass", "cost_price": "100"}  # fmt: skip
    return new_id(write(insert("product", **{**values, **more})))


def price_list(write: Write, items: dict[int, dict[str, str]], version: int = 1, **more: Any) -> int:
    """A price list, approved; the prices of each product are PRICES but for those given."""
    values = {"code": "L", "version_no": version, "name": f"第{version}版", "valid_from": "2026-01-01",
              "valid_to": "2026-12-31", "pricing_basis": "成本"}  # fmt: skip
    head = insert("price_list", ref="list", **{**values, **more})
    lines = [
        insert(
            "price_list_item",
            parent_id={"ref": "list"},
            product_id=p,
            target_margin="0.4",
            **{**PRICES, **prices},
        )
        for p, prices in items.items()
    ]
    return approved(write, "price_list", new_id(write(head, *lines)))


def policy(write: Write, code: str, *steps: tuple[int, str], **more: Any) -> int:
    """A policy of 5 % off everything for everybody but for what is given, approved."""
    return approved(write, "discount_policy", draft_policy(write, code, *steps, **more))


def draft_policy(write: Write, code: str, *steps: tuple[int, str], **more: Any) -> int:
    """The same as a draft."""
    scope = {} if {"scope_product_id", "scope_series"} & more.keys() else {"scope_all": True}
    figure = {"rate": "0.95"} if more.get("kind", "rate") in ("rate", "cash_discount") else {}
    values = {"name": f"政策{code}", "kind": "rate", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    head = insert("discount_policy", ref="policy", code=code, **{**values, **scope, **figure, **more})
    tiers = [
        insert("discount_tier", parent_id={"ref": "policy"}, min_qty=least, rate=rate)
        for least, rate in steps
    ]
    return new_id(write(head, *tiers))


def approved(write: Write, entity: str, record: int) -> int:
    """Submit a record and let it be approved, as the approval would."""
    for verb in ("submit", "approved"):
        new_id(write(act(entity, record, verb)))
    return record


def rows(entity: str, *names: str, **where: Any) -> list[tuple[Any, ...]]:
    """Wire values of the records that match, by id."""
    found = registry.get(entity)
    query = select(*(found.table.c[name] for name in names)).order_by(found.table.c.id)
    for name, value in where.items():
        query = query.where(found.table.c[name] == value)
    with unscoped("a test looks at what is stored"):
        records = db.session.execute(query).all()
    db.session.rollback()
    wire = {name: spec.to_wire for name, spec in found.fields.items()} | {"id": int}
    return [tuple(wire[n](v) for n, v in zip(names, row, strict=True)) for row in records]

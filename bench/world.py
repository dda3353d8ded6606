"""The measured world: a database of its own, filled past the gate before its triggers exist, and two readers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert

import config
from app import clock, load_business
from app.access.grants import Grants, RoleGrants
from app.engine import make_engine
from app.entity import registry
from app.entity.describe import VERBS
from app.entity.keys import text_key

CLERK, CLERK_ROWS, REGIONS = 7, 500, 1000


def settings(home: Path, url: str = "") -> config.Settings:
    """Settings of the measured system."""
    return config.Settings(home=home, database_url=url, jobs="off", packages=("bench.ledger", "views"))


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Stored values of `count` orders; `CLERK_ROWS` of them, spread evenly, are the clerk's."""
    dice, now = random.Random(seed), clock.now()
    step = max(1, count // CLERK_ROWS)
    for number in range(1, count + 1):
        name = f"客户{dice.randrange(50_000)}"
        code = f"B{number:08}"
        yield {
            "id": number, "version": 1, "code": code, "code_key": text_key(code), "buyer": name,
            "buyer_key": text_key(name), "region_id": dice.randrange(1, REGIONS + 1),
            "state": ("new", "open", "done")[number % 3], "ordered": date(2020, 1, 1) + timedelta(days=number % 2000),
            "paid": number % 2 == 0, "quantity": dice.randrange(1, 500), "amount": f"{dice.randrange(10**8) / 100:.2f}",
            "city": f"城市{number % 300}", "owner_id": CLERK if number % step == 0 else 1 + number % 5,
            "created_at": now, "updated_at": now,
        }  # fmt: skip


def make(home: Path, count: int) -> Flask:
    """An application over `count` orders and `REGIONS` regions, in a fresh database under `home`."""
    from flask_appbuilder import Model

    from app import create_app
    from app.audit import triggers

    chosen = settings(home)
    load_business(chosen)
    app = create_app(chosen)
    owner = make_engine(chosen.url, owner=True)
    Model.metadata.create_all(owner)
    now = clock.now()
    regions = [
        {"id": n, "version": 1, "code": f"R{n:04}", "code_key": text_key(f"R{n:04}"), "name": f"区域{n}",
         "name_key": text_key(f"区域{n}"), "created_at": now, "updated_at": now}
        for n in range(1, REGIONS + 1)
    ]  # fmt: skip
    with owner.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(insert(registry.get("bench_region").table), regions)
        batch: list[dict[str, Any]] = []
        for row in rows(count):
            batch.append(row)
            if len(batch) == 10_000:
                connection.execute(insert(registry.get("bench_order").table), batch)
                batch = []
        if batch:
            connection.execute(insert(registry.get("bench_order").table), batch)
    with owner.begin() as connection:
        triggers.create_all(connection)
        connection.exec_driver_sql("ANALYZE")
    owner.dispose()
    return app


def readers() -> dict[str, Grants]:
    """Whoever sees everything, and the clerk who sees their own."""
    pairs = frozenset((f"can_{verb}", e.view_name) for verb in VERBS for e in registry)
    scopes = {e.name: "all" for e in registry}
    role = RoleGrants(1, "all", pairs, scopes)
    own = RoleGrants(2, "own", pairs, {**scopes, "bench_order": "own"})
    return {"admin": Grants(1, "admin", (role,)), "clerk": Grants(CLERK, "clerk", (own,))}

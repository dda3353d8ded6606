"""Our own contender: prepare a home with orders in it, import the file, export all orders."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Table, insert

from app import clock, create_app, load_business
from app.access.context import granted
from app.access.grants import SYSTEM_GRANTS
from app.audit.actor import SYSTEM, acting, writing
from app.db import db
from app.engine import make_engine
from app.entity import registry
from app.entity.keys import text_key
from app.exporting.asked import Asked
from app.exporting.export import write
from app.importing.run import import_file
from app.setup import init_database
from bench.orders import COLUMNS, REGIONS, found, region, region_of
from bench.told import measured
from config import Settings

PORTION = 1000


def settings(home: Path, url: str, owner: str) -> Settings:
    """Settings of the measured product."""
    return Settings(
        home=home, database_url=url, owner_database_url=owner, jobs="off", packages=("bench.ledger", "views"),
        max_upload=500 * 2**20,
    )  # fmt: skip


def start(home: Path, url: str, owner: str) -> Flask:
    """The application on a home."""
    home.mkdir(parents=True, exist_ok=True)
    chosen = settings(home, url, owner)
    load_business(chosen)
    return create_app(chosen)


def prepare(app: Flask, count: int) -> None:
    """The regions and the orders that are there before, each with its line in the log."""
    init_database(app)
    common = {"version": 1, "created_at": clock.now(), "updated_at": clock.now()}

    def orders() -> Iterable[dict[str, Any]]:
        for row in found(count):
            values = dict(zip(COLUMNS, row, strict=True))
            values["region_id"] = region_of(int(values["code"][1:]))
            keys = {"code_key": text_key(values["code"]), "buyer_key": text_key(values["buyer"])}
            yield {**values, **keys, **common}

    regions = (
        {"id": n, "code": f"R{n:04}", "code_key": text_key(f"R{n:04}"), "name": region(n),
         "name_key": text_key(region(n)), **common}
        for n in range(1, REGIONS + 1)
    )  # fmt: skip
    _fill(app, registry.get("bench_region").table, regions)
    _fill(app, registry.get("bench_order").table, orders())


def _fill(app: Flask, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    engine = make_engine(app.config["TAIZHANG"].owner_url, owner=True)
    portions = iter(rows)
    with acting(SYSTEM), writing(1), engine.begin() as connection:
        while portion := list(islice(portions, PORTION)):
            connection.execute(insert(table), portion)
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def take_in(path: str) -> int:
    """Import a workbook; half of it is new, half changes."""
    report = import_file(registry.get("bench_order"), Path(path), SYSTEM_GRANTS)
    assert report.ok, report.lines()
    assert report.updated == report.rows // 2, report.lines()
    return report.rows


def give_out(form: str, path: str) -> int:
    """Export all orders with the columns of the file."""
    asked = Asked(fields=tuple(COLUMNS), format=form)
    with open(path, "wb") as out:
        return write(db.session(), registry.get("bench_order"), SYSTEM_GRANTS, asked, out)


if __name__ == "__main__":
    what, home, url, owner, *words = sys.argv[1:]
    app = start(Path(home), url, owner)
    with app.app_context(), acting(SYSTEM), granted(SYSTEM_GRANTS):
        if what == "prepare":
            prepare(app, int(words[0]))
        elif what == "import":
            measured(lambda: take_in(*words))
        else:
            measured(lambda: give_out(*words))

"""The sheet's window over many rows, against the bare SQL that finds the same rows (decisions 11 and 14)."""

from __future__ import annotations

import orjson
from flask import Flask
from sqlalchemy import text

from app.access.context import granted
from app.access.grants import Grants
from app.audit.actor import SYSTEM, acting
from app.db import db
from app.entity import registry
from app.query.rows import Window, fetch
from bench.measure import line, pair
from bench.world import CLERK, readers

COLUMNS = "id, version, code, buyer, state, ordered, amount, quantity"
FIELDS = ["code", "buyer", "state", "ordered", "amount", "quantity"]
LIMIT = 200


def run(app: Flask, count: int) -> list[str]:
    """The table's rows."""
    found = [f"{'window of 200 rows, count of all left out':<46}{'ours ms':>10}{'bare ms':>10}{'ratio':>9}"]
    with app.app_context(), acting(SYSTEM):
        for who, grants in readers().items():
            with granted(grants):
                found += _reader(who, grants, count)
    return found


def _reader(who: str, grants: Grants, count: int) -> list[str]:
    entity = registry.get("bench_order")
    scope = "1=1" if who == "admin" else f"owner_id = {CLERK}"
    total = count if who == "admin" else 500
    found = []

    def ours(window: Window) -> None:
        orjson.dumps(fetch(db.session(), entity, grants, window, counted=False).rows)
        db.session.rollback()

    def bare(sql: str) -> None:
        # The floor answers the same JSON by hand: what any server that keeps exact money must do.
        with db.engine.connect() as connection:
            rows = [
                {"id": r[0], "version": r[1], "values": {"code": r[2], "buyer": r[3], "state": r[4], "ordered": r[5],
                 "amount": f"{r[6] // 100}.{r[6] % 100:02}", "quantity": r[7]}}
                for r in connection.execute(text(sql))
            ]  # fmt: skip
        orjson.dumps(rows)

    first = Window(sort=[["buyer", "asc"]], fields=FIELDS, limit=LIMIT)
    base = f"select id from bench_order where {scope} order by buyer_key, id limit {LIMIT}"
    found.append(_compare(f"{who}: first page by name", lambda: ours(first), lambda: bare(_late(base)), 2))
    with_cursor = fetch(db.session(), entity, grants, first)
    after = Window(sort=[["buyer", "asc"]], fields=FIELDS, limit=LIMIT, after=with_cursor.next)
    found.append(_compare(f"{who}: next page (after)", lambda: ours(after), lambda: bare(_late(base)), 2))
    deep = Window(sort=[], fields=FIELDS, limit=LIMIT, at=total // 2)
    late = f"select id from bench_order where {scope} order by id limit {LIMIT} offset {total // 2}"
    found.append(
        _compare(f"{who}: row {total // 2:,} (at)", lambda: ours(deep), lambda: bare(_late(late)), 2)
    )
    amount = Window(sort=[["amount", "desc"]], fields=FIELDS, limit=LIMIT)
    by = f"select id from bench_order where {scope} order by amount is null, amount desc, id limit {LIMIT}"
    found.append(_compare(f"{who}: by amount, no index", lambda: ours(amount), lambda: bare(_late(by)), 2))
    return found


def _late(ids: str) -> str:
    return f"select {COLUMNS} from bench_order where id in ({ids})"


def _compare(name: str, ours: object, theirs: object, aim: float) -> str:
    mine, other = pair(ours, theirs)  # type: ignore[arg-type]
    return line(name, mine, other, aim)

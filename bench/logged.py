"""What the change log costs: inserts without triggers, with them, and with two personal fields among 22."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, insert

from app import clock
from app.audit import triggers
from app.audit.actor import SYSTEM, acting, writing
from app.change.contract import chunks
from app.db import db
from app.engine import make_engine
from app.entity import About, Entity, money, registry, text
from bench.measure import line, once

TIMES = 3
TEXTS = 14
"""Together with the amount, the code, the phone and the name (common columns left empty): 22 that are filled."""


def _declare(name: str, personal: bool) -> Table:
    about = About(_l("Bench"), key=("code",), title="code", workbook="bench")
    fields = {f"text{n}": text(_l("Text"), 60) for n in range(TEXTS)}
    body = {
        "__tablename__": name, "about": about, "code": text(_l("Code"), 20), "amount": money(_l("Amount")),
        "phone": text(_l("Phone"), 20, pii=personal), "person": text(_l("Name"), 40, pii=personal), **fields,
    }  # fmt: skip
    cls = type(name.title().replace("_", ""), (Entity,), body)
    return registry.of(cls).table


PLAIN, PERSONAL = _declare("bench_plain", False), _declare("bench_personal", True)


def rows(count: int) -> list[dict[str, Any]]:
    """Stored values of `count` records."""
    now = clock.now()
    return [
        {"id": n, "version": 1, "code": f"K{n:07}", "code_key": f"k{n:07}", "amount": "12.50",
         "phone": f"138{n:08}", "person": f"王{n}", "created_at": now, "updated_at": now,
         **{f"text{i}": f"第{n}行第{i}列" for i in range(TEXTS)}}
        for n in range(1, count + 1)
    ]  # fmt: skip


def insert_all(url: str, table: Table, values: list[dict[str, Any]], logged: bool) -> float:
    """Seconds one transaction takes that inserts all rows into a fresh database, with or without triggers."""
    engine = make_engine(url, owner=True)
    with engine.begin() as connection:
        db.metadata.create_all(connection)
        if logged:
            triggers.create_all(connection)
    with acting(SYSTEM), writing(1), engine.begin() as connection:
        seconds = once(lambda: [connection.execute(insert(table), part) for part in chunks(values, 1000)])
    engine.dispose()
    return seconds


def run(count: int) -> list[str]:
    """The table's rows."""
    values = rows(count)
    kinds = {"no log": (PLAIN, False), "log": (PLAIN, True), "log, 2 personal": (PERSONAL, True)}
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(TIMES):
        for name, (table, logged) in kinds.items():
            with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
                url = f"sqlite:///{Path(folder) / 'bench.db'}"
                taken[name].append(insert_all(url, table, values, logged))
    floor = statistics.median(taken["no log"])
    head = f"{f'insert of {count:,} rows of 22 columns':<46}{'ours ms':>10}{'floor ms':>10}{'ratio':>9}"
    return [head, *(line(name, statistics.median(taken[name]), floor) for name in list(kinds)[1:])]

"""Import against its floor: the same file by a fast reader and one executemany, without checks and without a log."""

from __future__ import annotations

import resource
import sqlite3
from pathlib import Path

import python_calamine
from flask import Flask

from app.access.context import granted
from app.access.grants import SYSTEM_GRANTS
from app.audit.actor import SYSTEM, acting
from app.entity import registry
from app.excel.write import ColumnOut, SheetOut, write_table
from app.importing.run import import_file
from bench.measure import line, once

TEXTS = ("code", "buyer", "city", "street", "phone", "note", "carrier", "tracking", "receiver", "remark")


def make_file(path: Path, count: int) -> None:
    """A ledger of `count` rows and 16 columns, regions named by name."""
    kinds = dict.fromkeys(TEXTS, "text") | {"state": "text", "region_id": "text", "ordered": "text", "quantity": "integer",
                                          "amount": "money", "weight": "decimal"}  # fmt: skip
    columns = [ColumnOut(name, kind, scale=2 if kind == "money" else 3) for name, kind in kinds.items()]
    rows = (
        [*(f"{name}{n}" for name in TEXTS), ("new", "open", "done")[n % 3], f"区域{n % 900 + 1}", "2026-01-02", n % 90,
         n * 7 % 10**6, n % 1000]
        for n in range(count)
    )  # fmt: skip
    with path.open("wb") as out:
        write_table(out, [SheetOut("orders", columns, rows)])


def run(app: Flask, folder: Path, count: int) -> list[str]:
    """The table's rows."""
    path = folder / "ledger.xlsx"
    make_file(path, count)
    found = [f"{f'import of {count:,} rows':<46}{'ours ms':>10}{'floor ms':>10}{'ratio':>9}"]

    def ours() -> None:
        with app.app_context(), acting(SYSTEM), granted(SYSTEM_GRANTS):
            report = import_file(registry.get("bench_order"), path, SYSTEM_GRANTS)
            assert report.ok, report.lines()

    def floor() -> None:
        rows = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python()
        with sqlite3.connect(folder / "floor.db") as connection:
            names = ", ".join(rows[0])
            connection.execute(f"create table if not exists o (id integer primary key, {names})")
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into o ({names}) values ({marks})", rows[1:])

    other = once(floor)
    found.append(line("new rows, links by name, rules, log", once(ours), other))
    found.append(line("the same file again: nothing changes", once(ours), other))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found.append(f"peak memory of this process {peak} MB")
    return found

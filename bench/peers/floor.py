"""The floor: the fastest reader or writer and bare SQL, without rights, checks, rules or a log."""

from __future__ import annotations

import csv
import sqlite3
import sys
from collections.abc import Iterable
from typing import Any

import python_calamine

from bench.orders import COLUMNS, REGIONS, found, region
from bench.told import measured

NAMES = ", ".join(COLUMNS)


def prepare(database: str, count: int) -> None:
    """The regions and the orders that are there before."""
    with sqlite3.connect(database) as connection:
        connection.execute("create table region (id integer primary key, name text unique)")
        connection.executemany(
            "insert into region values (?, ?)", ((n, region(n)) for n in range(1, REGIONS + 1))
        )
        connection.execute(f"create table o (id integer primary key, {NAMES})")
        connection.execute("create unique index o_code on o (code)")
        put(connection, found(count))


def put(connection: sqlite3.Connection, rows: Iterable[list[Any]]) -> None:
    """Insert or update by code, the region looked up by its name."""
    places = dict(connection.execute("select name, id from region"))
    at = list(COLUMNS).index("region_id")
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "code")
    connection.executemany(
        f"insert into o ({NAMES}) values ({', '.join('?' * len(COLUMNS))})"
        f" on conflict (code) do update set {changes}",
        ([*map(_plain, row[:at]), places[row[at]], *map(_plain, row[at + 1 :])] for row in rows),
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def take_in(database: str, path: str) -> int:
    """Import a workbook; returns its rows."""
    rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    with sqlite3.connect(database) as connection:
        put(connection, rows[1:])
    return len(rows) - 1


def give_out(database: str, path: str) -> int:
    """Export all orders as CSV."""
    wanted = NAMES.replace("region_id", "region.name")
    with sqlite3.connect(database) as connection, open(path, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(
            connection.execute(
                f"select {wanted} from o left join region on region.id = o.region_id order by o.id"
            )
        )
        return int(connection.execute("select count(*) from o").fetchone()[0])


if __name__ == "__main__":
    what, database, *words = sys.argv[1:]
    if what == "prepare":
        prepare(database, int(words[0]))
    elif what == "import":
        measured(lambda: take_in(database, *words))
    else:
        measured(lambda: give_out(database, *words))

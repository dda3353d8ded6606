"""Our reader and writer by themselves, as `bench.peers.tools` measures the others'."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.excel.contract import CellProblem, Limits
from app.excel.read import read_sheet
from app.excel.write import ColumnOut, SheetOut, write_table
from bench.orders import COLUMNS, SCALES, sent
from bench.peers import floor
from bench.told import measured

LIMITS = Limits(max_bytes=500 * 2**20)


def rows(path: str) -> Iterator[list[Any]]:
    """The rows of a workbook, parsed in the limited process."""
    return (cells for _, cells in read_sheet(Path(path), limits=LIMITS).rows)


def take_in(database: str, path: str) -> int:
    """Import a workbook as the floor does, but read exactly: what reading costs, and what all the rest does."""
    count = 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for row in rows(path):
            count += 1
            yield row

    with sqlite3.connect(database) as connection:
        floor.put(connection, counted())
    return count


def write(count: int, path: str) -> int:
    """Write `count` orders."""
    columns = [
        ColumnOut(name, "text" if kind == "link" else kind, scale=SCALES.get(kind))
        for name, kind in COLUMNS.items()
    ]
    with open(path, "wb") as out:
        return sum(write_table(out, [SheetOut("orders", columns, sent(count))]).values())


def shown(cell: Any) -> str:
    """A cell as the table of delicate cells shows it."""
    return f"told: {cell.code}" if isinstance(cell, CellProblem) else repr(cell)


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "read":
        measured(lambda: sum(1 for _ in rows(words[0])))
    elif what == "import":
        measured(lambda: take_in(*words))
    elif what == "write":
        measured(lambda: write(int(words[0]), words[1]))
    else:
        print(json.dumps([shown(cells[1]) for cells in rows(words[0])]))

"""Which reader, which writer: speed, memory, and what becomes of cells that people's ledgers do contain."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench import contest
from bench.contest import OURS, PEERS

PEER = "bench.peers.tools"
DELICATE = {
    "18 digits in a number cell": ("", "<v>123456789012345678</v>"),
    "Excel's 15 of 18 digits": ("", "<v>1.2345678901234501E+17</v>"),
    "0.1 + 0.2 as Excel saves it": ("", "<v>0.30000000000000004</v>"),
    "the error #REF!": (' t="e"', "<v>#REF!</v>"),
    "formula without a result": ("", "<f>A1+1</f>"),
    "a number that is none": ("", "<v>NaN</v>"),
    "a day before day zero": (' s="1"', "<v>-5</v>"),
}
"""Attributes and content of the cell's XML, by what it is."""


def run(folder: Path, rows: int) -> list[str]:
    """The tables."""
    from bench.excel import quietly

    file = folder / "orders.xlsx"
    quietly(PEERS, "bench.peers.files", file, rows)
    readers = [contest.run("our reader", OURS, "bench.own_tools", "read", file)]
    readers += [
        contest.run(name, PEERS, PEER, "read", name, file) for name in ("calamine", "polars", "openpyxl")
    ]
    writers = [contest.run("our writer", OURS, "bench.own_tools", "write", rows, folder / "ours.xlsx")]
    writers += [
        contest.run(name, PEERS, PEER, "write", name, rows, folder / f"{name}.xlsx")
        for name in ("xlsxwriter", "rustpy", "openpyxl")
    ]
    return [
        *contest.table("readers, 20 columns", readers, "our reader"),
        "",
        *contest.table("writers, 20 columns", writers, "our writer"),
        "",
        *delicate(folder),
    ]


def delicate(folder: Path) -> list[str]:
    """What each reader makes of the cells of `DELICATE`, each in a workbook of its own."""
    from tests.excel.build import sheet, text, xlsx

    lines = [f"{'cell':<30}{'ours':<30}{'calamine':<26}{'polars':<26}{'openpyxl':<26}"]
    for name, (attributes, inside) in DELICATE.items():
        row = f'<row r="2">{text("A2", "x")}<c r="B2"{attributes}>{inside}</c></row>'
        path = xlsx(folder / "cell.xlsx", sheet(f'<row r="1">{text("A1", "a")}{text("B1", "b")}</row>{row}'))
        seen = [_seen(OURS, "bench.own_tools", "cells", path)]
        seen += [_seen(PEERS, PEER, "cells", reader, path) for reader in ("calamine", "polars", "openpyxl")]
        lines.append(f"{name:<30}{seen[0]:<30}" + "".join(f"{one[:24]:<26}" for one in seen[1:]))
    return lines


def _seen(python: Path, module: str, *words: object) -> str:
    done = subprocess.run(
        [python, "-m", module, *map(str, words)], cwd=contest.ROOT, capture_output=True, text=True
    )
    if done.returncode:
        return "the whole file fails"
    (cell,) = json.loads(done.stdout.strip().splitlines()[-1])
    return str(cell)

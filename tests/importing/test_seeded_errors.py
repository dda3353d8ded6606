"""137 errors seeded in a ledger: found, marked, corrected, and only these rows are touched again.

The long ledger goes to SQLite, a short one to PostgreSQL by way of LibreOffice.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit.log import ChangeLog
from app.db import db
from tests.cast import customer
from tests.importing.ledger import FIRST_ROW, HEADER_COLOUR, HEADER_ROW, HEADERS, ON_FILE, WIDTH, Ledger, make
from tests.importing.way import API, Way

ERRORS = 137
BY_NAME = {"match": "fields", "key": ["name"]}


def logged(way: Way) -> int:
    """How many records the change log tells of."""
    with way.app.app_context(), db.engine.connect() as connection:
        query = (
            select(func.count())
            .select_from(ChangeLog.__table__)
            .where(ChangeLog.__table__.c.tbl == "customer")
        )
        return int(connection.execute(query).scalar_one())


def check(way: Way, ledger: Ledger, path: Path) -> dict[str, Any]:
    """Preview a ledger: exactly the seeded cells are wrong, one code for each kind; the summary."""
    summary = way.preview("customer", path, **BY_NAME)
    found = way.wrong(summary["set"])
    assert {(line, name) for line, wrong in found.items() for name, _ in wrong} == ledger.places
    assert [wrong for wrong in found.values() if len(wrong) != 1] == []
    codes = defaultdict(set)
    for (line, _), fault in ledger.faults.items():
        codes[fault.kind].add(found[line][0][1])
    assert len(codes) >= 12
    assert {kind: len(seen) for kind, seen in codes.items()} == dict.fromkeys(codes, 1)
    assert (summary["rows"], summary["error_rows"], summary["errors"]) == (len(ledger.rows), ERRORS, ERRORS)
    assert [one["row"] for one in summary["titles"]] == [1]
    assert [one["row"] for one in summary["totals"]] == [max(ledger.rows) + 1]
    return summary


def error_workbook(way: Way, change_set: int, path: Path) -> Path:
    """The error workbook of a partly written import."""
    job = way.job(way.post(f"{API}/{change_set}/errors", {}))
    assert job["state"] == "done", job
    assert job["result"]["marked"] == ERRORS
    path.write_bytes(way.get(f"{API}/job/{job['job']}/file").data)
    return path


def marked(book: Any) -> set[tuple[int, str]]:
    """Row and field of the cells that carry a comment: they alone are coloured, and each is listed with a link."""
    sheet, listed = book["客户台账"], book["导入结果"]
    fields = dict(enumerate(HEADERS, 1))
    commented, coloured = set(), set()
    for row in sheet.iter_rows(min_row=FIRST_ROW, max_col=len(HEADERS)):
        for cell in row:
            if cell.comment:
                commented.add((cell.row, fields[cell.column]))
            if cell.fill.fill_type:
                coloured.add((cell.row, fields[cell.column]))
    assert coloured == commented
    links = [cell.hyperlink.location for row in listed for cell in row if cell.hyperlink]
    assert len(links) == len(set(links)) == len(commented)
    assert (sheet.column_dimensions["A"].width, sheet.freeze_panes) == (WIDTH, f"B{FIRST_ROW}")
    assert sheet.cell(HEADER_ROW, 1).fill.fgColor.rgb == f"00{HEADER_COLOUR}"
    return commented


def through_libreoffice(path: Path, folder: Path) -> None:
    """Opened and saved by another program."""
    folder.mkdir()
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    shutil.move(folder / path.name, path)


def prepare(way: Way) -> None:
    """The customers whose mobile numbers the ledger wants again."""
    rows = [{**customer(0, n), "region_id": "HD", "mobile": mobile} for n, mobile in enumerate(ON_FILE, 50)]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    assert way.commit(way.preview("customer", "\n".join(lines).encode())["set"])["inserted"] == len(ON_FILE)


def walk(way: Way, ledger: Ledger, folder: Path, *, libreoffice: bool = False) -> None:
    """The whole way of a ledger: what is right goes in, what is wrong comes back, is corrected, and goes in."""
    prepare(way)
    original = ledger.save(folder / "台账.xlsx")
    summary = check(way, ledger, original)
    before = logged(way)
    done = way.commit(summary["set"], partial=True)
    assert (done["inserted"], done["left_out"]) == (len(ledger.rows) - ERRORS, ERRORS)
    first = logged(way)
    assert first - before == len(ledger.rows) - ERRORS
    path = error_workbook(way, done["change_set"], folder / "错误.xlsx")
    book = openpyxl.load_workbook(path)
    assert marked(book) == ledger.places
    ledger.correct(book["客户台账"])
    book.save(path)
    if libreoffice:
        through_libreoffice(path, folder / "saved")
    again = way.preview("customer", path)
    counts = Counter({n: again[n] for n in ("inserted", "updated", "unchanged", "error_rows", "ask_rows")})
    assert counts == {"inserted": ERRORS, "updated": 0, "unchanged": len(ledger.rows) - ERRORS, "error_rows": 0,
                      "ask_rows": 0}  # fmt: skip
    assert way.commit(again["set"])["inserted"] == ERRORS
    assert logged(way) - first == ERRORS


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_of_ten_thousand_rows_only_the_wrong_ones_come_back_and_go_in_again(
    app: Flask, tmp_path: Path
) -> None:
    walk(Way.open(app), make(10_000, ERRORS), tmp_path)


@pytest.mark.libreoffice
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_the_error_workbook_may_be_saved_by_another_program(app: Flask, tmp_path: Path) -> None:
    walk(Way.open(app), make(600, ERRORS, seed=2), tmp_path, libreoffice=True)

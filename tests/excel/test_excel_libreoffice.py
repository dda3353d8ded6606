"""LibreOffice opens what we write, and we read what it writes, in every format."""

from __future__ import annotations

import subprocess
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.excel.cellxml import Value
from app.excel.contract import Cell
from app.excel.read import open_workbook, read_sheet
from app.excel.write import ColumnOut, SheetOut, write_table
from tests.support.needs import LIBREOFFICE, program

pytestmark = pytest.mark.libreoffice

COLUMNS = [
    ColumnOut("编码", required=True, note="必填"), ColumnOut("类型", "choice", choices=["经销商", "直营"]),
    ColumnOut("金额", "money", scale=2), ColumnOut("数量", "integer"), ColumnOut("率", "percent", scale=4),
    ColumnOut("日期", "date"), ColumnOut("时刻", "datetime"), ColumnOut("时间", "time"),
]  # fmt: skip
ROWS: list[list[Value]] = [
    ["=cmd|' /c calc'!A1", "直营", Decimal("1234.50"), 5, Decimal("0.125"), date(2026, 1, 2),
     datetime(2026, 1, 2, 3, 4, 5), time(8, 30)],
    ["00123", None, Decimal("125.44"), -7, None, date(1985, 5, 5), None, None],
    ["110101199003071234", "经销商", Decimal("-0.01"), 10**14, Decimal("1"), None,
     datetime(2026, 12, 31, 23, 59, 59), time(23, 59, 59)],
]  # fmt: skip


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our workbook as LibreOffice saves it: out.xlsx, out.xls, out.ods."""
    folder = tmp_path_factory.mktemp("libreoffice")
    ours = folder / "ours" / "out.xlsx"
    ours.parent.mkdir()
    with ours.open("wb") as out:
        write_table(out, [SheetOut("订单", COLUMNS, ROWS)])
    office = program(*LIBREOFFICE)
    assert office
    for kind in ("xlsx", "xls", "ods"):
        command = [
            office,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            kind,
        ]
        subprocess.run([*command, "--outdir", folder, ours], check=True, timeout=120, capture_output=True)
    return folder


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_workbook_survives_libreoffice_in_every_format(converted: Path, kind: str) -> None:
    path = converted / f"out.{kind}"
    assert open_workbook(path).kind == kind
    found: list[list[Cell]] = [cells for _, cells in read_sheet(path).rows]
    assert found == ROWS


def test_libreoffice_takes_no_text_of_ours_for_a_formula(converted: Path) -> None:
    with ZipFile(converted / "out.ods") as archive:
        content = archive.read("content.xml").decode()
    assert "table:formula" not in content
    assert "calc" in content
    assert "必填" in content
    assert "cell-content-is-in-list" in content

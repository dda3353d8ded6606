"""Sheets as people leave them: hidden and merged parts, odd headers, gaps. Nothing is lost without a word (61 to 63)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from tests.importing.test_errorbook import error_workbook
from tests.importing.way import Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

HEADER = ("code", "value")


@pytest.fixture(scope="module")
def way(applications: Applications) -> Way:
    """沈静 at the import page."""
    return Way.open(applications.fresh(SqliteFiles()).flask, "admin")


def book(*rows: Sequence[Any], header: Sequence[Any] = HEADER) -> Any:
    """A sheet with these rows, as openpyxl has it."""
    made = openpyxl.Workbook().worksheets[0]
    for row in (header, *rows):
        made.append(list(row))
    return made


def saved(sheet: Any, folder: Path) -> Path:
    """Its workbook as a file."""
    sheet.parent.save(folder / "a.xlsx")
    return folder / "a.xlsx"


ROWS = [(f"k{n}", str(n)) for n in range(6)]


def test_hidden_filtered_and_grouped_rows_are_counted_and_come_only_when_asked(
    way: Way, tmp_path: Path
) -> None:
    sheet = book(*ROWS)
    sheet.auto_filter.ref = "A1:B7"
    sheet.auto_filter.add_filter_column(0, ["k0"])
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions.group(5, 6, outline_level=1, hidden=True)
    path = saved(sheet, tmp_path)
    kept = way.upload("biz_param", path).json
    assert kept["hidden_rows"] == 3
    refused = way.preview("biz_param", path, hidden="refuse")
    assert [k["code"] for k in refused["kinds"]] == ["HIDDEN_ROWS"]
    assert "3" in refused["kinds"][0]["message"]
    assert way.preview("biz_param", path, hidden="skip")["inserted"] == 3
    assert way.preview("biz_param", path, hidden="import")["inserted"] == 6


def test_hidden_columns_and_sheets_are_told_of(way: Way, tmp_path: Path) -> None:
    sheet = book(*ROWS)
    sheet.column_dimensions["B"].hidden = True
    first = sheet.parent.create_sheet("机密", 0)
    first.append(HEADER)
    first.sheet_state = "hidden"
    kept = way.upload("biz_param", saved(sheet, tmp_path)).json
    assert kept["hidden_columns"] == 1
    assert [(s["name"], s["hidden"]) for s in kept["sheets"]] == [("机密", True), ("Sheet", False)]
    assert kept["sheet"] == "Sheet", "a sheet nobody sees is not the one that was meant"


def test_merged_cells_over_the_data_name_their_range(way: Way, tmp_path: Path) -> None:
    sheet = book(*ROWS)
    sheet.merge_cells("B3:B4")
    summary = way.preview("biz_param", saved(sheet, tmp_path))
    assert summary["error_rows"] == 2
    assert all("B3:B4" in e["message"] for row in way.rows(summary["set"], "error") for e in row["errors"])
    made, _said = error_workbook(way, summary["set"], tmp_path / "b.xlsx")
    with ZipFile(made) as parts:
        [notes] = [
            parts.read(n).decode() for n in parts.namelist() if "comments" in n and n.endswith("1.xml")
        ]
    assert set(re.findall(r'<comment ref="(\w+)"', notes)) == {"B3", "B4"}


def test_headers_are_recognised_however_they_are_written_and_ordered(way: Way, tmp_path: Path) -> None:
    head = (" 取值\n", "ＣＯＤＥ", "我的备注")
    summary = way.preview("biz_param", saved(book(("1", "k1", "x"), header=head), tmp_path))
    assert (summary["inserted"], summary["mapped"]) == (1, 2)
    assert summary["ignored"] == ["我的备注"]


def test_a_header_that_occurs_twice_is_listed_with_its_columns(way: Way, tmp_path: Path) -> None:
    path = saved(book(("k1", "1", "2"), header=("code", "value", "value")), tmp_path)
    assert way.upload("biz_param", path).json["duplicate_headers"] == {"value": ["B", "C"]}
    summary = way.preview("biz_param", path)
    assert "DUPLICATE_HEADER" in [k["code"] for k in summary["kinds"]]
    assert (
        summary["inserted"] == 0 or way.post(f"/api/v1/import/{summary['set']}/commit", {}).status_code == 422
    )


def test_a_required_column_that_is_missing_is_listed_before_the_import(way: Way, tmp_path: Path) -> None:
    path = saved(book(("E1",), header=("姓名",)), tmp_path)
    kept = way.other("sm.east").upload("customer", path)
    assert kept.status_code == 200, kept.text
    assert {"mobile", "address"} <= {_name(one) for one in kept.json["missing"]}


def _name(one: Any) -> str:
    return str(one["name"] if isinstance(one, dict) else one)


def test_blank_rows_are_dropped_counted_and_never_the_end_of_the_data(way: Way, tmp_path: Path) -> None:
    """Blank ones in between are counted, thousands of them included; coloured ones below the data are nothing."""
    sheet = book(*ROWS)
    sheet.cell(9, 1, "after")
    sheet.cell(9, 2, "a gap")
    sheet.cell(5010, 1, "far")
    sheet.cell(5010, 2, "below")
    for row in range(5011, 6011):
        sheet.cell(row, 1).fill = PatternFill("solid", "FFFF00")
    summary = way.preview("biz_param", saved(sheet, tmp_path))
    assert summary["inserted"] == len(ROWS) + 2
    assert summary["blank_rows"] == 5010 - 1 - len(ROWS) - 2
    assert [row["line"] for row in way.rows(summary["set"])][-2:] == [9, 5010]

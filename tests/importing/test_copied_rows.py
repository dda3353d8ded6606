"""A row of our own workbook, copied and changed by hand: a new record, whatever of the old one came along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from app.entity import registry
from app.excel import manifest
from tests.importing.test_round_trip import edit, export
from tests.importing.way import Way


def copied(way: Way, path: Path, **cells: Any) -> bytes:
    """An export of all of 王浩's fields whose first row was copied below without its id; `cells` by header differ."""
    with way.app.app_context(), way.cast.acting("sm.east") as grants:
        export(path, registry.get("customer"), grants)

    def copy(sheet: Worksheet, columns: dict[str, int]) -> None:
        sheet.append([cell.value for cell in sheet[2]])
        for header, value in {
            manifest.ID: None,
            manifest.VERSION: None,
            "客户名称": "新商行",
            **cells,
        }.items():
            sheet.cell(4, columns[header]).value = value

    edit(path, copy)
    return path.read_bytes()


def test_a_copied_row_without_its_id_is_a_new_record_with_a_number_of_its_own(
    way: Way, tmp_path: Path
) -> None:
    summary = way.preview("customer", copied(way, tmp_path / "a.xlsx", 手机="15400000077"))
    assert (way.wrong(summary["set"]), summary["inserted"], summary["unchanged"]) == ({}, 1, 2)
    way.commit(summary["set"])
    fields = ("customer_code", "address")
    ((code, address),) = way.records("customer", fields, name="新商行")
    old = {row[0] for row in way.records("customer", fields)} - {code}
    assert (len(old), address) == (2, "云溪镇云溪路1号")


def test_what_is_wrong_in_a_copied_row_is_mended_in_place(way: Way, tmp_path: Path) -> None:
    summary = way.preview("customer", copied(way, tmp_path / "a.xlsx", 手机="123"))
    assert way.wrong(summary["set"]) == {4: [("mobile", "BAD_MOBILE")]}
    (row,) = way.rows(summary["set"], "error")
    body = {"rows": [{"seq": row["seq"], "values": {"mobile": "15400000077"}}]}
    done = way.post(f"/api/v1/import/{summary['set']}/mend", body).json["summary"]
    assert (done["error_rows"], done["inserted"]) == (0, 1)


@pytest.mark.parametrize(
    ("record", "version", "code"),
    [("9" * 30, 1, "BAD_ID"), (0, "9" * 30, "BAD_MOBILE"), (1, "9" * 30, "BAD_VERSION"), (1, "x", "BAD_VERSION")],
)  # fmt: skip
def test_hidden_cells_that_no_record_can_have_are_wrong_in_their_row_alone(
    way: Way, tmp_path: Path, record: Any, version: Any, code: str
) -> None:
    cells = {manifest.ID: record, manifest.VERSION: version, "手机": "123"}
    summary = way.preview("customer", copied(way, tmp_path / "a.xlsx", **cells))
    wrong = way.wrong(summary["set"])
    assert list(wrong) == [4]
    assert code in [found for _field, found in wrong[4]]
    assert summary["unchanged"] == 2

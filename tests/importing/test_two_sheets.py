"""Records on one sheet, their lines on another: headers and row numbers that both sheets have are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from tests.importing.test_errorbook import comments, error_workbook
from tests.importing.test_preview import HEAD, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

LINES = {"entity": "customer_contact", "by": "order", "sheet": {"sheet": "联系人", "link": "客户"}}
PLAIN = "00000000"


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def book(path: Path, mobiles: list[str], contacts: list[str]) -> Path:
    """New customers, each with one contact on the second sheet; “mobile” is a column of both."""
    made = openpyxl.Workbook()
    sheet, second = made.worksheets[0], made.create_sheet("联系人")
    sheet.append(HEAD.split(","))
    second.append(["客户", "name", "mobile"])
    for number, (mobile, contact) in enumerate(zip(mobiles, contacts, strict=True), 1):
        sheet.append(line(number, code=f"新{number}", mobile=mobile).split(","))
        second.append([f"新{number}", f"联系人{number}", contact])
    made.save(path)
    return path


def preview(way: Way, path: Path, **more: Any) -> dict[str, Any]:
    return way.preview("customer", path, "客户.xlsx", lines=LINES, **more)


def wrong(way: Way, staged: int) -> dict[tuple[int, str], str]:
    """The first error of each wrong row, by its number and sheet."""
    rows = way.rows(staged, "error")
    return {(row["line"], row["errors"][0].get("sheet", "")): row["errors"][0]["code"] for row in rows}


def contacts(way: Way) -> dict[str, str]:
    """Mobile by name of the contacts there are."""
    return dict(way.records("customer_contact", ("name", "mobile")))


OWN = ["15500000001", "155", "15500000003"]
OTHERS = ["15600000001", "15600000002", "156"]


def test_a_header_that_both_sheets_have_is_a_column_of_each(way: Way, tmp_path: Path) -> None:
    file = book(tmp_path / "a.xlsx", ["15500000001"], ["15600000001"])
    found = preview(way, file)
    assert (found["inserted"], found["error_rows"]) == (2, 0), found["kinds"]
    assert {column["name"] for column in found["columns"]} >= {"mobile", "customer_contact.mobile"}
    way.commit(found["set"])
    assert contacts(way) == {"联系人1": "15600000001"}


def test_errors_and_corrections_stand_in_the_sheet_they_are_of(way: Way, tmp_path: Path) -> None:
    found = preview(way, book(tmp_path / "a.xlsx", OWN, OTHERS))
    assert wrong(way, found["set"]) == {
        (3, ""): "BAD_MOBILE", (3, "联系人"): "DOCUMENT", (4, ""): "DOCUMENT", (4, "联系人"): "BAD_MOBILE",
    }  # fmt: skip
    [seq] = [
        r["seq"] for r in way.rows(found["set"], "error") if r["line"] == 4 and r["errors"][0].get("sheet")
    ]
    values = {"customer_contact.mobile": "15600000003"}
    mended = way.post(f"{API}/{found['set']}/mend", {"rows": [{"seq": seq, "values": values}]}).json
    assert (mended["summary"]["inserted"], mended["summary"]["error_rows"]) == (4, 2)
    path, said = error_workbook(way, found["set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    assert (said["marked"], list(comments(made["Sheet"])), list(comments(made["联系人"]))) == (1, ["H3"], [])
    assert (made["Sheet"]["H4"].value, made["联系人"]["C4"].value) == ("15500000003", "15600000003")
    coloured = [
        c.coordinate
        for sheet in made.worksheets[:2]
        for row in sheet
        for c in row
        if c.fill.fgColor.rgb != PLAIN
    ]
    assert coloured == ["H3", "C4"]


def test_of_two_sheets_only_what_was_left_out_is_imported_the_second_time(way: Way, tmp_path: Path) -> None:
    found = preview(way, book(tmp_path / "a.xlsx", OWN, OTHERS))
    done = way.commit(found["set"], partial=True)
    assert (done["inserted"], contacts(way)) == (2, {"联系人1": "15600000001"})
    path, said = error_workbook(way, done["change_set"], tmp_path / "b.xlsx")
    assert said["marked"] == 2
    made = openpyxl.load_workbook(path)
    made["Sheet"]["H3"], made["联系人"]["C4"] = "15500000002", "15600000003"
    made.save(path)
    again = preview(way, path)
    assert (again["inserted"], again["error_rows"], again["already"]) == (4, 0, 2), again["kinds"]
    way.commit(again["set"])
    assert contacts(way) == {f"联系人{n}": f"1560000000{n}" for n in (1, 2, 3)}


def test_what_the_gate_refuses_of_a_line_is_marked_in_the_sheet_of_lines(way: Way, tmp_path: Path) -> None:
    file = book(tmp_path / "a.xlsx", ["15500000001", "15500000002"], ["15600000001", ""])
    found = preview(way, file)
    path, _said = error_workbook(way, found["set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    assert (list(comments(made["Sheet"])), list(comments(made["联系人"]))) == ([], ["C3"])
    [seq] = [row["seq"] for row in way.rows(found["set"], "error") if row["entity"] == "customer_contact"]
    mended = way.post(
        f"{API}/{found['set']}/mend",
        {"rows": [{"seq": seq, "values": {"customer_contact.mobile": "15600000002"}}]},
    ).json
    assert mended["summary"]["error_rows"] == 0
    way.commit(found["set"])
    assert contacts(way) == {"联系人1": "15600000001", "联系人2": "15600000002"}


def test_a_conflict_of_a_line_is_none_of_the_record_with_the_same_row_number(
    way: Way, tmp_path: Path
) -> None:
    way.commit(preview(way, book(tmp_path / "a.xlsx", ["15500000001"], ["15600000001"]))["set"])
    [[code]] = way.records("customer", ("customer_code",), name="00001酒行")
    [contact] = way.post("/api/v1/customer_contact/rows", {"limit": 9}).json["rows"]
    made = openpyxl.load_workbook(tmp_path / "a.xlsx")
    made["Sheet"]["A2"], made["Sheet"]["I2"] = code, "新地址"
    made["联系人"]["A2"], made["联系人"]["C2"] = code, "15600000009"
    made.save(tmp_path / "b.xlsx")
    found = preview(way, tmp_path / "b.xlsx")
    assert (found["updated"], found["error_rows"]) == (2, 0), found["kinds"]
    change = {"entity": "customer_contact", "op": "update", "id": contact["id"], "version": contact["version"],
              "values": {"mobile": "15600000008"}}  # fmt: skip
    assert way.post("/api/v1/change_set", {"changes": [change]}).status_code == 200
    assert way.commit(found["set"])["conflict_count"] == 1
    assert [row["entity"] for row in way.rows(found["set"], "conflict")] == ["customer_contact"]

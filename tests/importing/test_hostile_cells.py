"""Delicate cells on their way from a workbook to a record: exact, or an error at that very cell (items 56 to 60)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from flask import Flask

from app.access.context import acting_as
from models.checks import id_check_sign
from seeds.data.people import PEOPLE
from seeds.people import hire
from tests.cast import HASH, assemble
from tests.excel.build import sheet, text, xlsx
from tests.importing.way import Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

FIELDS = ("emp_no", "name", "mobile", "id_no", "hire_date", "onboard_passed", "job_level", "base_salary",
          "discount_authority", "birthday", "remark")  # fmt: skip
BORN = "11010119900307"
WITH_X = next(f"{BORN}{n:03}X" for n in range(1000) if id_check_sign(f"{BORN}{n:03}") == "X")


@dataclass(frozen=True)
class Case:
    """One cell: its field, its XML after the reference, and the value that is stored or the code of the error."""

    item: int
    field: str
    xml: str
    value: Any = None
    code: str = ""


def number(written: str, style: int = 0) -> str:
    """A number cell, as the file holds it."""
    return f' s="{style}"><v>{written}</v>'


def string(written: str) -> str:
    """A text cell."""
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(written)}</t></is>'


CASES = [
    # Identity numbers
    Case(56, "id_no", number("110101199003071234"), code="LOST_DIGITS"),
    Case(56, "id_no", number("1.10101199003071E+17"), code="LOST_DIGITS"),
    Case(56, "id_no", string(WITH_X), WITH_X),
    Case(56, "id_no", string(f" {WITH_X}\u00a0"), WITH_X),
    Case(56, "id_no", string(WITH_X.lower()), WITH_X),
    Case(56, "id_no", string(WITH_X.replace("1", "１")), WITH_X),
    Case(56, "id_no", string("110101199003071230"), code="BAD_ID_NO"),
    # Numbers people dial, codes people scan
    Case(57, "mobile", number("1.3800138E+10"), "13800138000"),
    Case(57, "mobile", number("13800138001"), "13800138001"),
    Case(57, "mobile", string("138 0013 800"), code="BAD_MOBILE"),
    Case(57, "mobile", string("1380013800２"), "13800138002"),
    Case(57, "mobile", string("+86 138-0013-8003"), "13800138003"),
    Case(57, "job_level", string("007"), "007"),
    Case(57, "job_level", number("7"), "7"),
    # Amounts
    Case(58, "base_salary", string("1,234.50"), "1234.50"),
    Case(58, "base_salary", string("￥1,234"), "1234.00"),
    Case(58, "base_salary", string("１２３"), "123.00"),
    Case(58, "base_salary", number("0.30000000000000004"), "0.30"),
    Case(58, "base_salary", string("1.2.3"), code="BAD_NUMBER"),
    Case(58, "base_salary", string("12%"), code="BAD_NUMBER"),
    Case(58, "base_salary", string("(5)"), code="TOO_SMALL"),
    Case(58, "base_salary", number("1.005"), code="TOO_PRECISE"),
    Case(58, "base_salary", number("1E+308"), code="NOT_NUMBER"),
    Case(58, "base_salary", number("NaN"), code="BAD_NUMBER"),
    Case(58, "base_salary", string("1" * 30), code="TOO_LARGE"),
    Case(58, "discount_authority", number("0.8"), "0.8000"),
    Case(58, "discount_authority", string("十"), code="BAD_NUMBER"),
    # Dates; style 1 is a date
    Case(59, "hire_date", string("2026年1月2日"), "2026-01-02"),
    Case(59, "hire_date", string("2026/1/2"), "2026-01-02"),
    Case(59, "hire_date", number("46024", 1), "2026-01-02"),
    Case(59, "hire_date", string("2026/2/30"), code="BAD_DATE"),
    Case(59, "hire_date", string("03/04/2026"), code="AMBIGUOUS_DATE"),
    Case(59, "hire_date", number("60", 1), code="BAD_DATE"),
    Case(59, "hire_date", number("-5", 1), code="BAD_DATE"),
    Case(59, "hire_date", number("99999999", 1), code="BAD_DATE"),
    Case(59, "hire_date", number("46024.5", 3), code="HAS_TIME"),
    # What is in a cell besides a value
    Case(60, "remark", "><f>A1&amp;B1</f>", code="NO_CACHED_VALUE"),
    Case(60, "remark", ' t="e"><v>#REF!</v>', code="ERROR_CELL"),
    Case(60, "remark", ' t="b"><v>1</v>', "TRUE"),
    Case(60, "onboard_passed", ' t="b"><v>1</v>', True),
    Case(60, "onboard_passed", string("√"), True),
    Case(60, "onboard_passed", string("也许"), code="BAD_YES_NO"),
    Case(60, "remark", ' t="s"><v>0</v>', "云溪酒业"),
    Case(60, "remark", ' t="str"><f>1+1</f><v>两</v>', "两"),
    Case(60, "remark", string("=1+1"), "=1+1"),
]
RICH = '<si><r><t>云溪</t></r><r><rPr><b/></rPr><t>酒业</t></r><rPh sb="0" eb="2"><t>YUNXI</t></rPh></si>'


def row_of(number_: int, case: Case) -> str:
    """A row whose cells are all right but for the one of the case."""
    cells = {
        "emp_no": string(f"K{number_:03}"),
        "name": string("何先生"),
        "mobile": string(f"139{number_:08}"),
    }
    cells[case.field] = case.xml
    at = (FIELDS.index(name) for name in cells)
    order = sorted(zip(at, cells.values(), strict=True))
    return (
        f'<row r="{number_}">'
        + "".join(f'<c r="{chr(65 + n)}{number_}"{xml}</c>' for n, xml in order)
        + "</row>"
    )


def staff_office(app: Flask) -> Way:
    """许文 of the staff office at the import page: the only one who imports employees."""
    cast = assemble(app)
    clerk = [one for one in PEOPLE if one.username == "hr.xu"]
    with app.app_context(), acting_as(None, source="seed"):
        hire(clerk, HASH)
    return Way(app, cast, "hr.xu")


@pytest.fixture(scope="module")
def outcome(applications: Applications, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    """All cases as rows of one workbook, previewed and imported partly: by row the errors, or the record."""
    way = staff_office(applications.fresh(SqliteFiles()).flask)
    head = "".join(text(f"{chr(65 + n)}1", name) for n, name in enumerate(FIELDS))
    rows = "".join(row_of(n, case) for n, case in enumerate(CASES, 2))
    path = xlsx(
        tmp_path_factory.mktemp("cells") / "a.xlsx", sheet(f'<row r="1">{head}</row>{rows}'), strings=RICH
    )
    summary = way.preview("employee", path)
    found: dict[int, Any] = dict(way.wrong(summary["set"]))
    assert way.commit(summary["set"], partial=True)["left_out"] == len(found)
    for record in way.records("employee", FIELDS):
        if record[0] and record[0].startswith("K"):
            found[int(record[0][1:])] = dict(zip(FIELDS, record, strict=True))
    return found


@pytest.mark.parametrize(
    ("line", "case"), list(enumerate(CASES, 2)), ids=[f"{c.item}-{c.field}-{c.xml[-24:]}" for c in CASES]
)
def test_a_cell_is_read_exactly_or_refused_at_its_place(
    outcome: dict[int, Any], line: int, case: Case
) -> None:
    seen = outcome[line]
    if case.code:
        assert seen == [(case.field, case.code)]
    else:
        assert not isinstance(seen, list), seen
        assert seen[case.field] == case.value


def test_a_workbook_of_1904_has_its_own_day_zero(applications: Applications, tmp_path: Path) -> None:
    way = staff_office(applications.fresh(SqliteFiles()).flask)
    case = Case(59, "hire_date", number("44562", 1))
    head = "".join(text(f"{chr(65 + n)}1", name) for n, name in enumerate(FIELDS))
    rows = f'<row r="1">{head}</row>{row_of(2, case)}'
    path = xlsx(tmp_path / "a.xlsx", sheet(rows), book='<workbookPr date1904="1"/>')
    way.commit(way.preview("employee", path)["set"])
    assert way.records("employee", ["hire_date"], emp_no="K002") == [["2026-01-02"]]

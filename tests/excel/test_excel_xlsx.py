"""An .xlsx cell is read as the file holds it: exact, or a problem that names what is wrong."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from app.excel.contract import Cell, CellProblem, FileRefused
from app.excel.read import open_workbook, read_sheet
from tests.excel.build import HEAD, MAIN, cell, first_row, sheet, table, text, xlsx


def number(value: str, style: int = 0) -> str:
    return f'<c r="A2" s="{style}"><v>{value}</v></c>'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("125.43999999999998", Decimal("125.44")),
        ("0.30000000000000004", Decimal("0.3")),
        ("60.0599999999999", Decimal("60.0599999999999")),
        ("12345678901234.567", Decimal("12345678901234.567")),
        ("0.1234567890123456789012345678901", Decimal("0.1234567890123456789012345678901")),
        ("110101199003071234", 110101199003071234),
        ("1.38E+10", 13800000000),
        ("5.0", 5),
        ("-0", 0),
        ("1.10101199003071E+17", Decimal("1.10101199003071E+17")),
        ("7.7E-05", Decimal("0.000077")),
        ("-60.704", Decimal("-60.704")),
    ],
)
def test_a_number_is_read_without_noise_and_without_losing_a_digit(
    tmp_path: Path, written: str, read: Cell
) -> None:
    found = cell(tmp_path / "a.xlsx", number(written))
    assert found == read
    assert type(found) is type(read)


def test_a_number_in_exponent_form_keeps_it_so_that_lost_digits_show(tmp_path: Path) -> None:
    found = cell(tmp_path / "a.xlsx", number("1.10101199003071E+17"))
    assert isinstance(found, Decimal)
    assert found.as_tuple().exponent == 3


@pytest.mark.parametrize("written", ["NaN", "INF", "1E+400", "1_000", "0x10", "1.2.3", "１２", "9" * 401])
def test_what_is_not_a_number_is_a_problem_of_its_cell_only(tmp_path: Path, written: str) -> None:
    found = cell(tmp_path / "a.xlsx", number(written))
    assert isinstance(found, CellProblem)
    assert found.code == "BAD_NUMBER"


@pytest.mark.parametrize(
    ("style", "serial", "read"),
    [
        (1, "46024", date(2026, 1, 2)),
        (2, "46024", date(2026, 1, 2)),
        (1, "46024.5", datetime(2026, 1, 2, 12)),
        (3, "46024", datetime(2026, 1, 2)),
        (3, "46024.127835648149", datetime(2026, 1, 2, 3, 4, 5)),
        (4, "0.35416666666666669", time(8, 30)),
        (5, "46024", 46024),
        (1, "61", date(1900, 3, 1)),
    ],
)
def test_a_date_is_a_number_with_a_date_format(tmp_path: Path, style: int, serial: str, read: Cell) -> None:
    assert cell(tmp_path / "a.xlsx", number(serial, style)) == read


@pytest.mark.parametrize("serial", ["-5", "59", "60", "99999999", "401769", "NaN"])
def test_a_serial_outside_the_calendar_is_a_bad_date(tmp_path: Path, serial: str) -> None:
    found = cell(tmp_path / "a.xlsx", number(serial, 1))
    assert isinstance(found, CellProblem)
    assert found.code == "BAD_DATE"


def test_a_workbook_of_1904_has_its_own_day_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert cell(path, number("44562", 1), book='<workbookPr date1904="1"/>') == date(2026, 1, 2)


@pytest.mark.parametrize("zone", ["", "Z", "+08:00"])
def test_a_moment_of_the_strict_form_is_read_as_its_cell_shows_it(tmp_path: Path, zone: str) -> None:
    found = cell(tmp_path / "a.xlsx", f'<c r="A2" t="d"><v>2026-01-02T03:04:05{zone}</v></c>')
    assert found == datetime(2026, 1, 2, 3, 4, 5)


def test_shared_inline_and_rich_strings_are_joined_without_their_phonetic_guide(tmp_path: Path) -> None:
    strings = (
        "<si><t>甲</t></si><si><r><t>红</t></r><r><rPr><b/></rPr><t>酒</t></r>"
        '<rPh sb="0" eb="1"><t>ホン</t></rPh><phoneticPr fontId="1"/></si><si><t/></si><si/>'
    )
    rows = (
        f'<row r="1">{"".join(text(f"{c}1", c.lower()) for c in "ABCDE")}</row><row r="2">'
        '<c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="inlineStr"><is><r><t>x</t></r>'
        '<r><t xml:space="preserve"> y</t></r><rPh sb="0" eb="1"><t>z</t></rPh></is></c>'
        '<c r="D2" t="s"><v>2</v></c><c r="E2" t="s"><v>3</v></c></row>'
    )
    assert first_row(xlsx(tmp_path / "a.xlsx", sheet(rows), strings=strings)) == [
        "甲",
        "红酒",
        "x y",
        None,
        None,
    ]


def test_escaped_characters_are_read_as_what_they_stand_for(tmp_path: Path) -> None:
    assert cell(tmp_path / "a.xlsx", text("A2", "a_x000D_b_x005F_x0041_c_x0000_")) == "a\rb_x0041_c"


@pytest.mark.parametrize(
    ("written", "read"), [("1", True), ("TRUE", True), ("0", False), ("\nfalse ", False), ("yes", None)]
)
def test_a_boolean_is_a_boolean_or_a_problem_never_a_silent_no(
    tmp_path: Path, written: str, read: bool | None
) -> None:
    found = cell(tmp_path / "a.xlsx", f'<c r="A2" t="b"><v>{written}</v></c>')
    assert found == CellProblem("BAD_YES_NO", "yes") if read is None else found is read


@pytest.mark.parametrize("place", ["\n1 ", "1"])
def test_a_shared_text_is_found_by_its_number_also_where_the_file_was_indented(
    tmp_path: Path, place: str
) -> None:
    path = tmp_path / "a.xlsx"
    strings = "<si><t>甲</t></si><si><t>乙</t></si>"
    assert cell(path, f'<c r="A2" t="s"><v>{place}</v></c>', strings=strings) == "乙"


@pytest.mark.parametrize("place", ["²", "٠", "-1", "9"])
def test_a_shared_text_that_is_not_there_is_a_damaged_file(tmp_path: Path, place: str) -> None:
    with pytest.raises(FileRefused, match="BROKEN"):
        cell(tmp_path / "a.xlsx", f'<c r="A2" t="s"><v>{place}</v></c>', strings="<si><t>甲</t></si>")


@pytest.mark.parametrize("shown", ["#REF!", "#N/A", "#DIV/0!"])
def test_an_error_cell_is_a_problem_not_a_text(tmp_path: Path, shown: str) -> None:
    xml = f'<c r="A2" t="e"><f>A9</f><v>{shown}</v></c>'
    assert cell(tmp_path / "a.xlsx", xml) == CellProblem("ERROR_CELL", shown)


@pytest.mark.parametrize(
    "xml",
    [
        '<c r="A2"><f>A1+1</f></c>',
        '<c r="A2"><f>A1+1</f><v/></c>',
        '<c r="A2" t="str"><f>A1</f></c>',
        '<c r="A2"><f t="shared" si="0"/></c>',
    ],
)
def test_a_formula_without_a_result_is_a_problem_not_an_empty_cell(tmp_path: Path, xml: str) -> None:
    assert cell(tmp_path / "a.xlsx", xml) == CellProblem("NO_CACHED_VALUE")


def test_a_formula_with_a_result_is_read_and_counted(tmp_path: Path) -> None:
    cells = '<c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c>'
    rows = f'<row r="1">{text("A1", "a")}{text("B1", "b")}</row><row r="2">{cells}</row>'
    found = read_sheet(xlsx(tmp_path / "a.xlsx", sheet(rows)))
    assert list(found.rows) == [(2, [2, None])]
    assert found.notes.formulas == 2


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    assert cell(tmp_path / "a.xlsx", text("A2", "=cmd|' /c calc'!A1")) == "=cmd|' /c calc'!A1"


def test_cells_and_rows_without_references_follow_each_other(tmp_path: Path) -> None:
    header = "<c t='inlineStr'><is><t>a</t></is></c><c t='inlineStr'><is><t>b</t></is></c>"
    rows = f"<row>{header}</row><row><c/><c><v>7</v></c></row>"
    assert list(read_sheet(xlsx(tmp_path / "a.xlsx", sheet(rows))).rows) == [(2, [None, 7])]


@pytest.mark.parametrize("dimension", ["A1:A1", "A1:XFD1048576"])
def test_a_dimension_that_lies_is_ignored(tmp_path: Path, dimension: str) -> None:
    rows = f'<row r="1">{text("A1", "a")}{text("B1", "b")}</row><row r="2">{text("B2", "x")}</row>'
    path = xlsx(tmp_path / "a.xlsx", sheet(rows, before=f'<dimension ref="{dimension}"/>'))
    info = open_workbook(path).sheets[0]
    assert (info.rows, info.columns) == (2, 2)
    assert first_row(path) == [None, "x"]


def test_comments_between_values_do_not_hide_them(tmp_path: Path) -> None:
    assert cell(tmp_path / "a.xlsx", '<c r="A2"><!-- x --><v>1<!-- y -->2</v></c>') == 12


def test_a_sheet_with_prefixed_and_strict_names_is_read(tmp_path: Path) -> None:
    strict = (
        f'{HEAD}<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="1">'
        '<x:c r="A1" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row><x:row r="2"><x:c r="A2"><x:v>5</x:v></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    )
    assert first_row(xlsx(tmp_path / "a.xlsx", strict)) == [5]


def test_a_sheet_says_what_is_hidden_and_merged(tmp_path: Path) -> None:
    cols = '<cols><col min="2" max="2" hidden="1"/><col min="5" max="16384" hidden="1"/></cols>'
    hidden = "".join(f'<row r="{n}" hidden="1">{text(f"A{n}", "x")}</row>' for n in (3, 4, 6))
    rows = f'<row r="1">{text("A1", "a")}{text("B1", "b")}</row>{hidden}<row r="9" hidden="1"/>'
    merge = '<mergeCells><mergeCell ref="A3:A4"/><mergeCell ref="A6:B6"/></mergeCells>'
    info = open_workbook(xlsx(tmp_path / "a.xlsx", sheet(rows, before=cols, after=merge))).sheets[0]
    assert info.hidden_columns == [(2, 2)]
    assert info.hidden_rows == [(3, 4), (6, 6)]
    assert info.hidden_row_count == 3
    assert info.merged_ranges == ["A3:A4", "A6:B6"]


def test_a_hidden_sheet_is_listed_as_hidden(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"一": table(""), "二": table("")})
    book = (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="一" r:id="r1"/><sheet name="二" state="veryHidden" r:id="r2"/></sheets></workbook>'
    )
    path = xlsx(tmp_path / "b.xlsx", {"一": table(""), "二": table("")}, parts={"xl/workbook.xml": book})
    assert [(info.name, info.hidden) for info in open_workbook(path).sheets] == [("一", False), ("二", True)]

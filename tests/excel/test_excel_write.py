"""What we write opens everywhere, cannot run, loses nothing, and reads back as it was."""

from __future__ import annotations

import io
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.excel.cellxml import TextTooLong, Value
from app.excel.read import open_workbook, read_sheet
from app.excel.sheetout import sheet_name
from app.excel.write import ColumnOut, SheetOut, write_table
from app.exporting.csvout import guard, unguard, write_csv
from tests.excel.build import rows_here

RISKY = [
    "=cmd|' /c calc'!A1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    " =1+1",
    "'quoted",
    "\r=1",
    "#N/A",
    "=1",
]


def written(
    tmp_path: Path, columns: Sequence[ColumnOut], rows: Sequence[Sequence[Value]], **how: int
) -> Path:
    path = tmp_path / "out.xlsx"
    with path.open("wb") as out:
        write_table(out, [SheetOut("订单", columns, rows)], **how)
    return path


def part(path: Path, name: str) -> str:
    with ZipFile(path) as archive:
        return archive.read(name).decode()


@pytest.mark.parametrize("text", RISKY)
def test_text_is_never_written_as_a_formula(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, [ColumnOut("a")], [[text]])
    assert not re.search(r"<f[ >]", part(path, "xl/worksheets/sheet1.xml"))
    cell = openpyxl.load_workbook(path).active["A2"]
    assert (cell.data_type, cell.number_format) == ("s", "@")
    assert cell.quotePrefix or text == "#N/A"
    assert [cells for _, cells in read_sheet(path).rows] == [[text]]


def test_ordinary_text_carries_no_apostrophe(tmp_path: Path) -> None:
    assert not openpyxl.load_workbook(written(tmp_path, [ColumnOut("a")], [["甲"]])).active["A2"].quotePrefix


def test_numbers_dates_and_percentages_have_their_formats(tmp_path: Path) -> None:
    columns = [
        ColumnOut("金额", "money", scale=2), ColumnOut("数", "integer"), ColumnOut("年", "integer", grouped=False),
        ColumnOut("率", "percent", scale=4), ColumnOut("日", "date"), ColumnOut("时", "datetime"), ColumnOut("刻", "time"),
    ]  # fmt: skip
    row = [
        Decimal("1234.50"),
        12345,
        2026,
        Decimal("0.1250"),
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5),
        time(8, 30),
    ]
    sheet = openpyxl.load_workbook(written(tmp_path, columns, [row])).active
    assert [cell.number_format for cell in sheet[2]] == [
        "#,##0.00", "#,##0", "0", "0.00%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[2]] == [
        1234.5, 12345, 2026, 0.125, datetime(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), time(8, 30),
    ]  # fmt: skip


def test_a_column_keeps_its_format_for_cells_typed_later(tmp_path: Path) -> None:
    view = part(written(tmp_path, [ColumnOut("编码")], []), "xl/worksheets/sheet1.xml")
    style = re.search(r'<col min="1"[^>]*style="(\d+)"', view)
    assert style
    xfs = re.findall(
        r'<xf numFmtId="(\d+)"', part(tmp_path / "out.xlsx", "xl/styles.xml").split("<cellXfs")[1]
    )
    assert xfs[int(style[1])] == "49"


@pytest.mark.parametrize(
    "number", [10**15, 110101199003071234, Decimal("12345678901234.56"), Decimal("0.1234567890123456")]
)
def test_a_number_with_more_digits_than_excel_keeps_is_written_as_text(
    tmp_path: Path, number: int | Decimal
) -> None:
    path = written(tmp_path, [ColumnOut("a", "decimal", scale=2)], [[number]])
    assert openpyxl.load_workbook(path).active["A2"].data_type == "s" or number == 10**15
    assert next(cells for _, cells in read_sheet(path).rows)[0] in (str(number), number)


def test_text_over_the_limit_of_a_cell_is_refused_with_its_row() -> None:
    columns = [ColumnOut("a")]
    write_table(io.BytesIO(), [SheetOut("一", columns, [["x" * 32_767], ["中" * 32_767]])])
    for text in ("x" * 32_768, "𠮷" * 16_384):
        with pytest.raises(TextTooLong) as refused:
            write_table(io.BytesIO(), [SheetOut("一", columns, [["x"], [text]])])
        assert refused.value.row == 3
        assert "32,767" in str(refused.value.message)


def test_control_characters_survive_and_what_no_cell_holds_goes(tmp_path: Path) -> None:
    path = written(tmp_path, [ColumnOut("a")], [["a\x0bb\x01c\rd_x0041_\x00\ud800\uffff"]])
    assert [cells for _, cells in read_sheet(path).rows] == [["a\x0bb\x01c\rd_x0041_"]]
    openpyxl.load_workbook(path)


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path: Path) -> None:
    rows = [[n] for n in range(10)]
    out = io.BytesIO()
    assert write_table(out, [SheetOut("订单", [ColumnOut("a", "integer")], rows)], max_rows=5) == {
        "订单": 4, "订单 (2)": 4, "订单 (3)": 2,
    }  # fmt: skip
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    names = [sheet.name for sheet in open_workbook(tmp_path / "a.xlsx").sheets]
    found = [cells[0] for name in names for _, cells in read_sheet(tmp_path / "a.xlsx", name).rows]
    assert found == list(range(10))


def test_a_sheet_too_large_for_its_part_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.excel.write._MAX_PART", 1)
    out = io.BytesIO()
    rows = [[n] for n in range(1200)]
    assert write_table(out, [SheetOut("订单", [ColumnOut("a", "integer")], rows)]) == {
        "订单": 500, "订单 (2)": 500, "订单 (3)": 200,
    }  # fmt: skip


def test_exactly_a_full_sheet_makes_no_empty_next_one() -> None:
    out = io.BytesIO()
    assert write_table(out, [SheetOut("订单", [ColumnOut("a")], [["x"]] * 4)], max_rows=5) == {"订单": 4}


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("a/b:*?", "a_b___"), ("x" * 40, "x" * 31), ("'quoted'", "quoted"), ("", "Sheet"), ("[]", "__"),
     ("History", "History (2)"),
     ("𠮷" * 20, "𠮷" * 15), ("订单", "订单 (2)")],
)  # fmt: skip
def test_sheet_names_are_made_fit_for_excel(wanted: str, name: str) -> None:
    assert sheet_name(wanted, ["订单"]) == name


def test_the_header_stays_in_view_with_filter_and_marks_of_the_required(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    columns = [ColumnOut("编码", required=True), ColumnOut("名称", width=30)]
    with path.open("wb") as out:
        write_table(out, [SheetOut("一", columns, [["1", "2"]], frozen_columns=1)])
    sheet = openpyxl.load_workbook(path).active
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:B2")
    assert [cell.font.color.rgb for cell in sheet[1]] == ["FFB42318", "FF1F2937"]
    assert sheet["A1"].font.b
    assert sheet.column_dimensions["B"].width == 30


@pytest.mark.parametrize(("count", "wide"), [(8, 1), (9, 2), (40, 5)])
def test_a_sheet_is_printed_in_few_pages_with_its_header_on_each(
    tmp_path: Path, count: int, wide: int
) -> None:
    columns = [ColumnOut(f"c{n}", width=30) for n in range(count)] + [ColumnOut("id", width=90, hidden=True)]
    path = tmp_path / "a.xlsx"
    with path.open("wb") as out:
        write_table(out, [SheetOut("一", columns, [["x"] * (count + 1)], frozen_columns=2)])
    made = openpyxl.load_workbook(path).worksheets[0]
    setup = made.page_setup
    assert (made.sheet_properties.pageSetUpPr.fitToPage, setup.fitToWidth, setup.fitToHeight) == (
        True,
        wide,
        0,
    )
    assert (setup.orientation, made.print_title_rows, made.print_title_cols) == (
        "landscape",
        "$1:$1",
        "$A:$B",
    )


def test_choices_become_drop_downs_short_ones_inline_long_ones_on_a_hidden_sheet(tmp_path: Path) -> None:
    provinces = [f"省份{n}" for n in range(100)]
    columns = [
        ColumnOut("类型", "choice", choices=["经销商", "直营"]), ColumnOut("省", "choice", choices=provinces),
        ColumnOut("市", "choice", choices=provinces), ColumnOut("怪", "choice", choices=["a,b", "=c"]),
        ColumnOut("多", "multi_choice", choices=["甲", "乙"]),
    ]  # fmt: skip
    book = openpyxl.load_workbook(written(tmp_path, columns, []))
    rules = {str(rule.sqref)[0]: rule for rule in book["订单"].data_validations.dataValidation}
    assert [rules[letter].formula1 for letter in "ABCDE"] == [
        '"经销商,直营"', "'_lists'!$A$2:$A$101", "'_lists'!$A$2:$A$101", "'_lists'!$B$2:$B$3", '"甲,乙"',
    ]  # fmt: skip
    assert [rules[letter].showErrorMessage for letter in "AE"] == [True, False]
    assert book["_lists"].sheet_state == "hidden"
    assert [cell.value for cell in book["_lists"]["A"]][1:] == provinces
    assert [cell.value for cell in book["_lists"]["B"]][1:3] == ["a,b", "=c"]


def test_notes_stand_on_the_headers(tmp_path: Path) -> None:
    columns = [
        ColumnOut("编码", note='必填，如 C-001 <&>"\n第二行'),
        ColumnOut("名称"),
        ColumnOut("额", note="元"),
    ]
    sheet = openpyxl.load_workbook(written(tmp_path, columns, [])).active
    notes = [cell.comment.text if cell.comment else None for cell in sheet[1]]
    assert notes == ['必填，如 C-001 <&>"\n第二行', None, "元"]


def test_a_row_without_one_value_a_column_is_an_error_not_a_shift() -> None:
    with pytest.raises(ValueError, match="zip"):
        write_table(io.BytesIO(), [SheetOut("一", [ColumnOut("a"), ColumnOut("b")], [["x"]])])


def test_writing_takes_the_same_memory_for_many_rows() -> None:
    def peak(count: int) -> int:
        rows: Iterator[list[Value]] = ([f"值{n}", n, Decimal("1.50")] for n in range(count))
        columns = [ColumnOut("a"), ColumnOut("b", "integer"), ColumnOut("c", "money", scale=2)]
        tracemalloc.start()
        with Path("/dev/null").open("wb") as out:
            write_table(out, [SheetOut("一", columns, rows)])
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(30_000) < peak(10_000) * 1.5


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff"), max_size=40)
KINDS: dict[str, tuple[ColumnOut, st.SearchStrategy[Value]]] = {
    "text": (ColumnOut("text"), texts),
    "integer": (ColumnOut("integer", "integer"), st.integers(-(10**15) + 1, 10**15 - 1)),
    "money": (ColumnOut("money", "money", scale=2), st.decimals(-(10**12), 10**12, places=2)),
    "decimal": (ColumnOut("decimal", "decimal", scale=6), st.decimals(-(10**8), 10**8, places=6)),
    "percent": (ColumnOut("percent", "percent", scale=4), st.decimals(-100, 100, places=4)),
    "date": (ColumnOut("date", "date"), st.dates(date(1900, 3, 1), date(2999, 12, 31))),
    "datetime": (
        ColumnOut("datetime", "datetime"),
        st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
            lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000)
        ),
    ),
    "time": (ColumnOut("time", "time"), st.times().map(lambda t: t.replace(microsecond=0))),
    "yes_no": (ColumnOut("yes_no", "yes_no"), st.booleans()),
}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(*(st.none() | values for _, values in KINDS.values())), min_size=1, max_size=60))
def test_every_kind_reads_back_as_it_was_written(tmp_path: Path, rows: list[tuple[Value, ...]]) -> None:
    columns = [ColumnOut("n", "integer"), *(column for column, _ in KINDS.values())]
    numbered = [[number, *row] for number, row in enumerate(rows)]
    path = written(tmp_path, columns, numbered)
    expected = [[None if value == "" else value for value in row] for row in numbered]
    width = len(columns)
    assert [cells + [None] * (width - len(cells)) for cells in rows_here(path)[1:]] == expected


def test_csv_has_its_mark_and_guards_only_text() -> None:
    out = io.BytesIO()
    rows: list[list[Value]] = [
        ["=1+1", -5, Decimal("-1.50"), True, None],
        ['a"b,c\nd', 1, date(2026, 1, 2), time(8, 30), "'x"],
    ]
    assert write_csv(out, ["文", "数", "额", "是", "空"], rows) == 2
    assert (
        out.getvalue()
        == (
            '\ufeff文,数,额,是,空\r\n\'=1+1,-5,-1.50,TRUE,\r\n"a""b,c\nd",1,2026-01-02,08:30:00,\'x\r\n'
        ).encode()
    )
    assert not out.closed


@pytest.mark.parametrize("text", [text for text in RISKY if text not in ("#N/A", "'quoted")])
def test_csv_text_that_could_run_is_guarded(text: str) -> None:
    assert guard(text) == "'" + text


@given(st.text(st.sampled_from("='+-@ \t\rａ＝ab0"), max_size=6))
def test_the_guard_of_csv_comes_off_again(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in set("=+-@\t\r＝")


def test_csv_that_we_write_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as out:
        write_csv(out, ["a", "b"], [[text, "x"] for text in RISKY])
    found = [unguard(str(cells[0])) for _, cells in read_sheet(path).rows]
    assert found == RISKY

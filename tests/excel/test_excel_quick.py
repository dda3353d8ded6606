"""Sheets in the usual form are read quickly, and exactly as the parser proper reads them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.excel.contract import Cell, CellProblem, FileRefused, Limits, SheetInfo, column_letters
from app.excel.read import read_sheet
from app.excel.xlsx import XlsxBook
from tests.excel.build import sheet, text, xlsx

NUMBERS = st.sampled_from(
    (
        "0",
        "007",
        "12",
        "-7",
        "-0",
        "00.25",
        "-3.50",
        "1E+17",
        "125.43999999999998",
        "110101199003071234",
        " 5 ",
        "1,5",
        "NaN",
        "46024.5",
    )
)
HIDDEN = st.sampled_from(("", "", ' hidden="1"', ' hidden = "true"', " hidden='1'", ' ht="15" hidden="0"'))
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), max_size=6)


def cells() -> st.SearchStrategy[str]:
    """A cell without its reference, in the forms that programs write, and some they do not."""
    return st.one_of(
        st.builds("<c{}><v>{}</v></c>".format, st.sampled_from(("", ' s="1"', ' s="4"', ' t="n"', ' s="9"')), NUMBERS),
        st.builds('<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>'.format, WORDS.map(escape)),
        st.builds('<c s="2" t="str"><v>{}</v></c>'.format, WORDS.map(escape)),
        st.builds('<c t="s"><v>{}</v></c>'.format, st.integers(0, 2)),
        st.builds('<c t="{}"><v>{}</v></c>'.format, st.sampled_from("be"), st.sampled_from(("0", "1", "#N/A"))),
        st.just('<c s="3"/>'), st.just("<c></c>"), st.just("<c><f>A1</f></c>"), st.just("<c><f>A1</f><v>7</v></c>"),
        st.sampled_from((
            '<c s="1"><f t="shared" si="0"/><v>46024</v></c>', "<c><f>A1</f><v/></c>", "<c><f>A1</f><v></v></c>",
            '<c t="str"><f t="shared" ref="A1:A9" si="0">A1&amp;"x"</f><v>x</v></c>', '<c t="str"><f>A1</f><v></v></c>',
            '<c t="e"><f aca="false">1/0</f><v>#DIV/0!</v></c>',
        )),
        st.sampled_from((
            '<c t="d"><v>2026-01-02</v></c>', '<c t="d"><v>2026-01-02T03:04:05+08:00</v></c>', '<c t="b"><v>TRUE</v></c>',
        )),
        st.just('<c t="inlineStr"><is><r><t>a</t></r><r><t>_x0041_</t></r></is></c>'),
    )  # fmt: skip


def rows(path: Path, part: str) -> tuple[list[tuple[int, list[Cell]]], SheetInfo]:
    strings = "".join(f"<si><t>{word}</t></si>" for word in ("甲", "&amp;", "_x000D_b"))
    book, info = XlsxBook(xlsx(path, part, strings=strings), Limits()), SheetInfo("Sheet1")
    return list(book.rows("Sheet1", info)), info


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(st.lists(cells(), max_size=6), HIDDEN, st.booleans()), max_size=5))
def test_a_sheet_is_read_as_by_the_parser_proper(
    tmp_path: Path, table: list[tuple[list[str], str, bool]]
) -> None:
    written = ""
    # Often enough for the forms of the rows to be learned.
    for number, (row, hidden, gaps) in enumerate([*table, *table[::-1]] * 8, 1):
        places = range(1, 2 * len(row) + 1, 2) if gaps else range(1, len(row) + 1)
        body = "".join(
            cell.replace("<c", f'<c r="{column_letters(place)}{number}"', 1)
            for cell, place in zip(row, places, strict=True)
        )
        written += f'<row r="{number}"{hidden}>{body}</row>'
    before, after = (
        '<cols><col min="2" max="2" hidden="1"/></cols>',
        '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>',
    )
    quick = rows(tmp_path / "a.xlsx", sheet(written, before, after))
    # A comment is what the quick way leaves to the parser.
    assert quick == rows(tmp_path / "b.xlsx", sheet(f"<!-- -->{written}", before, after))


@pytest.mark.parametrize(
    "odd",
    [
        '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><!-- --></row>',
        '<row r="2"> <c r="A2" t="inlineStr" ><is><t>x</t></is></c></row>',
        '<row r="2"><c t="inlineStr" r="A2"><is><t>x</t></is></c></row>',
        '<row><c><v/></c></row><row r="3"><c t="str"><v><![CDATA[x]]></v></c></row>',
    ],
)
@pytest.mark.parametrize("before", [1, 30])
def test_a_row_in_another_form_is_read_all_the_same_after_the_others(
    tmp_path: Path, odd: str, before: int
) -> None:
    first = "".join(f'<row r="{n}">{text(f"A{n}", "a")}</row>' for n in range(1, before + 1))
    odd = odd.replace('"A2"', f'"A{before + 1}"').replace('r="2"', f'r="{before + 1}"')
    odd = odd.replace('r="3"', f'r="{before + 2}"')
    path = xlsx(tmp_path / "a.xlsx", sheet(first + odd + f'<row r="90">{text("A90", "z")}</row>'))
    assert [cells for _, cells in read_sheet(path).rows] == [["a"]] * (before - 1) + [["x"], ["z"]]


@pytest.mark.parametrize(
    "wrong",
    [
        '<c r="A41"><v>5</v></c>', '<c r="B40"><v>5</v></c><c r="A40"><v>5</v></c>', '<c r="A40"><v>5</v></c>x',
        '<c r="A40"><v>5</v></c><c r="A40"><v>6</v></c>', '<c r="A40" t="s"><v>9</v></c>',
    ],
)  # fmt: skip
def test_a_cell_in_the_wrong_place_is_seen_also_where_all_rows_before_had_one_form(
    tmp_path: Path, wrong: str
) -> None:
    numbers = '<row r="{0}"><c r="A{0}"><v>5</v></c><c r="B{0}" s="1"><v>5</v></c></row>'
    usual = "".join(numbers.format(n) for n in range(1, 40))
    part = sheet(f'{usual}<row r="40">{wrong}</row>')
    try:
        parsed: object = rows(tmp_path / "b.xlsx", part.replace("<sheetData>", "<sheetData><!-- -->"))
    except FileRefused as refused:
        with pytest.raises(FileRefused, match=refused.code):
            rows(tmp_path / "a.xlsx", part)
    else:
        assert rows(tmp_path / "a.xlsx", part) == parsed


def test_what_a_formula_gave_is_read_all_the_way_down_and_one_never_computed_is_seen(tmp_path: Path) -> None:
    row = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}"><f>A{0}*2</f>{1}</c></row>'
    part = "".join(row.format(n, "" if n == 25 else f"<v>{n * 2}</v>") for n in range(1, 41))
    found, info = rows(tmp_path / "a.xlsx", sheet(part))
    assert [cells for _, cells in found if cells[0] != 25] == [[n, n * 2] for n in range(1, 41) if n != 25]
    assert found[24] == (25, [25, CellProblem("NO_CACHED_VALUE")])
    assert info.formulas == 39


def test_texts_in_runs_stand_among_the_shared_ones_as_any_other(tmp_path: Path) -> None:
    strings = (
        '<si><t>甲</t></si><si><r><t>a</t></r><r><t xml:space="preserve"> &lt;</t></r></si><si/><si><t/></si>'
        '<si><r><rPr><b val="true"/><sz val="11"/></rPr><t>a&amp;</t></r><r><t>amp;</t></r></si>'
        '<si><r><rPr><b></b></rPr><t>b</t></r><rPh sb="0" eb="1"><t>bi</t></rPh></si>'
    )
    shown = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(6))
    book, info = (
        XlsxBook(xlsx(tmp_path / "a.xlsx", sheet(shown), strings=strings), Limits()),
        SheetInfo("Sheet1"),
    )
    assert [cells for _, cells in book.rows("Sheet1", info)] == [["甲"], ["a <"], [], [], ["a&amp;"], ["b"]]


def test_a_number_written_with_a_comma_is_wrong_by_itself_in_a_column_of_numbers(tmp_path: Path) -> None:
    part = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{"1,5" if n == 40 else f"{n}.5"}</v></c></row>' for n in range(1, 42)
    )
    found, _info = rows(tmp_path / "a.xlsx", sheet(part))
    assert found[39:] == [(40, [CellProblem("BAD_NUMBER", "1,5")]), (41, [Decimal("41.5")])]


@pytest.mark.parametrize("bad", ["\x01", "&nbsp;", "&#0;", "& ", "]]>"])
def test_what_is_no_xml_is_a_damaged_file(tmp_path: Path, bad: str) -> None:
    path = xlsx(
        tmp_path / "a.xlsx", sheet(f'<row r="1">{text("A1", "a")}</row><row r="2">{text("A2", bad)}</row>')
    )
    with pytest.raises(FileRefused) as refused:
        list(read_sheet(path).rows)
    assert refused.value.code == "BROKEN"


def test_windows_line_ends_between_the_parts_do_not_matter(tmp_path: Path) -> None:
    part = sheet(f'<row r="1">{text("A1", "a")}</row><row r="2">{text("A2", "x&#10;y")}</row>').replace(
        "?>\n", "?>\r\n"
    )
    assert [cells for _, cells in read_sheet(xlsx(tmp_path / "a.xlsx", part)).rows] == [["x\ny"]]

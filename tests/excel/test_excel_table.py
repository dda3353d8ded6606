"""A sheet becomes a table: its header is found, rows keep their numbers, nothing is left out silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.excel.contract import FileRefused, column_letters, column_number
from app.excel.read import read_sheet
from app.excel.shape import clean_header
from tests.excel.build import sheet, text, xlsx


def row(number: int, *values: str) -> str:
    cells = "".join(text(f"{column_letters(i)}{number}", v) for i, v in enumerate(values, 1) if v)
    return f'<row r="{number}">{cells}</row>'


def book(tmp_path: Path, *rows: str) -> Path:
    return xlsx(tmp_path / "a.xlsx", sheet("".join(rows)))


def test_titles_above_the_table_are_passed_over(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        row(1, "2026 年销售台账"),
        row(2, "制表：王浩", "", "单位：元"),
        row(4, "a", "b", "c", "d"),
        row(5, "1"),
    )
    found = read_sheet(path)
    assert (found.header_row, found.headers) == (4, ["a", "b", "c", "d"])
    assert list(found.rows) == [(5, ["1", None, None, None])]


def test_the_header_row_can_be_given(tmp_path: Path) -> None:
    found = read_sheet(book(tmp_path, row(1, "a", "b"), row(2, "c", "d"), row(3, "e", "f")), header_row=2)
    assert (found.headers, list(found.rows)) == (["c", "d"], [(3, ["e", "f"])])


def test_a_given_header_row_that_is_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read_sheet(book(tmp_path, row(1, "a"), row(3, "b")), header_row=2)
    assert refused.value.code == "NO_HEADER"


def test_an_empty_sheet_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read_sheet(book(tmp_path, '<row r="1"><c r="A1"/></row>'))
    assert refused.value.code == "NO_HEADER"


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"一": sheet(row(1, "a")), "二": sheet(row(1, "b"))})
    assert read_sheet(path, "二").headers == ["b"]
    with pytest.raises(FileRefused) as refused:
        read_sheet(path, "三")
    assert "三" in str(refused.value.message)


def test_blank_rows_between_are_counted_and_those_at_the_end_are_not(tmp_path: Path) -> None:
    blank = '<row r="3"><c r="A3" s="1"/></row>'
    trailing = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(5003, 6003))
    found = read_sheet(book(tmp_path, row(1, "a"), row(2, "1"), blank, row(5002, "2"), trailing))
    assert [number for number, _ in found.rows] == [2, 5002]
    assert (found.notes.rows, found.notes.blank_rows) == (2, 4999)


def test_headers_are_folded_and_double_ones_named_by_column(tmp_path: Path) -> None:
    found = read_sheet(book(tmp_path, row(1, "客户\n名称 ", "ＩＤ", "", "客户　名称", "x\u200by")))
    assert found.headers == ["客户 名称", "ID", "", "客户 名称", "xy"]
    assert found.duplicate_headers == {"客户 名称": ["A", "D"]}


def test_data_without_a_header_is_reported_by_column(tmp_path: Path) -> None:
    found = read_sheet(book(tmp_path, row(1, "a", "", "c", "d"), row(2, "1", "2", "3", "", "5")))
    assert list(found.rows) == [(2, ["1", "2", "3", None])]
    assert found.notes.unnamed_columns == ["B", "E"]


def test_every_row_has_one_cell_a_header(tmp_path: Path) -> None:
    found = read_sheet(book(tmp_path, row(1, "a", "b", "c"), row(2, "1"), row(3, "", "2")))
    assert [len(cells) for _, cells in found.rows] == [3, 3]


def test_a_header_may_be_a_number(tmp_path: Path) -> None:
    assert clean_header(2026) == "2026"


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_columns_are_named_as_in_excel(number: int, letters: str) -> None:
    assert column_letters(number) == letters
    assert column_number(letters) == number

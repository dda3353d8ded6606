"""CSV, .ods and .xls become the same tables as .xlsx, and lose as little."""

from __future__ import annotations

import struct
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.excel.biff import sheet_records
from app.excel.contract import CellProblem, FileRefused, Limits
from app.excel.csvfile import find_encoding
from app.excel.read import open_workbook, read_sheet
from tests.excel.build import refusal

SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}


def csv_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "客户.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_the_encodings_chinese_programs_write(tmp_path: Path, encoding: str) -> None:
    found = read_sheet(csv_file(tmp_path, "编码,名称\r\n00123,重庆𠮷野家\r\n".encode(encoding)))
    assert (found.sheet, found.headers, list(found.rows)) == (
        "CSV",
        ["编码", "名称"],
        [(2, ["00123", "重庆𠮷野家"])],
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [["编码", "名称", "金额"], ["1", "甲；乙, 丙", "2"], ["2", "丁", "3"]]
    content = "\n".join(delimiter.join(f'"{value}"' for value in line) for line in lines)
    assert read_sheet(csv_file(tmp_path, content.encode())).headers == ["编码", "名称", "金额"]


def test_csv_of_one_column_has_no_delimiter(tmp_path: Path) -> None:
    found = read_sheet(csv_file(tmp_path, "名称\n甲;乙\n丙\n".encode()))
    assert list(found.rows) == [(2, ["甲;乙"]), (3, ["丙"])]


def test_a_quoted_cell_keeps_its_line_breaks_and_rows_their_numbers(tmp_path: Path) -> None:
    found = read_sheet(csv_file(tmp_path, b'a,b\n"x\ny",1\n\n,\nz,2\n'))
    assert list(found.rows) == [(2, ["x\ny", "1"]), (5, ["z", "2"])]
    assert found.notes.blank_rows == 2


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        find_encoding(csv_file(tmp_path, b"a,b\n\xff\xff\xff,1\n"))
    assert refused.value.code == "BAD_ENCODING"


def test_an_endless_csv_cell_is_broken(tmp_path: Path) -> None:
    assert refusal(csv_file(tmp_path, b'a,b\n"' + b"x" * 2_000_000)) == "BROKEN"


def test_csv_keeps_the_limits_of_rows_and_columns(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"a,b,c\n1,2,3\n4,5,6\n")
    assert refusal(path, Limits(max_columns=2)) == "TOO_MANY_COLUMNS"
    assert refusal(path, Limits(max_rows=2)) == "TOO_MANY_ROWS"


def ods(tmp_path: Path, tables: str, styles: str = "", manifest: str = "") -> Path:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    path = tmp_path / "a.ods"
    with ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return path


def words(*values: str) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
        for v in values
    )
    return f"<table:table-row>{cells}</table:table-row>"


def test_ods_values_are_taken_from_their_attributes(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell office:value-type="float" office:value="125.43999999999998"><text:p>125</text:p>'
        '</table:table-cell><table:table-cell office:value-type="percentage" office:value="0.125"/>'
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02"/>'
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02T03:04:05"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="string"><office:annotation><text:p>note</text:p></office:annotation>'
        '<text:p>a<text:s text:c="2"/>b</text:p><text:p><text:span>c</text:span></text:p></table:table-cell>'
    )
    rows = f"{words(*'abcdefg')}<table:table-row>{cells}</table:table-row>"
    found = read_sheet(ods(tmp_path, f'<table:table table:name="一">{rows}</table:table>'))
    expected = [
        Decimal("125.44"),
        Decimal("0.125"),
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5),
        time(8, 30),
        True,
        "a  b\nc",
    ]
    assert [cells for _, cells in found.rows] == [expected]


def test_ods_errors_and_missing_results_are_problems(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=x" office:value-type="string"><text:p>#NAME?</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1"/>'
    )
    rows = f"{words('a', 'b', 'c')}<table:table-row>{cells}</table:table-row>"
    found = read_sheet(ods(tmp_path, f'<table:table table:name="一">{rows}</table:table>'))
    assert [cell.code for _, cells in found.rows for cell in cells if isinstance(cell, CellProblem)] == [
        "ERROR_CELL", "ERROR_CELL", "NO_CACHED_VALUE",
    ]  # fmt: skip


def test_ods_repeated_rows_and_columns_are_counted_and_bounded(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>'
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        f'{words("a", "b")}<table:table-row table:number-rows-repeated="3">{cell}{empty}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="1048572">{empty}</table:table-row>'
    )
    path = ods(tmp_path, f'<table:table table:name="一">{rows}</table:table>')
    assert list(read_sheet(path).rows) == [(2, [7, 7]), (3, [7, 7]), (4, [7, 7])]
    assert refusal(path, Limits(max_rows=3)) == "TOO_MANY_ROWS"
    wide = cell.replace('repeated="2"', 'repeated="5000000"')
    rows = f"{words('a')}<table:table-row>{wide}</table:table-row>"
    assert refusal(ods(tmp_path, f'<table:table table:name="一">{rows}</table:table>')) == "TOO_MANY_COLUMNS"


def test_ods_says_what_is_hidden_and_merged(tmp_path: Path) -> None:
    style = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    merged = (
        '<table:table-row table:visibility="collapse"><table:table-cell table:number-columns-spanned="2" '
        'table:number-rows-spanned="2" office:value-type="float" office:value="1"/><table:covered-table-cell/>'
        "</table:table-row>"
    )
    column = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    first = f'<table:table table:name="一">{column}{words("a", "b")}{merged}</table:table>'
    info = open_workbook(ods(tmp_path, f'{first}<table:table table:name="二" table:style-name="h"/>', style))
    assert [sheet.hidden for sheet in info.sheets] == [False, True]
    assert info.sheets[0].merged_ranges == ["A2:B3"]
    assert (info.sheets[0].hidden_rows, info.sheets[0].hidden_columns) == ([(2, 2)], [(2, 2)])


def test_an_encrypted_ods_is_refused_as_encrypted(tmp_path: Path) -> None:
    assert refusal(ods(tmp_path, "", manifest="<manifest:encryption-data/>")) == "ENCRYPTED"


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


BOF, EOF = record(0x0809, bytes(16)), record(0x000A)


def test_xls_records_tell_errors_formulas_and_hidden_parts() -> None:
    error = record(0x0205, struct.pack("<HHHBB", 4, 1, 0, 0x17, 1))
    boolean = record(0x0205, struct.pack("<HHHBB", 4, 2, 0, 1, 0))
    formula = record(0x0006, struct.pack("<HHHBxB3xH", 5, 0, 0, 2, 0x07, 0xFFFF) + bytes(8))
    hidden = record(0x0208, struct.pack("<6HI", 7, 0, 5, 255, 0, 0, 0x20))
    columns = record(0x007D, struct.pack("<6H", 1, 2, 0, 0, 1, 0))
    chart = BOF + record(0x0205, struct.pack("<HHHBB", 9, 9, 0, 0x17, 1)) + EOF
    sheet = BOF + columns + hidden + error + boolean + formula + chart + EOF
    names = b"".join(record(0x0085, struct.pack("<IBB", place, 0, kind)) for place, kind in ((60, 0), (0, 2)))
    book = BOF + names + EOF
    found = sheet_records(book.ljust(60, b"\0") + sheet)
    assert len(found) == 1
    assert found[0].errors == {(5, 2): "#REF!", (6, 1): "#DIV/0!"}
    assert found[0].formulas == 1
    assert (found[0].hidden_rows, found[0].hidden_columns) == ([(8, 8)], [(2, 3)])


def test_an_xls_with_a_password_is_refused_as_encrypted() -> None:
    with pytest.raises(FileRefused) as refused:
        sheet_records(BOF + record(0x002F, bytes(6)) + EOF)
    assert refused.value.code == "ENCRYPTED"


@pytest.mark.parametrize("stream", [b"", BOF, BOF + record(0x0085, struct.pack("<IBB", 9999, 0, 0)) + EOF])
def test_xls_records_that_end_too_early_are_broken(stream: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        sheet_records(stream)
    assert refused.value.code == "BROKEN"

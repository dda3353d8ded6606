"""Workbooks made by hand, part by part, so that a test can make one no program would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from app.excel.contract import Cell, FileRefused, Limits, SheetInfo
from app.excel.read import read_sheet
from app.excel.xlsx import XlsxBook

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
# Styles: 0 plain, 1 date (built-in), 2 yyyy年m月d日, 3 date and time, 4 time, 5 money, 6 text.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" '
    'formatCode="[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>'
    '<numFmt numFmtId="165" formatCode="[Red]#,##0.00&quot;days&quot;"/></numFmts><cellXfs count="7">'
    '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="20"/>'
    '<xf numFmtId="165"/><xf numFmtId="49"/></cellXfs></styleSheet>'
)


def sheet(rows: str, before: str = "", after: str = "") -> str:
    """A worksheet part around `<row>` elements."""
    return f'{HEAD}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def text(reference: str, value: str) -> str:
    """An inline string cell."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def table(cells: str, header: str = "a") -> str:
    """A sheet of one header cell and one row of cells, given as XML."""
    return sheet(f'<row r="1">{text("A1", header)}</row><row r="2">{cells}</row>')


def xlsx(
    path: Path,
    sheets: str | Mapping[str, str],
    *,
    strings: str | None = None,
    book: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    sheet_type: str = SHEET_TYPE,
) -> Path:
    """Write an .xlsx. `sheets` are worksheet parts by name, `book` goes into workbook.xml before the sheets."""
    named = {"Sheet1": sheets} if isinstance(sheets, str) else sheets
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(named, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(named) + 1)
    )
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheet_type}"/></Types>',
        "_rels/.rels": _relations(
            f'<Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{REL}">{book}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            f'{links}<Relationship Id="s" Type="{REL}/styles" Target="styles.xml"/>'
            f'<Relationship Id="t" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        ),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{strings or ""}</sst>',
    }
    content |= {f"xl/worksheets/sheet{i}.xml": part for i, part in enumerate(named.values(), 1)}
    content |= parts or {}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return path


def _relations(listed: str) -> str:
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def ole(path: Path, streams: Iterable[str]) -> Path:
    """A compound file with empty streams of these names: one FAT sector, one directory chain."""
    entries = [_entry("Root Entry", 5), *(_entry(name, 2) for name in streams)]
    directory = b"".join(entries)
    sectors = -(-len(directory) // 512)
    directory = directory.ljust(sectors * 512, b"\0")
    fat = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0,
    )  # fmt: skip
    header += struct.pack("<I", 0xFFFFFFFF) * ((512 - len(header)) // 4)
    path.write_bytes(header + struct.pack("<128I", *fat, *[0xFFFFFFFF] * (128 - len(fat))) + directory)
    return path


def _entry(name: str, kind: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBB48xIQ", raw, len(raw), kind, 1, 0xFFFFFFFE, 0)


def refusal(path: Path, limits: Limits | None = None) -> str:
    """The code a file is refused with while it is read to its end."""
    try:
        list(read_sheet(path, limits=limits or Limits()).rows)
    except FileRefused as refused:
        return refused.code
    raise AssertionError(f"{path.name} was read")


def first_row(path: Path, **how: object) -> list[Cell]:
    """The cells of the first data row."""
    rows = list(read_sheet(path, **how).rows)  # type: ignore[arg-type]
    return rows[0][1]


def rows_here(path: Path) -> list[list[Cell]]:
    """The rows of the first sheet, parsed in this process: for tests of many small files."""
    book = XlsxBook(path, Limits())
    return [cells for _, cells in book.rows(book.sheet_names()[0], SheetInfo(""))]


def cell(path: Path, xml: str, **how: str) -> Cell:
    """The value of one cell given as XML, standing in A2."""
    return rows_here(xlsx(path, table(xml), **how))[1][0]  # type: ignore[arg-type]

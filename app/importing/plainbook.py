"""A copy of a file that is no .xlsx, as one: every value where it was, its formats lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from app.excel import parts
from app.excel.cellxml import CellWriter, Look
from app.excel.contract import Cell, CellProblem, Limits, Table, column_letters
from app.excel.parts import SheetPart
from app.excel.read import read_sheet
from app.excel.styles import Styles


def write(source: Path, out: Path, sheets: list[tuple[str, int]], limits: Limits) -> None:
    """Copy sheets, given with the rows of their headers. Raises FileRefused."""
    styles, made = Styles(), [SheetPart(name) for name, _row in sheets]
    writer = CellWriter(Look(), styles)
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=4) as archive:
        for number, (name, header_row) in enumerate(sheets, 1):
            table = read_sheet(source, name, header_row, limits)
            try:
                with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as stream:
                    stream.write(f"{parts.WORKSHEET}<sheetData>".encode())
                    for row, cells in _rows(table):
                        stream.write(_row(row, cells, writer).encode())
                    stream.write(b"</sheetData></worksheet>")
            finally:
                table.close()
        archive.writestr("_rels/.rels", parts.relations([("officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/workbook.xml", parts.workbook_xml(made))
        archive.writestr("xl/_rels/workbook.xml.rels", parts.workbook_relations(made))
        archive.writestr("xl/styles.xml", styles.xml())
        archive.writestr("[Content_Types].xml", parts.content_types(made))


def _rows(table: Table) -> Iterator[tuple[int, list[Cell]]]:
    titles: Iterator[tuple[int, list[Cell]]] = ((row, [text]) for row, text in table.titles)
    return chain(titles, [(table.header_row, list(table.headers))], table.rows)


def _row(number: int, cells: list[Cell], writer: CellWriter) -> str:
    values = [cell.text if isinstance(cell, CellProblem) else cell for cell in cells]
    texts = "".join(
        f'<c r="{column_letters(column)}{number}"{text}'
        for column, text in enumerate(writer.block(values), 1)
        if text
    )
    return f'<row r="{number}">{texts}</row>'

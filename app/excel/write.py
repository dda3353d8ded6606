"""Writing workbooks row by row, in constant memory; nothing in them can run and nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from app.excel import parts
from app.excel.cellxml import TextTooLong, Value, cell_writer
from app.excel.contract import column_letters
from app.excel.parts import SheetPart, Styles
from app.excel.sheetout import ColumnOut, SheetOut, header_xml, sheet_name, validations_xml, view_xml

__all__ = ["MAX_ROWS", "ColumnOut", "SheetOut", "TextTooLong", "write_table"]

MAX_ROWS = 1_048_576
_LISTS = "_lists"
_BLOCK = 500


def write_table(out: BinaryIO, sheets: Iterable[SheetOut], max_rows: int = MAX_ROWS) -> dict[str, int]:
    """Write an .xlsx to `out`, which need not seek. Answers the rows written by sheet name, without headers.

    A sheet of more than `max_rows` rows, header included, goes on in a next one, “订单 (2)”. Moments are
    written as given: convert them to the company's zone first. Raises TextTooLong for text over 32,767
    characters and ValueError for a row without one value per column; `out` is then no workbook.
    """
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=4) as archive:
        return _Writer(archive, max_rows).write(sheets)


@dataclass(slots=True)
class _Writer:
    archive: ZipFile
    max_rows: int
    styles: Styles = field(default_factory=Styles)
    sheets: list[SheetPart] = field(default_factory=list)
    lists: dict[tuple[str, ...], int] = field(default_factory=dict)

    def write(self, sheets: Iterable[SheetOut]) -> dict[str, int]:
        self.archive.writestr("_rels/.rels", parts.relations([("officeDocument", "xl/workbook.xml")]))
        counts: dict[str, int] = {}
        for sheet in sheets:
            rows = iter(sheet.rows)
            first: list[Sequence[Value]] = []
            while True:
                name, count = self._sheet(sheet, chain(first, rows))
                counts[name] = count
                first = list(islice(rows, 1))
                if not first:
                    break
        if self.lists:
            self._list_sheet()
        self.archive.writestr("xl/workbook.xml", parts.workbook_xml(self.sheets))
        self.archive.writestr("xl/_rels/workbook.xml.rels", parts.workbook_relations(self.sheets))
        self.archive.writestr("xl/styles.xml", self.styles.xml())
        self.archive.writestr("[Content_Types].xml", parts.content_types(self.sheets))
        return counts

    def _sheet(self, sheet: SheetOut, rows: Iterator[Sequence[Value]]) -> tuple[str, int]:
        part = SheetPart(sheet_name(sheet.name, [_LISTS, *(known.name for known in self.sheets)]))
        self.sheets.append(part)
        number, last, count = len(self.sheets), column_letters(len(sheet.columns)), 0
        notes = {n: column.note for n, column in enumerate(sheet.columns, 1) if column.note}
        with self.archive.open(f"xl/worksheets/sheet{number}.xml", "w") as stream:
            view = view_xml(sheet, self.styles, selected=number == 1)
            header = header_xml(sheet.columns, self.styles)
            stream.write(f"{parts.WORKSHEET}{view}<sheetData>{header}".encode())
            for block in self._blocks(sheet, islice(rows, self.max_rows - 1)):
                stream.write("".join(block).encode())
                count += len(block)
            drop_downs = validations_xml(sheet.columns, self._list_range, MAX_ROWS)
            drawing = '<legacyDrawing r:id="rId1"/>' if notes else ""
            tail = f'</sheetData><autoFilter ref="A1:{last}{count + 1}"/>{drop_downs}{drawing}</worksheet>'
            stream.write(tail.encode())
        part.filter = f"$A$1:${last}${count + 1}"
        if notes:
            part.notes = True
            self._notes(number, notes)
        return part.name, count

    def _blocks(self, sheet: SheetOut, rows: Iterator[Sequence[Value]]) -> Iterator[list[str]]:
        writers = [
            (
                f'<c r="{column_letters(n)}',
                cell_writer(column.kind, column.scale, column.grouped, self.styles.number),
            )
            for n, column in enumerate(sheet.columns, 1)
        ]
        number = 1
        while block := list(islice(rows, _BLOCK)):
            lines = []
            for values in block:
                number += 1
                try:
                    cells = [
                        f'{start}{number}"{write(value)}'
                        for (start, write), value in zip(writers, values, strict=True)
                        if value is not None and value != ""
                    ]
                except TextTooLong as error:
                    error.row = number
                    raise
                lines.append(f'<row r="{number}">{"".join(cells)}</row>')
            yield lines

    def _notes(self, number: int, notes: dict[int, str]) -> None:
        drawing, comments = f"drawings/vmlDrawing{number}.vml", f"comments{number}.xml"
        targets = [("vmlDrawing", f"../{drawing}"), ("comments", f"../{comments}")]
        self.archive.writestr(f"xl/worksheets/_rels/sheet{number}.xml.rels", parts.relations(targets))
        self.archive.writestr(f"xl/{drawing}", parts.notes_drawing(notes))
        self.archive.writestr(f"xl/{comments}", parts.comments_xml(notes))

    def _list_range(self, choices: Sequence[str]) -> str:
        column = self.lists.setdefault(tuple(choices), len(self.lists) + 1)
        letters = column_letters(column)
        return parts.reference(_LISTS, f"${letters}$2:${letters}${len(choices) + 1}")

    def _list_sheet(self) -> None:
        """The hidden sheet of drop-down lists too long for a cell: one list a column, under a number."""
        longest = max(len(choices) for choices in self.lists)
        rows = ([choices[n] if n < len(choices) else None for choices in self.lists] for n in range(longest))
        part = SheetPart(_LISTS, hidden=True)
        self.sheets.append(part)
        sheet = SheetOut(_LISTS, [ColumnOut(str(n)) for n in self.lists.values()], rows)
        with self.archive.open(f"xl/worksheets/sheet{len(self.sheets)}.xml", "w") as stream:
            header = header_xml(sheet.columns, self.styles)
            stream.write(f"{parts.WORKSHEET}<sheetData>{header}".encode())
            for block in self._blocks(sheet, iter(rows)):
                stream.write("".join(block).encode())
            stream.write(b"</sheetData></worksheet>")

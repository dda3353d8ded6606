"""Writing workbooks row by row, in constant memory; nothing in them can run and nothing is cut off."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from app.excel import parts
from app.excel.cellxml import CellWriter, TextTooLong, Value
from app.excel.contract import column_letters
from app.excel.parts import SheetPart
from app.excel.sheetout import ColumnOut, SheetOut, Special, header_xml, page_xml, sheet_name, view_xml
from app.excel.styles import Styles
from app.excel.validation import validations_xml

__all__ = ["MAX_ROWS", "ColumnOut", "SheetOut", "Special", "TextTooLong", "write_table"]

MAX_ROWS = 1_048_576
_LISTS = "_lists"
_BLOCK = 500
_AHEAD = 4
# Above 2 GB a part of the archive has a form that not every program reads: the rows go on in a next sheet.
_MAX_PART = 2_000_000_000

Row = Sequence[Value] | Special
Last = Callable[[dict[str, int]], Iterable[SheetOut]]


def write_table(
    out: BinaryIO, sheets: Iterable[SheetOut], max_rows: int = MAX_ROWS, last: Last | None = None
) -> dict[str, int]:
    """Write an .xlsx to `out`, which need not seek. Answers the rows written by sheet name, without headers.

    A sheet of more than `max_rows` rows, header included, or too large, goes on in a next one, “订单 (2)”; `last` gives
    sheets that follow from what was written. Moments are written as given: convert them to the company's zone first.
    Raises TextTooLong for text over 32,767 characters and ValueError for a row without one value per column;
    `out` is then no workbook.
    """
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        return _Writer(archive, max_rows).write(sheets, last)


@dataclass(slots=True)
class _Writer:
    archive: ZipFile
    max_rows: int
    styles: Styles = field(default_factory=Styles)
    sheets: list[SheetPart] = field(default_factory=list)
    lists: dict[tuple[str, ...], int] = field(default_factory=dict)

    def write(self, sheets: Iterable[SheetOut], last: Last | None) -> dict[str, int]:
        self.archive.writestr("_rels/.rels", parts.relations([("officeDocument", "xl/workbook.xml")]))
        counts: dict[str, int] = {}
        for sheet in sheets:
            rows = iter(sheet.rows)
            first: list[Row] = []
            while True:
                name, count = self._sheet(sheet, chain(first, rows))
                counts[name] = count
                first = list(islice(rows, 1))
                if not first:
                    break
        for sheet in last(dict(counts)) if last else ():
            self._sheet(sheet, iter(sheet.rows))
        if self.lists:
            self._sheet(self._list_sheet(), None)
        self.archive.writestr("xl/workbook.xml", parts.workbook_xml(self.sheets))
        self.archive.writestr("xl/_rels/workbook.xml.rels", parts.workbook_relations(self.sheets))
        self.archive.writestr("xl/styles.xml", self.styles.xml())
        self.archive.writestr("[Content_Types].xml", parts.content_types(self.sheets))
        return counts

    def _sheet(self, sheet: SheetOut, rows: Iterator[Row] | None) -> tuple[str, int]:
        taken = [known.name for known in self.sheets]
        part = SheetPart(
            sheet_name(sheet.name, taken if rows is None else [*taken, _LISTS]), state=sheet.state,
            frozen=min(sheet.frozen_columns, len(sheet.columns)),
        )  # fmt: skip
        rows = iter(sheet.rows) if rows is None else rows
        self.sheets.append(part)
        number, last, count = len(self.sheets), column_letters(len(sheet.columns)), 0
        notes = {n: column.note for n, column in enumerate(sheet.columns, 1) if column.note}
        with self.archive.open(f"xl/worksheets/sheet{number}.xml", "w") as stream:
            view = view_xml(sheet, self.styles, selected=number == 1)
            header = header_xml(sheet.columns, self.styles)
            stream.write(f"{parts.WORKSHEET}{view}<sheetData>{header}".encode())
            with _aside(stream) as write:
                for written, xml in _Block(sheet, self.styles).over(islice(rows, self.max_rows - 1)):
                    write(xml)
                    count = written
            tail = f'</sheetData>{f"""<autoFilter ref="A1:{last}{count + 1}"/>""" if sheet.filtered else ""}'
            tail += validations_xml(sheet.columns, self._list_range, MAX_ROWS) + page_xml(sheet)
            tail += '<legacyDrawing r:id="rId1"/>' if notes else ""
            stream.write(f"{tail}</worksheet>".encode())
        part.filter = f"$A$1:${last}${count + 1}" if sheet.filtered else ""
        if notes:
            part.notes = True
            self._notes(number, notes)
        return part.name, count

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

    def _list_sheet(self) -> SheetOut:
        """The hidden sheet of drop-down lists too long for a cell: one list a column, under a number."""
        longest = max(len(choices) for choices in self.lists)
        rows = ([choices[n] if n < len(choices) else None for choices in self.lists] for n in range(longest))
        columns = [ColumnOut(str(n)) for n in self.lists.values()]
        return SheetOut(_LISTS, columns, rows, filtered=False, state="hidden")


@contextmanager
def _aside(stream: IO[bytes]) -> Iterator[Callable[[bytes], None]]:
    """Write from a thread of its own: packing the XML leaves the interpreter to who makes the next rows."""
    waiting: deque[Future[int]] = deque()

    def write(xml: bytes) -> None:
        waiting.append(pool.submit(stream.write, xml))
        if len(waiting) > _AHEAD:
            waiting.popleft().result()

    with ThreadPoolExecutor(1) as pool:
        yield write
        for one in waiting:
            one.result()


class _Block:
    """The rows of one sheet as XML, some hundred at a time, column by column."""

    def __init__(self, sheet: SheetOut, styles: Styles) -> None:
        self._sheet, self._styles = sheet, styles
        self._letters = [column_letters(n) for n in range(1, len(sheet.columns) + 1)]
        self._writers: dict[int, list[CellWriter]] = {}

    def over(self, rows: Iterator[Row]) -> Iterator[tuple[int, bytes]]:
        """(rows so far, the XML of the next ones)."""
        count = size = 0
        while size < _MAX_PART and (block := list(islice(rows, _BLOCK))):
            for level, font, run in self._runs(block):
                xml = self._xml(run, count + 2, level, font).encode()
                count, size = count + len(run), size + len(xml)
                yield count, xml

    def _runs(self, block: list[Row]) -> Iterator[tuple[int, int, list[Sequence[Value]]]]:
        """Consecutive rows that look alike."""
        if Special not in {*map(type, block)}:
            yield self._sheet.level, 0, block  # type: ignore[misc]
            return
        plain: list[Sequence[Value]] = []
        for row in block:
            if not isinstance(row, Special):
                plain.append(row)
                continue
            if plain:
                yield self._sheet.level, 0, plain
                plain = []
            yield row.level, row.font, [row.values]
        if plain:
            yield self._sheet.level, 0, plain

    def _xml(self, rows: list[Sequence[Value]], first: int, level: int, font: int) -> str:
        if font not in self._writers:
            self._writers[font] = [CellWriter(c.look(font), self._styles) for c in self._sheet.columns]
        numbers = [str(number) for number in range(first, first + len(rows))]
        columns = []
        values = zip(*rows, strict=True)
        for letters, writer, cells in zip(self._letters, self._writers[font], values, strict=True):
            try:
                written = writer.block(cells)
            except TextTooLong as error:
                error.row += first
                raise
            columns.append(
                [f'<c r="{letters}{n}"{xml}' if xml else "" for n, xml in zip(numbers, written, strict=True)]
            )
        outline = f' outlineLevel="{level}"' if level else ""
        heads = (
            [outline] * len(rows) if not self._sheet.wrapped else [self._sheet.height(row) for row in rows]
        )
        lines = zip(numbers, heads, zip(*columns, strict=True), strict=True)
        return "".join([f'<row r="{n}"{head}>{"".join(cells)}</row>' for n, head, cells in lines])

"""Reading workbooks: what a file holds, and the rows of a sheet. Files are parsed in a limited process."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from app.excel.contract import FileRefused, Limits, Row, SheetInfo, Stretch, Table, WorkbookInfo
from app.excel.pipe import ask
from app.excel.wire import decode_cells

DEFAULT_LIMITS = Limits()


def open_workbook(path: Path, limits: Limits = DEFAULT_LIMITS) -> WorkbookInfo:
    """The kind of a file and its sheets with size, merged ranges and hidden parts. Raises FileRefused."""
    for message in ask(path, limits, rows=False):
        info = message["info"]
        return WorkbookInfo(info["kind"], [_sheet_info(s) for s in info["sheets"]], info["ignored"])
    raise FileRefused("READER_STOPPED")


def read_sheet(
    path: Path,
    sheet: str | None = None,
    header_row: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    known: Iterable[str] = (),
) -> Table:
    """Open one sheet as a table; its rows are read while they are iterated. Unless named it is the first that people
    see with known headers, else the first that is not empty.

    `header_row` is the row number as Excel shows it; without it the header is found, best where `known` holds
    headers (in `header_form`) to look for. Blank rows are left out, `Table.notes` counts them. Raises FileRefused
    here, and while iterating if the file turns out broken.
    """
    messages = ask(path, limits, rows=True, sheet=sheet, header_row=header_row, known=sorted(known))
    head = next(messages, None)
    if head is None:
        raise FileRefused("READER_STOPPED")
    said = head["table"]
    said["titles"] = [(row, text) for row, text in said["titles"]]
    table = Table(**said, rows=iter(()))
    table.stretches = _Stretches(messages, table)
    table.rows = _rows(table.stretches)
    return table


def _rows(stretches: Iterator[Stretch]) -> Iterator[Row]:
    for stretch in stretches:
        cells = zip(*map(decode_cells, stretch.cells), strict=True)
        yield from zip(stretch.numbers, map(list, cells), strict=True)


class _Stretches:
    """The rows still to come. Closing it ends the reader's process, also before the first row was asked for."""

    def __init__(self, messages: Generator[dict[str, Any]], table: Table) -> None:
        self._messages, self._table, self._complete = messages, table, False

    def __iter__(self) -> _Stretches:
        return self

    def __next__(self) -> Stretch:
        try:
            message = next(self._messages)
        except StopIteration:
            if not self._complete:
                raise FileRefused("READER_STOPPED") from None
            raise
        if "notes" in message:
            self._complete = True
            for name, value in message["notes"].items():
                setattr(self._table.notes, name, value)
            self._table.info = _sheet_info(message["info"])
            return next(self)
        stretch = Stretch(**message["stretch"])
        self._table.marked += [(stretch.numbers[at], text) for at, text in stretch.marked]
        return stretch

    def close(self) -> None:
        """Stop reading."""
        self._messages.close()


def _sheet_info(sheet: dict[str, Any]) -> SheetInfo:
    ranges = {n: [(first, last) for first, last in sheet[n]] for n in ("hidden_rows", "hidden_columns")}
    return SheetInfo(**{**sheet, **ranges})

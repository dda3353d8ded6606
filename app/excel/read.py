"""Reading workbooks: what a file holds, and the rows of a sheet. Files are parsed in a limited process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.excel.contract import FileRefused, Limits, ReadNotes, Row, SheetInfo, Table, WorkbookInfo
from app.excel.pipe import ask
from app.excel.wire import decode_cells

DEFAULT_LIMITS = Limits()


def open_workbook(path: Path, limits: Limits = DEFAULT_LIMITS) -> WorkbookInfo:
    """The kind of a file and its sheets with size, merged ranges and hidden parts. Raises FileRefused."""
    for message in ask(path, limits, rows=False):
        info = message["info"]
        sheets = [SheetInfo(**{**sheet, **_ranges(sheet)}) for sheet in info["sheets"]]
        return WorkbookInfo(info["kind"], sheets, info["ignored"])
    raise FileRefused("READER_STOPPED")


def read_sheet(
    path: Path, sheet: str | None = None, header_row: int | None = None, limits: Limits = DEFAULT_LIMITS
) -> Table:
    """Open one sheet (the first unless named) as a table; its rows are read while they are iterated.

    `header_row` is the row number as Excel shows it; without it the header is found. Blank rows are left out,
    `Table.notes` counts them. Raises FileRefused here, and while iterating if the file turns out broken.
    """
    messages = ask(path, limits, rows=True, sheet=sheet, header_row=header_row)
    head = next(messages, None)
    if head is None:
        raise FileRefused("READER_STOPPED")
    notes = ReadNotes()
    return Table(**head["table"], rows=_RowStream(messages, notes), notes=notes)


class _RowStream:
    """The rows still to come. Closing it ends the reader's process, also before the first row was asked for."""

    def __init__(self, messages: Any, notes: ReadNotes) -> None:
        self._messages = messages
        self._rows = _rows(messages, notes)

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        return next(self._rows)

    def close(self) -> None:
        """Stop reading."""
        self._messages.close()


def _rows(messages: Iterator[dict[str, Any]], notes: ReadNotes) -> Iterator[Row]:
    complete = False
    try:
        for message in messages:
            if "notes" in message:
                complete = True
                for name, value in message["notes"].items():
                    setattr(notes, name, value)
            else:
                for number, cells in message["rows"]:
                    yield number, decode_cells(cells)
    finally:
        messages.close()  # type: ignore[attr-defined]
    if not complete:
        raise FileRefused("READER_STOPPED")


def _ranges(sheet: dict[str, Any]) -> dict[str, list[tuple[int, int]]]:
    return {
        name: [(first, last) for first, last in sheet[name]] for name in ("hidden_rows", "hidden_columns")
    }

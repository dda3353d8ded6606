"""The words of reading a workbook: limits, cells, tables, and why a file or a cell is refused.

Imported by the limited child process too, so nothing here may import Flask; the sentences are in `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

MB = 1024 * 1024
MAX_TEXT = 32_767  # characters in a cell of Excel


@dataclass(frozen=True, slots=True)
class Limits:
    """What a workbook may cost.

    Sizes in bytes, `max_text` in characters, times in seconds; `memory` is the child's address space.
    """

    max_bytes: int = 50 * MB
    max_rows: int = 1_048_576
    max_columns: int = 300
    # A few bytes can stand for millions of cells; these bound what the reading process has to hold.
    max_cells: int = 25_000_000
    max_text: int = 500_000_000
    max_parts: int = 2_000
    max_unpacked: int = 1024 * MB
    max_styles_bytes: int = 5 * MB
    max_styles: int = 65_000
    # Deflate cannot pass 1032:1 and honest sheets stay near 10:1; long repeated remarks reach 100:1.
    max_ratio: int = 200
    memory: int = 1024 * MB
    cpu_seconds: int = 120
    stall_seconds: int = 60


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell whose value must not be used. `code` is stable (`messages.CELL`), `text` what the cell shows."""

    code: str
    text: str = ""

    @property
    def message(self) -> LazyString:
        """The zh/en sentence that says what to do in Excel."""
        from app.excel.messages import cell_message

        return cell_message(self.code, self.text)

    def __str__(self) -> str:
        return str(self.message)


# Numbers are exact: int when whole and below 1e15 or when the file holds every digit, else Decimal.
Cell: TypeAlias = "str | bool | int | Decimal | datetime | date | time | CellProblem | None"
Row: TypeAlias = "tuple[int, list[Cell]]"


class FileRefused(Exception):
    """The file cannot be read. `code` is stable (see `messages.FILE`), `values` fill its sentence."""

    def __init__(self, code: str, **values: str | int) -> None:
        self.code = code
        self.values = values
        super().__init__(code)

    @property
    def message(self) -> LazyString:
        """The zh/en sentence that says what is wrong with the file and what to do."""
        from app.excel.messages import file_message

        return file_message(self.code, self.values)


@dataclass(slots=True)
class SheetInfo:
    """A sheet's measures. Row and column numbers as Excel counts them, ranges inclusive.

    `rows` and `columns` are the last row and column that hold anything, `formulas` counts cells taken from a
    formula's last result. Filled while the rows are read.
    """

    name: str
    rows: int = 0
    columns: int = 0
    hidden: bool = False
    merged_ranges: list[str] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    formulas: int = 0

    @property
    def hidden_row_count(self) -> int:
        """How many rows the user does not see."""
        return sum(last - first + 1 for first, last in self.hidden_rows)


@dataclass(slots=True)
class WorkbookInfo:
    """What a file is and which sheets it has. `ignored` names contents that are never used or fetched."""

    kind: str
    sheets: list[SheetInfo]
    ignored: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ReadNotes:
    """What reading saw besides rows; complete only when the rows have been read to the end.

    `blank_rows` counts empty rows between filled ones, `formulas` cells taken from a formula's last result,
    `unnamed_columns` the letters of columns that hold data under an empty header.
    """

    rows: int = 0
    blank_rows: int = 0
    formulas: int = 0
    unnamed_columns: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Stretch:
    """Some rows of a table, column by column; `cells` are as they travel (see `wire.decode_cell`).

    `hidden` are the positions of rows that the user does not see, `marked` those of rows that look like sums or
    notes rather than records, with their text.
    """

    numbers: list[int]
    cells: list[list[Any]]
    hidden: list[int] = field(default_factory=list)
    marked: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """One sheet being read: `rows` are (row number as Excel shows it, cells in header order), one cell per header.

    `stretches` are the same rows in larger steps; a table is read by one of the two. `titles` are the filled rows
    above the header, `marked` those that look like sums or notes among the rows read so far. `notes` and `info` are
    complete when it has been read to its end. Close a table that is not.
    """

    sheet: str
    headers: list[str]
    header_row: int
    rows: Iterator[Row]
    notes: ReadNotes = field(default_factory=ReadNotes)
    titles: list[tuple[int, str]] = field(default_factory=list)
    marked: list[tuple[int, str]] = field(default_factory=list)
    info: SheetInfo = field(default_factory=lambda: SheetInfo(""))
    stretches: Iterator[Stretch] = field(default_factory=lambda: iter(()))

    @property
    def duplicate_headers(self) -> dict[str, list[str]]:
        """Header → letters of the columns that carry it, for headers that occur more than once."""
        places: dict[str, list[str]] = {}
        for index, header in enumerate(self.headers):
            if header:
                places.setdefault(header, []).append(column_letters(index + 1))
        return {header: letters for header, letters in places.items() if len(letters) > 1}

    def close(self) -> None:
        """Stop reading and end the reader's process. Harmless when everything was read."""
        close = getattr(self.stretches, "close", None)
        if close:
            close()


def check_bounds(sheet: str, row: int, columns: int, limits: Limits) -> None:
    """Raise FileRefused when a filled row lies past `limits`: by its number, or by its last filled column."""
    if row > limits.max_rows:
        raise FileRefused("TOO_MANY_ROWS", sheet=sheet, limit=limits.max_rows)
    if columns > limits.max_columns:
        column, limit = column_letters(columns), limits.max_columns
        raise FileRefused("TOO_MANY_COLUMNS", sheet=sheet, column=column, limit=limit)


def add_to_ranges(ranges: list[tuple[int, int]], number: int) -> None:
    """Add a number above all others to a list of inclusive ranges."""
    if ranges and ranges[-1][1] == number - 1:
        ranges[-1] = (ranges[-1][0], number)
    else:
        ranges.append((number, number))


def column_letters(column: int) -> str:
    """Column number, from 1, as Excel names it: 1 → A, 28 → AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Column letters as a number from 1: A → 1, AB → 28. Expects upper case A–Z."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number

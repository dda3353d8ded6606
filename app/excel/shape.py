"""From the rows of a sheet to a table: where the header is, what each column is called, which rows count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, islice

from app.excel.contract import Cell, CellProblem, FileRefused, ReadNotes, Row, column_letters

_LOOK_AHEAD = 20
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")


def clean_header(cell: Cell) -> str:
    """A header as it is matched: NFKC, no invisible characters, runs of blanks as one space."""
    if cell is None:
        return ""
    text = cell.text if isinstance(cell, CellProblem) else str(cell)
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())


def filled(cells: list[Cell]) -> int:
    """How many cells of a row hold anything."""
    return sum(cell is not None for cell in cells)


def split_header(rows: Iterator[Row], header_row: int | None, sheet: str) -> tuple[Row, Iterator[Row]]:
    """The header row and the rows after it.

    Without `header_row` it is the first row over half as wide (3/5) as the widest of the first 20: titles and
    remarks above a table fill one or two cells. Raises FileRefused NO_HEADER.
    """
    if header_row is not None:
        for row in rows:
            if row[0] == header_row and filled(row[1]):
                return row, rows
            if row[0] > header_row:
                break
        raise FileRefused("NO_HEADER", sheet=sheet)
    first = list(islice((row for row in rows if filled(row[1])), _LOOK_AHEAD))
    if not first:
        raise FileRefused("NO_HEADER", sheet=sheet)
    widest = max(filled(cells) for _, cells in first)
    at = next(index for index, (_, cells) in enumerate(first) if filled(cells) * 5 >= widest * 3)
    return first[at], chain(first[at + 1 :], rows)


def shape_rows(rows: Iterator[Row], header: Row, headers: list[str], notes: ReadNotes) -> Iterator[Row]:
    """Rows cut and filled to the header's width. Blank rows are left out; `notes` counts those in between."""
    width, nameless = len(headers), "" in headers
    unnamed: set[int] = set()
    previous = header[0]
    for number, cells in rows:
        if not filled(cells):
            continue
        if nameless or len(cells) > width:
            unnamed.update(
                i for i, cell in enumerate(cells) if cell is not None and not (i < width and headers[i])
            )
        notes.rows += 1
        notes.blank_rows += number - previous - 1
        previous = number
        yield number, cells[:width] + [None] * (width - len(cells))
    notes.unnamed_columns = [column_letters(index + 1) for index in sorted(unnamed)]

"""What the steps of an import hand each other: rows as they were read, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RowError:
    """What is wrong in the file: the row as Excel shows it, the column's header, the cell's text, what to do.

    `suggest` is a text that would do, when one is near; `candidates` are the texts an ambiguous one may stand for.
    `sheet` is named where it is not the sheet of the records (lines on a sheet of their own).
    """

    row: int
    column: str | None
    field: str | None
    code: str
    message: Any
    text: str = ""
    suggest: str | None = None
    candidates: tuple[str, ...] = ()
    sheet: str | None = None


LINK = "@link"
"""In rows of a sheet of lines: the text by which a row names its header record."""


@dataclass(slots=True)
class ReadRow:
    """A data row read: wire values by field. Links are ids or ``{"ref"}``; in a `TripRow` the texts still to be looked up.

    Fields of lines are named ``entity.field``. A field whose cell is wrong is not in `values`.
    """

    line: int
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TripRow(ReadRow):
    """A row of our own workbook: the record's id and its version when the file was written.

    `texts` are the cells that cannot be read as their fields, as the file shows them: masked ones, say. Once
    `app.importing.trip.Trip` has settled the row, `values` and `texts` hold only what the user touched, and `base`
    what the record held in these fields at that version.
    """

    id: int = 0
    version: int | None = None
    texts: dict[str, str] = field(default_factory=dict)
    base: dict[str, Any] | None = None


TOGETHER = frozenset({
    "DOCUMENT", "DUPLICATE_IN_FILE", "HEADERS_DIFFER", "ID_TWICE", "KNOWN_RECORD", "LINE_TWICE", "NOT_FOUND",
    "NO_GROUP", "NO_HEADER", "NO_LINE_KEY", "SEVERAL_RECORDS", "UNKNOWN_RECORD",
})  # fmt: skip
"""Errors that a row has because of other rows or of records: found anew whenever rows are matched."""

"""What a sheet's layout hides: hidden or filtered rows, merged cells, sums. Never imported, never dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _l

from app.excel.contract import SheetInfo, column_number
from app.excel.shape import looks_like

_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")

Problem = tuple[int, int | None, str, Any]
"""A row as Excel shows it, the column's place from 0 where one is to blame, a stable code, and the sentence."""


def problems(info: SheetInfo, header_row: int, columns: int, hidden: str) -> Iterator[Problem]:
    """What stands against importing the rows below the header as they are."""
    below = sum(
        last - max(first, header_row + 1) + 1 for first, last in info.hidden_rows if last > header_row
    )
    if below and hidden == "refuse":
        message = _l(
            "%(n)s rows are hidden or filtered out. Show them in Excel, or say whether to import or skip them.",
            n=below,
        )
        yield header_row, None, "HIDDEN_ROWS", message
    for row, (column, text) in _merged(info, header_row, columns).items():
        message = _l(
            "The cells %(range)s are merged. Unmerge them in Excel and fill in each cell.", range=text
        )
        yield row, column, "MERGED_CELLS", message


def merged(info: SheetInfo, header_row: int, columns: int, left_out: Iterable[int]) -> int:
    """How many merged cells reach rows that are imported: neither those of the titles nor the rows `left_out`."""
    ignored = set(left_out)
    return sum(
        any(row not in ignored for row in range(max(first, header_row + 1), last + 1))
        for first, last, _column, _text in _ranges(info, columns)
    )


def _ranges(info: SheetInfo, columns: int) -> Iterator[tuple[int, int, int, str]]:
    """The merged cells among the first `columns`: first and last row, the column's place, and as Excel writes them."""
    for text in info.merged_ranges:
        match = _RANGE.fullmatch(text)
        if match is not None and column_number(match[1]) <= columns:
            yield int(match[2]), int(match[4]), column_number(match[1]) - 1, text


def _merged(info: SheetInfo, header_row: int, columns: int) -> dict[int, tuple[int, str]]:
    """The data rows that merged cells reach into, each with the first such range and the place of its column."""
    found: dict[int, tuple[int, str]] = {}
    reached = header_row
    for first, last, column, text in sorted(_ranges(info, columns)):
        for row in range(max(first, reached + 1), min(last, info.rows) + 1):
            found[row] = column, text
        reached = max(reached, last)
    return found


def is_record(cells: Iterable[Any]) -> bool:
    """Whether a row marked as sums or notes is a record after all: a cell of its key holds something else."""
    return any(cell is not None and not looks_like(cell) for cell in cells)

"""From the rows of a sheet to a table: where the header is, what each column is called, which rows are records."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeAlias

from app.excel.contract import Cell, CellProblem, FileRefused, ReadNotes, Row, column_letters
from app.excel.headers import folded, header_form

_LOOK_AHEAD = 20
_SHOWN = 200
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
# A row of sums: 合计, 本页小计, 华东小计, 合计(大写):…, Total, Grand total.
_SUM = re.compile(
    r".{0,12}(?:合计|总计|小计|累计|共计)(?:金额|数量)?(?:\([^)]*\))?(?::.*)?|(?:grand|sub|page)?-?totals?:?|sum:?"
)
# Who made the list, and remarks, as they stand below the data.
_NOTE = re.compile(
    r"\(?(?:(?:制表|制单|审核|复核|核准|批准|审批|经办|填表|填报|统计|主管|负责|财务|会计|出纳|仓管|打印|签字|签名|盖章)"
    r"(?:人|员|者|人员|部门|单位|日期|时间)?(?:签字|签名|签章|盖章)*处?|日期|备注|说明|附注|注"
    r"|(?:prepared|checked|approved|reviewed)by|notes?)\)?(?::.*)?"
)
_HINT = re.compile(
    "计|otal|OTAL|[Ss][Uu][Mm]|[表单核准批审办填统管责务会出仓打签盖日备说附注]|[Bb][Yy]|[Nn][Oo][Tt][Ee]"
)
_FIRST_TEXTS = 3
_HELD_BACK = 50

Marked: TypeAlias = "tuple[Row, str]"
"""A row, with its text where it looks like sums or notes."""


@dataclass(slots=True)
class Head:
    """The header found: its row's number and cells, the filled rows above it, and the rows still to come."""

    number: int
    cells: list[Cell]
    titles: list[tuple[int, str]]
    rest: Iterator[Row]


def clean_header(cell: Cell) -> str:
    """A header as it is matched: NFKC, no invisible characters, runs of blanks as one space."""
    if cell is None:
        return ""
    text = cell.text if isinstance(cell, CellProblem) else str(cell)
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())


def filled(cells: list[Cell]) -> int:
    """How many cells of a row hold anything."""
    return len(cells) - cells.count(None)


def row_text(cells: list[Cell]) -> str:
    """A row in one line, for people to recognise it."""
    return "  ".join(text for cell in cells if (text := _shown(cell)))[:_SHOWN]


def _shown(cell: Cell) -> str:
    """A cell in one line: what is written there, for people to find it again."""
    return " ".join(cell.split()) if isinstance(cell, str) else clean_header(cell)


def split_header(
    rows: Iterator[Row], header_row: int | None, sheet: str, known: Set[str] = frozenset()
) -> Head:
    """The header row and the rows around it.

    Without `header_row` it is, of the first 20 rows, the one with most of the `known` headers, if two are there;
    else the first over half as wide (3/5) as the widest: titles and remarks above a table fill one or two cells.
    A header in two rows is its lower one, with the upper's text where that is empty. Raises FileRefused NO_HEADER.
    """
    if header_row is not None:
        above: list[Row] = []
        for row in rows:
            if row[0] == header_row and filled(row[1]):
                return _head(above, row, rows)
            if row[0] > header_row or len(above) > header_row:
                break
            if filled(row[1]):
                above.append(row)
        raise FileRefused("NO_HEADER", sheet=sheet)
    first = list(islice((row for row in rows if filled(row[1])), _LOOK_AHEAD))
    if not first:
        raise FileRefused("NO_HEADER", sheet=sheet)
    at = _known_header(first, known)
    if at is None:
        widest = max(filled(cells) for _, cells in first)
        at = next(index for index, (_, cells) in enumerate(first) if filled(cells) * 5 >= widest * 3)
        at += _is_upper(first[at : at + 3])
    return _head(first[:at], first[at], chain(first[at + 1 :], rows))


def known_headers(cells: list[Cell], known: Set[str]) -> int:
    """How many of a row's cells are headers to look for."""
    return sum(isinstance(cell, str) and header_form(cell) in known for cell in cells)


def _known_header(rows: list[Row], known: Set[str]) -> int | None:
    merged = (_with_upper(row, rows[at - 1] if at else None) for at, row in enumerate(rows))
    hits = [(known_headers(cells, known), filled(cells)) for cells in merged]
    best = max(hits)
    return hits.index(best) if best[0] >= 2 else None


def _is_upper(rows: list[Row]) -> bool:
    """Whether the first of three rows only groups the columns of the second, which is text above other values."""
    if len(rows) < 3 or rows[1][0] != rows[0][0] + 1:
        return False
    upper, lower, data = (cells for _, cells in rows)
    texts = all(cell is None or isinstance(cell, str) for cell in [*upper, *lower])
    gaps = any(cell is None for cell in upper[: filled(lower)]) and filled(lower) >= filled(upper)
    return texts and gaps and any(cell is not None and not isinstance(cell, str) for cell in data)


def _head(above: list[Row], header: Row, rest: Iterator[Row]) -> Head:
    titles = [(row, row_text(line)) for row, line in above]
    return Head(header[0], _with_upper(header, above[-1] if above else None), titles, rest)


def _with_upper(header: Row, above: Row | None) -> list[Cell]:
    """A header's cells, those that are empty with the text right above them."""
    number, cells = header
    if above is None or above[0] != number - 1 or filled(above[1]) < 2:
        return cells
    upper = above[1] + [None] * (len(cells) - len(above[1]))
    cells = cells + [None] * (len(upper) - len(cells))
    return [
        text if cell is None and isinstance(text, str) and ":" not in clean_header(text) else cell
        for cell, text in zip(cells, upper, strict=True)
    ]


def shape_rows(rows: Iterator[Row], previous: int, headers: list[str], notes: ReadNotes) -> Iterator[Row]:
    """Rows cut and filled to the header's width. Blank rows are left out; `notes` counts those in between."""
    width, nameless = len(headers), "" in headers
    unnamed: set[int] = set()
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


def marked_rows(rows: Iterator[Row], header: list[Cell]) -> Iterator[Marked]:
    """Rows with their text where they look like sums, like the header once more or, at the end, like notes."""
    header = header[:]
    while header and header[-1] is None:
        header.pop()
    first = next((at for at, cell in enumerate(header) if cell is not None), 0)
    held: list[tuple[Row, bool]] = []
    for row in rows:
        cells = row[1]
        mark = "sum" if cells[first] == header[first] and cells == header else _mark(cells)
        if mark == "note" and len(held) < _HELD_BACK:
            held.append((row, False))
        elif held and mark == "sum" and len(held) < _HELD_BACK:
            held.append((row, True))
        else:
            yield from ((each, row_text(each[1]) if sums else "") for each, sums in held)
            held.clear()
            yield row, row_text(cells) if mark == "sum" else ""
    yield from ((each, row_text(each[1])) for each, _sums in held)


def _mark(cells: list[Cell]) -> str:
    texts = 0
    for cell in cells:
        if cell.__class__ is str:
            if _HINT.search(cell):
                found = looks_like(cell)
                if found == "sum" or (found == "note" and not texts and _is_short(cells)):
                    return found
            texts += 1
            if texts == _FIRST_TEXTS:
                break
    return ""


def _is_short(cells: list[Cell]) -> bool:
    count = filled(cells)
    return count == 1 or count * 2 <= len(cells)


def looks_like(cell: Cell) -> str:
    """Whether a cell's text begins a row of sums ("sum") or a note below the data ("note"); else ""."""
    if not isinstance(cell, str) or len(cell) > _SHOWN:
        return ""
    text = folded(cell)
    if _SUM.fullmatch(text):
        return "sum"
    return "note" if _NOTE.fullmatch(text) else ""

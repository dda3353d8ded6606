"""Reading .ods row by row and exactly: the values stand in attributes, as the program kept them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from lxml import etree

from app.excel.contract import (
    Cell,
    CellProblem,
    FileRefused,
    Limits,
    Row,
    SheetInfo,
    add_to_ranges,
    check_bounds,
    column_letters,
)
from app.excel.exact import exact_number, in_calendar

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_EXTRA_KIND = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_SAFE: Any = {"no_network": True, "resolve_entities": False, "remove_comments": True, "remove_pis": True}
_CLOCK = re.compile(r"PT(\d{1,2})H(\d{1,2})M(\d{1,2})(?:[.,](\d{1,6})\d*)?S", re.ASCII)
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


class OdsBook:
    """An .ods opened for reading, after `scan` let it pass."""

    kind = "ods"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._zip = ZipFile(path)
        self._sheets: dict[str, bool] = {}
        hidden_styles = set()
        tags = (f"{_STYLE}style", f"{_TABLE}table", f"{_TABLE}table-row")
        for event, element in self._events(tags):
            if element.tag == tags[0] and event == "end":
                for properties in element.iterchildren(f"{_STYLE}table-properties"):
                    if properties.get(f"{_TABLE}display") == "false":
                        hidden_styles.add(element.get(f"{_STYLE}name"))
            elif element.tag == tags[1] and event == "start":
                hidden = element.get(f"{_TABLE}style-name") in hidden_styles
                self._sheets[element.get(f"{_TABLE}name", "")] = hidden

    def sheet_names(self) -> list[str]:
        """The sheets in the order of their tabs."""
        return list(self._sheets)

    def hides(self, name: str) -> bool:
        """Whether people do not see the sheet."""
        return self._sheets[name]

    def info(self, name: str) -> SheetInfo:
        """Measure one sheet: last row and column with content, merged ranges, hidden parts."""
        info = SheetInfo(name, hidden=self._sheets[name])
        for _first, _last, _cells in self._rows(name, info):
            pass
        return info

    def rows(self, name: str, info: SheetInfo) -> Iterator[Row]:
        """Every row that holds anything, repeated ones as often as they are."""
        for first, last, cells in self._rows(name, info):
            check_bounds(name, last, len(cells), self._limits)
            for number in range(first, last + 1):
                yield number, list(cells)

    def _rows(self, name: str, info: SheetInfo) -> Iterator[tuple[int, int, list[Cell]]]:
        """First and last number and the cells of the rows that hold anything; `info` is filled on the way."""
        hidden: list[tuple[int, int]] = []
        column = 0
        for first, repeated, element in self._elements(name):
            if element.tag == f"{_TABLE}table-column":
                count = _count(element, "columns")
                if element.get(f"{_TABLE}visibility", "visible") != "visible":
                    hidden.append((column + 1, column + count))
                column += count
                continue
            cells = self._cells(element, first, info)
            if cells:
                last = first + repeated - 1
                info.rows, info.columns = last, max(info.columns, len(cells))
                if element.get(f"{_TABLE}visibility", "visible") != "visible":
                    for number in range(first, last + 1):
                        add_to_ranges(info.hidden_rows, number)
                yield first, last, cells
        info.hidden_columns = [(a, min(b, info.columns)) for a, b in hidden if a <= info.columns]

    def _cells(self, row: Any, number: int, info: SheetInfo) -> list[Cell]:
        cells: list[Cell] = []
        blanks = 0
        for element in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            count = _count(element, "columns")
            down, right = _count(element, "rows", "spanned"), _count(element, "columns", "spanned")
            if down * right > 1:
                at = len(cells) + blanks + 1
                info.merged_ranges.append(
                    f"{column_letters(at)}{number}:{column_letters(at + right - 1)}{number + down - 1}"
                )
            cell = _cell(element, info)
            if cell is None:
                blanks += count
                continue
            # One cell too many is enough to tell; a repeat may stand for millions.
            room = self._limits.max_columns + 1 - len(cells)
            cells += ([None] * min(blanks, room) + [cell] * min(count, room))[:room]
            blanks = 0
        return cells

    def _elements(self, sheet: str) -> Iterator[tuple[int, int, Any]]:
        """The columns and rows of one sheet: first row number, how often repeated, the element."""
        tags = (f"{_TABLE}table", f"{_TABLE}table-row", f"{_TABLE}table-column")
        current, number = None, 1
        for event, element in self._events(tags):
            if element.tag == tags[0]:
                current, number = (element.get(f"{_TABLE}name", ""), 1) if event == "start" else (None, 1)
            elif current == sheet and event == "end":
                repeated = _count(element, "rows") if element.tag == tags[1] else 1
                yield number, repeated, element
                number += repeated if element.tag == tags[1] else 0

    def _events(self, tags: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        if "content.xml" not in self._zip.namelist():
            raise FileRefused("BROKEN")
        with self._zip.open("content.xml") as stream:
            for event, element in etree.iterparse(stream, events=("start", "end"), tag=tags, **_SAFE):
                yield event, element
                if event == "end" and element.tag == f"{_TABLE}table-row":
                    element.clear()
                    parent = element.getparent()
                    while parent is not None and element.getprevious() is not None:
                        del parent[0]


def _cell(element: Any, info: SheetInfo) -> Cell:
    kind = element.get(f"{_OFFICE}value-type")
    formula = element.get(f"{_TABLE}formula") is not None
    if kind is None:
        return CellProblem("NO_CACHED_VALUE") if formula else None
    info.formulas += formula
    if kind == "string" or element.get(_EXTRA_KIND) == "error":
        text = element.get(f"{_OFFICE}string-value") or _text(element)
        if element.get(_EXTRA_KIND) == "error" or (formula and text in _ERRORS):
            return CellProblem("ERROR_CELL", (text or _text(element))[:40])
        return str(text) if text else None
    if kind == "boolean":
        return bool(element.get(f"{_OFFICE}boolean-value") == "true")
    if kind == "date":
        return _date(element.get(f"{_OFFICE}date-value", ""))
    if kind == "time":
        return _time(element.get(f"{_OFFICE}time-value", ""))
    return exact_number(element.get(f"{_OFFICE}value", ""))


def _text(element: Any) -> str:
    """The paragraphs of a cell, one a line; its comment is not part of it."""
    return "\n".join(_inline(paragraph) for paragraph in element.iterchildren(f"{_TEXT}p"))


def _inline(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            parts.append(" " * (int(count) if count.isdigit() and len(count) < 5 else 1))
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag != f"{_TEXT}ruby-text":
            parts.append(_inline(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _date(text: str) -> Cell:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return CellProblem("BAD_DATE", text[:40])
    return in_calendar(moment if "T" in text else moment.date())


def _time(text: str) -> Cell:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) > 23:
        return CellProblem("BAD_TIME", text[:40])
    micro = int((match[4] or "0").ljust(6, "0"))
    return time(int(match[1]), int(match[2]) % 60, int(match[3]) % 60, micro)


def _count(element: Any, what: str, how: str = "repeated") -> int:
    text = element.get(f"{_TABLE}number-{what}-{how}", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 8 else 1

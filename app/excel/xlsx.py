"""Reading .xlsx part by part, in bounded memory and exactly: numbers are the text the file holds.

Runs in the reader's child process. Namespaces are matched by local name, so that the strict form reads too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote
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
    column_number,
)
from app.excel.exact import date_from_serial, exact_number, in_calendar
from app.excel.numfmt import style_kinds
from app.excel.plainxml import SAFE, Odd
from app.excel.quick import QuickRow, QuickSheet, quick_strings

_NAMED = 300
_LETTERS = [column_letters(column) for column in range(_NAMED + 1)]
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TRUE, _FALSE = {"1", "true"}, {"0", "false"}


class XlsxBook:
    """An .xlsx opened for reading, after `scan` let it pass."""

    kind = "xlsx"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._zip = ZipFile(path)
        self._names = {name.lower(): name for name in self._zip.namelist()}
        self._book = self._target("", "officeDocument")
        self._epoch_1904 = False
        self._sheets: dict[str, tuple[str, bool]] = {}
        self._read_book()
        self._formats = self._read_formats()
        self._strings: list[str] = []

    def sheet_names(self) -> list[str]:
        """The worksheets in the order of their tabs; chart sheets are left out."""
        return list(self._sheets)

    def hides(self, name: str) -> bool:
        """Whether people do not see the sheet."""
        return self._sheets[name][1]

    def info(self, name: str) -> SheetInfo:
        """Measure one sheet: last row and column with content, merged ranges, hidden parts."""
        part, hidden = self._sheets[name]
        info = SheetInfo(name, hidden=hidden)
        for number, row in self._rows(part, info):
            last = _last_filled(row)
            if last:
                self._measure(info, number, last, hidden=row.get("hidden") in _TRUE)
        return info

    def rows(self, name: str, info: SheetInfo) -> Iterator[Row]:
        """Every row that holds a `<row>` element, from its own number, with cells up to its last filled one."""
        part, _ = self._sheets[name]
        if not self._strings:
            self._strings = self._read_strings()
        last = 0
        try:
            for number, hidden, row in self._quick_rows(part, info):
                cells = row if isinstance(row, list) else self._cells(row, number, info)
                last = number
                if cells:
                    self._measure(info, number, len(cells), hidden=hidden)
                    check_bounds(name, number, len(cells), self._limits)
                yield number, cells
            return
        except Odd:
            info.merged_ranges.clear()
        for number, row in self._rows(part, info):
            if number > last:
                cells = self._cells(row, number, info)
                if cells:
                    self._measure(info, number, len(cells), hidden=row.get("hidden") in _TRUE)
                    check_bounds(name, number, len(cells), self._limits)
                yield number, cells

    def _quick_rows(self, part: str, info: SheetInfo) -> Iterator[QuickRow]:
        hidden: list[tuple[int, int]] = []

        def take(root: Any) -> None:
            for element in root.iter("{*}col", "{*}mergeCell"):
                self._note(element, info, hidden)

        with self._open(part) as stream:
            sheet = QuickSheet(stream, self._value, self._strings, self._formats, take)
            try:
                yield from sheet.rows()
            finally:
                info.formulas += sheet.formulas
        info.hidden_columns = [(a, min(b, info.columns)) for a, b in hidden if a <= info.columns]

    def _note(self, element: Any, info: SheetInfo, hidden: list[tuple[int, int]]) -> None:
        """What a `col` or `mergeCell` element says."""
        if etree.QName(element).localname == "mergeCell":
            info.merged_ranges.append(element.get("ref", ""))
        elif element.get("hidden") in _TRUE:
            hidden.append((_whole(element.get("min")), _whole(element.get("max"))))

    def _measure(self, info: SheetInfo, number: int, last: int, *, hidden: bool) -> None:
        info.rows = number
        if last > info.columns:
            info.columns = last
        if hidden:
            add_to_ranges(info.hidden_rows, number)

    def _rows(self, part: str, info: SheetInfo) -> Iterator[tuple[int, Any]]:
        """The rows' elements; `info` gets what stands before and behind them."""
        hidden: list[tuple[int, int]] = []
        for kind, number, element in self._elements(part):
            if kind == "row":
                yield number, element
            else:
                self._note(element, info, hidden)
        info.hidden_columns = [(a, min(b, info.columns)) for a, b in hidden if a <= info.columns]

    def _cells(self, row: Any, number: int, info: SheetInfo) -> list[Cell]:
        cells: list[Cell] = []
        position = 0
        for element in row:
            position += 1
            reference = element.get("r")
            # The expected reference is nearly always the one given; comparing is cheaper than parsing.
            if reference and (position > _NAMED or reference != f"{_LETTERS[position]}{number}"):
                position = _column(reference)
            cell = self._cell(element, info)
            if cell is not None:
                missing = position - len(cells) - 1
                if missing > 0:
                    cells.extend([None] * missing)
                if missing < 0:
                    raise FileRefused("BROKEN")
                cells.append(cell)
        return cells

    def _cell(self, element: Any, info: SheetInfo) -> Cell:
        kind = element.get("t", "n")
        length = len(element)
        if length == 0:
            return None
        value = element[0]
        tag = value.tag
        if length == 1 and tag[-2:] == "}v":
            text = value.text
        elif length == 1 and tag[-3:] == "}is":
            text, kind = _rich_text(value), "str"
        else:
            text, kind = _value_of(element, kind, info)
        if text is None:
            return CellProblem("NO_CACHED_VALUE") if kind == "missing" else None
        return self._value(kind, element.get("s", ""), text)

    def _value(self, kind: str, style: str, text: str) -> Cell:
        """The value of a cell by its type, its style and its text."""
        if kind == "s":
            place = _whole(text.strip())
            if place >= len(self._strings):
                raise FileRefused("BROKEN")
            return self._strings[place] or None
        if kind in ("n", "") and text:
            shows = self._formats.get(style) if style else None
            return date_from_serial(text, shows, self._epoch_1904) if shows else exact_number(text)
        return _other(kind, text)

    def _elements(self, part: str) -> Iterator[tuple[str, int, Any]]:
        """The `col`, `row` and `mergeCell` elements of a sheet; each is emptied once the caller goes on."""
        number = 0
        with self._open(part) as stream:
            tags = ("{*}row", "{*}mergeCell", "{*}col")
            for _, element in etree.iterparse(stream, tag=tags, **SAFE):
                kind = etree.QName(element).localname
                if kind == "row":
                    given = _whole(element.get("r") or str(number + 1))
                    if given <= number:
                        raise FileRefused("BROKEN")
                    number = given
                yield kind, number, element
                element.clear()
                parent = element.getparent()
                while element.getprevious() is not None:
                    del parent[0]

    def _read_book(self) -> None:
        root = self._tree(self._book)
        targets = self._relations(self._book)
        for properties in root.iter("{*}workbookPr"):
            self._epoch_1904 = properties.get("date1904") in _TRUE
        for sheet in root.iter("{*}sheet"):
            identity = next((value for key, value in sheet.items() if key.endswith("}id")), "")
            kind, part = targets.get(identity, ("", ""))
            if kind == "worksheet":
                self._sheets[sheet.get("name", "")] = (part, sheet.get("state", "visible") != "visible")
        if not self._sheets:
            raise FileRefused("BROKEN")

    def _read_formats(self) -> dict[str, str]:
        """Style number as cells give it → what it makes of a number, for styles that show dates and times."""
        part = self._target(self._book, "styles")
        if not part:
            return {}
        with self._open(part) as stream:
            kinds = style_kinds(stream, self._limits)
        return {str(index): kind for index, kind in enumerate(kinds) if kind}

    def _read_strings(self) -> list[str]:
        part = self._target(self._book, "sharedStrings")
        if not part:
            return []
        try:
            with self._open(part) as stream:
                return list(map(_unescape, quick_strings(stream, _rich_text)))
        except Odd:
            pass
        strings: list[str] = []
        with self._open(part) as stream:
            for _, item in etree.iterparse(stream, tag="{*}si", **SAFE):
                strings.append(_unescape(_rich_text(item)))
                item.clear()
                while item.getprevious() is not None:
                    del item.getparent()[0]
        return strings

    def _target(self, source: str, kind: str) -> str:
        return next((part for found, part in self._relations(source).values() if found == kind), "")

    def _relations(self, source: str) -> dict[str, tuple[str, str]]:
        """Relation id → (kind, part) of the parts inside the file; external targets are never followed."""
        folder, name = posixpath.split(source)
        part = posixpath.join(folder, "_rels", name + ".rels")
        if part.lower() not in self._names:
            return {}
        found = {}
        for relation in self._tree(part).iter("{*}Relationship"):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, unquote(relation.get("Target", ""))))
                found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], target[1:])
        return found

    def _tree(self, part: str) -> Any:
        with self._open(part) as stream:
            return etree.parse(stream, etree.XMLParser(**SAFE)).getroot()

    def _open(self, part: str) -> IO[bytes]:
        name = self._names.get(part.lower())
        if name is None:
            raise FileRefused("BROKEN")
        return self._zip.open(name)


def _value_of(element: Any, kind: str, info: SheetInfo) -> tuple[str | None, str]:
    """The text and type of a cell that is more than one `<v>`; "missing" for a formula without a result."""
    value, formula = None, False
    for child in element:
        tag = etree.QName(child).localname
        if tag == "v":
            value = child.text or ""
        elif tag == "f":
            formula = True
        elif tag == "is":
            value, kind = _rich_text(child), "str"
    if formula:
        if value is None or (not value and kind != "str"):
            return None, "missing"
        info.formulas += 1
    return value or None, kind


def _other(kind: str, value: str) -> Cell:
    if kind in ("str", "inlineStr"):
        return _unescape(value) or None
    if kind == "b":
        said = value.strip().lower()
        return said in _TRUE if said in _TRUE | _FALSE else CellProblem("BAD_YES_NO", value[:40])
    if kind == "e":
        return CellProblem("ERROR_CELL", value[:40])
    if kind == "d":
        with suppress(ValueError):
            # As the cell shows it: what it says of a zone is not what its reader sees.
            moment = datetime.fromisoformat(value.strip()).replace(tzinfo=None)
            return in_calendar(moment if "T" in value else moment.date())
        return CellProblem("BAD_DATE", value[:40])
    raise FileRefused("BROKEN")


def _rich_text(item: Any) -> str:
    """The text of a shared or inline string: its runs joined, without the phonetic guide."""
    if len(item) == 1 and item[0].tag[-2:] == "}t":
        return item[0].text or ""
    texts = []
    for child in item:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag.endswith("}t"):
            texts.append(child.text or "")
        elif tag.endswith("}r"):
            texts.extend(text.text or "" for text in child.iterchildren("{*}t"))
    return "".join(texts)


def _unescape(text: str) -> str:
    """`_x000D_` is how the format writes characters XML cannot hold; NUL and half characters are dropped."""
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return "" if code == 0 or 0xD800 <= code <= 0xDFFF or code >= 0xFFFE else chr(code)


def _last_filled(row: Any) -> int:
    """The column of the last cell of a row that holds anything; 0 for none."""
    position = len(row)
    for cell in row.iterchildren(reversed=True):
        if len(cell) and any(child.text or len(child) for child in cell):
            reference = cell.get("r")
            return _column(reference) if reference else position
        position -= 1
    return 0


def _column(reference: str) -> int:
    letters = reference.rstrip("0123456789").upper()
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise FileRefused("BROKEN")
    return column_number(letters)


def _whole(text: str | None) -> int:
    if text and len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    raise FileRefused("BROKEN")

"""Sheets of an .xlsx written the way nearly all programs write them, read without building a tree.

Every character of a row must be accounted for: a row in any other form is given back as XML, to be read by the parser
proper, and a sheet that holds comments or the like is `Odd` as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import IO, Any, TypeAlias

from app.excel.contract import Cell, column_letters, column_number
from app.excel.plainxml import Odd, PlainXml, parsed, plain
from app.excel.rowform import CELL, Convert, Found, RowForms, Texts

_ROW = re.compile(r'<row r="([1-9]\d{0,6})"([^<>]*?)(/?)>')
_HIDDEN = re.compile(r"""\shidden\s*=\s*(["'])(?:1|true)\1""")
_ROOT = re.compile(r"<worksheet(?:\s[^<>]*)?>")
_SST = re.compile(r"<sst(?:\s[^<>]*)?>")
_T = r'<t(?: xml:space="preserve")?>([^<]*)</t>'
_STRING, _TEXT = re.compile(f"<si>{_T}"), re.compile(_T)
_RUNS = re.compile(rf"<si>(?:<r>(?:<rPr>(?:<\w+(?:\s[^<>]*)?/>)*</rPr>)?{_T}</r>)+")
_LETTERS = [column_letters(column) for column in range(1, 301)]
_TOGETHER = 500

QuickRow: TypeAlias = "tuple[int, bool, list[Cell] | Any]"
"""Number, whether the row is hidden, and its cells, or the `<row>` element where the parser has to read them."""


class QuickSheet:
    """One sheet part being read. `elements` gets what stands before and behind the rows.

    `strings` are the workbook's shared texts, `dated` the styles in which a number is a date or a time.
    """

    def __init__(
        self, stream: IO[bytes], convert: Convert, strings: Sequence[str], dated: Container[str],
        elements: Callable[[Any], None],
    ) -> None:  # fmt: skip
        self._xml, self._elements = PlainXml(stream), elements
        self._convert, self._strings, self._dated = convert, strings, dated
        self._forms = RowForms(convert, strings, dated)
        self._root, self._last = "", 0

    @property
    def formulas(self) -> int:
        """How many cells of the rows so far were computed."""
        return self._forms.formulas

    def rows(self) -> Iterator[QuickRow]:
        """The rows in order. Raises Odd, or FileRefused BROKEN for what is no XML at all."""
        ripe = False
        waiting: list[QuickRow] = []
        taken: list[Texts] = []
        try:
            for part in self._parts():
                texts = self._forms.take(part)
                if texts is not None:
                    taken.append(texts)
                    waiting.append((int(texts[0]), _hidden(texts[1]), None))
                else:
                    rows, ripe = self._read(part)
                    waiting += rows
                if ripe or len(waiting) >= _TOGETHER:
                    yield from self._filled(waiting, taken)
                    waiting, taken = [], []
                    if ripe:
                        self._forms.learn()
                        ripe = False
        except Odd:
            yield from self._filled(waiting, taken)
            raise
        yield from self._filled(waiting, taken)

    def _filled(self, rows: list[QuickRow], taken: list[Texts]) -> Iterator[QuickRow]:
        """Rows of which some wait for the cells made of their texts."""
        made = self._forms.cells(taken)
        for number, hidden, cells in rows:
            if number <= self._last:
                raise Odd
            self._last = number
            yield number, hidden, next(made) if cells is None else cells

    def _read(self, part: str) -> tuple[list[QuickRow], bool]:
        """The rows of a part cell by cell (empty ones stand before it), and whether there is something to learn."""
        rows: list[QuickRow] = []
        at = 0
        while at < len(part):
            match = _ROW.match(part, at)
            if match is None:
                raise Odd
            number, hidden, at = int(match[1]), _hidden(match[2]), match.end()
            if not match[3]:
                found = CELL.findall(part, at)
                whole = sum([len(each[0]) for each in found]) == len(part) - at
                cells = self._cells(found, match[1]) if whole else None
                rows.append((number, hidden, self._parsed(part[match.start() :]) if cells is None else cells))
                return rows, cells is not None and self._forms.saw(found)
            rows.append((number, hidden, []))
        return rows, False

    def _cells(self, found: list[Found], number: str) -> list[Cell] | None:
        """The cells of a row; None where their order is not understood."""
        convert, strings, dated = self._convert, self._strings, self._dated
        cells: list[Cell] = []
        position = computed = 0
        for _whole, letters, row, style, kind, formula, value, inline in found:
            if row != number or (formula and not value):
                return None
            computed += bool(formula)
            if position >= 300 or letters != _LETTERS[position]:
                gap = column_number(letters) - 1 - position
                if gap < 0:
                    return None
                cells.extend([None] * gap)
                position += gap
            position += 1
            # The usual cells first; `convert` knows them too.
            if inline:
                cells.append(
                    inline if "&" not in inline and "_x" not in inline else convert("str", "", plain(inline))
                )
            elif not value:
                cells.append(None)
            elif (
                kind == "s"
                and value.isascii()
                and value.isdigit()
                and len(value) < 8
                and int(value) < len(strings)
            ):
                cells.append(strings[int(value)] or None)
            elif (
                kind == "" and style not in dated and len(value) < 16 and value.isdigit() and value.isascii()
            ):
                cells.append(int(value))
            else:
                cells.append(convert(kind, style, plain(value)))
        while cells and cells[-1] is None:
            cells.pop()
        self._forms.formulas += computed
        return cells

    def _parsed(self, row: str) -> Any:
        return parsed(f"{self._root}{row}</row></worksheet>")[0]

    def _parts(self) -> Iterator[str]:
        """The text of each row without its end tag, with empty rows before it."""
        yield from self._xml.pieces("</row>", self._head())
        rows, end, tail = self._xml.rest.partition("</sheetData>")
        if not end or "<sheetData" in tail:
            raise Odd
        if rows:
            yield rows
        self._elements(parsed(self._root + tail))

    def _head(self) -> str:
        buffer = self._xml.block() or ""
        head, found, rest = buffer.partition("<sheetData>")
        root = _ROOT.search(head)
        if not found or root is None:
            raise Odd
        self._root = root[0]
        self._elements(parsed(f"{head[root.start() :]}</worksheet>"))
        return rest


def _hidden(attributes: str) -> bool:
    return "hidden" in attributes and _HIDDEN.search(attributes) is not None


def quick_strings(stream: IO[bytes], rich: Callable[[Any], str]) -> Iterator[str]:
    """A workbook's shared texts; `rich` reads those that are more than a text. Raises as `QuickSheet.rows`."""
    xml = PlainXml(stream)
    start = xml.block() or ""
    root = _SST.search(start)
    if root is None:
        raise Odd
    for item in xml.pieces("</si>", start[root.end() :]):
        match = _STRING.fullmatch(item)
        if match is not None:
            yield plain(match[1])
        elif _RUNS.fullmatch(item):
            yield "".join(map(plain, _TEXT.findall(item)))
        else:
            yield from map(rich, parsed(f"{root[0]}{item}</si></sst>").iterchildren("{*}si"))
    if xml.rest.strip() != "</sst>":
        raise Odd

"""Sheets of an .xlsx written the way nearly all programs write them, read without building a tree.

Every character of a row must be accounted for: a row in any other form is given back as XML, to be read by the parser
proper, and a sheet that holds comments or the like is `Odd` as a whole.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Container, Iterator, Sequence
from typing import IO, Any, TypeAlias

from lxml import etree

from app.excel.contract import Cell, FileRefused, column_letters, column_number

_BLOCK = 1 << 20
_CELL = re.compile(
    r'(<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d{1,5})")?(?: t="(b|d|e|n|s|str|inlineStr)")?'
    r'(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>))'
)
_ROW = re.compile(r'<row r="([1-9]\d{0,6})"([^<>]*?)(/?)>')
_HIDDEN = re.compile(r'\shidden="(?:1|true)"')
_ROOT = re.compile(r"<worksheet(?:\s[^<>]*)?>")
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);|#(\d{1,7});|#x([0-9A-Fa-f]{1,6});)?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LETTERS = [column_letters(column) for column in range(1, 301)]
_SAFE: Any = {"no_network": True, "resolve_entities": False, "remove_comments": True, "remove_pis": True}

Convert: TypeAlias = Callable[[str, str, str], Cell]
"""Type, style and text of a cell to its value."""
QuickRow: TypeAlias = "tuple[int, bool, list[Cell] | Any]"
"""Number, whether the row is hidden, and its cells, or the `<row>` element where the parser has to read them."""


class Odd(Exception):
    """The sheet is not in the usual form; what was given of it so far is right."""


class QuickSheet:
    """One sheet part being read. `elements` gets what stands before and behind the rows.

    `strings` are the workbook's shared texts, `dated` the styles in which a number is a date or a time.
    """

    def __init__(
        self, stream: IO[bytes], convert: Convert, strings: Sequence[str], dated: Container[str],
        elements: Callable[[Any], None],
    ) -> None:  # fmt: skip
        self._stream, self._decode = stream, getincrementaldecoder("utf-8-sig")().decode
        self._convert, self._strings, self._dated, self._elements = convert, strings, dated, elements
        self._root = ""

    def rows(self) -> Iterator[QuickRow]:
        """The rows in order. Raises Odd, or FileRefused BROKEN for what is no XML at all."""
        last = 0
        for part in self._parts():
            at = 0
            while at < len(part):
                match = _ROW.match(part, at)
                if match is None:
                    raise Odd
                number, hidden = int(match[1]), bool(match[2] and _HIDDEN.search(match[2]))
                if number <= last:
                    raise Odd
                last, body = number, match.end()
                if match[3]:
                    yield number, hidden, []
                    at = body
                    continue
                cells = self._cells(part, body, match[1])
                yield number, hidden, self._parsed(part[at:]) if cells is None else cells
                break

    def _parts(self) -> Iterator[str]:
        """The text of each row without its end tag, with empty rows before it."""
        buffer = self._head()
        while True:
            *parts, buffer = buffer.split("</row>")
            yield from parts
            block = self._read()
            if block is None:
                break
            buffer += block
        rows, end, tail = buffer.partition("</sheetData>")
        if not end or "<sheetData" in tail:
            raise Odd
        if rows:
            yield rows
        self._take(self._root + tail)

    def _head(self) -> str:
        buffer = self._read(first=True) or ""
        head, found, rest = buffer.partition("<sheetData>")
        root = _ROOT.search(head)
        if not found or root is None:
            raise Odd
        self._root = root[0]
        self._take(f"{head[root.start() :]}</worksheet>")
        return rest

    def _read(self, *, first: bool = False) -> str | None:
        raw = self._stream.read(_BLOCK)
        if not raw:
            self._decode(b"", final=True)
            return None
        while raw[-1:] in (b"\r", b"<"):  # what follows belongs to it
            more = self._stream.read(1)
            if not more:
                break
            raw += more
        if len(raw.translate(None, _CONTROLS)) != len(raw) or any(each in raw for each in _NO_CHARACTERS):
            raise FileRefused("BROKEN")
        if b"<!" in raw or (not first and b"<?" in raw):
            raise Odd
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return self._decode(raw)

    def _take(self, xml: str) -> None:
        try:
            self._elements(etree.fromstring(xml.encode(), etree.XMLParser(**_SAFE)))
        except etree.XMLSyntaxError:
            raise Odd from None

    def _cells(self, part: str, body: int, number: str) -> list[Cell] | None:
        """The cells of a row; None where a character of it is not understood."""
        found = _CELL.findall(part, body)
        if sum([len(each[0]) for each in found]) != len(part) - body:
            return None
        convert, strings, dated = self._convert, self._strings, self._dated
        cells: list[Cell] = []
        position = 0
        for _whole, letters, row, style, kind, value, inline in found:
            if row != number:
                return None
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
            elif kind == "s" and value.isdigit() and len(value) < 8 and int(value) < len(strings):
                cells.append(strings[int(value)] or None)
            elif (
                kind == "" and style not in dated and len(value) < 16 and value.isdigit() and value.isascii()
            ):
                cells.append(int(value))
            else:
                cells.append(convert(kind, style, plain(value)))
        while cells and cells[-1] is None:
            cells.pop()
        return cells

    def _parsed(self, row: str) -> Any:
        xml = f"{self._root}{row}</row></worksheet>"
        try:
            return etree.fromstring(xml.encode(), etree.XMLParser(**_SAFE))[0]
        except etree.XMLSyntaxError:
            raise Odd from None


def plain(text: str) -> str:
    """XML text as what it says. Raises Odd for an ampersand that stands for nothing."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    name, decimal, sixteen = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(sixteen or "0", 16)
    if not (
        code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xDFFF < code < 0xFFFE or 0xFFFF < code < 0x110000
    ):
        raise Odd
    return chr(code)

"""One sheet of an .xlsx with cells marked and hidden columns added; every other byte of it stays as it was.

The part is read as a stream and cut at its rows. Only rows that hold a marked cell are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from lxml import etree

from app.excel.contract import FileRefused, column_letters, column_number
from app.excel.xmltext import escape

_CHUNK = 1 << 18
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SAFE: Any = {"no_network": True, "resolve_entities": False}
_BEHIND = (
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
)
"""What stands behind the drawing of the comments."""
_SPANS = re.compile(rb'\sspans="[^"]*"')
_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")


def tree(xml: bytes) -> Any:
    """The root of a small part."""
    return etree.fromstring(xml, etree.XMLParser(**_SAFE))


def xml_of(root: Any) -> bytes:
    """A small part as it is written."""
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return text


class SheetPatch:
    """How a sheet is to be changed. `marks` are column numbers by row, `texts` what other text a cell is to hold,
    `ids` id and version by row.

    `style` answers the number of a cell style that looks like another, but marked; `mended` one for a cell with
    another text. `hidden` are the letters of the two hidden columns, `drawing` is the relation of the comments' boxes
    where the sheet has none of its own. `calculated` tells afterwards that a formula had to go.
    """

    def __init__(
        self, marks: Mapping[int, Mapping[int, str]], texts: Mapping[int, Mapping[int, str]],
        ids: Mapping[int, tuple[int | None, int | None]], header_row: int,
        style: Callable[[int], int], mended: Callable[[int], int], plain: Callable[[int], int],
    ) -> None:  # fmt: skip
        self.marks, self.texts, self.ids, self.header_row = marks, texts, ids, header_row
        self.style, self.mended, self.plain = style, mended, plain
        self.calculated = False
        self.hidden: tuple[int, int] | None = None
        self.names: tuple[str, str] = ("", "")
        self.fresh = True
        self.drawing: str | None = None
        self._open, self._prefix = b"", b""

    def run(self, source: IO[bytes], out: IO[bytes]) -> None:
        """Copy the part, changed. Raises FileRefused for one that cannot be cut safely."""
        pieces = self._pieces(source)
        out.write(self._head(next(pieces)))
        number = 0
        for row in pieces:
            if not row.startswith(b"<" + self._prefix + b"row"):
                out.write(self._tail(row))
                continue
            found = _NUMBER.search(row, 0, row.index(b">"))
            number = int(found[1]) if found else number + 1
            out.write(self._row(row, number))

    def _pieces(self, source: IO[bytes]) -> Iterator[bytes]:
        """What stands before the rows, each row (with blanks before it left out), what stands behind them."""
        data = source.read(_CHUNK)
        while (at := data.find(b"sheetData")) < 0 or data.find(b">", at) < 0:
            more = source.read(_CHUNK)
            if not more:
                raise FileRefused("BROKEN")
            data += more
        start = re.search(rb"<((?:\w+:)?)worksheet[\s>]", data)
        if start is None:
            raise FileRefused("BROKEN")
        self._prefix = start[1]
        self._open = data[start.start() : data.index(b">", start.start()) + 1]
        cut = data.index(b">", data.index(b"<" + self._prefix + b"sheetData")) + 1
        yield data[:cut]
        data = data[cut:]
        begin, end, short = b"<" + self._prefix + b"row", b"</" + self._prefix + b"row>", b"/>"
        while True:
            if b"<!" in data:
                raise FileRefused("BROKEN")  # a comment or CDATA could hide what looks like a row
            at = 0
            while (first := data.find(begin, at)) >= 0:
                close = data.find(b">", first)
                if close < 0:
                    break
                last = close + 1 if data[close - 1 : close + 1] == short else data.find(end, close) + len(end)
                if last < len(end):
                    break
                yield data[first:last]
                at = last
            data = data[at:]
            more = source.read(_CHUNK)
            if not more:
                break
            data += more
        yield data

    def _head(self, head: bytes) -> bytes:
        """The part before the rows, with the columns of ids hidden; its stale measure goes."""
        head = re.sub(rb"<(?:\w+:)?dimension\s[^>]*/>", b"", head)
        if self.hidden is None:
            return head
        first, last = self.hidden
        mine = b'<%scol min="%d" max="%d" width="9" hidden="1" customWidth="1"/>' % (
            self._prefix,
            first,
            last,
        )
        found = re.search(rb"<(?:\w+:)?cols>(.*?)</(?:\w+:)?cols>", head, re.DOTALL)
        if found is None:
            at = head.index(b"<" + self._prefix + b"sheetData")
            cols = b"<%scols>%s</%scols>" % (self._prefix, mine, self._prefix)
            return head[:at] + cols + head[at:]
        kept = [part for col in re.findall(rb"<[^>]*/>", found[1]) for part in _clipped(col, first, last)]
        kept = sorted([*kept, mine], key=lambda col: int(re.search(rb'min="(\d+)"', col)[1]))  # type: ignore[index]
        return head[: found.start(1)] + b"".join(kept) + head[found.end(1) :]

    def _row(self, row: bytes, number: int) -> bytes:
        marks, extra = self.marks.get(number, {}), self._extra(number)
        touched = bool(marks) or number in self.texts or not self.fresh
        if not touched and not extra:
            return row
        if touched:
            row = self._parsed(row, number, marks, extra)
            return row
        close = row.index(b">")
        start = _SPANS.sub(b"", row[:close])
        if start.endswith(b"/"):
            return start[:-1] + b">" + extra + b"</" + self._prefix + b"row>"
        end = row.rindex(b"</")
        return start + row[close:end] + extra + row[end:]

    def _extra(self, number: int) -> bytes:
        """The cells of the hidden columns."""
        if self.hidden is None:
            return b""
        values: tuple[Any, Any] = self.ids.get(number, (None, None))
        if number == self.header_row:
            values = self.names
        cells, p = "", self._prefix.decode()
        for column, value in zip(self.hidden, values, strict=True):
            if value is None:
                continue
            start = f'<{p}c r="{column_letters(column)}{number}"'
            if isinstance(value, int):
                cells += f"{start}><{p}v>{value}</{p}v></{p}c>"
            else:
                cells += f'{start} t="inlineStr"><{p}is><{p}t>{escape(value)}</{p}t></{p}is></{p}c>'
        return cells.encode()

    def _parsed(self, row: bytes, number: int, marks: Mapping[int, str], extra: bytes) -> bytes:
        """A row with marked or corrected cells; of an earlier error workbook the old marks go."""
        close = b"</%sworksheet>" % self._prefix
        element = tree(self._open + row + close)[0]
        element.attrib.pop("spans", None)
        cells: dict[int, Any] = {}
        position = 0
        for cell in element:
            reference = cell.get("r")
            position = _place(cell) if reference else position + 1
            cells[position] = cell
            if not self.fresh:
                self._clear(cell)
        if not self.fresh and self.hidden is not None and extra:
            for column in self.hidden:
                if column in cells and number != self.header_row:
                    element.remove(cells.pop(column))
        texts = self.texts.get(number, {})
        for column in sorted({*marks, *texts}):
            cell = cells.get(column)
            if cell is None:
                cell = etree.Element(
                    f"{{{element.nsmap[element.prefix]}}}c", r=f"{column_letters(column)}{number}"
                )
                later = [other for place, other in cells.items() if place > column]
                element.insert(element.index(min(later, key=element.index)) if later else len(element), cell)
                cells[column] = cell
            written = column in texts and self._write(cell, texts[column])
            if column in marks or written:
                look = self.style if column in marks else self.mended
                cell.set("s", str(look(int(cell.get("s", "0")))))
        if extra and (self.fresh or number != self.header_row):
            row = b"<%srow>%s</%srow>" % (self._prefix, extra, self._prefix)
            element.extend(list(tree(self._open + row + close)[0]))
            element[:] = sorted(element, key=_place)
        text: bytes = etree.tostring(element)
        cut = text.index(b">")
        return re.sub(rb'\sxmlns(?::\w+)?="[^"]*"', b"", text[:cut]) + text[cut:]

    def _write(self, cell: Any, text: str) -> bool:
        """Let a cell hold a text; not one from whose formula others take theirs, which they would lose."""
        formula = cell.find("{*}f")
        if formula is not None and formula.get("ref") not in (None, cell.get("r")):
            return False
        self.calculated = self.calculated or formula is not None
        for name in ("t", "cm", "vm"):
            cell.attrib.pop(name, None)
        cell[:] = []
        if text:
            p, close = self._prefix, b"</%sworksheet>" % self._prefix
            said = b'<%sis><%st xml:space="preserve">%s</%st></%sis>' % (p, p, escape(text).encode(), p, p)
            cell.append(tree(self._open + said + close)[0])
            cell.set("t", "inlineStr")
        return True

    def _clear(self, cell: Any) -> None:
        style = int(cell.get("s", "0"))
        if (was := self.plain(style)) != style:
            cell.set("s", str(was))

    def _tail(self, tail: bytes) -> bytes:
        """The part behind the rows, with the drawing of the comments in its place."""
        if self.drawing is None:
            return tail
        mark = b'<%slegacyDrawing xmlns:r="%s" r:id="%s"/>' % (
            self._prefix,
            REL.encode(),
            self.drawing.encode(),
        )
        names = "|".join(_BEHIND).encode()
        found = re.search(rb"<(?:\w+:)?(?:%s)[\s/>]|</(?:\w+:)?worksheet>" % names, tail)
        if found is None:
            raise FileRefused("BROKEN")
        return tail[: found.start()] + mark + tail[found.start() :]


def _place(cell: Any) -> int:
    reference = cell.get("r") or ""
    letters = reference.rstrip("0123456789").upper()
    return column_number(letters) if letters else 0


def _clipped(col: bytes, first: int, last: int) -> Iterator[bytes]:
    """A `col` without the columns from `first` to `last`: no two may overlap."""
    low, high = (int(re.search(rb'\b%s="(\d+)"' % name, col)[1]) for name in (b"min", b"max"))  # type: ignore[index]
    for begin, end in ((low, min(high, first - 1)), (max(low, last + 1), high)):
        if begin <= end:
            part = re.sub(rb'\bmin="\d+"', b'min="%d"' % begin, col)
            yield re.sub(rb'\bmax="\d+"', b'max="%d"' % end, part)

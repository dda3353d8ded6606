"""The styles and comments of an .xlsx with more of them: marked cells look like before but for their ground."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.excel.contract import column_letters, column_number
from app.excel.parts import WORKSHEET, notes_drawing
from app.excel.patchsheet import tree, xml_of
from app.excel.xmltext import MAIN, attribute, escape

GROUND, MENDED = "FFFFC7CE", "FFD9F2E0"
"""The colours of a marked cell, and of one whose text was corrected for the user."""


class MarkedStyles:
    """styles.xml; `marked`, `mended` and `named` add to it as they are asked."""

    def __init__(self, xml: bytes) -> None:
        self._root = tree(xml)
        self._space = self._root.tag.partition("}")[0] + "}" if "}" in self._root.tag else ""
        self._cells = self._one("cellXfs")
        self._old = frozenset(self._fills(GROUND))
        self._grounds: dict[str, str] = {}
        self._tinted: dict[tuple[int, str], int] = {}
        self._named: dict[str, int] = {}

    def marked(self, style: int) -> int:
        """The number of the style that is like `style` on the ground of errors."""
        return self._tint(style, GROUND)

    def mended(self, style: int) -> int:
        """The number of the style that is like `style` on the ground of corrected cells."""
        return self._tint(style, MENDED)

    def plain(self, style: int) -> int:
        """The style that a marked cell of an earlier error workbook had before."""
        if style >= len(self._cells) or self._cells[style].get("fillId") not in self._old:
            return style
        mine = _but_fill(self._cells[style])
        others = (
            at for at, xf in enumerate(self._cells) if at != style and xf.get("fillId") not in self._old
        )
        return next((at for at in others if _but_fill(self._cells[at]) == mine), 0)

    def named(self, name: str) -> int:
        """A style of our own sheet: text, head, title or link. No text of it can be entered as a formula."""
        if name not in self._named:
            look = etree.Element(f"{self._space}xf", numFmtId="49", fontId="0", fillId="0", borderId="0", xfId="0",
                                 quotePrefix="1", applyNumberFormat="1", applyAlignment="1")  # fmt: skip
            if name != "text":
                look.set("fontId", self._font(name))
                look.set("applyFont", "1")
            etree.SubElement(
                look, f"{self._space}alignment", vertical="top", wrapText="0" if name == "title" else "1"
            )
            self._named[name] = int(self._add(self._cells, "xf", look))
        return self._named[name]

    def _tint(self, style: int, colour: str) -> int:
        if (style, colour) not in self._tinted:
            base = self._cells[style] if style < len(self._cells) else self._cells[0]
            look = copy.deepcopy(base)
            look.set("fillId", self._ground(colour))
            look.set("applyFill", "1")
            self._tinted[style, colour] = int(self._add(self._cells, "xf", look))
        return self._tinted[style, colour]

    def _ground(self, colour: str) -> str:
        if colour not in self._grounds:
            known = self._fills(colour)
            new = None if known else self._add(self._one("fills"), "fill", _fill(self._space, colour))
            self._grounds[colour] = new or known[0]
        return self._grounds[colour]

    def _fills(self, colour: str) -> list[str]:
        found = f".//{{*}}fgColor[@rgb='{colour}']"
        return [str(at) for at, fill in enumerate(self._one("fills")) if fill.find(found) is not None]

    def _font(self, name: str) -> str:
        fonts = self._one("fonts")
        font = etree.Element(f"{self._space}font")
        if name in ("head", "title"):
            etree.SubElement(font, f"{self._space}b")
        if name == "link":
            etree.SubElement(font, f"{self._space}u")
        etree.SubElement(font, f"{self._space}sz", val="14" if name == "title" else "11")
        etree.SubElement(font, f"{self._space}color", rgb="FF1D4ED8" if name == "link" else "FF1F2937")
        etree.SubElement(font, f"{self._space}name", val="等线")
        return self._add(fonts, "font", font)

    def _one(self, name: str) -> Any:
        found = self._root.find(f"{self._space}{name}")
        return found if found is not None else etree.SubElement(self._root, f"{self._space}{name}")

    def _add(self, parent: Any, _tag: str, child: Any) -> str:
        parent.append(child)
        parent.set("count", str(len(parent)))
        return str(len(parent) - 1)

    def xml(self) -> bytes:
        """styles.xml as it is now."""
        return xml_of(self._root)


def _fill(space: str, colour: str) -> Any:
    fill = etree.Element(f"{space}fill")
    pattern = etree.SubElement(fill, f"{space}patternFill", patternType="solid")
    etree.SubElement(pattern, f"{space}fgColor", rgb=colour)
    etree.SubElement(pattern, f"{space}bgColor", indexed="64")
    return fill


def _but_fill(look: Any) -> tuple[Any, ...]:
    kept = {n: v for n, v in look.attrib.items() if n not in ("fillId", "applyFill")}
    return tuple(sorted(kept.items())), tuple(etree.tostring(child) for child in look)


def comments(
    old: bytes | None, notes: Mapping[int, Mapping[int, str]], author: str
) -> tuple[bytes, set[tuple[int, int]]]:
    """commentsN.xml with our notes, and the cells that get a box of their own. A note of the user's stays, ours
    is put behind it; ours of an earlier time go."""
    root = tree(old or f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode())
    space = root.tag.partition("}")[0] + "}"
    authors, listed = root.find(f"{space}authors"), root.find(f"{space}commentList")
    names = [one.text or "" for one in authors]
    if author not in names:
        etree.SubElement(authors, f"{space}author").text = author
        names.append(author)
    mine = str(names.index(author))
    known: dict[tuple[int, int], Any] = {}
    behind = f"\n[{author}] "
    for comment in list(listed):
        place = _place(comment.get("ref", ""))
        if comment.get("authorId") == mine and old is not None:
            listed.remove(comment)
            known[place] = None
        else:
            known[place] = comment
            _cut(comment, space, behind)
    boxes = set()
    for row, cells in notes.items():
        for column, text in cells.items():
            here = known.get((row, column))
            if here is not None:
                body = here.find(f"{space}text")
                body = etree.SubElement(here, f"{space}text") if body is None else body
                _say(body, space, behind + text)
                continue
            if (row, column) not in known:
                boxes.add((row, column))
            comment = etree.SubElement(
                listed, f"{space}comment", ref=f"{column_letters(column)}{row}", authorId=mine
            )
            _say(etree.SubElement(comment, f"{space}text"), space, text)
    return xml_of(root), boxes


def _cut(comment: Any, space: str, behind: str) -> None:
    """Take off what we put behind a note of the user's an earlier time; other programs make one text of both."""
    for said in list(comment.iter(f"{space}t")):
        text, found, _ours = (said.text or "").partition(behind)
        if found:
            said.text = text
            if not text and said.getparent().tag == f"{space}r":
                said.getparent().getparent().remove(said.getparent())


def _say(body: Any, space: str, text: str) -> None:
    run = etree.SubElement(body, f"{space}r")
    said = etree.SubElement(run, f"{space}t")
    said.text = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
    said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def boxes(old: bytes | None, places: set[tuple[int, int]], first: int = 0) -> bytes:
    """vmlDrawingN.vml with a box for each place more."""
    shapes = "".join(_box(number, *place) for number, place in enumerate(sorted(places), first + 20_000))
    if old is None:
        empty = notes_drawing({})
        return (empty.removesuffix("</xml>") + shapes + "</xml>").encode()
    end = old.rindex(b"</")
    return old[:end] + shapes.encode() + old[end:]


def _box(number: int, row: int, column: int) -> str:
    spaces = (
        'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"'
    )
    return (
        f'<v:shape {spaces} id="_x0000_s{number}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto" '
        'style="position:absolute;width:200pt;height:80pt;z-index:1;visibility:hidden"><v:fill color2="#ffffe1"/>'
        '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    row = reference[len(letters) :]
    return (
        int(row) if row else 0,
        column_number(letters.upper()) if letters.isascii() and letters.isalpha() else 0,
    )


def result_sheet(lines: list[list[tuple[str, str, str]]], style: MarkedStyles, widths: list[int]) -> bytes:
    """A sheet of text: each line of (style, text, where a click leads to) cells."""
    rows, links = list[str](), list[str]()
    for number, line in enumerate(lines, 1):
        cells = ""
        for column, (name, text, target) in enumerate(line, 1):
            if not text:
                continue
            place = f"{column_letters(column)}{number}"
            cells += (f'<c r="{place}" s="{style.named(name)}" t="inlineStr"><is><t xml:space="preserve">'
                      f"{escape(text[:32_000])}</t></is></c>")  # fmt: skip
            if target and len(links) < 65_000:
                links.append(f'<hyperlink ref="{place}" location="{attribute(target)}"/>')
        rows.append(f'<row r="{number}">{cells}</row>')
    cols = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
    )
    linked = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    return (
        f"{WORKSHEET}<cols>{cols}</cols><sheetData>{''.join(rows)}</sheetData>{linked}</worksheet>".encode()
    )

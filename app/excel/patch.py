"""A user's own .xlsx with cells marked: coloured, with a comment, listed on a sheet behind the others.

Formats, images, other sheets and formulas stay: every part that need not change is copied as it is, and the marked
sheet is copied as a stream, so that memory does not grow with its rows.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from lxml import etree

from app.excel.contract import FileRefused
from app.excel.manifest import ID, MARK, SHEET, VERSION
from app.excel.patchsheet import REL, SheetPatch, tree, xml_of
from app.excel.patchstyles import MarkedStyles, boxes, comments, result_sheet

COMMENTS = 10_000
"""More boxes than this make Excel slow; the other cells are coloured and listed all the same."""
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
Line = Sequence[tuple[str, str, str]]
"""Cells of the list: style (text, head, title, link), text, and where a click leads to."""


@dataclass
class Marks:
    """What is wrong on a sheet. `cells` are sentences by row and column (from 1), `texts` what cells were corrected to;
    `ids` id and version by row, for the hidden columns `hidden`, called `names`; `author` signs the comments. A sheet
    that is not `fresh` has columns or marks of ours."""

    sheet: str
    header_row: int
    cells: Mapping[int, Mapping[int, str]]
    ids: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    hidden: tuple[int, int] | None = None
    names: tuple[str, str] = (ID, VERSION)
    fresh: bool = True
    texts: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    author: str = "台账"


def mark(source: Path, out: Path, marks: Sequence[Marks], listed: tuple[str, list[Line]], token: str) -> None:
    """Write `source` with its marks to `out`. `listed` is our own sheet: its name and lines; `token` the manifest's.

    Raises FileRefused where the file's XML cannot be changed safely.
    """
    with ZipFile(source) as old, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=4) as new:
        try:
            _Package(old, new).write(marks, listed, token)
        except (etree.XMLSyntaxError, KeyError, ValueError) as error:
            raise FileRefused("BROKEN") from error


class _Package:
    """One file being rewritten. `_done` are the parts that are written anew."""

    def __init__(self, old: ZipFile, new: ZipFile) -> None:
        self._old, self._new = old, new
        self._names = {name.lower(): name for name in old.namelist()}
        self._done: dict[str, bytes] = {}
        self._types = self._tree("[Content_Types].xml")
        self._book = next(self._related("", "officeDocument"))
        self._book_tree = self._tree(self._book)

    def write(self, marks: Sequence[Marks], listed: tuple[str, list[Line]], token: str) -> None:
        """The marked sheet first, since it says which styles there must be."""
        styles_part = next(self._related(self._book, "styles"), None)
        if styles_part is None:
            raise ValueError("styles")
        styles = MarkedStyles(self._old.read(self._names[styles_part.lower()]))
        for one in marks:
            self._sheet(one, styles)
        self._put_sheet(
            listed[0], result_sheet([list(line) for line in listed[1]], styles, [10, 10, 18, 24, 60])
        )
        self._put_sheet(
            SHEET, result_sheet([[("text", MARK, ""), ("text", token, "")]], styles, [10, 10]), "veryHidden"
        )
        self._done[styles_part] = styles.xml()
        self._done[self._book] = xml_of(self._book_tree)
        self._done["[Content_Types].xml"] = xml_of(self._types)
        done = {name.lower() for name in self._done}
        for name in self._old.namelist():
            if name.lower() not in done and not name.endswith("/"):
                with self._old.open(name) as source, self._new.open(self._old.getinfo(name), "w") as out:
                    shutil.copyfileobj(source, out, 1 << 18)
        for name, content in self._done.items():
            if content:
                self._new.writestr(self._names.get(name.lower(), name), content)

    def _sheet(self, marks: Marks, styles: MarkedStyles) -> None:
        part = self._sheet_part(marks.sheet)
        if part is None:
            raise ValueError("sheet")
        patch = SheetPatch(marks.cells, marks.texts, marks.ids, marks.header_row,
                           styles.marked, styles.mended, styles.plain)  # fmt: skip
        patch.hidden, patch.names, patch.fresh = marks.hidden, marks.names, marks.fresh
        patch.drawing = self._comments(part, marks)
        with self._old.open(self._names[part.lower()]) as source, self._new.open(part, "w") as out:
            patch.run(source, out)
        self._done[part] = b""
        if patch.calculated:
            self._forget_order()

    def _forget_order(self) -> None:
        """Leave out the order of calculation: it may name no cell without a formula, and is made anew when missing."""
        part = next(self._related(self._book, "calcChain"), None)
        if part is None:
            return
        name = _rels(self._book)
        root = tree(self._done.get(name) or self._old.read(self._names[name.lower()]))
        for one in [one for one in root if one.get("Type", "").endswith("/calcChain")]:
            root.remove(one)
        for one in [one for one in self._types if one.get("PartName", "").lower() == f"/{part}".lower()]:
            self._types.remove(one)
        self._done |= {name: xml_of(root), part: b""}

    def _comments(self, sheet: str, marks: Marks) -> str | None:
        """Write the comments of the sheet; the relation of their boxes where the sheet has none yet."""
        notes: dict[int, dict[int, str]] = {}
        for row, cells in list(marks.cells.items())[:COMMENTS]:
            notes[row] = dict(cells)
        known = next(self._related(sheet, "comments"), None)
        drawn = next(self._related(sheet, "vmlDrawing"), None) if known else None
        old = self._old.read(self._names[known.lower()]) if known else None
        if not notes and known is None:
            return None
        xml, places = comments(old, notes, marks.author)
        vml = self._old.read(self._names[drawn.lower()]) if drawn else None
        self._done[known or self._relate(sheet, "comments", "xl/comments{}.xml")] = xml
        if drawn:
            self._done[drawn] = boxes(vml, places)
            return None
        part = self._free("xl/drawings/vmlDrawing{}.vml")
        relation = self._add_relation(sheet, "vmlDrawing", part)
        self._done[part] = boxes(None, places)
        self._default("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
        return relation

    def _relate(self, sheet: str, kind: str, pattern: str) -> str:
        part = self._free(pattern)
        self._add_relation(sheet, kind, part)
        self._override(part, f"{_TYPE}.{kind}+xml")
        return part

    def _put_sheet(self, name: str, xml: bytes, state: str = "") -> None:
        """A sheet of ours behind the others, or in the place of the one of that name."""
        part = self._sheet_part(name)
        if part is None:
            part = self._free("xl/worksheets/sheet{}.xml")
            relation = self._add_relation(self._book, "worksheet", part)
            self._override(part, f"{_TYPE}.worksheet+xml")
            sheets = self._book_tree.find("{*}sheets")
            numbers = [int(sheet.get("sheetId", "0")) for sheet in sheets]
            sheet = etree.SubElement(sheets, f"{sheets.tag.partition('}')[0]}}}sheet", name=name,
                                     sheetId=str(max(numbers, default=0) + 1))  # fmt: skip
            sheet.set(f"{{{REL}}}id", relation)
            if state:
                sheet.set("state", state)
        self._done[part] = xml

    def _sheet_part(self, name: str) -> str | None:
        """The part of a sheet of the workbook, by its name."""
        targets = {r: part for r, kind, part in self._relations(self._book) if kind == "worksheet"}
        for sheet in self._book_tree.iter("{*}sheet"):
            if sheet.get("name") == name:
                identity = next((value for key, value in sheet.items() if key.endswith("}id")), "")
                return targets.get(identity)
        return None

    def _relations(self, source: str) -> list[tuple[str, str, str]]:
        """Id, kind and part of what a part points at."""
        folder, part = posixpath.dirname(source), _rels(source)
        content = self._done.get(part) or (
            self._old.read(self._names[part.lower()]) if part.lower() in self._names else None
        )
        if content is None:
            return []
        root = tree(content)
        return [
            (r.get("Id", ""), r.get("Type", "").rsplit("/", 1)[-1],
             posixpath.normpath(posixpath.join("/", folder, r.get("Target", "")))[1:])
            for r in root if r.get("TargetMode") != "External"
        ]  # fmt: skip

    def _related(self, source: str, kind: str) -> Any:
        return (part for _r, found, part in self._relations(source) if found == kind)

    def _add_relation(self, source: str, kind: str, part: str) -> str:
        name = _rels(source)
        old = self._done.get(name) or (
            self._old.read(self._names[name.lower()])
            if name.lower() in self._names
            else b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
        )
        root = tree(old)
        taken = {one.get("Id") for one in root}
        identity = next(f"tz{n}" for n in range(1, 10_000) if f"tz{n}" not in taken)
        etree.SubElement(root, f"{root.tag.partition('}')[0]}}}Relationship", Id=identity, Type=f"{REL}/{kind}",
                         Target="/" + part)  # fmt: skip
        self._done[name] = xml_of(root)
        return identity

    def _free(self, pattern: str) -> str:
        taken = {*self._names, *(name.lower() for name in self._done)}
        return next(name for n in range(1, 100_000) if (name := pattern.format(n)).lower() not in taken)

    def _override(self, part: str, kind: str) -> None:
        space = self._types.tag.partition("}")[0] + "}"
        etree.SubElement(self._types, f"{space}Override", PartName="/" + part, ContentType=kind)

    def _default(self, extension: str, kind: str) -> None:
        space = self._types.tag.partition("}")[0] + "}"
        if not any(one.get("Extension", "").lower() == extension for one in self._types):
            self._types.insert(0, etree.Element(f"{space}Default", Extension=extension, ContentType=kind))

    def _tree(self, part: str) -> Any:
        return tree(self._old.read(self._names[part.lower()]))


def _rels(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", name + ".rels")

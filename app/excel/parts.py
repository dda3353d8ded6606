"""The small fixed parts of an .xlsx around the sheets: styles, workbook, relations, header notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.excel.cellxml import escape
from app.excel.contract import column_letters

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WORKSHEET = f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_REL}">'
_FONTS = "".join(
    f'<font>{bold}<sz val="11"/><color rgb="{color}"/><name val="等线"/><family val="2"/></font>'
    for bold, color in (("", "FF1F2937"), ("<b/>", "FF1F2937"), ("<b/>", "FFD63939"))
)
_LOOK = (
    f'<fonts count="3">{_FONTS}</fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
    '<fgColor rgb="FFF1F5F9"/><bgColor indexed="64"/></patternFill></fill>'
    '</fills><borders count="2"><border><left/><right/><top/><bottom/></border>'
    '<border><left/><right/><top/><bottom style="thin"><color rgb="FFCBD5E1"/></bottom></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
)
PLAIN, HEADER, REQUIRED = 0, 1, 2


@dataclass(slots=True)
class Styles:
    """The cell styles a workbook uses, numbered as they are asked for; number 0 is the plain cell."""

    _known: dict[tuple[str, bool, int], int] = field(default_factory=lambda: {("General", False, PLAIN): 0})

    def number(self, code: str, quoted: bool = False, font: int = PLAIN) -> int:
        """The number of a style. `quoted` is Excel's leading apostrophe; `font` PLAIN, HEADER, REQUIRED."""
        return self._known.setdefault((code, quoted, font), len(self._known))

    def xml(self) -> str:
        """styles.xml."""
        codes = list(dict.fromkeys(code for code, _, _ in self._known if code not in ("General", "@")))
        ids = {"General": 0, "@": 49} | {code: 164 + index for index, code in enumerate(codes)}
        formats = "".join(f'<numFmt numFmtId="{ids[code]}" formatCode="{escape(code)}"/>' for code in codes)
        cells = "".join(
            f'<xf numFmtId="{ids[code]}" fontId="{font}" fillId="{2 if font else 0}" '
            f'borderId="{1 if font else 0}" xfId="0" quotePrefix="{quoted:d}" '
            'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"/>'
            for code, quoted, font in self._known
        )
        return (
            f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
            + (f'<numFmts count="{len(codes)}">{formats}</numFmts>' if codes else "")
            + f'{_LOOK}<cellXfs count="{len(self._known)}">{cells}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>"
        )


@dataclass(slots=True)
class SheetPart:
    """A sheet as the workbook lists it. `filter` is the range of its filter buttons, "" for none."""

    name: str
    filter: str = ""
    hidden: bool = False
    notes: bool = False


def workbook_xml(sheets: Sequence[SheetPart]) -> str:
    """workbook.xml."""
    hidden = ' state="hidden"'
    listed = "".join(
        f'<sheet name="{attribute(sheet.name)}" sheetId="{n}"{hidden if sheet.hidden else ""} r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"{escape(reference(sheet.name, sheet.filter))}</definedName>"
        for n, sheet in enumerate(sheets)
        if sheet.filter
    )
    names = f"<definedNames>{filters}</definedNames>" if filters else ""
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets>{names}</workbook>'


def workbook_relations(sheets: Sequence[SheetPart]) -> str:
    """workbook.xml.rels."""
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    return relations([*targets, ("styles", "styles.xml")])


def relations(targets: Sequence[tuple[str, str]]) -> str:
    """A .rels part for (kind, target) pairs, with the ids rId1, rId2, …"""
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def content_types(sheets: Sequence[SheetPart]) -> str:
    """[Content_Types].xml."""
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    for n, sheet in enumerate(sheets, 1):
        parts.append((f"/xl/worksheets/sheet{n}.xml", "worksheet"))
        if sheet.notes:
            parts.append((f"/xl/comments{n}.xml", "comments"))
    listed = "".join(
        f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in parts
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f"{listed}</Types>"
    )


def comments_xml(notes: dict[int, str]) -> str:
    """commentsN.xml for notes on the first row, by column from 1."""
    listed = "".join(
        f'<comment ref="{column_letters(column)}1" authorId="0"><text>'
        f'<t xml:space="preserve">{escape(text)}</t></text></comment>'
        for column, text in sorted(notes.items())
    )
    authors = "<authors><author/></authors>"
    return f'{_HEAD}<comments xmlns="{_MAIN}">{authors}<commentList>{listed}</commentList></comments>'


def notes_drawing(notes: dict[int, str]) -> str:
    """vmlDrawingN.vml: the boxes of the notes, which Excel wants drawn the old way."""
    shapes = "".join(
        f'<v:shape id="_x0000_s{1024 + column}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto" '
        'style="position:absolute;width:180pt;height:72pt;z-index:1;visibility:hidden">'
        '<v:fill color2="#ffffe1"/>'
        '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
        f"<x:SizeWithCells/><x:AutoFill>False</x:AutoFill><x:Row>0</x:Row><x:Column>{column - 1}</x:Column>"
        "</x:ClientData></v:shape>"
        for column in sorted(notes)
    )
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
        f'<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
    )


def attribute(text: str) -> str:
    """Text for a double-quoted XML attribute."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", " ")


def reference(sheet: str, cells: str) -> str:
    """A range on a sheet as formulas name it: `'订单'!$A$1:$C$9`; `cells` already carries its dollars."""
    return "'" + sheet.replace("'", "''") + "'!" + cells

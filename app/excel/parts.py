"""The small fixed parts of an .xlsx around the sheets: workbook, relations, header notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.excel.contract import column_letters
from app.excel.xmltext import HEAD, MAIN, attribute, escape

_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKSHEET = f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{_REL}">'


@dataclass(slots=True)
class SheetPart:
    """A sheet as the workbook lists it: the range of its filter buttons, "" for none; "", hidden or veryHidden;
    how many columns stay in view."""

    name: str
    filter: str = ""
    state: str = ""
    notes: bool = False
    frozen: int = 0


def workbook_xml(sheets: Sequence[SheetPart]) -> str:
    """workbook.xml."""
    listed = "".join(
        f'<sheet name="{attribute(sheet.name)}" sheetId="{n}"{_state(sheet)} r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"{escape(reference(sheet.name, sheet.filter))}</definedName>"
        for n, sheet in enumerate(sheets)
        if sheet.filter
    )
    titles = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">{escape(_on_each_page(sheet))}</definedName>'
        for n, sheet in enumerate(sheets)
        if not sheet.state
    )
    names = f"<definedNames>{filters}{titles}</definedNames>" if filters or titles else ""
    return f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets>{names}</workbook>'


def _on_each_page(sheet: SheetPart) -> str:
    """What stands in view stands on every printed page: the header, the first columns."""
    rows = reference(sheet.name, "$1:$1")
    return f"{reference(sheet.name, f'$A:${column_letters(sheet.frozen)}')},{rows}" if sheet.frozen else rows


def _state(sheet: SheetPart) -> str:
    return f' state="{sheet.state}"' if sheet.state else ""


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
    return f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


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
        f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
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
    return f'{HEAD}<comments xmlns="{MAIN}">{authors}<commentList>{listed}</commentList></comments>'


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


def reference(sheet: str, cells: str) -> str:
    """A range on a sheet as formulas name it: `'订单'!$A$1:$C$9`; `cells` already carries its dollars."""
    return "'" + sheet.replace("'", "''") + "'!" + cells

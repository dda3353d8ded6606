"""What a written sheet looks like before and after its rows: widths, frozen header, filter, page set-up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from app.excel.cellxml import DATE_FORMATS, Look, Value, number_format
from app.excel.contract import column_letters
from app.excel.styles import EXAMPLE, HEADER, PLAIN, REQUIRED, Styles
from app.excel.validation import Depends, Rule
from app.excel.xmltext import escape, is_risky, text_length

_WIDTHS = {"long_text": 36, "date": 12, "datetime": 20, "time": 10, "integer": 12, "yes_no": 8, "percent": 10}
_MAX_NAME = 31
# More characters than this side by side would be too small to read on a page.
_FITTING = 260


@dataclass(frozen=True, slots=True)
class ColumnOut:
    """One column: its header, the field kind its values have, and what helps the person who fills it in.

    `scale` is the number of decimals, `width` is in Excel's characters, `grouped` puts thousands separators,
    `choices` become a drop-down that refuses others when `strict`, `depends` one whose list follows another
    column, `rule` bounds what may be typed, `colors` are colour names by text, `note` is a comment on the header.
    """

    header: str
    kind: str = "text"
    width: float | None = None
    scale: int | None = None
    choices: Sequence[str] = ()
    note: str = ""
    required: bool = False
    grouped: bool = True
    strict: bool = True
    depends: Depends | None = None
    rule: Rule | None = None
    colors: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False
    wrapped: bool = False

    def look(self, font: int = PLAIN) -> Look:
        """How its cells are written."""
        return Look(self.kind, self.scale, self.grouped, self.colors, font, self.wrapped)


@dataclass(frozen=True, slots=True)
class Special:
    """A row unlike the others: of sums in bold, or an example (`font`); `level` is its place in the outline."""

    values: Sequence[Value]
    font: int = EXAMPLE
    level: int = 0


@dataclass(frozen=True, slots=True)
class SheetOut:
    """One sheet: rows are sequences of values in column order (or `Special`), consumed once while writing.

    The header row and the first `frozen_columns` columns stay in view. `level` is the place of ordinary rows in
    the outline, `state` hidden or veryHidden, `watermark` a sentence on every printed page.
    """

    name: str
    columns: Sequence[ColumnOut]
    rows: Iterable[Sequence[Value] | Special]
    frozen_columns: int = 0
    level: int = 0
    filtered: bool = True
    state: str = ""
    watermark: str = ""

    @property
    def wrapped(self) -> bool:
        """Whether texts of some column take several lines."""
        return any(column.wrapped for column in self.columns)

    def height(self, row: Sequence[Value]) -> str:
        """The height of a row as an attribute: programs other than Excel do not find it by themselves."""
        cells = zip(self.columns, row, strict=True)
        lines = [ceil(shown_width(str(text or "")) / (c.width or 16)) for c, text in cells if c.wrapped]
        return f' ht="{16 * max(1, *lines)}" customHeight="1"'


def shown_width(text: str) -> int:
    """How wide a text is, in Excel's characters: Chinese ones take two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def view_xml(sheet: SheetOut, styles: Styles, selected: bool) -> str:
    """Frozen panes and columns: what stands before the rows. A column's style holds for cells typed later."""
    frozen = min(sheet.frozen_columns, len(sheet.columns))
    split, pane = (f'xSplit="{frozen}" ', "bottomRight") if frozen else ("", "bottomLeft")
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{column.width or _width(column)}" customWidth="1" '
        f'style="{styles.number(_format(column))}"{_HIDDEN if column.hidden else ""}/>'
        for n, column in enumerate(sheet.columns, 1)
    )
    outline = f' outlineLevelRow="{sheet.level}"' if sheet.level else ""
    return (
        f'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView tabSelected="{selected:d}" '
        f'workbookViewId="0"><pane {split}ySplit="1" '
        f'topLeftCell="{column_letters(frozen + 1)}2" activePane="{pane}" state="frozen"/>'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="16"{outline}/><cols>{columns}</cols>'
    )


def header_xml(columns: Sequence[ColumnOut], styles: Styles) -> str:
    """The first row: headers, the required ones in red."""
    cells = "".join(
        f'<c r="{column_letters(n)}1" s="{_header_style(column, styles)}" '
        f't="inlineStr"><is><t xml:space="preserve">{escape(column.header)}</t></is></c>'
        for n, column in enumerate(columns, 1)
    )
    return f'<row r="1" ht="22" customHeight="1">{cells}</row>'


def page_xml(sheet: SheetOut) -> str:
    """How the sheet is printed: across, as few pages wide as can be read, numbered, with the watermark on top."""
    top = f"<oddHeader>&amp;C{_printed(sheet.watermark)}</oddHeader>" if sheet.watermark else ""
    width = sum(column.width or _width(column) for column in sheet.columns if not column.hidden)
    return (
        f'<pageSetup paperSize="9" orientation="landscape" fitToWidth="{max(1, ceil(width / _FITTING))}" fitToHeight="0"/>'
        f"<headerFooter>{top}<oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter>"
    )


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A name Excel allows (31 characters, none of `[]:*?/\\`, no outer apostrophe), unlike those taken."""
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", wanted).strip().strip("'") or "Sheet"
    used = {name.casefold() for name in taken} | {"history"}
    name, number = _cut(clean, _MAX_NAME), 1
    while name.casefold() in used:
        number += 1
        tail = f" ({number})"
        name = _cut(clean, _MAX_NAME - len(tail)) + tail
    return name


_HIDDEN = ' hidden="1"'


def _header_style(column: ColumnOut, styles: Styles) -> int:
    font = REQUIRED if column.required else HEADER
    return styles.number("@", quoted=is_risky(column.header), font=font)


def _printed(text: str) -> str:
    # Excel prints at most 255 characters here, and takes & for a command.
    return escape(text[:200].replace("&", "&&"))


def _cut(text: str, length: int) -> str:
    while text_length(text) > length:
        text = text[:-1]
    return text.rstrip("' ") or "Sheet"


def _format(column: ColumnOut) -> str:
    known = DATE_FORMATS | {"yes_no": "General"}
    code = known.get(column.kind) or number_format(column.kind, column.scale, column.grouped)
    return "@" if code == "General" and column.kind != "yes_no" else code


def _width(column: ColumnOut) -> int:
    return min(60, max(shown_width(column.header) + 4, _WIDTHS.get(column.kind, 16)))

"""What a written sheet looks like before and after its rows: widths, frozen header, filter, drop-downs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.excel.cellxml import Value, escape, number_format, text_length
from app.excel.contract import column_letters
from app.excel.parts import HEADER, REQUIRED, Styles

_WIDTHS = {"long_text": 36, "date": 12, "datetime": 20, "time": 10, "integer": 12, "yes_no": 8, "percent": 10}
_MAX_INLINE = 255
_MAX_NAME = 31


@dataclass(frozen=True, slots=True)
class ColumnOut:
    """One column: its header, the field kind its values have, and what helps the person who fills it in.

    `scale` is the number of decimals, `width` is in Excel's characters, `grouped` puts thousands separators,
    `choices` become a drop-down, `note` a comment on the header.
    """

    header: str
    kind: str = "text"
    width: float | None = None
    scale: int | None = None
    choices: Sequence[str] = ()
    note: str = ""
    required: bool = False
    grouped: bool = True


@dataclass(frozen=True, slots=True)
class SheetOut:
    """One sheet: rows are sequences of values in column order, consumed once while writing.

    The header row and the first `frozen_columns` columns stay in view.
    """

    name: str
    columns: Sequence[ColumnOut]
    rows: Iterable[Sequence[Value]]
    frozen_columns: int = 0


def view_xml(sheet: SheetOut, styles: Styles, selected: bool) -> str:
    """Frozen panes and columns: what stands before the rows. A column's style holds for cells typed later."""
    frozen = min(sheet.frozen_columns, len(sheet.columns))
    split, pane = (f'xSplit="{frozen}" ', "bottomRight") if frozen else ("", "bottomLeft")
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{column.width or _width(column)}" customWidth="1" '
        f'style="{styles.number(_format(column))}"/>'
        for n, column in enumerate(sheet.columns, 1)
    )
    return (
        f'<sheetViews><sheetView tabSelected="{selected:d}" workbookViewId="0"><pane {split}ySplit="1" '
        f'topLeftCell="{column_letters(frozen + 1)}2" activePane="{pane}" state="frozen"/>'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="16"/><cols>{columns}</cols>'
    )


def header_xml(columns: Sequence[ColumnOut], styles: Styles) -> str:
    """The first row: headers, the required ones in red."""
    cells = "".join(
        f'<c r="{column_letters(n)}1" s="{styles.number("@", font=REQUIRED if column.required else HEADER)}" '
        f't="inlineStr"><is><t xml:space="preserve">{escape(column.header)}</t></is></c>'
        for n, column in enumerate(columns, 1)
    )
    return f'<row r="1" ht="22" customHeight="1">{cells}</row>'


def validations_xml(
    columns: Sequence[ColumnOut], list_range: Callable[[Sequence[str]], str], last_row: int
) -> str:
    """The drop-downs of choice columns. `list_range` keeps a list too long for here and says where it is."""
    found = []
    for n, column in enumerate(columns, 1):
        if column.choices:
            inline = ",".join(column.choices)
            plain = text_length(inline) <= _MAX_INLINE and not any(
                re.search('[,"]|^[=\\s]', c) for c in column.choices
            )
            source = f'"{inline}"' if plain else list_range(column.choices)
            letters = column_letters(n)
            # Several choices go in one cell, joined: the list helps, but must not refuse.
            strict = column.kind != "multi_choice"
            found.append(
                f'<dataValidation type="list" allowBlank="1" showErrorMessage="{strict:d}" '
                f'sqref="{letters}2:{letters}{last_row}"><formula1>{escape(source)}</formula1></dataValidation>'
            )
    return f'<dataValidations count="{len(found)}">{"".join(found)}</dataValidations>' if found else ""


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


def _cut(text: str, length: int) -> str:
    while text_length(text) > length:
        text = text[:-1]
    return text.rstrip("' ") or "Sheet"


def _format(column: ColumnOut) -> str:
    dates = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss", "yes_no": "General"}
    code = dates.get(column.kind) or number_format(column.kind, column.scale, column.grouped)
    return "@" if code == "General" and column.kind != "yes_no" else code


def _width(column: ColumnOut) -> int:
    header = sum(2 if ord(ch) > 0x2E7F else 1 for ch in column.header) + 4
    return min(60, max(header, _WIDTHS.get(column.kind, 16)))

"""One cell as XML: text is always a string cell, never a formula; numbers keep every digit or become text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from app.excel.contract import MAX_TEXT
from app.excel.exact import serial_of

Filled: TypeAlias = "str | bool | int | Decimal | date | datetime | time"
Value: TypeAlias = "Filled | None"

# What makes a spreadsheet program take text for a formula, and the apostrophe it would swallow.
RISKY = frozenset("=+-@'\t\r\n＝＋－＠")
_SPECIAL = re.compile("[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "\n", "\t": "\t", "\x00": "", "_": "_x005F_"}


class TextTooLong(ValueError):
    """Text longer than an Excel cell holds. `text` is its beginning, `row` the sheet's row of it."""

    def __init__(self, text: str) -> None:
        self.text, self.row = text[:40], 0
        super().__init__(self.text)

    @property
    def message(self) -> Any:
        """The zh/en sentence that says what to do."""
        from app.excel.messages import cell_message

        return cell_message("TEXT_TOO_LONG", self.text)


def _special(match: re.Match[str]) -> str:
    found = match[0]
    if found in _ENTITIES:
        return _ENTITIES[found]
    return f"_x{ord(found):04X}_" if found < " " else ""


def escape(text: str) -> str:
    """Text for XML. Control characters go as `_x000B_`; NUL and half characters, which no cell holds, go."""
    return _SPECIAL.sub(_special, text) if _SPECIAL.search(text) else text


def text_length(text: str) -> int:
    """The length Excel counts: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_risky(text: str) -> bool:
    """Whether a spreadsheet program could run the text, or drop its first character, once entered again."""
    return text[:1] in RISKY or text.lstrip(" ")[:1] in RISKY


Style: TypeAlias = Callable[..., int]


def cell_writer(kind: str, scale: int | None, grouped: bool, style: Style) -> Callable[[Filled], str]:
    """A function from a value of a column to its cell's XML after the reference: ` s="3"><v>5</v></c>`.

    `style(format, quoted=False)` answers the number of a style. Raises TextTooLong.
    """
    text_style, quoted_style = style("@"), style("@", True)
    number_style = style(number_format(kind, scale, grouped))
    date_style, moment_style, time_style = (
        style("yyyy-mm-dd"),
        style("yyyy-mm-dd hh:mm:ss"),
        style("hh:mm:ss"),
    )
    text_open = f' s="{text_style}" t="inlineStr"><is><t xml:space="preserve">'
    quoted_open = f' s="{quoted_style}" t="inlineStr"><is><t xml:space="preserve">'

    def text_cell(text: str) -> str:
        if len(text) * 2 > MAX_TEXT and text_length(text) > MAX_TEXT:
            raise TextTooLong(text)
        return f"{quoted_open if is_risky(text) else text_open}{escape(text)}</t></is></c>"

    def write(value: Filled) -> str:
        if isinstance(value, str):
            return text_cell(value)
        if isinstance(value, bool):
            return f' t="b"><v>{value:d}</v></c>'
        if isinstance(value, (int, Decimal)):
            shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
            if _digits(shown) > 15:
                return text_cell(shown)
            return f' s="{number_style}"><v>{shown}</v></c>'
        if isinstance(value, datetime):
            return f' s="{moment_style}"><v>{serial_of(value)}</v></c>'
        return f' s="{date_style if isinstance(value, date) else time_style}"><v>{serial_of(value)}</v></c>'

    return write


def number_format(kind: str, scale: int | None, grouped: bool) -> str:
    """The Excel format of a kind: thousands separated, exactly its decimals, percent shown as percent."""
    if kind == "percent":
        decimals = max(0, (scale or 0) - 2)
        return f"0.{'0' * decimals}%" if decimals else "0%"
    whole = "#,##0" if grouped else "0"
    if kind in ("decimal", "money") and scale:
        return f"{whole}.{'0' * scale}"
    return whole if kind in ("integer", "decimal", "money") else "General"


def _digits(shown: str) -> int:
    return len(shown) if len(shown) < 16 else len(shown.lstrip("-0.").replace(".", "").rstrip("0"))

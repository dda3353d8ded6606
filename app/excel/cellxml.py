"""Cells as XML: text is always a string cell, never a formula; numbers keep every digit or become text.

A column is written in blocks of some hundred values, so that what can be asked of all of them at once (is there
anything to escape?) is not asked of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from app.excel.contract import MAX_TEXT
from app.excel.exact import serial_of
from app.excel.styles import PLAIN, Styles
from app.excel.xmltext import RISKY, escape, is_risky, text_length

__all__ = [
    "RISKY",
    "CellWriter",
    "Look",
    "TextTooLong",
    "Value",
    "escape",
    "is_risky",
    "number_format",
    "text_length",
]

Filled: TypeAlias = "str | bool | int | Decimal | date | datetime | time"
Value: TypeAlias = "Filled | None"

_LEAD = RISKY | {" "}
# Two blanks: one may be the last of a text.
_SIGNS = ("&", "<", ">", "_x", "  ")
_KNOWN = 20_000
FEW_VALUED = frozenset({"choice", "multi_choice", "link", "person", "date", "yes_no"})
"""Kinds whose columns repeat their values: each value is written once and remembered."""


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


class Look(NamedTuple):
    """How the cells of a column look: its kind, decimals, thousands separators, colours by text, and the font."""

    kind: str = "text"
    scale: int | None = None
    grouped: bool = True
    colors: Mapping[str, str] = {}
    font: int = PLAIN
    wrapped: bool = False


class CellWriter:
    """Writes the cells of one column as XML after their references: ` s="3"><v>5</v></c>`; "" for empty ones.

    In a row that stands out (another font than the plain one) empty cells are written as well, for their ground.
    """

    def __init__(self, look: Look, styles: Styles) -> None:
        self._look, self._styles = look, styles
        self._number = styles.number(number_format(look.kind, look.scale, look.grouped), font=look.font)
        self._text_open = self._opening("", quoted=False)
        self._whole = (
            self._cells
            if look.kind in FEW_VALUED
            else self._numbers
            if look.kind in _NUMBERS
            else self._texts
        )
        self._known: dict[Filled, str] = {}
        self._empty = "" if look.font == PLAIN else f' s="{self._number}"/>'

    def block(self, values: Sequence[Value]) -> list[str]:
        """The cells of some rows. Raises TextTooLong, its `row` counted from 0 within the block."""
        try:
            return self._each(values) if self._empty else self._whole(values)
        except TextTooLong as error:
            error.row = next(n for n, v in enumerate(values) if isinstance(v, str) and _too_long(v))
            raise

    def _cells(self, values: Sequence[Value]) -> list[str]:
        known = self._known
        if len(known) > _KNOWN:
            known.clear()
        for value in set(values) - known.keys():
            if value is not None:
                known[value] = self._cell(value)
        return [known[value] if value is not None else "" for value in values]

    def _texts(self, values: Sequence[Value]) -> list[str]:
        filled: list[Any] = [value for value in values if value]
        try:
            joined = " ".join(filled) + " "
        except TypeError:
            return self._each(values)
        if not joined.isprintable() or any(sign in joined for sign in _SIGNS):
            return self._each(values)
        if [1 for value in filled if value[0] in _LEAD]:
            return self._each(values)
        if len(joined) > _SHORT and max(map(len, filled)) > _SHORT:
            return self._each(values)
        start = self._text_open
        return [f"{start}{value}</t></is></c>" if value else "" for value in values]

    def _numbers(self, values: Sequence[Value]) -> list[str]:
        kinds = {*map(type, values)}
        if not kinds <= {int, Decimal, type(None)}:
            return self._each(values)
        shown = ["" if value is None else str(value) for value in values]
        if max(map(len, shown)) > 15 or (Decimal in kinds and "E" in "".join(shown)):
            return self._each(values)
        start = f' s="{self._number}"><v>'
        return [f"{start}{number}</v></c>" if number else "" for number in shown]

    def _each(self, values: Sequence[Value]) -> list[str]:
        return [self._empty if value is None or value == "" else self._cell(value) for value in values]

    def _cell(self, value: Filled) -> str:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool):
            return f' t="b"><v>{value:d}</v></c>'
        if isinstance(value, (int, Decimal)):
            shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
            return self._text(shown) if _digits(shown) > 15 else f' s="{self._number}"><v>{shown}</v></c>'
        code = DATE_FORMATS[
            "datetime" if isinstance(value, datetime) else "date" if isinstance(value, date) else "time"
        ]
        return f' s="{self._styles.number(code, font=self._look.font)}"><v>{serial_of(value)}</v></c>'

    def _text(self, text: str) -> str:
        if _too_long(text):
            raise TextTooLong(text)
        if not text:
            return ""
        plain = not is_risky(text)
        color = self._look.colors.get(text, "")
        start = self._text_open if plain and not color else self._opening(color, not plain)
        if text != text.strip() or "\n" in text:
            start = start.replace("<t>", '<t xml:space="preserve">')
        return f"{start}{escape(text)}</t></is></c>"

    def _opening(self, color: str, quoted: bool) -> str:
        look = self._look
        style = self._styles.number("@", quoted=quoted, font=look.font, color=color, wrapped=look.wrapped)
        return f' s="{style}" t="inlineStr"><is><t>'


DATE_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss"}
_NUMBERS = frozenset({"integer", "decimal", "money", "percent"})
# Beyond this a text is measured as Excel measures it.
_SHORT = MAX_TEXT // 2


def _too_long(text: str) -> bool:
    return len(text) > _SHORT and text_length(text) > MAX_TEXT


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

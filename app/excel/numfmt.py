"""Which cell formats of an .xlsx show a number as a date or a time."""

from __future__ import annotations

import re
from typing import IO

from lxml import etree

from app.excel.contract import FileRefused, Limits

_BUILTIN = {
    **dict.fromkeys((14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "date"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), "time"),
    22: "datetime",
}
# Literals say nothing: quoted text, escaped and padding characters, colours, conditions, locales.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general', re.IGNORECASE)


def format_kind(code: str) -> str | None:
    """What a format code like `yyyy-mm-dd` shows: "date", "datetime", "time", None for numbers and text."""
    shown = _LITERAL.sub("", code.split(";")[0]).lower()
    clock = "h" in shown or "s" in shown
    day = any(mark in shown for mark in ("y", "d", "年", "日", "aaa"))
    if "m" in shown and not clock:
        day = True
    if day:
        return "datetime" if clock else "date"
    return "time" if clock else None


def style_kinds(styles: IO[bytes], limits: Limits) -> list[str | None]:
    """For each cell style (its index is a cell's `s`), what it makes of a number. See `format_kind`."""
    custom: dict[str, str | None] = {}
    kinds: list[str | None] = []
    for _, element in etree.iterparse(styles, tag=("{*}numFmt", "{*}cellXfs"), no_network=True):
        if element.tag.endswith("}numFmt"):
            custom[element.get("numFmtId", "")] = format_kind(element.get("formatCode", ""))
        else:
            if len(element) > limits.max_styles:
                raise FileRefused("TOO_MANY_STYLES")
            kinds = [_kind(style.get("numFmtId", "0"), custom) for style in element.iter("{*}xf")]
    return kinds


def _kind(number: str, custom: dict[str, str | None]) -> str | None:
    if number in custom:
        return custom[number]
    return _BUILTIN.get(int(number)) if number.isdigit() else None

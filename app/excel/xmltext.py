"""Text as XML, as Excel counts it, and as a spreadsheet program might run it."""

from __future__ import annotations

import re

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# What makes a spreadsheet program take text for a formula, and the apostrophe it would swallow.
RISKY = frozenset("=+-@'\t\r\n＝＋－＠")
_SPECIAL = re.compile("[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "\n", "\t": "\t", "\x00": "", "_": "_x005F_"}


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


def attribute(text: str) -> str:
    """Text for a double-quoted XML attribute."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", " ")

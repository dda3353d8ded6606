"""Writing CSV that Excel opens in Chinese and cannot be made to run."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import TextIOWrapper
from typing import BinaryIO

from app.excel.cellxml import RISKY, Value


def guard(text: str) -> str:
    """Text with an apostrophe before it when a spreadsheet program would take it for a formula."""
    return "'" + text if _looks_risky(text) else text


def unguard(text: str) -> str:
    """The text `guard` was given. Only for files that we wrote."""
    return text[1:] if text.startswith("'") and _looks_risky(text) else text


def write_csv(out: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write UTF-8 with its mark; answers the number of rows. Only text is guarded: the number -5 stays."""
    out.write(codecs.BOM_UTF8)
    text = TextIOWrapper(out, "utf-8", errors="replace", newline="")
    writer = csv.writer(text)
    writer.writerow([guard(header) for header in headers])
    count = 0
    for row in rows:
        writer.writerow([_shown(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _looks_risky(text: str) -> bool:
    return text.lstrip(" '")[:1] in RISKY and text.lstrip(" '") != ""


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guard(value.replace("\x00", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)

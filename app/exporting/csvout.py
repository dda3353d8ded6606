"""Writing CSV that Excel opens in Chinese and cannot be made to run."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import TextIOWrapper
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.excel.cellxml import RISKY, Value
from app.exporting.asked import Asked
from app.exporting.rows import Values, pages
from app.exporting.shape import Shape


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


def write_rows(session: Session, shape: Shape, grants: Grants, asked: Asked, out: BinaryIO) -> int:
    """Write the rows of an export; answers how many. A file for programs: no subtotals, no watermark."""
    percents = [column.kind == "percent" for column in shape.columns]

    def rows() -> Iterator[Values]:
        for page in pages(session, shape, grants, asked):
            columns = [
                [_percent(value) for value in values] if percent else values
                for percent, values in zip(percents, page.columns, strict=True)
            ]
            yield from zip(*columns, strict=True)

    return write_csv(out, shape.headers, rows())


class _Number(str):
    """Text that is a number: never guarded, so that -5% stays one."""


def _percent(value: Value) -> Value:
    return _Number(f"{(value * 100).normalize():f}%") if isinstance(value, Decimal) else value


def _looks_risky(text: str) -> bool:
    return text.lstrip(" '")[:1] in RISKY and text.lstrip(" '") != ""


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, _Number):
        return value
    if isinstance(value, str):
        return guard(value.replace("\x00", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)

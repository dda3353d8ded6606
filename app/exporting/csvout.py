"""Writing CSV that Excel opens in Chinese and cannot be made to run."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import TextIOWrapper
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.excel.cellxml import RISKY, Value
from app.exporting.asked import Asked
from app.exporting.rows import pages
from app.exporting.shape import Shape

_NONE = type(None)
_STARTS = re.compile("(?m)^[ ']*[" + re.escape("".join(sorted(RISKY))) + "]")


def guard(text: str) -> str:
    """Text with an apostrophe before it when a spreadsheet program would take it for a formula."""
    return "'" + text if _looks_risky(text) else text


def unguard(text: str) -> str:
    """The text `guard` was given. Only for files that we wrote."""
    return text[1:] if text.startswith("'") and _looks_risky(text) else text


def write_csv(out: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write UTF-8 with its mark; answers the number of rows. Only text is guarded: the number -5 stays."""
    count = 0
    with _opened(out) as text:
        writer = csv.writer(text)
        writer.writerow([guard(header) for header in headers])
        for row in rows:
            writer.writerow([_shown(value) for value in row])
            count += 1
    return count


def write_rows(session: Session, shape: Shape, grants: Grants, asked: Asked, out: BinaryIO) -> int:
    """Write the rows of an export; answers how many. A file for programs: no subtotals, no watermark."""
    count, shown = 0, [_percents if c.kind == "percent" else _plain for c in shape.columns]
    found = pages(session, shape, grants, asked)
    with _opened(out) as text:
        writer = csv.writer(text)
        writer.writerow([guard(header) for header in shape.headers])
        for page in found:
            columns = [show(values) for show, values in zip(shown, page.columns, strict=True)]
            writer.writerows(zip(*columns, strict=True))
            count += len(page.ids)
    return count


@contextmanager
def _opened(out: BinaryIO) -> Iterator[TextIOWrapper]:
    """`out` as text behind the mark of UTF-8; it stays open."""
    out.write(codecs.BOM_UTF8)
    text = TextIOWrapper(out, "utf-8", errors="replace", newline="")
    yield text
    text.flush()
    text.detach()


def _plain(values: Sequence[Value]) -> Sequence[Value]:
    """A column as the csv module may write it: most need no look at each value."""
    kinds = {*map(type, values)}
    if kinds <= {str, _NONE}:
        joined = "\n".join(filter(None, values))  # type: ignore[arg-type]
        if "\x00" not in joined and not _STARTS.search(joined):
            return values
    elif kinds <= {int, date, _NONE}:
        return values
    elif kinds <= {Decimal, _NONE}:
        return [value if value is None else format(value, "f") for value in values]
    return [_shown(value) for value in values]


def _percents(values: Sequence[Value]) -> Sequence[Value]:
    return [f"{(v * 100).normalize():f}%" if isinstance(v, Decimal) else v for v in values]


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

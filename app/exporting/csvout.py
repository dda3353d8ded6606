"""Writing CSV that Excel opens in Chinese and cannot be made to run."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.entity import EntityType
from app.entity.wire import wire_readers
from app.excel.cellxml import RISKY, Value
from app.exporting.asked import Asked
from app.exporting.readers import Reader, reader_of
from app.exporting.rows import pages
from app.exporting.shape import Column, Shape

_QUOTED = re.compile('[",\r\n]')
_LEADS = frozenset({*RISKY, " "}) - {"\n"}
_NUMBERS = frozenset({"integer", "decimal", "money", "date", "time"})
"""Kinds whose wire values are what a CSV says."""


def guard(text: str) -> str:
    """Text with an apostrophe before it when a spreadsheet program would take it for a formula."""
    return "'" + text if _looks_risky(text) else text


def unguard(text: str) -> str:
    """The text `guard` was given. Only for files that we wrote."""
    return text[1:] if text.startswith("'") and _looks_risky(text) else text


def write_csv(out: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write UTF-8 with its mark; answers the number of rows. Only text is guarded: the number -5 stays."""
    count = 0
    _begin(out, headers)
    for row in rows:
        _put(out, [[_cell(value)] for value in row])
        count += 1
    return count


def write_rows(session: Session, shape: Shape, grants: Grants, asked: Asked, out: BinaryIO) -> int:
    """Write the rows of an export; answers how many. A file for programs: no subtotals, no watermark."""
    count = 0
    found = pages(session, shape, grants, asked, reader=_cells_of)
    _begin(out, shape.headers)
    for page in found:
        _put(out, page.columns)
        count += len(page.ids)
    return count


def _begin(out: BinaryIO, headers: Sequence[str]) -> None:
    out.write(codecs.BOM_UTF8)
    _put(out, [[_cell(header)] for header in headers])


def _put(out: BinaryIO, columns: Sequence[Sequence[Any]]) -> None:
    """Write some rows, given as columns of finished cells."""
    lines = list(map(",".join, zip(*columns, strict=True)))
    if len(columns) == 1:
        lines = [line or '""' for line in lines]  # an empty line would be no row
    out.write(("\r\n".join(lines) + "\r\n").encode("utf-8", "replace"))


def _cells_of(session: Session, entity: EntityType, column: Column, grants: Grants) -> Reader:
    """How a column becomes finished cells."""
    kind = column.kind
    if kind in _NUMBERS:
        text = wire_readers(entity, session.get_bind().dialect).get(column.spec.name, str)
        return lambda values: ["" if value is None else text(value) for value in values]
    read = reader_of(session, entity, column, grants)
    if kind in ("percent", "datetime"):
        return lambda values: ["" if value is None else _shown(value, kind) for value in read(values)]
    return lambda values: text_cells(read(values))


def text_cells(values: Sequence[Any]) -> Sequence[str]:
    """A column of texts as cells: most need no look at each."""
    texts = [value or "" for value in values]
    lines = "\n".join(["", *texts])
    if (
        lines.count("\n") > len(texts)
        or any(sign in lines for sign in '",\r\0')
        or any(sign in lines and f"\n{sign}" in lines for sign in _LEADS)
    ):
        return list(map(_cell, texts))
    return texts


def _cell(value: Value) -> str:
    text = _shown(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _looks_risky(text: str) -> bool:
    return text.lstrip(" '")[:1] in RISKY and text.lstrip(" '") != ""


def _shown(value: Value, kind: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guard(value.replace("\x00", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{(value * 100).normalize():f}%" if kind == "percent" else f"{value:f}"
    return str(value)

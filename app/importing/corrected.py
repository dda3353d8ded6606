"""What cells were corrected to in an earlier preview of a file, so that the file is read anew as if it held them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from app.excel.contract import Stretch, Table
from app.importing.mapping import ColumnMap

Corrected = Mapping[int, Mapping[str, str]]
"""By row the texts of its corrected cells, by field: those of lines on a sheet of their own have names of their own."""
NONE: Corrected = MappingProxyType({})


def corrections(facts: Mapping[str, Any]) -> Corrected:
    """What was corrected in a preview, of the facts that are kept of its file."""
    return {int(line): one["texts"] for line, one in (facts.get("mended") or {}).items() if one["texts"]}


def as_kept(corrected: Corrected) -> dict[str, Any]:
    """The same as the facts keep it."""
    return {str(line): {"texts": dict(texts), "same": None} for line, texts in corrected.items()}


def put(table: Table, columns: ColumnMap, corrected: Corrected) -> None:
    """Let a table that is not read yet hold the corrected cells."""
    if corrected:
        table.stretches = _with(table.stretches, {n: i for i, n in columns.fields.items()}, corrected)


def _with(stretches: Iterator[Stretch], places: Mapping[str, int], corrected: Corrected) -> Iterator[Stretch]:
    for stretch in stretches:
        for at, number in enumerate(stretch.numbers):
            for name, text in corrected.get(number, {}).items():
                if name in places:
                    stretch.cells[places[name]][at] = text or None
        yield stretch

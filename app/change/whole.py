"""Which document a kept row belongs to: of a document of which one row is left out none is written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from sqlalchemy import select

from app.change.contract import chunks
from app.db import db
from app.entity import registry

Row = dict[str, Any]


class Whole:
    """The documents of some kept rows of a set."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def of(self, rows: Iterable[Row]) -> set[Any]:
        """The documents of some of the rows."""
        return {place for row in rows if (place := self.document(row)) is not None}

    def document(self, row: Row) -> Any:
        """The header a row belongs to, by id or reference; None for a record without lines."""
        entity = registry.get(row["entity"]) if row["entity"] in registry else None
        if entity is None or not (entity.parent or entity.lines):
            return None
        if entity.parent is None:
            return row["ref"] or row["record_id"]
        given = (row["cells"] or {}).get("parent_id", [None, None])[1]
        if isinstance(given, dict):
            return given["ref"]
        return given or self._parents.get((row["entity"], row["record_id"]))

    @cached_property
    def _parents(self) -> dict[tuple[str, int], int]:
        return parents((row["entity"], row["record_id"]) for row in self._rows if row["record_id"])


def parents(records: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The headers of lines that are already there, by entity and id."""
    lines: dict[str, list[int]] = {}
    for name, record in records:
        if name in registry and registry.get(name).parent:
            lines.setdefault(name, []).append(record)
    known: dict[tuple[str, int], int] = {}
    with db.engine.connect() as connection:
        for name, ids in lines.items():
            table = registry.get(name).table
            for part in chunks(ids):
                query = select(table.c.id, table.c.parent_id).where(table.c.id.in_(part))
                known |= {(name, record): parent for record, parent in connection.execute(query)}
    return known

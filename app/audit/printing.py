"""A row as the log's canonical JSON, in SQL: the same shape on both databases, whose dialects print the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column

from app.audit import tables
from app.audit.texts import joined, literal

_CHANGED = literal(f'"{tables.CHANGED}"')
_SECRET = literal(f'"{tables.SECRET}"')


@dataclass(frozen=True)
class Printer:
    """How one dialect prints: `value` gives the SQL for the JSON text of a column's value, `differs` compares.

    `commitment` gives the SQL for what stands in its place if it is personal, from the column, side and JSON text.
    """

    quote: Callable[[str], str]
    value: Callable[[Column[object], str], str]
    differs: str
    commitment: Callable[[str, str, str], str]

    def whole(self, columns: Sequence[Column[object]], row: str) -> str:
        """SQL for ``{"column":value,…}`` of OLD or NEW."""
        parts: list[str] = []
        for column in columns:
            parts.append(literal(("," if parts else "{") + f'"{column.name}":'))
            parts.append(self._printed(column, row, _SECRET))
        return joined([*parts, "'}'"])

    def difference(self, columns: Sequence[Column[object]], row: str) -> str:
        """The same of the columns that differ between OLD and NEW; SQL's NULL where none is asked about."""
        if not columns:
            return "NULL"
        parts = []
        for column in columns:
            name = self.quote(column.name)
            value = self._printed(column, row, _CHANGED if row == "NEW" else _SECRET)
            label = literal(f',"{column.name}":')
            parts.append(
                f"CASE WHEN OLD.{name} {self.differs} NEW.{name} THEN {label} || {value} ELSE '' END"
            )
        return f"'{{' || substr({joined(parts)}, 2) || '}}'"

    def _printed(self, column: Column[object], row: str, secret: str) -> str:
        value = f"{row}.{self.quote(column.name)}"
        if tables.is_secret(column):
            return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {secret} END"
        if tables.is_pii(column):
            hidden = self.commitment(column.name, row.lower(), self.value(column, value))
            return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {hidden} END"
        return self.value(column, value)

"""What the two generators of triggers share: families of column types, and pieces of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, String, Time

from app.audit.log import ChangeLog, ChangePii
from app.db import ExactDecimal, Instant, JsonText

NO_CHANGE_SET = "NO_CHANGE_SET"
NO_ACTOR = "NO_ACTOR"
KEY_CHANGED = "KEY_CHANGED"
LOCKED = "LOCKED"
BAD_JSON = "BAD_JSON"
APPEND_ONLY = "APPEND_ONLY"
NO_TRUNCATE = "NO_TRUNCATE"

_FAMILIES: tuple[tuple[type, str], ...] = (
    (ExactDecimal, "decimal"), (Instant, "instant"), (JsonText, "json"), (Boolean, "boolean"),
    (Integer, "integer"), (Date, "date"), (DateTime, "naive"), (Time, "time"), (String, "text"),
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A generated object: the statements that make it, and the text under which the catalogue shows it."""

    statements: tuple[str, ...]
    shown: str


def family(column: Column[object]) -> str:
    """How a column's values are printed into the log. Raises TypeError for a type without exact wire form."""
    for cls, name in _FAMILIES:
        if isinstance(column.type, cls):
            return name
    raise TypeError(f"{column.table.name}.{column.name}: the change log cannot print {column.type!r} exactly")


def message(code: str, table: str) -> str:
    """The text of a refusal; `app.audit.triggers.refusal` reads it back."""
    return f"audit: {code} {table}"


def erase(fields: str) -> str:
    """The statement that erases what an `erasure` row (NEW) names; `fields` is a query for the fields' names."""
    return (
        f"DELETE FROM {ChangePii.__tablename__} WHERE field IN ({fields}) AND log_id IN"
        f" (SELECT id FROM {ChangeLog.__tablename__} WHERE tbl = NEW.entity AND record_id = NEW.record_id);"
    )


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def joined(parts: Sequence[str], size: int = 16) -> str:
    """The parts concatenated in groups, because SQLite counts a long chain of ``||`` as nesting depth."""
    groups = ["(" + " || ".join(parts[i : i + size]) + ")" for i in range(0, len(parts), size)]
    return " || ".join(groups)

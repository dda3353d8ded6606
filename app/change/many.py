"""Many rows in one go, on either driver: SQLite steps through them itself, PostgreSQL takes each column as an array.

A statement for each row costs PostgreSQL's client and server several times what the rows do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Integer, Table, Time
from sqlalchemy.engine import Dialect

from app.db import ExactDecimal, Instant

_ARRAYS: tuple[tuple[type, str], ...] = (
    (ExactDecimal, "numeric"), (Instant, "timestamptz"), (Boolean, "boolean"), (Integer, "bigint"),
    (Date, "date"), (Time, "time"),
)  # fmt: skip
"""What PostgreSQL reads a column's values as; all others are text, whose length the table itself minds."""


def insert_of(table: Table, names: Sequence[str], dialect: Dialect) -> str:
    """The statement that inserts rows of these columns."""
    quote = dialect.identifier_preparer.quote
    listed = ", ".join(map(quote, names))
    if dialect.name == "sqlite":
        return f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({', '.join('?' * len(names))})"
    return f"INSERT INTO {quote(table.name)} ({listed}) SELECT * FROM {_unnested(table, names)}"


def update_of(table: Table, names: Sequence[str], dialect: Dialect) -> str:
    """The statement that sets these columns; the row's id is the last of its values."""
    quote = dialect.identifier_preparer.quote
    name = quote(table.name)
    if dialect.name == "sqlite":
        return f"UPDATE {name} SET {', '.join(f'{quote(n)} = ?' for n in names)} WHERE id = ?"
    given = [f"v{at}" for at in range(len(names) + 1)]
    cells = ", ".join(f"{quote(n)} = v.{value}" for n, value in zip(names, given, strict=False))
    source = f"{_unnested(table, [*names, 'id'])} AS v({', '.join(given)})"
    return f"UPDATE {name} SET {cells} FROM {source} WHERE {name}.id = v.{given[-1]}"


def send(connection: Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Execute a statement of this module for rows in the order of its columns."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement, rows)
    elif rows:
        connection.exec_driver_sql(statement, tuple(map(_literal, zip(*rows, strict=True))))


def _literal(values: tuple[Any, ...]) -> str:
    """A PostgreSQL array of scalars. The driver's own dumper looks at every value several times."""
    parts = ["NULL" if v is None else _quoted(v) if isinstance(v, str) else str(v) for v in values]
    return f"{{{','.join(parts)}}}"


def _quoted(text: str) -> str:
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _unnested(table: Table, names: Sequence[str]) -> str:
    return f"unnest({', '.join(f'%s::{_array(table.c[name])}[]' for name in names)})"


def _array(column: Column[Any]) -> str:
    return next((name for kind, name in _ARRAYS if isinstance(column.type, kind)), "text")

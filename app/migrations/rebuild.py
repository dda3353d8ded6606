"""Rebuilding a SQLite table as it is declared today: the way to every change that ALTER TABLE cannot make.

Foreign keys must be off, or dropping the old table would take its children's rows along.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import CreateTable

from app.migrations.step import quoted

_OBJECTS = text(
    "SELECT name, sql FROM sqlite_master"
    " WHERE tbl_name = :name AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)
_SEQUENCE = text("SELECT seq FROM sqlite_sequence WHERE name = :name")


def rebuild(connection: Connection, table: Table, values: dict[str, str], fills: dict[str, Any]) -> None:
    """Make the table anew and carry its rows over.

    A column takes the value it had, or the SQL in `values`, or the stored value in `fills` (for columns that
    did not exist). What others hung on the table (indexes and triggers not of ours) comes back too.
    """
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("foreign keys must be off while a table is rebuilt")
    old, new = quoted(connection, table.name), quoted(connection, f"_new_{table.name}")
    present = {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({old})")}
    objects = connection.execute(_OBJECTS, {"name": table.name}).all()
    sequence = connection.execute(_SEQUENCE, {"name": table.name}).scalar() if _numbered(table) else None

    create = str(CreateTable(table).compile(dialect=connection.dialect))
    connection.exec_driver_sql(create.replace(f"CREATE TABLE {old} (", f"CREATE TABLE {new} (", 1))
    kept = [c.name for c in table.columns if c.name in present or c.name in values or c.name in fills]
    names = ", ".join(quoted(connection, name) for name in kept)
    sources = ", ".join(
        values.get(name) or (f":{name}" if name in fills else quoted(connection, name)) for name in kept
    )
    connection.execute(text(f"INSERT INTO {new} ({names}) SELECT {sources} FROM {old}"), fills)
    connection.exec_driver_sql(f"DROP TABLE {old}")
    # The old way of renaming leaves other tables' references alone, which mean this table all along.
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    connection.exec_driver_sql(f"ALTER TABLE {new} RENAME TO {old}")
    connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")
    if sequence:
        _carry_sequence(connection, table.name, sequence)
    ours = {index.name for index in table.indexes}
    for index in table.indexes:
        index.create(connection)
    for name, sql in objects:
        if name not in ours and not name.startswith(("ix_", "uq_")):
            connection.exec_driver_sql(sql)


def _numbered(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _carry_sequence(connection: Connection, name: str, sequence: int) -> None:
    """Ids given before are never given again, even those of deleted records."""
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
    connection.execute(
        text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), {"name": name, "seq": sequence}
    )

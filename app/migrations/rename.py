"""Renames that declarations ask for with ``was``: of a table, or of a column with the text key beside it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Connection, Inspector, MetaData, Table, inspect, text

from app.audit.tables import entity_of
from app.entity import Field
from app.migrations.note import Note
from app.migrations.step import quoted


@dataclass(frozen=True)
class Rename:
    """A table, under its old and new name, and the columns of it that get new names, as (old, new)."""

    old: str
    new: str
    columns: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """What is renamed, in words."""
        moved = [(self.old, self.new)] if self.old != self.new else []
        moved += [(f"{self.new}.{old}", f"{self.new}.{new}") for old, new in self.columns]
        return "; ".join(_("Rename %(old)s to %(new)s", old=old, new=new) for old, new in moved)

    def run(self, connection: Connection) -> None:
        """Rename in the database; records, links and indexes follow."""
        if self.old != self.new:
            _rename_table(connection, self.old, self.new)
        for pair in self.columns:
            old, new = (quoted(connection, name) for name in pair)
            table = quoted(connection, self.new)
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")

    def noted(self, note: Note) -> Note:
        """What the last migration noted, under the new names."""
        tables = dict(note.tables)
        names = dict(self.columns)
        kept = tables.pop(self.old, {})
        tables[self.new] = {names.get(name, name): how for name, how in kept.items()}
        return Note(tables)


def renames(connection: Connection, metadata: MetaData) -> list[Rename]:
    """The renames still to be made."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    found = []
    for table in metadata.sorted_tables:
        former = [] if table.name in present else [n for n in _former_names(table) if n in present]
        old = former[0] if former else table.name
        columns = _columns(inspector, table, old) if old in present else ()
        if former or columns:
            found.append(Rename(old, table.name, columns))
    return found


def _former_names(table: Table) -> tuple[str, ...]:
    entity = entity_of(table)
    return entity.about.was if entity else tuple(table.info.get("was", ()))


def _columns(inspector: Inspector, table: Table, stored_as: str) -> tuple[tuple[str, str], ...]:
    present = {c["name"] for c in inspector.get_columns(stored_as)}
    pairs = []
    for column in table.columns:
        spec = column.info.get("field")
        if column.name in present or not isinstance(spec, Field):
            continue
        former = [old for old in spec.was if old in present and old not in table.columns]
        if former:
            pairs.append((former[0], column.name))
            if f"{former[0]}_key" in present and f"{column.name}_key" in table.columns:
                pairs.append((f"{former[0]}_key", f"{column.name}_key"))
    return tuple(pairs)


def _rename_table(connection: Connection, old: str, new: str) -> None:
    before, after = quoted(connection, old), quoted(connection, new)
    if connection.dialect.name == "postgresql":
        # The gate finds a sequence by its table's name; a later table may want the key's old name.
        query = text("SELECT pg_get_serial_sequence(:name, 'id')")
        sequence = connection.execute(query, {"name": before}).scalar()
        if sequence:
            target = quoted(connection, f"{new}_id_seq")
            connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RENAME TO {target}")
        key = inspect(connection).get_pk_constraint(old)["name"]
        if key == f"{old}_pkey":
            target = quoted(connection, f"{new}_pkey")
            connection.exec_driver_sql(f"ALTER INDEX {quoted(connection, key)} RENAME TO {target}")
    connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")

"""What must be done to make the database hold what is declared, and what may not be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import ops
from flask_babel import gettext as _
from sqlalchemy import Connection, MetaData, inspect

from app.migrations.note import Note
from app.migrations.step import Steps, has_rows, quoted
from app.migrations.table import TableChange

OUR_INDEXES = ("ix_", "uq_")
"""An index whose name begins otherwise is somebody else's and stays."""


def compare(connection: Connection, metadata: MetaData, note: Note, *, drop: bool) -> Steps:
    """The steps from the database to `metadata`, renames done. With `drop`, data may be lost."""
    found = Steps()
    operations = _operations(connection, metadata, note)
    new = [metadata.tables[op.table_name] for op in operations if isinstance(op, ops.CreateTableOp)]
    if new:
        names = ", ".join(table.name for table in new)
        found.add(_("Create tables: %(names)s", names=names), partial(metadata.create_all, tables=new))
    changes = {
        name: TableChange(connection, metadata.tables[name], note.tables.get(name, {}), drop)
        for name in inspect(connection).get_table_names()
        if name in metadata.tables
    }
    for op in operations:
        if isinstance(op, ops.ModifyTableOps) and op.table_name in changes:
            for part in op.ops:
                changes[op.table_name].take(part)
    for change in changes.values():
        change.into(found)
    gone = {op.table_name for op in operations if isinstance(op, ops.DropTableOp)}
    for name, _links in reversed(inspect(connection).get_sorted_table_and_fkc_names()):
        if name in gone:
            _drop_table(connection, found, name, drop)
    return found


def _operations(connection: Connection, metadata: MetaData, note: Note) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"include_object": _filter(note), "compare_type": _compare_type}
    )
    script = produce_migrations(context, metadata)
    return list(script.upgrade_ops.ops) if script.upgrade_ops else []


def _filter(note: Note) -> Callable[..., bool]:
    def include(_object: Any, name: str | None, kind: str, reflected: bool, declared: Any) -> bool:
        if not reflected or declared is not None:
            return True
        if kind == "table":
            return name in note.tables
        return kind != "index" or (name or "").startswith(OUR_INDEXES)

    return include


def _compare_type(context: MigrationContext, *_columns: Any) -> bool | None:
    # SQLite neither knows nor keeps lengths; a change of kind shows in the note.
    return False if context.dialect.name == "sqlite" else None


def _drop_table(connection: Connection, found: Steps, name: str, drop: bool) -> None:
    if has_rows(connection, name) and not drop:
        found.refuse(
            _("Table %(table)s is no longer declared but holds data. Use --drop to lose it.", table=name)
        )
        return
    found.add(_("Drop table %(table)s", table=name), partial(_drop, name=name))


def _drop(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"DROP TABLE {quoted(connection, name)}")

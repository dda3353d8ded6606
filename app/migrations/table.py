"""What must change in one table, gathered from Alembic's findings, and how each engine does it."""

from __future__ import annotations

from functools import partial
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from flask_babel import gettext as _
from sqlalchemy import Column, Connection, Table, bindparam, inspect, select, update

from app.entity.keys import text_key
from app.migrations.convert import CannotConvert, conversion
from app.migrations.note import kept_as
from app.migrations.rebuild import rebuild
from app.migrations.step import Steps, has_nulls, has_rows, has_values, quoted

BATCH = 5000


class TableChange:
    """The changes to one table. SQLite makes most of them by one rebuild, PostgreSQL one by one."""

    def __init__(self, connection: Connection, table: Table, kept: dict[str, str], drop: bool) -> None:
        self.connection, self.table, self.kept, self.drop = connection, table, kept, drop
        self.sqlite = connection.dialect.name == "sqlite"
        self.present = {c["name"] for c in inspect(connection).get_columns(table.name)}
        self.found = Steps()
        self.rebuilds = False
        self.values: dict[str, str] = {}
        self.fills: dict[str, Any] = {}
        self._conversions()

    def take(self, op: Any) -> None:
        """Take in one finding."""
        if isinstance(op, ops.AddColumnOp):
            self._add_column(self.table.columns[op.column.name])
        elif isinstance(op, ops.DropColumnOp):
            self._drop_column(op)
        elif isinstance(op, ops.AlterColumnOp):
            self._alter_column(op)
        elif isinstance(op, ops.CreateIndexOp):
            self._step(_("Create index %(name)s", name=op.index_name), op)
        elif isinstance(op, ops.DropIndexOp):
            self._step(_("Drop index %(name)s", name=op.index_name), op)
        else:
            self._step(_("Change the links and keys of %(table)s", table=self.table.name), op, rebuilds=True)

    def into(self, steps: Steps) -> None:
        """Hand over the steps, in an order that works."""
        steps.refused += self.found.refused
        if self.rebuilds:
            action = partial(rebuild, table=self.table, values=self.values, fills=self.fills)
            words = "; ".join(step.text for step in self.found.steps)
            steps.add(words, action, *self._key_fillers())
        else:
            steps.steps += self.found.steps
            for filler in self._key_fillers():
                steps.add(_("Fill the text keys of %(table)s", table=self.table.name), filler)

    def _name(self, column: str) -> str:
        return f"{self.table.name}.{column}"

    def _step(self, text: str, *operations: Any, rebuilds: bool = False) -> None:
        self.rebuilds |= rebuilds and self.sqlite
        self.found.add(text, *(partial(_invoke, op=op) for op in operations))

    def _conversions(self) -> None:
        for column in self.table.columns:
            was = self.kept.get(column.name)
            if was is None or column.name not in self.present or was == kept_as(column):
                continue
            try:
                sql = conversion(self.connection, column, was)
            except CannotConvert as error:
                self.found.refuse(str(error))
                continue
            text = _("Keep %(what)s as %(now)s, no longer as %(was)s", what=self._name(column.name),
                     now=kept_as(column), was=was)  # fmt: skip
            self.values[column.name] = sql
            self.rebuilds |= self.sqlite
            self.found.add(text, partial(_convert, column=column, sql=sql))

    def _add_column(self, column: Column[Any]) -> None:
        text = _("Add column %(what)s", what=self._name(column.name))
        if column.nullable or not has_rows(self.connection, self.table.name):
            # SQLite adds a plain column in place, one with a link or a demand only with the whole table.
            plain = column.nullable and not column.foreign_keys and not column.unique
            self.rebuilds |= self.sqlite and not plain
            self.found.add(text, partial(_add, column=column))
            return
        default = column.default
        if default is None or not (default.is_scalar or default.is_callable):
            self.found.refuse(
                _("%(what)s must not be empty, but the table holds records and no default is declared.",
                  what=self._name(column.name))
            )  # fmt: skip
            return
        value = default.arg(None) if default.is_callable else default.arg  # type: ignore[attr-defined]
        bind = column.type.bind_processor(self.connection.dialect)
        self.fills[column.name] = bind(value) if bind else value
        self.rebuilds |= self.sqlite
        self.found.add(text, partial(_add_filled, column=column, value=value))

    def _drop_column(self, op: ops.DropColumnOp) -> None:
        name = op.column_name
        derived = name.endswith("_key") and name.removesuffix("_key") in self.present
        if not derived and not self.drop and has_values(self.connection, self.table.name, name):
            self.found.refuse(
                _("Column %(what)s is no longer declared but holds data. Use --drop to lose it.",
                  what=self._name(name))
            )  # fmt: skip
            return
        self._step(_("Drop column %(what)s", what=self._name(name)), op, rebuilds=True)

    def _alter_column(self, op: ops.AlterColumnOp) -> None:
        name = op.column_name
        if op.modify_nullable is False and has_nulls(self.connection, self.table, name):
            self.found.refuse(_("%(what)s must not be empty, but is in some records.", what=self._name(name)))
        elif name not in self.values or op.modify_nullable is not None:
            self._step(_("Change column %(what)s", what=self._name(name)), op, rebuilds=True)

    def _key_fillers(self) -> list[Any]:
        new = [c for c in self.table.columns if "key_of" in c.info and c.name not in self.present]
        return [partial(_fill_keys, column=c) for c in new if has_rows(self.connection, self.table.name)]


def _invoke(connection: Connection, op: Any) -> None:
    Operations(MigrationContext.configure(connection)).invoke(op)


def _add(connection: Connection, column: Column[Any]) -> None:
    _invoke(connection, ops.AddColumnOp.from_column_and_tablename(None, column.table.name, column))


def _add_filled(connection: Connection, column: Column[Any], value: Any) -> None:
    name, table = quoted(connection, column.name), quoted(connection, column.table.name)
    kind = column.type.compile(connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    connection.execute(update(column.table).values({column.name: value}))
    connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")


def _convert(connection: Connection, column: Column[Any], sql: str) -> None:
    name, table = quoted(connection, column.name), quoted(connection, column.table.name)
    kind = column.type.compile(connection.dialect)
    value = f"NULL::{kind}" if sql == "NULL" else sql
    connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind} USING {value}")


def _fill_keys(connection: Connection, column: Column[Any]) -> None:
    """A text that becomes searchable gets its keys."""
    table, source = column.table, column.table.c[column.info["key_of"]]
    statement = update(table).where(table.c.id == bindparam("k_id")).values({column: bindparam("v_key")})
    last = 0
    while True:
        query = select(table.c.id, source).where(table.c.id > last, source.is_not(None)).order_by(table.c.id)
        rows = connection.execute(query.limit(BATCH)).all()
        if not rows:
            return
        connection.execute(statement, [{"k_id": id_, "v_key": text_key(value)} for id_, value in rows])
        last = rows[-1][0]

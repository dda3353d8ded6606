"""Reading what is sealed, as the bytes that were hashed: the logs' rows printed alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    and_,
    func,
    or_,
    select,
    true,
    type_coerce,
)

from app.audit.proof.merkle import LOGS, Row, canonical
from app.audit.proof.sources import Source, SqliteCopy
from app.audit.seal import Seal
from app.db import Instant, db

_seal: Table = Seal.__table__
_CHUNK = 2000
_WIRE = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def snapshot(engine: Engine) -> Connection:
    """A connection that reads one and the same state; on SQLite each statement does so by itself."""
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ")


def log_table(name: str) -> Table:
    """The table of a sealed log."""
    found: Table = db.metadata.tables[name]
    return found


def printed(table: Table, dialect: str) -> list[ColumnElement[Any]]:
    """The columns of a log or of the seals, instants as wire text; without the lists of leaves."""
    columns: list[ColumnElement[Any]] = []
    for column in table.columns:
        if isinstance(column.type, Instant):
            text = func.to_char(func.timezone("UTC", column), _WIRE)
            raw = type_coerce(column, String) if dialect == "sqlite" else text
            columns.append(raw.label(column.name))
        elif column.name != "leaves":
            columns.append(column)
    return columns


def read(
    connection: Connection, table: Table, *wanted: ColumnElement[bool], limit: int | None = None
) -> Iterator[Row]:
    """Rows of a log or of the seals by number, as they are hashed."""
    key = next(iter(table.primary_key))
    query = select(*printed(table, connection.dialect.name)).where(*wanted).order_by(key).limit(limit)
    result = connection.execute(query, execution_options={"yield_per": _CHUNK})
    names = list(result.keys())
    return (dict(zip(names, row, strict=True)) for row in result)


def seals(connection: Connection, *wanted: ColumnElement[bool]) -> Iterator[Row]:
    """Seals by number."""
    return read(connection, _seal, *wanted)


def last_seal(connection: Connection, log: str | None = None) -> Row | None:
    """The latest seal, of one log or of all."""
    newest = select(_seal.c.n).order_by(_seal.c.n.desc()).limit(1)
    if log is not None:
        # By the index: the ends of a log's seals never go back.
        newest = (
            select(_seal.c.n).where(_seal.c.log == log).order_by(_seal.c.hi.desc(), _seal.c.n.desc()).limit(1)
        )
    found = list(seals(connection, _seal.c.n == newest.scalar_subquery()))
    return found[0] if found else None


def settled_below(connection: Connection, log: str, last: Row | None) -> int:
    """An id up to which every entry that will ever be is in a seal.

    Whoever may still commit a lower id than `last` took it after that seal's oldest open transaction had begun,
    and so after every seal that had seen all transactions before it end.
    """
    if last is None or last["settled"] is None:
        return int(last["hi"]) if last else 0
    seen = or_(_seal.c.settled.is_(None), _seal.c.begun <= last["settled"])
    query = select(_seal.c.hi).where(_seal.c.log == log, seen)
    newest = query.order_by(_seal.c.hi.desc(), _seal.c.n.desc()).limit(1)
    return int(connection.execute(newest).scalar() or 0)


def is_unsealed(table: Table, last: Row | None, low: int) -> ColumnElement[bool]:
    """The condition that an entry is in no seal; `low` from `settled_below`."""
    if last is None:
        return true()
    if last["settled"] is None:
        return table.c.id > int(last["hi"])
    return and_(table.c.id > low, or_(table.c.id > last["hi"], table.c.txn >= last["settled"]))


def unsealed(connection: Connection) -> int:
    """How many entries wait for a seal."""
    count = 0
    for log in LOGS:
        table, last = log_table(log), last_seal(connection, log)
        waits = is_unsealed(table, last, settled_below(connection, log, last))
        count += int(connection.execute(select(func.count()).select_from(table).where(waits)).scalar_one())
    return count


class DatabaseSource:
    """A database as the verification reads it, in one snapshot; see `app.audit.proof.sources`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def seals(self) -> Iterator[Row]:
        """All seals."""
        return seals(self._connection)

    def leaves(self, number: int) -> str:
        """A seal's list of leaves."""
        query = select(_seal.c.leaves).where(_seal.c.n == number)
        return str(self._connection.execute(query).scalar_one())

    def rows(self, log: str) -> Iterator[Row]:
        """All entries of a log."""
        return read(self._connection, log_table(log))


def source(connection: Connection) -> Source:
    """What to verify a database from: SQLite's file itself, so that damage no driver would read is found too."""
    if connection.dialect.name == "sqlite":
        return SqliteCopy(Path(str(connection.engine.url.database)))
    return DatabaseSource(connection)


def export(where: Source, out: TextIO) -> int:
    """Write seals and logs as JSON lines, from which anybody can verify them; returns how many entries."""
    for seal in where.seals():
        _line(out, "seal", {**seal, "leaves": where.leaves(seal["n"])})
    count = 0
    for log in LOGS:
        for row in where.rows(log):
            _line(out, log, row)
            count += 1
    return count


def _line(out: TextIO, table: str, row: Row) -> None:
    out.write(canonical({**row, "": table}).decode("utf-8", "surrogateescape") + "\n")

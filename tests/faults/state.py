"""What is in the database after a fault, told in few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, func, select

from app.audit.log import ChangeLog
from app.change.model import ChangeRow, ChangeSetRow, HeldCell, NumberCounter
from app.db import db
from app.entity import registry

log: Table = ChangeLog.__table__  # type: ignore[assignment]
sets: Table = ChangeSetRow.__table__  # type: ignore[assignment]
changes: Table = ChangeRow.__table__  # type: ignore[assignment]
held: Table = HeldCell.__table__  # type: ignore[assignment]


def count(table: Table, *where: Any) -> int:
    """How many rows there are."""
    with db.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def column(table: Table, name: str, *where: Any) -> Sequence[Any]:
    """The values of a column."""
    with db.engine.connect() as connection:
        return connection.execute(select(table.c[name]).where(*where)).scalars().all()


def row(table: Table, *where: Any) -> dict[str, Any]:
    """The one row."""
    with db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(*where)).mappings().one())


def written_once(set_id: int, entity: str, rows: int) -> None:
    """A set is applied and whole: each row done, each record logged once under it."""
    assert row(sets, sets.c.id == set_id)["state"] == "applied"
    assert column(changes, "state", changes.c.set_id == set_id) == ["done"] * rows
    records = column(log, "record_id", log.c.change_set == set_id, log.c.tbl == entity)
    assert len(records) == len(set(records)) == rows


def fits(entity: str, code: str) -> None:
    """Every version of every record is in the log once, no business number was given twice or may be given again."""
    table, pattern = registry.get(entity).table, registry.get(entity).fields[code].pattern
    with db.engine.connect() as connection:
        versions = {row[0]: row[1] for row in connection.execute(select(table.c.id, table.c.version))}
        logged = select(log.c.record_id, func.count()).where(log.c.tbl == entity).group_by(log.c.record_id)
        assert {row[0]: row[1] for row in connection.execute(logged)} == versions
    codes = column(table, code)
    assert len(set(codes)) == len(codes)
    last = column(NumberCounter.__table__, "last", NumberCounter.__table__.c.pattern == pattern)  # type: ignore[arg-type]
    assert max(int(one.rpartition("-")[2]) for one in codes) <= max(last)

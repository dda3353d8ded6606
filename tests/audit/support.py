"""What the tests of the change log share: a migrated database seen from both sides, and the log read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, insert, select

from app import clock
from app.audit import tables, texts
from app.audit.actor import Actor, acting, writing
from app.audit.log import ChangeLog
from app.audit.pii import open_values
from app.db import canonical_json
from app.engine import make_engine
from app.migrate import MigrationReport, migrate
from app.org import Department
from config import Settings
from tests.support.database import Store

WANG = Actor(None, "王浩", "sheet", "req-1")
LOG = ChangeLog.__table__
DEPARTMENT: Table = Department.__table__  # type: ignore[assignment]


@dataclass
class Database:
    """A database: `app` as the application opens it, `owner` as migrations do."""

    settings: Settings
    app: Engine
    owner: Engine

    @property
    def sqlite(self) -> bool:
        return self.app.dialect.name == "sqlite"

    def migrate(self, metadata: MetaData | None = None, **how: Any) -> MigrationReport:
        return migrate(self.settings, metadata=metadata, **how)

    def log(self, table: str | None = None) -> list[Any]:
        """The log of a table (or of all but migrations), oldest first."""
        query = select(LOG).where(LOG.c.tbl == table if table else LOG.c.tbl != "schema").order_by(LOG.c.id)
        with self.app.connect() as connection:
            return list(connection.execute(query).mappings().all())

    @contextmanager
    def write(self, change_set: int = 7, actor: Actor = WANG) -> Iterator[Connection]:
        """A transaction that may write."""
        with acting(actor), writing(change_set), self.app.begin() as connection:
            yield connection


@contextmanager
def opened(store: Store) -> Iterator[Database]:
    """The database of a store, connections closed at the end."""
    settings = Settings(home=store.home, database_url=store.url, owner_database_url=store.owner_url)
    database = Database(settings, make_engine(store.url), make_engine(store.owner_url, owner=True))
    yield database
    database.app.dispose()
    database.owner.dispose()


def department(code: str, **more: Any) -> dict[str, Any]:
    """A row for `department`."""
    now = clock.now()
    row = {"code": code, "name": f"部门{code}", "department_type": "sales", "is_active": True, "version": 1,
           "created_at": now, "updated_at": now, "code_key": code, "name_key": code}  # fmt: skip
    return {**row, **more}


def add_departments(database: Database, *codes: str) -> None:
    with database.write(1) as connection:
        connection.execute(insert(DEPARTMENT), [department(code) for code in codes])


def wire(column: Any, value: Any) -> Any:
    """The wire value of what a column gave."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return clock.instant_text(value) if value.tzinfo else value.isoformat(timespec="microseconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    assert texts.family(column) == "json"
    return value


def logged(table: Table, row: Any) -> dict[str, Any]:
    """A row as the log shows it whole; secrets hidden."""
    found = {}
    for column in tables.logged_columns(table):
        value = row[column.name]
        found[column.name] = (
            tables.SECRET if tables.is_secret(column) and value is not None else wire(column, value)
        )
    return found


def text_of(values: dict[str, Any]) -> str:
    """The exact text the log has for an object: columns in declared order, JSON values canonical."""
    parts = (f"{json.dumps(name)}:{canonical_json(value)}" for name, value in values.items())
    return "{" + ",".join(parts) + "}"


def content(connection: Connection, table: Table) -> dict[Any, dict[str, Any]]:
    """What a table holds, by key, as the log would show it."""
    rows = connection.execute(select(table)).mappings().all()
    return {key_of(table, row): logged(table, row) for row in rows}


def key_of(table: Table, row: Any) -> Any:
    return tuple(row[column.name] for column in table.primary_key)


def fold(connection: Connection, table: Table, since: int = 0) -> dict[Any, dict[str, Any]]:
    """What the log says a table holds, personal values put back. Each entry must fit onto the ones before it.

    `since` is the last entry before a moment when the table was empty.
    """
    state: dict[Any, dict[str, Any]] = {}
    query = select(LOG).where(LOG.c.tbl == table.name, LOG.c.id > since).order_by(LOG.c.id)
    found = connection.execute(query).mappings().all()
    cells = {e["id"]: [json.loads(e[side]) if e[side] else None for side in ("old", "new")] for e in found}
    open_values(connection, ((log_id, old or {}, new or {}) for log_id, (old, new) in cells.items()))
    for entry in found:
        key = tuple(json.loads(entry["record_key"])) if entry["record_key"] else (entry["record_id"],)
        old, new = cells[entry["id"]]
        if entry["op"] == "I":
            assert key not in state
            assert old is None
            state[key] = new
        elif entry["op"] == "U":
            assert old.keys() == new.keys()
            assert {name: state[key][name] for name in old} == old
            secrets = [name for name, value in new.items() if value == tables.CHANGED]
            state[key] = {**state[key], **new, **dict.fromkeys(secrets, tables.SECRET)}
        else:
            assert new is None
            assert state.pop(key) == old
        assert entry["actor_name"]
    return state

"""Engines: one way to open either database, so that triggers always know who acts and nobody slips past them.

SQLite reads without a transaction and takes the write lock before the first write (BEGIN IMMEDIATE),
so that a read snapshot is never upgraded to a write, which fails at once when another has written meanwhile.
Code that wants a steady snapshot says BEGIN itself.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from app.audit.actor import current_actor, current_case, current_change_set, current_context, moment
from app.audit.authorizer import authorize
from app.audit.pii import Commitments

BUSY_SECONDS = 5
"""How long SQLite waits for another writer before it answers that the database is busy."""

_SQLITE_PRAGMAS = (
    "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "recursive_triggers = ON",
    f"busy_timeout = {BUSY_SECONDS * 1000}", "cache_size = -20000", "temp_store = MEMORY",
    "trusted_schema = ON",
)  # fmt: skip
_POSTGRES_SETTINGS = (
    "SET timezone = 'UTC'; SET lock_timeout = '10s'; "
    "SET statement_timeout = '{statement}'; SET idle_in_transaction_session_timeout = '10min'"
)
_SET_CONTEXT = (
    "SELECT set_config('app.actor_id', %s, true), set_config('app.actor_name', %s, true),"
    " set_config('app.source', %s, true), set_config('app.request', %s, true),"
    " set_config('app.change_set', %s, true), set_config('app.case', %s, true),"
    " set_config('app.now', %s, true)"
)
_INSTALLED = "taizhang_installed"
_TOLD = "taizhang_context"


def engine_options(url: str) -> dict[str, Any]:
    """Arguments for `create_engine` (or SQLALCHEMY_ENGINE_OPTIONS) that suit the database at `url`."""
    # A request may hold the session's connection and the gate's at once.
    pool = {"pool_size": 16, "max_overflow": 16, "pool_timeout": 10}
    return pool if make_url(url).get_backend_name() == "sqlite" else {**pool, "pool_pre_ping": True}


def make_engine(url: str, *, owner: bool = False) -> Engine:
    """An engine for `url`. As `owner` (migrate and seal alone) a SQLite engine may change schema and log."""
    engine = create_engine(url, **engine_options(url))
    install(engine, owner=owner)
    return engine


def install(engine: Engine, *, owner: bool = False) -> None:
    """Give an engine made elsewhere (Flask-SQLAlchemy's) the same set-up; its connections are replaced."""
    if getattr(engine, _INSTALLED, False):
        return
    setattr(engine, _INSTALLED, True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_owner_connected if owner else _sqlite_connected)
        event.listen(engine, "savepoint", _sqlite_savepoint)
    else:
        event.listen(engine, "connect", _postgres_owner_connected if owner else _postgres_connected)
        event.listen(engine, "begin", refresh_context)
        event.listen(engine, "before_cursor_execute", _postgres_execute)
        event.listen(engine, "rollback_savepoint", _postgres_rolled_back)
    engine.dispose()


def refresh_context(connection: Connection) -> None:
    """Tell PostgreSQL who acts now. SQLAlchemy's statements do it by themselves; a raw cursor does not."""
    if connection.dialect.name == "sqlite":
        return
    actor, written = current_context()
    connection.info[_TOLD] = (actor, written)
    values = (
        "" if actor is None or actor.id is None else str(actor.id),
        actor.name if actor else "",
        actor.source if actor else "",
        actor.request if actor else "",
        str(written.change_set) if written else "",
        str(written.case) if written and written.case is not None else "",
        moment(),
    )
    dbapi: psycopg.Connection[Any] = connection.connection.dbapi_connection  # type: ignore[assignment]
    dbapi.execute(_SET_CONTEXT, values)


def _postgres_connected(dbapi: psycopg.Connection[Any], _record: Any) -> None:
    dbapi.execute(_POSTGRES_SETTINGS.format(statement="5min"))
    dbapi.commit()


def _postgres_owner_connected(dbapi: psycopg.Connection[Any], _record: Any) -> None:
    dbapi.execute(_POSTGRES_SETTINGS.format(statement="0"))
    dbapi.commit()


def _postgres_execute(connection: Connection, cursor: psycopg.Cursor[Any], *_statement: Any) -> None:
    # The actor may become known in the middle of a transaction (sign-in), the change set always does.
    stale = connection.info.get(_TOLD) != current_context()
    if stale and cursor.connection.info.transaction_status != TransactionStatus.INERROR:
        refresh_context(connection)


def _postgres_rolled_back(connection: Connection, *_savepoint: Any) -> None:
    # ROLLBACK TO takes settings made since the savepoint back as well.
    connection.info.pop(_TOLD, None)


def _sqlite_savepoint(connection: Connection, _name: str) -> None:
    # Python's driver begins no transaction for SAVEPOINT; its RELEASE would then commit.
    if not connection.connection.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlite_connected(dbapi: sqlite3.Connection, record: Any) -> None:
    _sqlite_owner_connected(dbapi, record)
    # SQLite makes this table of its own when it is first asked, which the authorizer would refuse.
    dbapi.execute("SELECT 1 FROM json_each('[]')")
    dbapi.set_authorizer(authorize)


def _sqlite_owner_connected(dbapi: sqlite3.Connection, _record: Any) -> None:
    dbapi.isolation_level = "IMMEDIATE"
    for pragma in _SQLITE_PRAGMAS:
        dbapi.execute(f"PRAGMA {pragma}")
    for name, function in _FUNCTIONS.items():
        dbapi.create_function(name, 0, function)
    personal = Commitments()
    dbapi.create_function("app_pii_begin", 0, personal.begin)
    dbapi.create_function("app_pii", 3, personal.commit)
    dbapi.create_function("app_pii_values", 0, personal.values)


def _actor_id() -> int | None:
    actor = current_actor()
    return actor.id if actor else None


def _actor_name() -> str | None:
    actor = current_actor()
    return actor.name if actor else None


def _source() -> str | None:
    actor = current_actor()
    return actor.source if actor else None


def _request() -> str | None:
    actor = current_actor()
    return actor.request or None if actor else None


_FUNCTIONS = {
    "app_actor_id": _actor_id,
    "app_actor_name": _actor_name,
    "app_source": _source,
    "app_request": _request,
    "app_change_set": current_change_set,
    "app_case": current_case,
    "app_now": moment,
}

"""What a SQLite connection of the application may not do, whatever statement it is sent.

SQLite has no roles: this callback, asked once for each prepared statement, stands in for PostgreSQL's grants.
"""

from __future__ import annotations

import sqlite3

from app.audit.tables import GUARDED

TRIGGER_PREFIX = "audit_"
"""Triggers called so are ours; the application's connections can neither make nor drop any."""

_WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_FORBIDDEN = {
    sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_CREATE_VIEW,
    sqlite3.SQLITE_CREATE_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_TRIGGER, sqlite3.SQLITE_CREATE_VTABLE,
    sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_INDEX, sqlite3.SQLITE_DROP_VIEW,
    sqlite3.SQLITE_DROP_TRIGGER, sqlite3.SQLITE_DROP_TEMP_TRIGGER, sqlite3.SQLITE_DROP_VTABLE,
}  # fmt: skip
# With an argument most pragmas change how the database behaves (recursive_triggers=OFF hides a REPLACE);
# foreign keys deferred by the gate are still checked when it commits.
_HARMLESS_PRAGMAS = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "foreign_key_check", "integrity_check", "quick_check", "wal_checkpoint", "defer_foreign_keys",
    "busy_timeout",
}  # fmt: skip


def authorize(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    """SQLite's authorizer callback: SQLITE_OK or SQLITE_DENY.

    `first` and `second` depend on the action (table, column, pragma, value); `trigger` is the trigger or
    view on whose behalf the statement acts, None for the statement itself.
    """
    if action in _WRITES:
        return _may_write(action, (first or "").lower(), database, trigger)
    if action in _FORBIDDEN:
        return sqlite3.SQLITE_DENY
    changes = second is not None and (first or "").lower() not in _HARMLESS_PRAGMAS
    if action == sqlite3.SQLITE_PRAGMA and changes:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _may_write(action: int, table: str, database: str | None, trigger: str | None) -> int:
    if table in GUARDED:
        may = {sqlite3.SQLITE_INSERT: GUARDED[table].insert, sqlite3.SQLITE_DELETE: GUARDED[table].delete}
        by_audit = (trigger or "").startswith(TRIGGER_PREFIX)
        allowed = may.get(action) == "app" or (by_audit and may.get(action) == "triggers")
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
    if table.startswith("sqlite_") and database != "temp" and not table.startswith("sqlite_stat"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK

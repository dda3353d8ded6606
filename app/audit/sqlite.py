"""Change-log triggers for SQLite.

The JSON is put together column by column, which is fast and leaves nothing to chance: the same data gives the
same bytes as on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, MetaData, Table, text
from sqlalchemy.dialects import sqlite

from app.audit import tables, texts
from app.audit.authorizer import TRIGGER_PREFIX
from app.audit.log import ChangeLog, ChangePii, Erasure
from app.audit.printing import Printer
from app.audit.texts import Made, literal, message

_quote = sqlite.dialect().identifier_preparer.quote
_LOG = ChangeLog.__tablename__
_ERASURE = Erasure.__tablename__
_ROWS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def made(metadata: MetaData) -> dict[str, Made]:
    """All triggers by name."""
    found = {}
    guarded = tables.guarded(metadata)
    for table in tables.audited(metadata):
        for operation in ("insert",) if table.name in guarded else _ROWS:
            name = f"{TRIGGER_PREFIX}{table.name}_{operation}"
            found[name] = _trigger(name, table, operation)
    for table_name, guard in guarded.items():
        for operation in ("update", "delete") if guard.delete == "nobody" else ("update",):
            name = f"{TRIGGER_PREFIX}{table_name}_{operation}"
            refusal = literal(message(texts.APPEND_ONLY, table_name))
            found[name] = _made(
                name, f"BEFORE {operation.upper()} ON {table_name}", f"SELECT RAISE(ABORT, {refusal});"
            )
    if _ERASURE in guarded:
        name = f"{TRIGGER_PREFIX}{_ERASURE}_erase"
        found[name] = _made(
            name, f"AFTER INSERT ON {_ERASURE}", texts.erase("SELECT value FROM json_each(NEW.fields)")
        )
    return found


def catalogue(connection: Connection) -> dict[str, str]:
    """The triggers of ours, and any on a guarded table, by name, as the database shows them."""
    rows = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"))
    guarded = tables.GUARDED
    return {name: sql for name, table, sql in rows if name.startswith(TRIGGER_PREFIX) or table in guarded}


def drop(connection: Connection) -> None:
    """Drop all triggers of ours, and any on a guarded table."""
    for name in catalogue(connection):
        connection.exec_driver_sql(f"DROP TRIGGER {_quote(name)}")


def _trigger(name: str, table: Table, operation: str) -> Made:
    personal = any(tables.is_pii(column) for column in tables.logged_columns(table))
    steps = [f"SELECT CASE {' '.join(_refusals(table, operation))} END;"]
    steps += ["SELECT app_pii_begin();"] if personal else []
    steps.append(_log_insert(table, operation))
    steps += [_KEEP_PERSONAL] if personal else []
    return _made(name, f"AFTER {operation.upper()} ON {_quote(table.name)}", *steps)


def _made(name: str, when: str, *steps: str) -> Made:
    sql = "\n".join(
        [f"CREATE TRIGGER {_quote(name)} {when}", "BEGIN", *(f"  {step}" for step in steps), "END"]
    )
    return Made((sql,), sql)


def _refusals(table: Table, operation: str) -> Iterator[str]:
    yield f"WHEN app_actor_name() IS NULL THEN {_raise(texts.NO_ACTOR, table)}"
    if tables.entity_of(table):
        yield f"WHEN app_change_set() IS NULL THEN {_raise(texts.NO_CHANGE_SET, table)}"
        lock = tables.locked(table, _ROWS[operation], "coalesce(app_case(), 0)")
        if lock:
            yield f"WHEN {lock} THEN {_raise(texts.LOCKED, table)}"
    if operation == "update":
        moved = " OR ".join(f"NEW.{_quote(c.name)} IS NOT OLD.{_quote(c.name)}" for c in table.primary_key)
        yield f"WHEN {moved} THEN {_raise(texts.KEY_CHANGED, table)}"


def _raise(code: str, table: Table) -> str:
    return f"RAISE(ABORT, {literal(message(code, table.name))})"


def _log_insert(table: Table, operation: str) -> str:
    columns = tables.logged_columns(table)
    row = "OLD" if operation == "delete" else "NEW"
    old = new = "NULL"
    condition = ""
    if operation == "insert":
        new = _printer.whole(columns, "NEW")
    elif operation == "delete":
        old = _printer.whole(columns, "OLD")
    else:
        columns = [c for c in columns if not c.primary_key]  # which the refusals above keep from changing
        old, new = _printer.difference(columns, "OLD"), _printer.difference(columns, "NEW")
        changed = f"({_names(columns, 'OLD')}) IS NOT ({_names(columns, 'NEW')})" if columns else "0"
        condition = f"\n   WHERE {changed}"
    key = tables.integer_key(table)
    record = f"{row}.{_quote(key)}, NULL" if key else f"NULL, {_text_key(table, row)}"
    return (
        f"INSERT INTO {_LOG} (txn, at, actor_id, actor_name, request, source, change_set,"
        f" tbl, record_id, record_key, op, old, new)\n"
        f"  SELECT 0, app_now(), app_actor_id(), app_actor_name(), app_request(), app_source(),"
        f" app_change_set(), {literal(table.name)}, {record}, {literal(operation[0].upper())},\n"
        f"   {old},\n   {new}{condition};"
    )


def _names(columns: list[Column[object]], row: str) -> str:
    return ", ".join(f"{row}.{_quote(c.name)}" for c in columns)


def _text_key(table: Table, row: str) -> str:
    values = " || ',' || ".join(_value(c, f"{row}.{_quote(c.name)}") for c in table.primary_key)
    return f"'[' || {values} || ']'"


def _value(column: Column[object], value: str) -> str:
    """SQL for the JSON text of a value. What is not of the column's storage class prints as it is."""
    kind = texts.family(column)
    if kind == "decimal":
        exact = _decimal(column, value)
        return f"CASE typeof({value}) WHEN 'integer' THEN {exact} ELSE json_quote({value}) END"
    if kind == "boolean":
        return f"CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE json_quote({value}) END"
    if kind == "json":
        refusal = f"RAISE(ABORT, {literal(message(texts.BAD_JSON, column.table.name))})"
        valid = f"WHEN json_valid({value}) THEN {value}"
        return f"CASE WHEN {value} IS NULL THEN 'null' {valid} ELSE {refusal} END"
    if kind == "time":
        return f"json_quote(replace({value}, '.000000', ''))"
    if kind == "naive":
        return f"json_quote(replace({value}, ' ', 'T'))"
    return f"json_quote({value})"


def _decimal(column: Column[object], value: str) -> str:
    scale: int = column.type.scale  # type: ignore[attr-defined]
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    if not scale:
        return f"'\"' || {value} || '\"'"
    unit = 10**scale
    return f"printf('\"%s%d.%0{scale}d\"', {sign}, abs({value}) / {unit}, abs({value}) % {unit})"


def _commitment(name: str, side: str, value: str) -> str:
    return f"app_pii({literal(name)}, {literal(side)}, {value})"


# The rowid is that of the log entry: `change_pii` has none.
_KEEP_PERSONAL = (
    f"INSERT INTO {ChangePii.__tablename__} (log_id, field, side, salt, value)\n"
    "  SELECT last_insert_rowid(), value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(app_pii_values());"
)
_printer = Printer(_quote, _value, "IS NOT", _commitment)

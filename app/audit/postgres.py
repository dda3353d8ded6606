"""Change-log triggers for PostgreSQL: a generated function per table, run with the owner's rights.

The application's role may not write the log itself. It may not execute the functions either: with a table of
its own to hang them on it could forge entries. (Firing a trigger needs no such right.)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, MetaData, Table, text
from sqlalchemy.dialects import postgresql

from app.audit import tables, texts
from app.audit.authorizer import TRIGGER_PREFIX
from app.audit.log import ChangeLog, ChangePii, Erasure
from app.audit.pii import PII
from app.audit.printing import Printer
from app.audit.texts import Made, literal, message

SCHEMA = "public"
quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
"""An identifier as PostgreSQL wants it written."""
_LOG, _PII, _ERASURE = (model.__tablename__ for model in (ChangeLog, ChangePii, Erasure))
_PATH = f"pg_catalog, {SCHEMA}, pg_temp"
# pg_trigger.tgtype: 1 each row, 2 before, and the event
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}

_CATALOGUE = text(
    "SELECT t.tgname AS name, c.relname AS tbl, t.tgtype AS type, t.tgenabled AS enabled,"
    " pg_get_expr(t.tgqual, t.tgrelid) AS qual, encode(t.tgargs, 'escape') AS args, p.proname AS function,"
    " p.prosrc AS source, p.prosecdef AS definer, array_to_string(p.proconfig, ';') AS config"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT t.tgisinternal AND n.nspname = :schema AND (t.tgname LIKE :prefix OR c.relname = ANY(:guarded))"
)
_OURS = {
    "schema": SCHEMA,
    "prefix": TRIGGER_PREFIX.replace("_", r"\_") + "%",
    "guarded": list(tables.GUARDED),
}


def made(metadata: MetaData) -> dict[str, Made]:
    """All triggers by name, with the functions they call."""
    found = {}
    for table in tables.audited(metadata):
        name = f"{TRIGGER_PREFIX}{table.name}"
        found[name] = _trigger(name, table.name, "INSERT OR UPDATE OR DELETE", _body(table))
        found[f"{name}_truncate"] = _refusal(f"{name}_truncate", table.name, "TRUNCATE", texts.NO_TRUNCATE)
    for table_name, guard in tables.guarded(metadata).items():
        name, code = f"{TRIGGER_PREFIX}{table_name}", texts.APPEND_ONLY
        refused = ["UPDATE", *(["DELETE"] if guard.delete == "nobody" else []), "TRUNCATE"]
        found[f"{name}_change"] = _refusal(f"{name}_change", table_name, " OR ".join(refused), code)
        for event, who in (("INSERT", guard.insert), ("DELETE", guard.delete)):
            if who == "triggers":
                one = f"{name}_{event.lower()}"
                found[one] = _refusal(one, table_name, event, code, "pg_trigger_depth() = 0")
    if _ERASURE in metadata.tables:
        name = f"{TRIGGER_PREFIX}{_ERASURE}_erase"
        erase = texts.erase("SELECT json_array_elements_text(NEW.fields::json)")
        found[name] = _trigger(name, _ERASURE, "INSERT", f"BEGIN {erase} RETURN NULL; END")
    return found


def catalogue(connection: Connection) -> dict[str, str]:
    """The triggers of ours, and any on a guarded table, by name, with all that decides what they do."""
    rows = connection.execute(_CATALOGUE, _OURS).mappings()
    return {
        row["name"]: _shown(
            row["tbl"], row["type"], row["function"], row["source"], row["args"].rstrip("\\0"), row["qual"],
            row["enabled"], row["definer"], row["config"],
        )
        for row in rows
    }  # fmt: skip


def drop(connection: Connection) -> None:
    """Drop all triggers of ours, any on a guarded table, and the functions made for ours."""
    for row in connection.execute(_CATALOGUE, _OURS).mappings().all():
        connection.exec_driver_sql(f"DROP TRIGGER {quote(row['name'])} ON {SCHEMA}.{quote(row['tbl'])}")
    functions = connection.execute(
        text(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = :schema AND p.proname LIKE :prefix AND p.prorettype = 'trigger'::regtype"
        ),
        _OURS,
    )
    for name in functions.scalars().all():
        connection.exec_driver_sql(f"DROP FUNCTION {SCHEMA}.{quote(name)}()")


def _shown(
    table: str, kind: int, function: str, source: str, args: str, qual: str | None, enabled: str,
    definer: bool, config: str | None,
) -> str:  # fmt: skip
    return f"{table} {kind} {function}({args}) when {qual} {enabled} definer={definer} {config}\n{source}"


def _function(name: str, body: str) -> tuple[str, str]:
    return (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{quote(name)}() RETURNS trigger LANGUAGE plpgsql"
        f" SECURITY DEFINER SET search_path = {_PATH} AS $audit${body}$audit$",
        f"REVOKE ALL ON FUNCTION {SCHEMA}.{quote(name)}() FROM PUBLIC",
    )


def _bits(events: str) -> int:
    return sum(_EVENTS[word] for word in events.split(" OR "))


def _trigger(name: str, table: str, events: str, body: str) -> Made:
    """A trigger after each row."""
    create = (
        f"CREATE TRIGGER {quote(name)} AFTER {events} ON {SCHEMA}.{quote(table)}"
        f" FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.{quote(name)}()"
    )
    shown = _shown(table, 1 + _bits(events), name, body, "", None, "O", True, f"search_path={_PATH}")
    return Made((*_function(name, body), create), shown)


def _refusal(name: str, table: str, events: str, code: str, condition: str | None = None) -> Made:
    """A statement trigger that refuses."""
    body = f"BEGIN {_raise(code, table)} END"
    create = (
        f"CREATE TRIGGER {quote(name)} BEFORE {events} ON {SCHEMA}.{quote(table)} FOR EACH STATEMENT"
        f" {f'WHEN ({condition}) ' if condition else ''}EXECUTE FUNCTION {SCHEMA}.{quote(name)}()"
    )
    qual = f"({condition})" if condition else None
    shown = _shown(table, 2 + _bits(events), name, body, "", qual, "O", True, f"search_path={_PATH}")
    return Made((*_function(name, body), create), shown)


def _body(table: Table) -> str:
    columns = tables.logged_columns(table)
    compared = [c for c in columns if not c.primary_key]
    refusals = "\n".join(_refusals(table))
    personal = [c for c in columns if tables.is_pii(c)]
    return f"""
DECLARE
  actor text := nullif(current_setting('app.actor_name', true), '');
  changes bigint := nullif(current_setting('app.change_set', true), '')::bigint;
  app_case bigint := coalesce(nullif(current_setting('app.case', true), '')::bigint, 0);
  was text;
  became text;{_SECRET if personal else ""}
BEGIN
{refusals}
  IF TG_OP = 'INSERT' THEN
    became := {_printer.whole(columns, "NEW")};
  ELSIF TG_OP = 'DELETE' THEN
    was := {_printer.whole(columns, "OLD")};
  ELSE
    IF {_moved(table)} THEN
      {_raise(texts.KEY_CHANGED, table.name)}
    END IF;
    IF ROW({_names(compared, "OLD")}) IS NOT DISTINCT FROM ROW({_names(compared, "NEW")}) THEN
      RETURN NULL;
    END IF;
    was := {_printer.difference(compared, "OLD")};
    became := {_printer.difference(compared, "NEW")};
  END IF;
  INSERT INTO {SCHEMA}.{_LOG} (txn, at, actor_id, actor_name, db_user, request, source, change_set,
    tbl, record_id, record_key, op, old, new)
  VALUES (pg_current_xact_id()::text::bigint, current_setting('app.now')::timestamptz,
    nullif(current_setting('app.actor_id', true), '')::bigint, actor, session_user,
    nullif(current_setting('app.request', true), ''), current_setting('app.source', true), changes,
    {literal(table.name)}, {_record(table)}, left(TG_OP, 1), was, became){_keep(personal)};
  RETURN NULL;
END
"""


# A value's salt follows from its row's secret, which is forgotten.
_SECRET = """
  secret text := gen_random_uuid()::text;
  entry bigint;"""


def _salt(field: str, side: str) -> str:
    return f"left(encode(sha256(convert_to(secret || {field} || {side}, 'UTF8')), 'hex'), 32)"


def _commitment(name: str, side: str, value: str) -> str:
    salted = f"{_salt(literal(name), literal(side))} || {value}"
    return f"'{{\"{PII}\":\"' || encode(sha256(convert_to({salted}, 'UTF8')), 'hex') || '\"}}'"


def _keep(personal: list[Column[object]]) -> str:
    """SQL that keeps the personal values the entry is committed to, after the insert of the entry."""
    if not personal:
        return ""
    values = []
    for column in personal:
        old, new = (f"{row}.{quote(column.name)}" for row in ("OLD", "NEW"))
        for side, value in (("old", old), ("new", new)):
            kept = f"CASE WHEN {old} IS DISTINCT FROM {new} AND {value} IS NOT NULL THEN {_value(column, value)} END"
            values.append(f"({literal(column.name)}, {literal(side)}, {kept})")
    rows = ",\n      ".join(values)
    return f""" RETURNING id INTO entry;
  IF ROW({_names(personal, "OLD")}) IS DISTINCT FROM ROW({_names(personal, "NEW")}) THEN
    INSERT INTO {SCHEMA}.{_PII} (log_id, field, side, salt, value)
    SELECT entry, p.field, p.side, {_salt("p.field", "p.side")}, p.value FROM (VALUES
      {rows}) AS p(field, side, value) WHERE p.value IS NOT NULL;
  END IF"""


def _refusals(table: Table) -> Iterator[str]:
    yield f"  IF actor IS NULL THEN\n    {_raise(texts.NO_ACTOR, table.name)}\n  END IF;"
    if tables.entity_of(table):
        yield f"  IF changes IS NULL THEN\n    {_raise(texts.NO_CHANGE_SET, table.name)}\n  END IF;"
    lock = tables.locked(table, ("OLD", "NEW"), "app_case")
    if lock:
        yield f"  IF {lock} THEN\n    {_raise(texts.LOCKED, table.name)}\n  END IF;"


def _raise(code: str, table: str) -> str:
    return (
        f"RAISE EXCEPTION {literal(message(code, table))} USING ERRCODE = 'integrity_constraint_violation';"
    )


def _names(columns: list[Column[object]], row: str) -> str:
    return ", ".join(f"{row}.{quote(c.name)}" for c in columns)


def _moved(table: Table) -> str:
    return " OR ".join(f"NEW.{quote(c.name)} <> OLD.{quote(c.name)}" for c in table.primary_key)


def _record(table: Table) -> str:
    """SQL for record_id and record_key; of OLD and NEW the one that is not there is null."""
    key = tables.integer_key(table)
    if key:
        return f"coalesce(NEW.{quote(key)}, OLD.{quote(key)}), NULL"
    both = (f"coalesce(NEW.{quote(c.name)}, OLD.{quote(c.name)})" for c in table.primary_key)
    values = " || ',' || ".join(_value(c, value) for c, value in zip(table.primary_key, both, strict=True))
    return f"NULL, '[' || {values} || ']'"


_JSON = {
    "decimal": "'\"' || {0}::text || '\"'",
    "boolean": "{0}::text",
    "integer": "{0}::text",
    "json": "{0}::json::text",
    "date": "'\"' || to_char({0}, 'YYYY-MM-DD') || '\"'",
    "instant": "'\"' || to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '\"'",
    "naive": "'\"' || to_char({0}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '\"'",
    "time": "'\"' || replace(to_char({0}, 'HH24:MI:SS.US'), '.000000', '') || '\"'",
    "text": "to_json({0})::text",
}


def _value(column: Column[object], value: str) -> str:
    """SQL for the JSON text of a value."""
    return f"coalesce({_JSON[texts.family(column)].format(value)}, 'null')"


_printer = Printer(quote, _value, "IS DISTINCT FROM", _commitment)

"""An application's connection cannot alter the log, its triggers, or the schema, whatever it is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from app.audit import check, refusal
from app.audit.actor import acting, writing
from app.audit.texts import APPEND_ONLY
from tests.audit.support import DEPARTMENT, LOG, WANG, Database, add_departments

FORGED = (
    "INSERT INTO change_log (txn, at, actor_name, source, tbl, record_id, op)"
    " VALUES (0, '2026-01-02T03:04:05.000000Z', 'x', 'x', 'department', 1, 'U')"
)
BOTH = [
    FORGED,
    "UPDATE change_log SET actor_name = 'x'",
    "UPDATE change_log SET old = NULL WHERE id = 1",
    "DELETE FROM change_log",
    "WITH gone AS (SELECT 1) DELETE FROM change_log",
    "DROP TABLE change_log",
    "ALTER TABLE change_log RENAME TO old_log",
    "ALTER TABLE change_log ADD COLUMN x text",
    "ALTER TABLE department RENAME COLUMN name TO x",
    "CREATE TABLE x (a int)",
    "CREATE VIEW x AS SELECT 1",
    "DROP INDEX ix_change_log_at",
]
SQLITE = [
    *BOTH,
    FORGED.replace("INSERT", "REPLACE", 1),
    "UPDATE OR REPLACE change_log SET id = 1",
    "CREATE TRIGGER t AFTER INSERT ON department BEGIN SELECT 1; END",
    "CREATE TRIGGER audit_x AFTER UPDATE ON biz_param BEGIN DELETE FROM change_log; END",
    "CREATE TEMP TRIGGER audit_x AFTER UPDATE ON biz_param BEGIN DELETE FROM change_log; END",
    "DROP TRIGGER audit_department_update",
    "ATTACH DATABASE ':memory:' AS other",
    "DETACH DATABASE main",
    "VACUUM INTO 'copy.db'",
    "PRAGMA writable_schema = ON",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_mode = OFF",
    "UPDATE sqlite_master SET sql = NULL WHERE name = 'audit_department_update'",
    "DELETE FROM sqlite_sequence",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
]
POSTGRESQL = [
    *BOTH,
    "TRUNCATE change_log",
    "TRUNCATE department CASCADE",
    "COPY change_log FROM STDIN",
    "ALTER TABLE department DISABLE TRIGGER audit_department",
    "ALTER TABLE department DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_department ON department",
    "CREATE TRIGGER t BEFORE INSERT ON department"
    " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE OR REPLACE FUNCTION public.audit_department() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION public.audit_department() CASCADE",
    "ALTER FUNCTION public.audit_department() SECURITY INVOKER",
    "CREATE RULE r AS ON DELETE TO department DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "SET ROLE taizhang_owner",
    "ALTER TABLE change_log OWNER TO taizhang_app",
    "SELECT nextval('change_log_id_seq')",
    "SELECT public.audit_department()",
    "CREATE TEMP TABLE mine (LIKE department); CREATE TRIGGER forge AFTER INSERT ON mine"
    " FOR EACH ROW EXECUTE FUNCTION public.audit_department()",
]


DENIED = (
    "not authorized|authorization denied|prohibited|permission denied|must be owner|not be modified|cannot"
)


def refused(database: Database, statement: str) -> None:
    add_departments(database, "A", "B")
    before = database.log()
    with (
        acting(WANG), writing(8),
        pytest.raises(DBAPIError, match=DENIED),
        database.app.begin() as connection,
    ):  # fmt: skip
        connection.execute(text(statement))
    assert database.log() == before
    assert check(database.app) == []


@pytest.mark.parametrize("engine_kind", ["sqlite"])
@pytest.mark.parametrize("statement", SQLITE)
def test_sqlite_refuses(base: Database, statement: str) -> None:
    refused(base, statement)


@pytest.mark.parametrize("engine_kind", ["postgresql"])
@pytest.mark.parametrize("statement", POSTGRESQL)
def test_postgresql_refuses(base: Database, statement: str) -> None:
    refused(base, statement)


@pytest.mark.parametrize("statement", [FORGED, *BOTH[1:4]])
def test_even_the_owner_is_stopped_by_accident(base: Database, statement: str) -> None:
    """Of the owner's own statements only forging an entry on SQLite is left to the seals."""
    add_departments(base, "A")
    if base.sqlite and statement == FORGED:
        with base.owner.begin() as connection:
            assert connection.execute(text(statement)).rowcount == 1
        return
    with pytest.raises(DBAPIError) as caught, base.owner.begin() as connection:
        connection.execute(text(statement))
    assert refusal(caught.value) == APPEND_ONLY


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_reading_the_schema_is_allowed(base: Database) -> None:
    with base.app.connect() as connection:
        for pragma in ("table_info('department')", "foreign_key_check", "index_list('department')"):
            connection.exec_driver_sql(f"PRAGMA {pragma}").all()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("CREATE TEMP TABLE mine (a int)")
        connection.exec_driver_sql("INSERT INTO mine VALUES (1)")


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_altered_triggers_are_found(base: Database) -> None:
    """Whoever holds the file can alter it; the next start sees it."""
    path = base.app.url.database or ""
    base.app.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        (sql,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'audit_department_update'"
        ).fetchone()
        connection.execute("DROP TRIGGER audit_department_update")
        connection.execute("DROP TRIGGER audit_department_delete")
        connection.execute(sql.replace("'department', NEW.id", "'department', 1"))
        connection.execute("CREATE TRIGGER audit_quiet AFTER INSERT ON department BEGIN SELECT 1; END")
        connection.execute("CREATE TRIGGER mute BEFORE INSERT ON change_log BEGIN SELECT RAISE(IGNORE); END")
    assert check(base.app) == [
        "trigger audit_department_delete is missing",
        "trigger audit_department_update has been altered",
        "trigger audit_quiet is not ours",
        "trigger mute is not ours",
    ]
    assert base.migrate().steps
    assert check(base.app) == []


@pytest.mark.parametrize("engine_kind", ["postgresql"])
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE department DISABLE TRIGGER audit_department",
        "DROP TRIGGER audit_department ON department",
        "ALTER FUNCTION audit_department() SECURITY INVOKER",
        "ALTER FUNCTION audit_department() RESET search_path",
        "DROP TRIGGER audit_change_log_insert ON change_log;"
        " CREATE TRIGGER audit_change_log_insert BEFORE INSERT ON change_log"
        " FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION audit_change_log_insert()",
        "CREATE OR REPLACE FUNCTION audit_department() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, public, pg_temp AS 'BEGIN RETURN NULL; END'",
    ],
)
def test_what_the_owner_alters_is_found(base: Database, statement: str) -> None:
    with base.owner.begin() as connection:
        connection.execute(text(statement))
    assert len(check(base.app)) == 1
    assert base.migrate().steps
    assert check(base.app) == []


def test_a_user_whose_text_looks_like_a_refusal_is_no_refusal(base: Database) -> None:
    add_departments(base, "audit: NO_ACTOR x")
    with pytest.raises(DBAPIError) as caught, base.write() as connection:
        connection.execute(update(DEPARTMENT).values(id=None))
    assert refusal(caught.value) is None


def test_every_table_is_logged_or_has_a_reason_not_to_be(base: Database) -> None:
    from app.audit.tables import UNAUDITED
    from app.db import db

    with base.app.connect() as connection:
        assert connection.execute(LOG.select().limit(1)).all()
    assert all(reason for reason in UNAUDITED.values())
    assert "ab_user" in db.metadata.tables
    assert (
        not {"ab_user", "ab_role", "ab_permission_view_role", "access_scope", "department"} & UNAUDITED.keys()
    )

"""How the engines behave: steady transactions on SQLite, sane limits on PostgreSQL, and who may write entities."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from app.audit.actor import acting
from app.engine import install, make_engine
from tests.audit.support import DEPARTMENT, WANG, Database, add_departments

ROOT = Path(__file__).resolve().parents[2]
SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"])
POSTGRESQL = pytest.mark.parametrize("engine_kind", ["postgresql"])


def test_writing_after_another_has_written_is_no_error(base: Database) -> None:
    """A session that has read is not caught in an old snapshot when it comes to write."""
    add_departments(base, "A")
    with base.app.connect() as early:
        early.execute(select(DEPARTMENT)).all()
        with base.write() as other:
            other.execute(update(DEPARTMENT).values(name="先"))
        with acting(WANG):
            early.execute(insert(Role.__table__), {"id": 7, "name": "x"})
            early.commit()
        assert early.execute(select(DEPARTMENT.c.name)).scalar() == "先"


@SQLITE
def test_an_explicit_begin_gives_a_steady_snapshot(base: Database) -> None:
    add_departments(base, "A")
    count = select(func.count()).select_from(DEPARTMENT)
    with base.app.connect() as early:
        early.exec_driver_sql("BEGIN")
        assert early.execute(count).scalar() == 1
        add_departments(base, "B")
        assert early.execute(count).scalar() == 1
        early.rollback()
        assert early.execute(count).scalar() == 2


@SQLITE
def test_reading_takes_no_lock_and_writing_takes_it_at_once(base: Database) -> None:
    with base.app.connect() as reader, base.app.connect() as writer, base.app.connect() as late:
        reader.execute(select(DEPARTMENT)).all()
        with acting(WANG):
            writer.execute(insert(Role.__table__), {"id": 7, "name": "x"})
            late.exec_driver_sql("PRAGMA busy_timeout = 20")
            with pytest.raises(OperationalError, match="locked"):
                late.execute(insert(Role.__table__), {"id": 8, "name": "y"})
        assert reader.execute(select(Role.__table__)).all() == []
        writer.rollback()
        late.exec_driver_sql("PRAGMA busy_timeout = 5000")


@SQLITE
def test_the_end_of_a_savepoint_is_no_commit(base: Database) -> None:
    with acting(WANG), base.app.connect() as connection:
        nested = connection.begin_nested()
        connection.execute(insert(Role.__table__), {"id": 7, "name": "x"})
        nested.commit()
        connection.rollback()
        assert connection.execute(select(Role.__table__)).all() == []


@SQLITE
def test_settings_of_a_sqlite_connection(base: Database) -> None:
    expected = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 5000,
        "synchronous": 1,
    }
    with base.app.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


@POSTGRESQL
def test_settings_of_a_postgresql_connection(base: Database) -> None:
    expected = {"timezone": "UTC", "lock_timeout": "10s", "statement_timeout": "5min"}
    with base.app.connect() as connection:
        found = {name: connection.execute(text(f"SHOW {name}")).scalar() for name in expected}
    assert found == expected
    with base.owner.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "0"


def test_an_engine_made_elsewhere_is_set_up_once(base: Database) -> None:
    engine = make_engine(base.settings.url)
    install(engine)
    with acting(WANG), engine.begin() as connection:
        connection.execute(insert(Role.__table__), {"id": 7, "name": "x"})
    engine.dispose()
    assert len(base.log("ab_role")) == 1


def test_only_the_gate_says_that_it_writes_a_change_set() -> None:
    callers = set()
    for folder in ("app", "models", "views", "seeds"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                from_actor = isinstance(node, ast.ImportFrom) and node.module == "app.audit.actor"
                names = [a.name for a in node.names] if from_actor else []
                # Other rooms have a `writing` of their own: that of the job queue, say.
                attribute = (
                    isinstance(node, ast.Attribute)
                    and node.attr in {"writing", "_writing"}
                    and ast.unparse(node.value).endswith("actor")
                )
                if "writing" in names or "_writing" in names or attribute:
                    callers.add(path.relative_to(ROOT).parts[:2])
    assert callers == {("app", "change")}

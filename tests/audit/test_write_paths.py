"""Every way of writing: refused without an actor, on entities without a change set, else logged by row."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.access.model import AccessScope
from app.audit import refusal
from app.audit.actor import Actor, acting, writing
from app.audit.texts import KEY_CHANGED, NO_ACTOR, NO_CHANGE_SET, NO_TRUNCATE
from app.engine import refresh_context
from app.org import Department
from tests.audit.support import DEPARTMENT, WANG, Database, add_departments, content, department, fold

Path = Callable[[Session], None]
"""A write path: does one thing to departments A, B and C, whose ids are 1, 2 and 3."""

PATHS: dict[str, tuple[Path, str]] = {}


def path(*ops: str) -> Callable[[Path], Path]:
    """Register a path with the operations the log must show for it."""

    def register(function: Path) -> Path:
        PATHS[function.__name__] = (function, "".join(ops))
        return function

    return register


@path("U")
def set_an_attribute(session: Session) -> None:
    session.get_one(Department, 1).name = "新"
    session.flush()


@path("I")
def add_an_object(session: Session) -> None:
    session.add(Department(**department("D")))
    session.flush()


@path("D")
def delete_an_object(session: Session) -> None:
    session.delete(session.get_one(Department, 2))
    session.flush()


@path("UUU")
def orm_update(session: Session) -> None:
    session.execute(update(Department).values(name="新"))


@path("UU")
def legacy_query_update(session: Session) -> None:
    session.query(Department).filter(Department.id > 1).update({"name": "新"})


@path("DD")
def orm_delete(session: Session) -> None:
    session.execute(delete(Department).where(Department.id < 3))


@path("UI")
def upsert(session: Session) -> None:
    kind = sqlite_dialect if session.bind.dialect.name == "sqlite" else postgresql
    rows = [department("A", name="新"), department("D")]
    statement = kind.insert(Department).values(rows)
    values = {"name": statement.excluded.name}
    session.execute(statement.on_conflict_do_update(index_elements=["code_key"], set_=values))


@path("UU")
def bulk_update_by_key(session: Session) -> None:
    session.execute(update(Department), [{"id": 1, "name": "新"}, {"id": 3, "name": "新"}])


@path("II")
def bulk_insert(session: Session) -> None:
    session.execute(insert(Department), [department("D"), department("E")])


@path("U")
def bulk_update_mappings(session: Session) -> None:
    session.bulk_update_mappings(Department, [{"id": 1, "name": "新"}])


@path("II")
def bulk_save_objects(session: Session) -> None:
    session.bulk_save_objects([Department(**department("D")), Department(**department("E"))])


@path("UUU")
def core_update(session: Session) -> None:
    session.connection().execute(update(DEPARTMENT).values(name="新"))


@path("U")
def textual_sql(session: Session) -> None:
    session.execute(text("UPDATE department SET name = '新' WHERE id = 1"))


@path("U")
def raw_cursor(session: Session) -> None:
    refresh_context(session.connection())
    cursor: Any = session.connection().connection.cursor()
    cursor.execute("UPDATE department SET name = '新' WHERE id = 1")


@path("UU")
def update_in_a_savepoint(session: Session) -> None:
    with session.begin_nested():
        session.execute(update(Department).where(Department.id == 1).values(name="新"))
    session.execute(update(Department).where(Department.id == 2).values(name="新"))


@path("DI")
def replacing_or_copying(session: Session) -> None:
    """What only one engine has: a REPLACE that removes the row in its way; a COPY after a DELETE."""
    if session.bind.dialect.name == "sqlite":
        statement = insert(DEPARTMENT).prefix_with("OR REPLACE")
        session.connection().execute(statement, department("A", id=9, name="新"))
        return
    session.execute(text("DELETE FROM department WHERE id = 1"))
    cursor: Any = session.connection().connection.cursor()
    with cursor.copy("COPY department (code, version, created_at, updated_at) FROM STDIN") as copy:
        copy.write_row(("D", 1, "2026-01-02", "2026-01-02"))


@pytest.fixture
def three(base: Database) -> Database:
    add_departments(base, "A", "B", "C")
    return base


def attempt(database: Database, way: Path) -> str | None:
    """Run a path and commit; the code of the refusal if there was one."""
    try:
        with Session(database.app) as session:
            way(session)
            session.commit()
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        return refusal(error)
    return None


@pytest.mark.parametrize("name", PATHS)
def test_an_entity_is_written_only_with_a_change_set(three: Database, name: str) -> None:
    way, ops = PATHS[name]
    with three.app.connect() as connection:
        before = content(connection, DEPARTMENT)

    assert attempt(three, way) == NO_ACTOR
    with acting(WANG):
        assert attempt(three, way) == NO_CHANGE_SET
    assert len(three.log("department")) == 3

    with acting(WANG), writing(42):
        assert attempt(three, way) is None
    entries = three.log("department")[3:]
    assert sorted(e["op"] for e in entries) == sorted(ops)
    for entry in entries:
        assert (entry["actor_name"], entry["source"], entry["request"]) == ("王浩", "sheet", "req-1")
        assert entry["change_set"] == 42
        assert bool(entry["db_user"]) is not three.sqlite
        assert bool(entry["txn"]) is not three.sqlite
    with three.app.connect() as connection:
        assert content(connection, DEPARTMENT) != before
        assert content(connection, DEPARTMENT) == fold(connection, DEPARTMENT)


def test_an_update_of_unlogged_columns_alone_still_needs_a_change_set(three: Database) -> None:
    def renumber(session: Session) -> None:
        session.execute(update(Department).values(name_key=Department.code))

    with acting(WANG):
        assert attempt(three, renumber) == NO_CHANGE_SET
        with writing(8):
            assert attempt(three, renumber) is None
    assert len(three.log("department")) == 3


def test_an_update_that_changes_nothing_leaves_no_entry(three: Database) -> None:
    with three.write() as connection:
        connection.execute(update(DEPARTMENT).values(version=DEPARTMENT.c.version))
    assert len(three.log("department")) == 3


def test_a_records_id_never_changes(three: Database) -> None:
    def move(session: Session) -> None:
        session.execute(update(Department).where(Department.id == 3).values(id=30))

    with acting(WANG), writing(8):
        assert attempt(three, move) == KEY_CHANGED


def test_platform_tables_need_an_actor_only(base: Database) -> None:
    def add(session: Session) -> None:
        session.add(Role(name="clerk"))
        session.flush()

    assert attempt(base, add) == NO_ACTOR
    with acting(Actor(5, "李四", "web")):
        assert attempt(base, add) is None
    (entry,) = base.log("ab_role")
    assert (entry["actor_id"], entry["change_set"], entry["new"]) == (
        5, None, f'{{"id":{entry["record_id"]},"name":"clerk"}}',
    )  # fmt: skip


def test_rows_that_fall_with_their_parent_are_logged(base: Database) -> None:
    with acting(WANG), Session(base.app) as session:
        role = Role(name="clerk")
        session.add(role)
        session.flush()
        session.add(AccessScope(role_id=role.id, entity="department", scope="own"))
        session.commit()
        session.execute(text("DELETE FROM ab_role"))
        session.commit()
    assert [e["op"] for e in base.log("access_scope")] == ["I", "D"]


def test_rows_of_an_association_are_logged(base: Database) -> None:
    with acting(WANG), Session(base.app) as session:
        user = User(first_name="浩", last_name="王", username="wang", email="w@example.com", password="x")
        user.roles.append(Role(name="clerk"))
        session.add(user)
        session.commit()
        user.roles.clear()
        session.commit()
    assert [e["op"] for e in base.log("ab_user_role")] == ["I", "D"]
    assert json.loads(base.log("ab_user_role")[0]["new"]) == {"id": 1, "user_id": 1, "role_id": 1}


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_another_process_cannot_write_the_file(three: Database) -> None:
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('UPDATE department SET name = 1')"
    command = [sys.executable, "-c", script, three.app.url.database or ""]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "no such function: app_actor_name" in done.stderr


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_truncate_is_refused_even_to_the_owner(three: Database) -> None:
    with pytest.raises(DBAPIError) as caught, three.owner.begin() as connection:
        connection.execute(text("TRUNCATE department CASCADE"))
    assert refusal(caught.value) == NO_TRUNCATE


def test_a_rolled_back_write_leaves_no_entry(three: Database) -> None:
    with acting(WANG), writing(8), three.app.connect() as connection:
        connection.execute(update(DEPARTMENT).values(name="新"))
        connection.rollback()
        with connection.begin():
            nested = connection.begin_nested()
            connection.execute(update(DEPARTMENT).values(name="新"))
            nested.rollback()
            connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.id == 1).values(name="对"))
    assert [e["new"] for e in three.log("department")[3:]] == ['{"name":"对"}']


def test_the_actor_may_become_known_within_a_transaction(base: Database) -> None:
    with base.app.begin() as connection:
        with acting(Actor(None, "anonymous", "web")):
            connection.execute(insert(Role.__table__), {"id": 1, "name": "a"})
        with acting(Actor(3, "李四", "web")):
            nested = connection.begin_nested()
            connection.execute(insert(Role.__table__), {"id": 2, "name": "b"})
            nested.rollback()
            connection.execute(insert(Role.__table__), {"id": 3, "name": "c"})
    assert [e["actor_name"] for e in base.log("ab_role")] == ["anonymous", "李四"]


def test_a_reused_connection_forgets_who_acted(three: Database) -> None:
    with three.write():
        pass
    with pytest.raises(DBAPIError) as caught, three.app.begin() as connection:
        connection.execute(text("UPDATE department SET name = 'x'"))
    assert refusal(caught.value) == NO_ACTOR


def test_one_change_set_bears_one_moment(base: Database) -> None:
    with base.write() as connection:
        for code in "ABC":
            connection.execute(insert(DEPARTMENT), department(code))
    with base.app.connect() as connection:
        assert len(set(connection.execute(select(DEPARTMENT.c.created_at)).scalars())) == 3
    assert len({e["at"] for e in base.log("department")}) == 1

"""Invariants of the change log under random operations: replayed, the log gives the tables."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect

from app.audit import check
from app.audit.actor import Actor, acting, writing
from app.audit.tables import logged_columns
from app.org import Membership
from models.base.employee import Employee
from tests.audit.support import DEPARTMENT, LOG, Database, content, department, fold, key_of

ROLE: Table = Role.__table__
USER: Table = User.__table__
MEMBERSHIP: Table = Membership.__table__  # type: ignore[assignment]
EMPLOYEE: Table = Employee.__table__  # type: ignore[assignment]
TABLES = (DEPARTMENT, ROLE, USER, MEMBERSHIP, EMPLOYEE)

codes = st.sampled_from("ABCDEF")
names = st.none() | st.text(st.sampled_from('甲"\\\n😀a '), max_size=3)
sets = st.integers(1, 5)


class Writers(RuleBasedStateMachine):
    """One connection, statements of every kind, transactions and savepoints that may be taken back."""

    database: Database
    connection: Connection

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.database.app.connect()
        self.savepoints: list[Any] = []
        # The tables begin empty each time; the log only grows, and is read from here on.
        for table in (EMPLOYEE, MEMBERSHIP, DEPARTMENT, USER, ROLE):
            self.run(delete(table))
        self.connection.commit()
        self.start = self.connection.execute(select(func.coalesce(func.max(LOG.c.id), 0))).scalar_one()

    start = 0

    def count(self) -> int:
        query = select(func.count()).where(LOG.c.id > self.start)
        return self.connection.execute(query).scalar_one()

    def images(self) -> dict[str, dict[Any, dict[str, Any]]]:
        """Everything logged that the tables hold, secrets as they are."""
        found = {}
        for table in TABLES:
            rows = self.connection.execute(select(table)).mappings().all()
            found[table.name] = {
                key_of(table, row): {c.name: row[c.name] for c in logged_columns(table)} for row in rows
            }
        return found

    def run(self, statement: Any, rows: Any = None, *, replacing: bool = False, change_set: int = 1) -> None:
        """Execute and compare: as many new entries as rows differ."""
        before, count = self.images(), self.count()
        with acting(Actor(change_set, f"人{change_set}", "test")), writing(change_set):
            self.connection.execute(statement, rows) if rows else self.connection.execute(statement)
        after, entries = self.images(), 0
        for name in before:
            for key in before[name].keys() | after[name].keys():
                old, new = before[name].get(key), after[name].get(key)
                entries += old != new
        assert self.count() - count == entries or replacing

    @rule(code=codes, name=names, change_set=sets)
    def upsert(self, code: str, name: str | None, change_set: int) -> None:
        kind = sqlite_dialect if self.database.sqlite else postgresql
        statement = kind.insert(DEPARTMENT).values(department(code, name=name))
        values = {"name": name, "version": DEPARTMENT.c.version + 1}
        statement = statement.on_conflict_do_update(index_elements=["code_key"], set_=values)
        self.run(statement, change_set=change_set)

    @rule(code=codes)
    def replace(self, code: str) -> None:
        if self.database.sqlite and not self.savepoints:
            self.run(delete(MEMBERSHIP))
            self.run(insert(DEPARTMENT).prefix_with("OR REPLACE"), department(code), replacing=True)

    @rule(name=names, change_set=sets)
    def update_all(self, name: str | None, change_set: int) -> None:
        self.run(update(DEPARTMENT).values(name=name), change_set=change_set)

    @rule()
    def update_nothing(self) -> None:
        self.run(update(DEPARTMENT).values(version=DEPARTMENT.c.version, name_key=DEPARTMENT.c.name))

    @rule(code=codes)
    def delete_some(self, code: str) -> None:
        chosen = select(DEPARTMENT.c.id).where(DEPARTMENT.c.code <= code)
        self.run(delete(MEMBERSHIP).where(MEMBERSHIP.c.of_department_id.in_(chosen)))
        self.run(delete(DEPARTMENT).where(DEPARTMENT.c.code <= code))

    @rule(code=codes)
    def platform_rows(self, code: str) -> None:
        self.run(delete(ROLE).where(ROLE.c.name == code))
        # Taken from far above where sequences count.
        top = max(self.connection.execute(select(ROLE.c.id)).scalars().all(), default=1000)
        self.run(insert(ROLE), {"id": top + 1, "name": code})

    @rule(code=codes, secret=names, logins=st.integers(0, 3))
    def people(self, code: str, secret: str | None, logins: int) -> None:
        person = {"first_name": code, "last_name": code, "email": code, "username": code, "password": secret}
        taken = self.connection.execute(select(USER.c.id).where(USER.c.username == code)).scalar()
        if taken is None:
            self.run(insert(USER), {"id": ord(code), **person})
        else:
            self.run(update(USER).where(USER.c.id == taken).values(password=secret, login_count=logins))

    @rule(code=codes, rank=st.integers(0, 2))
    def members(self, code: str, rank: int) -> None:
        user = self.connection.execute(select(USER.c.id)).scalars().first()
        unit = self.connection.execute(select(DEPARTMENT.c.id).where(DEPARTMENT.c.code == code)).scalar()
        if user and unit:
            kind = sqlite_dialect if self.database.sqlite else postgresql
            now = department("x")["created_at"]
            row = {"user_id": user, "of_department_id": unit, "rank": rank, "version": 1, "created_at": now,
                   "updated_at": now}  # fmt: skip
            statement = kind.insert(MEMBERSHIP).values(row)
            keys = ["user_id", "of_department_id"]
            self.run(statement.on_conflict_do_update(index_elements=[*keys, "vacated"], set_={"rank": rank}))

    @rule(code=codes, mobile=names, email=names)
    def personal_data(self, code: str, mobile: str | None, email: str | None) -> None:
        now = department("x")["created_at"]
        row = {
            "id": ord(code),
            "mobile": mobile,
            "email": email,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        if self.connection.execute(select(EMPLOYEE.c.id).where(EMPLOYEE.c.id == ord(code))).scalar() is None:
            self.run(insert(EMPLOYEE), row)
        elif mobile or email:
            self.run(update(EMPLOYEE).where(EMPLOYEE.c.id <= ord(code)).values(mobile=mobile, email=email))
        else:
            self.run(delete(EMPLOYEE).where(EMPLOYEE.c.id == ord(code)))

    @rule()
    def begin_savepoint(self) -> None:
        if len(self.savepoints) < 2:
            self.savepoints.append((self.connection.begin_nested(), self.count(), self.images()))

    @precondition(lambda self: self.savepoints)
    @rule(keep=st.booleans())
    def end_savepoint(self, keep: bool) -> None:
        savepoint, count, images = self.savepoints.pop()
        if keep:
            savepoint.commit()
        else:
            savepoint.rollback()
            assert (self.count(), self.images()) == (count, images)

    @precondition(lambda self: not self.savepoints)
    @rule(keep=st.booleans())
    def end_transaction(self, keep: bool) -> None:
        self.connection.commit() if keep else self.connection.rollback()
        self.replay()

    def replay(self) -> None:
        for table in TABLES:
            assert fold(self.connection, table, self.start) == content(self.connection, table), table.name

    def teardown(self) -> None:
        try:
            for savepoint, *_ in reversed(self.savepoints):
                savepoint.commit()
            self.connection.commit()
            self.replay()
        finally:
            self.connection.close()


def test_replayed_the_log_gives_the_tables(base: Database) -> None:
    machine = type("Writers", (Writers,), {"database": base})
    few = settings(max_examples=50 if settings().max_examples < 1000 else 500, stateful_step_count=25)
    run_state_machine_as_test(machine, settings=few)
    assert check(base.app) == []

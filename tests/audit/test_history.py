"""Reading the log back, page by page, filtered; sign-in and passwords in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from app import clock
from app.audit.actor import AUTHENTICATION, Actor, acting
from app.audit.history import Filters, entries, of_entity, record_history
from app.change.model import ChangeSetRow
from app.entity import registry
from tests.audit.support import DEPARTMENT, WANG, Database, department

LI = Actor(4, "李四", "import", "req-2")
NOON = datetime(2026, 1, 2, 4, tzinfo=UTC)


@pytest.fixture
def told(base: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """At noon 王浩 adds A and B, an hour later 李四 renames A, an hour later B goes."""
    monkeypatch.setattr(clock._Clock, "frozen", NOON)
    with base.write(1) as connection:
        sets = {"id": 2, "actor_name": "李四", "source": "import", "state": "applied", "created_at": NOON,
                "reason": "更名"}  # fmt: skip
        connection.execute(insert(ChangeSetRow.__table__), sets)
        connection.execute(insert(DEPARTMENT), [department("A"), department("B", extra={"code": 1})])
    clock.turn(timedelta(hours=1))
    with base.write(2, LI) as connection:
        connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.code == "A").values(name="甲"))
    clock.turn(timedelta(hours=1))
    with base.write(3) as connection:
        connection.execute(delete(DEPARTMENT).where(DEPARTMENT.c.code == "B"))
    return base


def found(database: Database, filters: Filters) -> list[str]:
    with Session(database.app) as session:
        return [f"{e.op}{e.record_id}" for e in entries(session, filters)]


def test_the_history_of_a_record(told: Database) -> None:
    with Session(told.app) as session:
        renamed, added = record_history(session, registry.get("department"), 1)
        assert [e.id for e in record_history(session, registry.get("department"), 1, limit=1)] == [renamed.id]
        older = record_history(session, registry.get("department"), 1, before=renamed.id)
        assert [e.id for e in older] == [added.id]
    assert (renamed.at, renamed.actor_id, renamed.actor_name) == ("2026-01-02T05:00:00.000000Z", 4, "李四")
    assert (renamed.source, renamed.request, renamed.change_set) == ("import", "req-2", 2)
    assert (renamed.reason, added.reason) == ("更名", None)
    assert (renamed.old, renamed.new) == ({"name": "部门A"}, {"name": "甲"})
    assert (added.op, added.old, added.new["code"]) == ("I", {}, "A")


def test_filters(told: Database) -> None:
    of_department = of_entity(registry.get("department"))
    assert found(told, of_department) == ["D2", "U1", "I2", "I1"]
    assert found(told, of_entity(registry.get("department"), 2)) == ["D2", "I2"]
    assert found(told, of_entity(registry.get("membership"))) == []
    assert found(told, Filters(person=4)) == ["U1"]
    assert found(told, Filters(person="王浩", tables=("department",))) == ["D2", "I2", "I1"]
    assert found(told, Filters(source="import")) == ["U1"]
    assert found(told, Filters(change_set=3)) == ["D2"]
    hour = timedelta(hours=1)
    assert found(told, Filters(since=NOON + hour, tables=("department",))) == ["D2", "U1"]
    assert found(told, Filters(until=NOON + hour, tables=("department",))) == ["I2", "I1"]


def test_entries_that_touch_a_field(told: Database) -> None:
    """A field left empty is not touched; a name inside a JSON value is not the field."""
    of_name = of_entity(registry.get("department"), name="name")
    assert found(told, of_name) == ["D2", "U1", "I2", "I1"]
    with Session(told.app) as session:
        assert [e.op for e in entries(session, of_name, limit=2)] == ["D", "U"]
        last = entries(session, of_name, limit=2)[-1].id
        assert [e.op for e in entries(session, of_name, limit=2, before=last)] == ["I", "I"]
    assert found(told, of_entity(registry.get("department"), name="duties")) == []
    with told.write(4) as connection:
        connection.execute(update(DEPARTMENT).values(extra={"code": 2}))
    assert found(told, of_entity(registry.get("department"), 1, name="code")) == ["I1"]


def test_signing_in_leaves_no_entry_and_a_password_only_that_it_changed(base: Database) -> None:
    with acting(WANG), Session(base.app) as session:
        user = User(
            first_name="浩", last_name="王", username="wang", email="w@example.com", password="hash-1"
        )
        session.add(user)
        session.commit()
        with acting(AUTHENTICATION):
            user.login_count, user.fail_login_count = 1, 0
            user.last_login = datetime(2026, 1, 2)
            session.commit()
        user.password = "hash-2"
        user.email = "wang@example.com"
        session.commit()
        session.delete(user)
        session.commit()
    added, changed, gone = base.log("ab_user")
    assert '"password":"(hidden)"' in added["new"]
    assert changed["old"] == '{"password":"(hidden)","email":"w@example.com"}'
    assert changed["new"] == '{"password":"(changed)","email":"wang@example.com"}'
    assert gone["op"] == "D"
    assert not any("hash-" in str(dict(entry)) or "login" in str(dict(entry)) for entry in base.log())

"""What an approval case has locked the database writes on behalf of that case only, lines included."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit import refusal
from app.audit.actor import acting, writing
from app.audit.log import ChangeLog
from app.audit.texts import LOCKED
from app.db import db
from app.engine import refresh_context
from app.entity import registry
from tests.audit.support import WANG

LOG = ChangeLog.__table__


def row(**values: Any) -> dict[str, Any]:
    return {"version": 1, "created_at": clock.now(), "updated_at": clock.now(), **values}


class Prices:
    """Two price lists with a line each, written past the gate: list 1 is locked by case 12."""

    def __init__(self) -> None:
        self.lists, self.items = registry.get("price_list").table, registry.get("price_list_item").table
        with self.write() as connection:
            connection.execute(insert(self.lists), [row(id=1, name="甲"), row(id=2, name="乙")])
            connection.execute(insert(self.items), [self.item(1, 1), self.item(2, 2)])
        with self.write(12) as connection:
            connection.execute(self.lock(12))

    def item(self, record: int, header: int) -> dict[str, Any]:
        return row(id=record, parent_id=header, position=record)

    def lock(self, case: int | None) -> Any:
        return update(self.lists).where(self.lists.c.id == 1).values(locked_by_case=case)

    def write(self, case: int | None = None) -> Any:
        return _Writing(case)


class _Writing:
    """A transaction that writes change set 7, on behalf of a case or of none."""

    def __init__(self, case: int | None) -> None:
        self.contexts = [acting(WANG), writing(7, case), db.engine.begin()]

    def __enter__(self) -> Connection:
        *_, connection = (context.__enter__() for context in self.contexts)
        return connection

    def __exit__(self, *error: Any) -> None:
        for context in reversed(self.contexts):
            context.__exit__(*error)


@pytest.fixture
def prices(app: Flask) -> Any:
    with app.app_context():
        yield Prices()


def attempt(prices: Prices, statement: Any, case: int | None = None) -> str | None:
    """Execute it in a transaction of its own; the code of the refusal if there was one."""
    try:
        with prices.write(case) as connection:
            connection.execute(statement)
    except IntegrityError as error:
        return refusal(error)
    return None


def statements(prices: Prices) -> dict[str, Any]:
    lists, items = prices.lists, prices.items
    return {
        "edit the record": update(lists).where(lists.c.id == 1).values(name="新"),
        "edit all records": update(lists).values(name="新"),
        "edit it as text": text("UPDATE price_list SET name = '新' WHERE id = 1"),
        "touch only what is not logged": update(lists).where(lists.c.id == 1).values(name_key="x"),
        "unlock the record": prices.lock(None),
        "edit a line": update(items).where(items.c.id == 1).values(cost_price="1.00"),
        "take a line away": update(items).where(items.c.id == 1).values(parent_id=2),
        "bring a line": update(items).where(items.c.id == 2).values(parent_id=1),
        "delete a line": delete(items).where(items.c.id == 1),
        "add a line": insert(items).values(prices.item(3, 1)),
    }


NAMES = (
    "edit the record", "edit all records", "edit it as text", "touch only what is not logged", "unlock the record",
    "edit a line", "take a line away", "bring a line", "delete a line", "add a line",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_locked_record_is_written_by_its_case_only(prices: Prices, name: str) -> None:
    statement = statements(prices)[name]
    assert attempt(prices, statement) == LOCKED
    assert attempt(prices, statement, case=13) == LOCKED
    assert attempt(prices, statement, case=12) is None


def test_a_locked_record_is_deleted_by_its_case_only(prices: Prices) -> None:
    lines = delete(prices.items).where(prices.items.c.parent_id == 1)
    header = delete(prices.lists).where(prices.lists.c.id == 1)
    assert attempt(prices, lines) == LOCKED
    assert attempt(prices, lines, case=12) is None
    assert attempt(prices, header) == LOCKED
    assert attempt(prices, header, case=12) is None


def test_what_is_not_locked_stays_open(prices: Prices) -> None:
    lists, items = prices.lists, prices.items
    assert attempt(prices, update(lists).where(lists.c.id == 2).values(name="新")) is None
    assert attempt(prices, update(items).where(items.c.id == 2).values(cost_price="1.00"), case=12) is None
    assert attempt(prices, delete(items).where(items.c.id == 2)) is None


def test_a_case_ends_by_unlocking_what_it_locked(prices: Prices) -> None:
    assert attempt(prices, prices.lock(None), case=12) is None
    assert attempt(prices, update(prices.lists).values(name="新")) is None


def test_only_a_case_itself_locks(prices: Prices) -> None:
    other = update(prices.lists).where(prices.lists.c.id == 2).values(locked_by_case=14)
    assert attempt(prices, other) == attempt(prices, other, case=12) == LOCKED
    assert attempt(prices, insert(prices.lists).values(row(id=3, locked_by_case=14))) == LOCKED
    assert attempt(prices, other, case=14) is None


def test_locking_leaves_no_entry_in_the_log(prices: Prices) -> None:
    with db.engine.connect() as connection:
        query = select(LOG.c.op, LOG.c.new).where(LOG.c.tbl == "price_list").order_by(LOG.c.id)
        entries = connection.execute(query).all()
    assert [entry.op for entry in entries] == ["I", "I"]
    assert "locked_by_case" not in entries[0].new


def test_the_case_may_become_known_within_a_transaction(prices: Prices) -> None:
    edit = update(prices.lists).where(prices.lists.c.id == 1)
    with acting(WANG), db.engine.begin() as connection:
        with writing(7, 12):
            connection.execute(edit.values(name="新"))
        with writing(7), pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(edit.values(name="旧"))
        with writing(7, 12):
            refresh_context(connection)
            connection.exec_driver_sql("UPDATE price_list SET name = '终' WHERE id = 1")
    with db.engine.connect() as connection:
        assert connection.execute(select(prices.lists.c.name).where(prices.lists.c.id == 1)).scalar() == "终"

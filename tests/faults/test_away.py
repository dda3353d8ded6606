"""The database is busy, full or gone for a moment: a clean answer, nothing half written, and it can be done again."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.db import db
from app.jobs import queue
from tests.approval.desk import Desk
from tests.cast import assemble
from tests.change.desk import Desk as Browsers
from tests.faults.killing import in_a_child
from tests.faults.test_import_killed import NEW, OLD, Importer
from tests.support.apps import Running
from tests.support.database import PostgresDatabases

ROOM = 64 * 1024
"""What the disk still takes of SQLite's journal, in bytes: a job can be claimed, an import cannot be written."""


def fill_the_disk() -> None:
    """From now on this process cannot make a file larger than that."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))


def cut(store: Any) -> None:
    """End every connection of the application, as a server that is restarted does."""
    with psycopg.connect(
        host=str(store.engine.cluster.folder), user="postgres", autocommit=True
    ) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (store.name,)
        )


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_an_import_on_a_full_disk_is_written_once_there_is_room(desk: Desk, running: Running) -> None:
    office = Importer(running.flask, desk)
    job = office.commit(office.finished(office.preview()))

    def work() -> None:
        with suppress(Exception):  # not even the failure can be noted
            fill_the_disk()
            office.work()

    assert not in_a_child(work)
    assert office.written == 0
    assert office.finished(job)["inserted"] == NEW
    assert office.written == NEW + OLD


@pytest.mark.parametrize("engine_kind", ["postgresql"])
@pytest.mark.parametrize("statement", [5, 12, 20])
def test_an_import_whose_connection_is_cut_is_written_by_a_later_try(
    desk: Desk, running: Running, statement: int
) -> None:
    assert isinstance(running.store.engine, PostgresDatabases)
    office = Importer(running.flask, desk)
    job = office.commit(office.finished(office.preview()))
    ticks = 0

    def tick(*_what: object) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == statement:
            cut(running.store)

    event.listen(db.engine, "before_cursor_execute", tick)
    office.work()
    event.remove(db.engine, "before_cursor_execute", tick)
    assert ticks > statement
    found = queue.find(job)
    assert found is not None
    assert (found["state"], office.written) == ("waiting", 0)
    assert office.finished(job)["inserted"] == NEW
    assert office.written == NEW + OLD


@pytest.mark.full  # as long as the databases wait
def test_an_import_beside_a_long_write_of_somebody_else_is_not_given_up(desk: Desk, running: Running) -> None:
    office = Importer(running.flask, desk)
    job = office.commit(office.finished(office.preview()))
    with db.engine.connect() as other:
        held = []

        def hold(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
            if "change.seq >" in statement and not held:
                held.append(True)
                sqlite = other.dialect.name == "sqlite"
                take = "SELECT pg_advisory_xact_lock(hashtext('gate:customer'))"
                other.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else take)

        event.listen(db.engine, "before_cursor_execute", hold)
        with suppress(OperationalError):  # SQLite: not even that it is put back can be noted
            office.work()
        event.remove(db.engine, "before_cursor_execute", hold)
        assert (held, office.written) == ([True], 0)
        other.rollback()
    found = queue.find(job)
    assert found is not None
    assert found["state"] in ("waiting", "running")
    assert office.finished(job)["inserted"] == NEW
    assert office.written == NEW + OLD


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_an_edit_over_a_cut_connection_is_told_to_come_again(app: Flask, running: Running) -> None:
    browsers = Browsers(app, assemble(app))
    record = browsers.cast.customers["sr.wang"]
    edit = {"entity": "customer", "op": "update", "id": record, "version": 1, "values": {"remark": "x"}}
    browsers.ask("sr.wang", "/api/v1/customer/rows", {"limit": 1})
    once = True

    def tick(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
        nonlocal once
        if once and statement.startswith("UPDATE customer"):
            once = False
            cut(running.store)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", tick)
        answer = browsers.send("sr.wang", edit, key="k")
        event.remove(db.engine, "before_cursor_execute", tick)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.json
        assert not once
        assert browsers.send("sr.wang", edit, key="k").json["state"] == "applied"
        with db.engine.connect() as connection:
            assert (
                connection.execute(text("select remark from customer where id = :n"), {"n": record}).scalar()
                == "x"
            )

"""How far a job is can be read, and it can be stopped, also while somebody holds the database's write lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.audit.actor import SYSTEM, acting
from app.change import progress
from app.db import db
from app.jobs import board, queue, worker
from tests.access.world import build


@pytest.fixture
def system(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application, whose jobs wait for a worker, and whose workers beat quickly."""
    monkeypatch.setattr(worker, "BEAT", 0.02)
    monkeypatch.setitem(app.config, "TAIZHANG", replace(app.config["TAIZHANG"], jobs="off"))
    with app.app_context():
        yield app


@contextmanager
def write_lock() -> Iterator[None]:
    """Somebody writes, and goes on writing."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.rollback()


@contextmanager
def at_work(app: Flask) -> Iterator[threading.Thread]:
    """A worker in another thread, which has taken the job up."""
    thread = threading.Thread(target=worker.run_next, args=(app,), daemon=True)
    thread.start()
    yield thread
    thread.join(timeout=20)
    assert not thread.is_alive()


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not found():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def row(job: int) -> dict[str, Any]:
    return queue.find(job) or {}


@pytest.fixture
def endless(system: Flask) -> int:
    """A job that says how far it is until it is stopped."""

    @queue.kind("endless")
    def endless(args: dict[str, Any]) -> None:
        for done in range(2_000):
            progress.report(done + 1, 2_000, "write")
            time.sleep(0.005)

    return queue.enqueue("endless", {}, None, "en")


def test_progress_is_told_and_a_job_is_cancelled_while_others_hold_the_lock(
    system: Flask, endless: int
) -> None:
    with at_work(system) as thread:
        until(lambda: row(endless)["state"] == "running")
        with write_lock():
            until(lambda: row(endless)["done"] > 0)
            seen = row(endless)["done"]
            until(lambda: row(endless)["done"] > seen)
            assert (row(endless)["total"], row(endless)["step"]) == (2_000, "write")
            begin = time.monotonic()
            assert queue.cancel(endless) == "running"
            assert time.monotonic() - begin < 2
        thread.join(timeout=20)
    found = row(endless)
    assert (found["state"], found["error"]) == ("cancelled", "Cancelled. Nothing was written.")
    assert board.told(endless) is None


def test_a_job_that_waits_is_over_at_once_and_never_runs(system: Flask, endless: int) -> None:
    assert queue.cancel(endless) == "cancelled"
    assert not worker.run_next(system)
    assert row(endless)["state"] == "cancelled"


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_a_waiting_job_cancelled_under_the_lock_stops_when_it_is_taken_up(
    system: Flask, endless: int
) -> None:
    with write_lock():
        assert queue.cancel(endless) == "waiting"
    assert worker.run_next(system)
    assert (row(endless)["state"], row(endless)["done"]) == ("cancelled", 0)


def test_what_is_done_stays_done(system: Flask) -> None:
    queue.kind("quick")(lambda args: {"answer": 42})
    job = queue.enqueue("quick", {}, None)
    worker.run_next(system)
    assert queue.cancel(job) == "done"
    assert row(job)["result"] == {"answer": 42}
    assert queue.cancel(10**9) is None


def test_the_job_of_a_person_who_was_switched_off_meanwhile_says_so(system: Flask) -> None:
    queue.kind("quick")(lambda args: {"answer": 42})
    person = build(system).people["rep"]
    asked = {language: queue.enqueue("quick", {}, person, language) for language in ("zh", "en")}
    with acting(SYSTEM):
        db.session.get_one(User, person).active = False
        db.session.commit()
    while worker.run_next(system):
        pass
    told = {language: (row(job)["state"], row(job)["error"] or "") for language, job in asked.items()}
    assert told["zh"][0] == told["en"][0] == "failed"
    assert told["zh"][1].startswith("提交这项任务的账号在任务开始前已停用，所以什么也没有做。")
    assert told["en"][1].startswith("The account that asked for this was switched off before it began.")

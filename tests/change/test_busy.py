"""When somebody else writes for long, savers are told to try again; nobody waits without end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from flask import Flask
from sqlalchemy import text

from app.change import Busy
from app.change.lock import FairLock
from app.db import db
from tests.support.gate import insert, rows_of, send


@contextmanager
def another_process_writes() -> Iterator[None]:
    """A connection of its own that holds what every save of a parameter needs."""
    with db.engine.connect() as other:
        if other.dialect.name == "sqlite":
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.execute(text("select pg_advisory_xact_lock(hashtext('gate:biz_param'))"))
        yield
        other.rollback()


def test_a_save_beside_a_long_write_of_another_process_is_busy_not_broken(system: Flask) -> None:
    with another_process_writes(), pytest.raises(Busy):
        send(insert("a"))
    assert rows_of("biz_param") == {}
    assert send(insert("a")).ok


def test_the_queue_is_fair_and_has_an_end() -> None:
    lock = FairLock(waiters=2, patience=5)
    order: list[int] = []
    begun = threading.Event()

    def wait(number: int) -> None:
        with lock():
            order.append(number)

    with lock():
        threads = []
        for number in range(2):
            threads.append(threading.Thread(target=wait, args=(number,)))
            threads[-1].start()
            while len(lock._queue) <= number:
                begun.wait(0.01)
        with pytest.raises(Busy), lock():
            order.append(99)
    for thread in threads:
        thread.join()
    assert order == [0, 1]


def test_patience_ends() -> None:
    lock = FairLock(waiters=2, patience=0.05)
    failed = []

    def wait() -> None:
        try:
            with lock():
                failed.append("held")
        except Busy:
            failed.append("busy")

    with lock():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert failed == ["busy"]


def test_while_another_process_writes_nobody_is_told_to_come_back_at_once() -> None:
    lock = FairLock(waiters=0)
    waits = []

    for held in (Busy(5), None):
        with suppress(Busy), lock():
            if held:
                raise held
        waits.append(refused_while_held(lock))
    assert waits == [5, 1]


def refused_while_held(lock: FairLock) -> int:
    """What somebody is told who comes while the lock is held."""
    with lock():
        try:
            with lock():
                return 0
        except Busy as busy:
            return busy.retry_after

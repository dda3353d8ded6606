"""Many hands at once: threads, and on PostgreSQL two processes, on the same few records through the real gate."""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.context import acting_as, current_grants
from app.audit.log import ChangeLog
from app.change import Busy, ChangeSet, Result
from app.change.lock import write_lock
from app.change.long import commit_long
from app.change.model import ChangeRow
from app.db import db
from tests.cast import assemble
from tests.change.desk import Desk
from tests.support.gate import insert, rows_of, send, update

THREADS, ROUNDS, RECORDS = 8, 5, 3
MAX_TRIES = 400


def together(work: Callable[[int], None], hands: int = THREADS) -> list[str]:
    """Run `work(0)`, `work(1)`, … at once; what went wrong."""
    wrong: list[str] = []

    def run(hand: int) -> None:
        try:
            work(hand)
        except Exception as error:
            wrong.append(repr(error))

    threads = [threading.Thread(target=run, args=(hand,)) for hand in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def count_up(app: Flask, ids: list[int], seed: int) -> None:
    """Add one to some counter, `ROUNDS` times, each time from what it was seen to be."""
    dice = random.Random(seed)
    with app.app_context(), acting_as(None, source="test"):
        for _round in range(ROUNDS):
            for _try in range(MAX_TRIES):
                record = dice.choice(ids)
                seen = rows_of("biz_param")[record]["value"]
                try:
                    # "unchanged": somebody else counted from the same value at the same moment.
                    if send(update(record, {"value": seen}, value=str(int(seen) + 1))).state == "applied":
                        break
                except Busy:
                    threading.Event().wait(0.01 * dice.random())
            else:
                raise AssertionError("never got through")


def in_a_process(app: Flask, ids: list[int], seed: int) -> None:
    """The same hands in a process of their own."""
    with app.app_context():
        db.engine.dispose(close=False)
    wrong = together(lambda hand: count_up(app, ids, seed + hand), THREADS // 2)
    raise SystemExit("\n".join(wrong) or 0)


def test_no_increment_is_lost_and_every_version_is_logged_once(system: Flask) -> None:
    ids = [r.id or 0 for r in send(*(insert(f"k{n}", "0") for n in range(RECORDS))).results]
    if db.engine.dialect.name == "postgresql":
        db.session.remove()
        fork = multiprocessing.get_context("fork")
        workers = [fork.Process(target=in_a_process, args=(system, ids, seed)) for seed in (100, 200)]
        for process in workers:
            process.start()
        for process in workers:
            process.join()
        assert [process.exitcode for process in workers] == [0, 0]
    else:
        assert together(lambda hand: count_up(system, ids, hand)) == []
    found = rows_of("biz_param")
    assert sum(int(found[n]["value"]) for n in ids) == THREADS * ROUNDS
    log, change = ChangeLog.__table__, ChangeRow.__table__
    with db.engine.connect() as connection:
        for record in ids:
            mine = (log.c.tbl == "biz_param", log.c.record_id == record)
            texts = connection.execute(select(log.c.new).where(*mine).order_by(log.c.id)).scalars()
            versions = [json.loads(text)["version"] for text in texts]
            assert versions == list(range(1, found[record]["version"] + 1))
            kept = select(change.c.version).where(
                change.c.entity == "biz_param", change.c.record_id == record
            )
            assert sorted(connection.execute(kept).scalars()) == versions


def in_stretches() -> Result:
    """One new parameter as a long set."""
    return commit_long(ChangeSet([], "test", key="once"), lambda: [[insert("once")]], current_grants())


@pytest.mark.parametrize(
    "way", [in_stretches, lambda: send(insert("once"), key="once")], ids=["long", "short"]
)
@pytest.mark.parametrize("lock", [write_lock, nullcontext], ids=["one process", "many"])
def test_one_key_sent_by_all_at_once_is_written_once(
    system: Flask, monkeypatch: pytest.MonkeyPatch, lock: Any, way: Callable[[], Result]
) -> None:
    """Of many processes each has a lock of its own: only the database stands between them."""
    answers: set[int | None] = set()
    for module in ("gate", "long"):
        monkeypatch.setattr(f"app.change.{module}.write_lock", lock)

    def hand(_number: int) -> None:
        with system.app_context(), acting_as(None, source="test"):
            for _try in range(MAX_TRIES):
                try:
                    answers.add(way().change_set)
                    return
                except Busy:
                    threading.Event().wait(0.01)
            raise AssertionError("never got through")

    assert together(hand) == []
    assert (len(answers), len(rows_of("biz_param"))) == (1, 1)


def test_busy_is_answered_over_http(app: Flask) -> None:
    desk = Desk(app, assemble(app))
    record = desk.cast.customers["sr.wang"]
    edit = {"entity": "customer", "op": "update", "id": record, "version": 1, "values": {"remark": "x"}}
    made = desk.send("sr.wang", {**edit, "values": {"remark": "before"}}).json["change_set"]
    routes: list[tuple[str, str, Any]] = [
        ("POST", "/api/v1/change_set", {"changes": [{**edit, "version": 2}]}),
        ("POST", f"/api/v1/change_set/{made}/undo", {}),
        ("PUT", f"/api/v1/customer/{record}", {"version": 2, "remark": "y"}),
    ]
    waiters, write_lock.waiters = write_lock.waiters, 0
    try:
        with write_lock():
            answers = [desk.ask("sr.wang", path, body, method) for method, path, body in routes]
    finally:
        write_lock.waiters = waiters
    assert [(a.status_code, "Retry-After" in a.headers) for a in answers] == [(503, True)] * len(routes)

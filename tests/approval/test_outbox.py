"""The outside world is told once it listens; what it answers, or that it is away, changes nothing that was decided."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from app import clock
from app.approval.outbox import deliver
from app.approval.running import outbox
from app.db import db
from tests.approval.desk import Desk, case_of, step, user


class Listener(HTTPServer):
    """A receiver on loopback: keeps what it was told, answers `status`."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.headers["Idempotency-Key"], json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def listener(desk: Desk) -> Iterator[Listener]:
    """A receiver, and the setting that names it."""
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    before = current_app.config["TAIZHANG"]
    current_app.config["TAIZHANG"] = replace(before, webhook=f"http://127.0.0.1:{server.server_port}/")
    yield server
    current_app.config["TAIZHANG"] = before
    server.shutdown()
    server.server_close()
    thread.join()


def _decided(desk: Desk) -> int:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    case = case_of(desk.edit("sr.wang", desk.customers[0], address="新地址"))
    assert desk.act("sm.east", case, "approve").state == "approved"
    return case


def test_a_decision_is_told_with_its_key(desk: Desk, listener: Listener) -> None:
    case = _decided(desk)
    deliver(clock.now())
    assert [m["verb"] for _k, m in listener.told] == ["submit", "enter", "end"]
    assert {m["case"] for _k, m in listener.told} == {case}
    assert len({key for key, _m in listener.told}) == 3
    deliver(clock.now())
    assert len(listener.told) == 3


def test_who_is_away_for_an_hour_is_told_afterwards_under_the_same_key(
    desk: Desk, listener: Listener
) -> None:
    listener.status = 503
    case = _decided(desk)
    assert desk.case(case)["state"] == "approved"
    first = deliver(clock.now())
    assert (first["told"], first["failed"]) == (0, 3)
    keys = [key for key, _m in listener.told]
    listener.status = 200
    assert deliver(clock.now())["told"] == 0
    assert deliver(clock.now() + timedelta(hours=1))["told"] == 3
    assert [key for key, _m in listener.told[3:]] == keys
    with db.engine.connect() as connection:
        assert connection.execute(select(outbox.c.attempts)).scalars().all() == [2, 2, 2]


def test_with_nobody_to_tell_nothing_is_kept(desk: Desk) -> None:
    _decided(desk)
    with db.engine.connect() as connection:
        assert connection.execute(select(outbox.c.id)).all() == []

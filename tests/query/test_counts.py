"""How many statements a page needs, against ``query_counts.json``: more is a failure, fewer asks to be recorded.

UPDATE_QUERY_COUNTS=1 pytest tests/query/test_counts.py      records them anew
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.db import db
from tests.access.world import token_of
from tests.cast import signed_in
from tests.query.world import World

FILE = Path(__file__).with_name("query_counts.json")
RECORDING = bool(os.environ.get("UPDATE_QUERY_COUNTS"))


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


PAGES: dict[str, tuple[str, str, Any]] = {
    "home": ("GET", "/", None),
    "list": ("GET", "/customer/list/", None),
    "show": ("GET", "/customer/show/{id}", None),
    "edit": ("GET", "/customer/edit/{id}", None),
    "rows": ("POST", "/api/v1/customer/rows", {"sort": [["name", "asc"]], "limit": 40}),
    "totals": ("POST", "/api/v1/customer/totals", {"fields": ["credit_limit"]}),
    "lookup": ("GET", "/api/v1/customer/lookup?q=zs", None),
    "change_set": ("POST", "/api/v1/change_set", "one cell"),
    "history": ("GET", "/api/v1/customer/{id}/history", None),
    "changelog": ("GET", "/changelog/?entity=customer", None),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_more_statements_than_before(world: World, engine_kind: str, name: str) -> None:
    client = signed_in(world.app.test_client(), "sm.east")
    headers = {"X-CSRFToken": token_of(client.get("/").text)}
    method, path, body = PAGES[name]
    record = world.cast.customers["sr.wang"]
    counts = []
    for turn in ("first", "second"):  # the first fills what is kept between requests
        if body == "one cell":
            with world.app.app_context():
                version = world.rows()[record]["version"]
            change = {"entity": "customer", "op": "update", "id": record, "version": version,
                      "values": {"industry": f"{name} {turn} {engine_kind}"}}  # fmt: skip
            sent = {"changes": [change]}
        else:
            sent = body
        with statements(world) as seen:
            answer = client.open(path.format(id=record), method=method, json=sent, headers=headers)
        assert answer.status_code == 200, answer.text[:300]
        counts.append(len(seen))
    _compare(f"{engine_kind} {name}", counts[-1], seen)
    if name == "rows":
        assert counts[-1] <= 12, "a page of 40 records takes at most 12 statements"


def _compare(key: str, count: int, seen: list[str]) -> None:
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    if RECORDING:
        known[key] = count
        FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")
        return
    assert key in known, f"{key} is not recorded: run with UPDATE_QUERY_COUNTS=1"
    assert count <= known[key], f"{key}: {count} statements instead of {known[key]}\n" + "\n".join(seen)

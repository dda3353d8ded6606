"""Looking back, against snapshots taken at the time: A10, as_of(t) is what was there at t, lines included."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app import clock
from app.access.context import acting_as, current_grants
from app.audit import asof
from app.change import Change, ChangeSet, Result, commit, restore, undo
from app.db import db
from app.entity import registry
from app.query.asof import PastSheet
from app.query.rows import Window
from tests.cast import assemble, customer
from tests.support.gate import clear, rows_of

Rows = dict[int, dict[str, Any]]
WORDS = st.sampled_from(["甲", "乙", "a'b\"c", "\\", "🍶", None])
PLACES = st.integers(0, 4)
HEADER, LINE = "customer", "customer_contact"


def send(*changes: Change) -> Result:
    result = commit(ChangeSet(list(changes), "test", confirmed=frozenset({"*"})))
    assert result.ok, (result.errors, result.conflicts)
    return result


def comparable(rows: Rows) -> Rows:
    return {i: {n: v for n, v in row.items() if n != "position"} for i, row in rows.items()}


class Story(RuleBasedStateMachine):
    """Customers with contacts come, change and go; an hour passes after each change set."""

    region = 0

    @initialize()
    def begin(self) -> None:
        clear(LINE)
        clear(HEADER)
        self.number = 1000
        self.sets: list[int] = []
        self.moments: list[tuple[datetime, Rows, Rows]] = []
        self.ids: set[int] = set()
        self.gone: list[int] = []
        self.remember()

    def remember(self) -> None:
        headers, lines = rows_of(HEADER), rows_of(LINE)
        self.ids |= headers.keys()
        self.moments.append((clock.now(), headers, lines))
        clock.turn(timedelta(hours=1))

    def done(self, result: Result) -> None:
        if result.change_set is not None:
            self.sets.append(result.change_set)
        self.remember()

    def header(self, place: int) -> int | None:
        there = sorted(self.moments[-1][1])
        return there[place % len(there)] if there else None

    @rule()
    def add(self) -> None:
        self.number += 2
        values = customer(self.region, self.number)
        contact = {
            "name": "何先生",
            "role": "buyer",
            "mobile": f"155{self.number:08d}",
            "parent_id": {"ref": "h"},
        }
        self.done(send(Change(HEADER, "insert", values, ref="h"), Change(LINE, "insert", contact)))

    @rule(place=PLACES, word=WORDS)
    def edit(self, place: int, word: str | None) -> None:
        record = self.header(place)
        if record is not None:
            self.done(send(Change(HEADER, "update", {"remark": word}, record)))

    @rule(place=PLACES, number=st.integers(0, 3))
    def edit_or_drop_a_line(self, place: int, number: int) -> None:
        lines = sorted(self.moments[-1][2])
        if lines:
            line = lines[place % len(lines)]
            change = (
                Change(LINE, "update", {"name": f"李{number}"}, line)
                if number
                else Change(LINE, "delete", id=line)
            )
            self.done(send(change))

    @rule(place=PLACES)
    def remove(self, place: int) -> None:
        record = self.header(place)
        if record is not None:
            self.gone.append(record)
            self.done(send(Change(HEADER, "delete", id=record)))

    @precondition(lambda self: self.sets)
    @rule()
    def take_back_the_last(self) -> None:
        undo(self.sets.pop())
        self.remember()

    @precondition(lambda self: self.gone)
    @rule()
    def bring_back(self) -> None:
        record = self.gone.pop()
        if record not in self.moments[-1][1]:
            before, height = rows_of(LINE), len(asof.current(db.session(), registry.get(HEADER), [record]))
            restored = restore(registry.get(HEADER), record)
            assert (restored.ok, height) == (True, 0), restored.errors
            assert record in rows_of(HEADER)
            assert before.keys() <= rows_of(LINE).keys()
            self.done(restored)

    def teardown(self) -> None:
        for at, headers, lines in getattr(self, "moments", ()):
            self.compare(at, headers, lines)

    def compare(self, at: datetime, headers: Rows, lines: Rows) -> None:
        session, entity = db.session(), registry.get(HEADER)
        found = asof.records_at(session, entity, sorted(self.ids), at)
        assert {i: {**p.values, "version": p.version} for i, p in found.items()} == headers
        for record in headers:
            of = asof.lines_at(session, registry.get(LINE), record, at)
            mine = {i: row for i, row in lines.items() if row["parent_id"] == record}
            assert {p.id: {**p.values, "version": p.version} for p in of} == mine
        page = PastSheet(session, entity, current_grants(), at).page(
            Window(sort=[["name", "asc"]], limit=1000)
        )
        assert {r["id"]: {**r["values"], "version": r["version"]} for r in page.rows} == headers
        assert page.total == len(headers)


def test_a_sheet_as_of_any_moment_is_what_was_there(app: Flask) -> None:
    with app.app_context(), acting_as(None, source="test"):
        Story.region = assemble(app).region
        run_state_machine_as_test(Story, settings=settings(max_examples=8, stateful_step_count=15))


def test_sets_of_one_moment_are_seen_whole(app: Flask) -> None:
    with app.app_context(), acting_as(None, source="test"):
        clear("biz_param")
        before = clock.now()
        clock.turn(timedelta(hours=1))
        made = send(*(Change("biz_param", "insert", {"code": f"k{n}", "value": "1"}) for n in range(3)))
        at, entity = clock.now(), registry.get("biz_param")
        ids = [r.id or 0 for r in made.results]
        assert len(asof.records_at(db.session(), entity, ids, at)) == 3
        assert asof.records_at(db.session(), entity, ids, before) == {}
        assert asof.records_at(db.session(), entity, ids, at - asof.TICK) == {}


def test_too_much_to_take_back_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context(), acting_as(None, source="test"):
        at = clock.now()
        clock.turn(timedelta(hours=1))
        send(*(Change("biz_param", "insert", {"code": f"k{n}", "value": "1"}) for n in range(3)))
        monkeypatch.setattr(asof, "MAX_ENTRIES", 2)
        with pytest.raises(asof.TooFarBack):
            asof.changed_since(db.session(), registry.get("biz_param"), at)

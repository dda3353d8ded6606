"""The gate against a model: whatever is sent in whatever order, the records are what the model says.

Invariants A1 (the log folds to the table), A2 (a log row for each changed record, none for none) and A11
(undo of a change gives the data back) of the audit design.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.audit.log import ChangeLog
from app.change import Change, undo
from app.db import db
from tests.support.gate import clear, insert, rows_of, send, update

values = st.sampled_from(["1", "2", "３", "四", "a'b\"c", "\\", "🍶"])
places = st.integers(0, 5)


def log_height() -> int:
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(ChangeLog.__table__)).scalar_one()


def folded() -> dict[int, dict[str, Any]]:
    """The table as the change log alone tells it."""
    log, found = ChangeLog.__table__, dict[int, dict[str, Any]]()
    with db.engine.connect() as connection:
        query = (
            select(log.c.record_id, log.c.op, log.c.new).where(log.c.tbl == "biz_param").order_by(log.c.id)
        )
        for record, op, new in connection.execute(query):
            if op == "D":
                del found[record]
            else:
                found[record] = {**found.get(record, {}), **json.loads(new)}
    return found


class Gate(RuleBasedStateMachine):
    """A model of two columns by id, with the values a slow colleague still has on the screen."""

    @initialize()
    def begin(self) -> None:
        clear("biz_param")
        self.model: dict[int, dict[str, Any]] = {}
        self.seen: dict[int, dict[str, Any]] = {}
        self.sets: list[tuple[int, dict[int, dict[str, Any]]]] = []

    def note(self, set_id: int | None, before: dict[int, dict[str, Any]]) -> None:
        if set_id is not None:
            self.sets.append((set_id, before))

    def pick(self, place: int) -> int:
        return sorted(self.model)[place % len(self.model)]

    def copy(self) -> dict[int, dict[str, Any]]:
        return {k: dict(v) for k, v in self.model.items()}

    @rule(code=st.sampled_from("abcdef"), value=values)
    def add(self, code: str, value: str) -> None:
        before, height = self.copy(), log_height()
        result = send(insert(code, value))
        taken = code in {r["code"] for r in self.model.values()}
        assert result.ok != taken
        assert log_height() - height == (0 if taken else 1)
        if result.ok:
            record = result.results[0].id or 0
            self.model[record] = {"code": code, "value": value, "meaning": None}
            self.note(result.change_set, before)

    @precondition(lambda self: self.model)
    @rule(place=places)
    def look(self, place: int) -> None:
        record = self.pick(place)
        self.seen[record] = dict(self.model[record])

    @precondition(lambda self: self.model)
    @rule(place=places, field=st.sampled_from(["value", "meaning"]), value=values)
    def edit(self, place: int, field: str, value: str) -> None:
        record, before, height = self.pick(place), self.copy(), log_height()
        base = self.seen.get(record, self.model[record])
        now = self.model[record]
        result = send(update(record, {field: base[field]}, **{field: value}))
        moved = base[field] != now[field] and value != now[field]
        assert bool(result.conflicts) == moved
        changed = not moved and value != now[field]
        assert log_height() - height == int(changed)
        if changed:
            now[field] = value
            self.note(result.change_set, before)

    @precondition(lambda self: self.model)
    @rule(place=places)
    def remove(self, place: int) -> None:
        record, before = self.pick(place), self.copy()
        result = send(Change("biz_param", "delete", id=record))
        assert result.ok
        del self.model[record]
        self.note(result.change_set, before)

    @precondition(lambda self: self.sets)
    @rule()
    def take_back_the_last(self) -> None:
        set_id, before = self.sets.pop()
        result = undo(set_id)
        assert (result.state, result.left) == ("applied", [])
        self.model = before

    @invariant()
    def records_are_as_the_model_says(self) -> None:
        if hasattr(self, "model"):
            found = {
                k: {n: v[n] for n in ("code", "value", "meaning")} for k, v in rows_of("biz_param").items()
            }
            assert found == self.model

    @invariant()
    def the_log_folds_to_the_table(self) -> None:
        if hasattr(self, "model"):
            rows = rows_of("biz_param")
            story = {k: {n: v[n] for n in rows[k]} for k, v in folded().items()}
            assert story == rows


def test_the_gate_does_what_its_model_says(system: Flask) -> None:
    run_state_machine_as_test(Gate, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))

"""Undo and revert: inverse change sets, days later, that leave alone what was touched since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.change import Change, UndoRefused, undo
from tests.support.gate import insert, rows_of, send, update


def test_an_undone_edit_has_its_old_value_back_and_a_higher_version(system: Flask) -> None:
    record = send(insert("a")).results[0].id or 0
    edit = send(update(record, {"value": "1"}, value="2"))
    assert undo(edit.change_set or 0).state == "applied"
    found = rows_of("biz_param")[record]
    assert (found["value"], found["version"]) == ("1", 3)


def test_an_undone_delete_comes_back_under_its_own_id(system: Flask) -> None:
    record = send(insert("a", "7")).results[0].id or 0
    before = rows_of("biz_param")[record]
    gone = send(Change("biz_param", "delete", id=record))
    undo(gone.change_set or 0)
    after = rows_of("biz_param")[record]
    quiet = ("version", "updated_at", "updated_by_id")
    assert {k: v for k, v in after.items() if k not in quiet} == {
        k: v for k, v in before.items() if k not in quiet
    }
    assert after["version"] > before["version"]


def test_redo_is_undo_of_the_undo(system: Flask) -> None:
    record = send(insert("a")).results[0].id or 0
    edit = send(update(record, {"value": "1"}, value="2"))
    back = undo(edit.change_set or 0)
    undo(back.change_set or 0)
    assert rows_of("biz_param")[record]["value"] == "2"


def test_what_was_touched_since_is_listed_and_left(system: Flask) -> None:
    made = send(*(insert(f"k{i}") for i in range(10)))
    ids = [r.id or 0 for r in made.results]
    send(update(ids[3], {"value": "1"}, value="2"))
    clock.turn(timedelta(days=1))
    result = undo(made.change_set or 0)
    assert (result.deleted, [left["id"] for left in result.left]) == (9, [ids[3]])
    assert list(rows_of("biz_param")) == [ids[3]]


def test_only_the_cells_moved_since_are_left(system: Flask) -> None:
    a, b = (r.id or 0 for r in send(insert("a"), insert("b")).results)
    edit = send(update(a, {"value": "1"}, value="2"), update(b, {"value": "1"}, value="2"))
    send(update(a, {"value": "2"}, value="3"), update(b, {"meaning": None}, meaning="m"))
    result = undo(edit.change_set or 0)
    found = rows_of("biz_param")
    assert (found[a]["value"], found[b]["value"], found[b]["meaning"]) == ("3", "1", "m")
    assert [left["id"] for left in result.left] == [a]


def test_a_set_is_undone_once(system: Flask) -> None:
    made = send(insert("a"))
    undo(made.change_set or 0)
    with pytest.raises(UndoRefused, match="ALREADY_UNDONE"):
        undo(made.change_set or 0)


def test_an_unknown_set_cannot_be_undone(system: Flask) -> None:
    with pytest.raises(UndoRefused, match="NOT_FOUND"):
        undo(10**9)

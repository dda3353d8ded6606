"""Taking a set back after others went on working: who touched what is named, and goes as well where that is asked."""

from __future__ import annotations

from flask import Flask

from app.audit.actor import SYSTEM
from app.change import undo
from app.change.undo import LONG
from tests.support.gate import insert, rows_of, send, update


def test_what_was_touched_since_is_named_with_who_when_and_which_cells(system: Flask) -> None:
    made = send(*(insert(f"k{i}") for i in range(3)))
    ids = [r.id or 0 for r in made.results]
    send(update(ids[1], {"value": "1"}, value="2"))
    send(update(ids[1], {"value": "2"}, value="3", meaning="m"))
    [left] = undo(made.change_set or 0, dry_run=True).left
    assert (left["id"], left["code"], left["by"]) == (ids[1], "CHANGED_SINCE", SYSTEM.name)
    assert left["at"].endswith("Z")
    cells = {cell["field"]: (cell["old"], cell["new"]) for cell in left["cells"]}
    assert cells == {"value": ("1", "3"), "meaning": (None, "m")}


def test_a_dry_run_writes_nothing_and_counts_what_would_be(system: Flask) -> None:
    made = send(*(insert(f"k{i}") for i in range(3)))
    before = rows_of("biz_param")
    tried = undo(made.change_set or 0, dry_run=True)
    assert (tried.deleted, tried.change_set, rows_of("biz_param") == before) == (3, None, True)
    assert undo(made.change_set or 0).deleted == 3


def test_what_is_named_goes_with_its_later_changes(system: Flask) -> None:
    made = send(*(insert(f"k{i}") for i in range(3)))
    edited = send(*(update(r.id or 0, {"value": "1"}, value="2") for r in made.results))
    ids = [r.id or 0 for r in made.results]
    send(*(update(i, {"value": "2"}, value="3") for i in ids[:2]))
    result = undo(edited.change_set or 0, include=[("biz_param", ids[0])])
    assert [left["id"] for left in result.left] == [ids[1]]
    assert [rows_of("biz_param")[i]["value"] for i in ids] == ["1", "3", "1"]
    gone = undo(made.change_set or 0, include=[("biz_param", i) for i in ids])
    assert (gone.deleted, gone.left, rows_of("biz_param")) == (3, [], {})


def test_a_long_set_goes_in_stretches_but_for_what_was_touched(system: Flask) -> None:
    made = send(*(insert(f"k{i}") for i in range(LONG + 50)))
    ids = [r.id or 0 for r in made.results]
    for touched in (ids[7], ids[-1]):
        send(update(touched, {"value": "1"}, value="2"))
    result = undo(made.change_set or 0)
    assert (result.state, result.deleted) == ("applied", LONG + 48)
    assert {left["id"] for left in result.left} == {ids[7], ids[-1]} == set(rows_of("biz_param"))
    assert undo(result.change_set or 0).inserted == LONG + 48

"""Compare and set, cell by cell: what happens when two people edit the same record."""

from __future__ import annotations

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import Change
from tests.support.gate import insert, rows_of, send, update


@pytest.fixture
def record(system: Flask) -> int:
    """One parameter: code a, value 1."""
    return send(insert("a")).results[0].id or 0


def test_edits_of_different_cells_both_survive(record: int) -> None:
    assert send(update(record, {"value": "1"}, value="2")).ok
    assert send(update(record, {"meaning": None}, version=1, meaning="rate")).ok
    found = rows_of("biz_param")[record]
    assert (found["value"], found["meaning"], found["version"]) == ("2", "rate", 3)


def test_an_edit_of_the_same_cell_is_a_conflict_with_both_values_and_who(record: int) -> None:
    send(update(record, {"value": "1"}, value="2"))
    refused = send(update(record, {"value": "1"}, value="3"))
    conflict = refused.conflicts[0]
    assert (refused.state, conflict.yours, conflict.theirs, conflict.by) == ("refused", "3", "2", "system")
    assert conflict.at is not None
    assert rows_of("biz_param")[record]["value"] == "2"


def test_the_version_alone_finds_the_cells_that_moved(record: int) -> None:
    send(update(record, {"value": "1"}, value="2"))
    assert send(update(record, version=1, meaning="rate")).ok
    assert [c.field for c in send(update(record, version=1, value="3")).conflicts] == ["value"]


def test_both_wanting_the_same_value_is_no_conflict_and_writes_nothing(record: int) -> None:
    send(update(record, {"value": "1"}, value="2"))
    again = send(update(record, {"value": "1"}, value="2"))
    assert (again.state, again.change_set, rows_of("biz_param")[record]["version"]) == ("unchanged", None, 2)


def test_one_conflict_stops_the_whole_set(record: int) -> None:
    other = send(insert("b")).results[0].id or 0
    send(update(record, {"value": "1"}, value="2"))
    result = send(update(record, {"value": "1"}, value="3"), update(other, {"value": "1"}, value="9"))
    assert result.state == "refused"
    assert [r.state for r in result.results] == ["conflict", "skipped"]
    assert rows_of("biz_param")[other]["value"] == "1"


def test_partial_writes_the_rows_that_can_be_written(record: int) -> None:
    other = send(insert("b")).results[0].id or 0
    send(update(record, {"value": "1"}, value="2"))
    result = send(
        update(record, {"value": "1"}, value="3"), update(other, {"value": "1"}, value="9"), partial=True
    )
    assert [r.state for r in result.results] == ["conflict", "done"]
    assert rows_of("biz_param")[other]["value"] == "9"
    assert rows_of("biz_param")[record]["value"] == "2"


def test_a_record_deleted_meanwhile_is_not_found(record: int) -> None:
    send(Change("biz_param", "delete", id=record))
    assert [e.code for e in send(update(record, {"value": "1"}, value="2")).errors] == ["NOT_FOUND"]


def test_deleting_what_somebody_changed_meanwhile_is_a_conflict(record: int) -> None:
    send(update(record, {"value": "1"}, value="2"))
    assert send(Change("biz_param", "delete", id=record, version=1)).conflicts
    assert send(Change("biz_param", "delete", id=record, version=2)).ok


def test_the_same_key_answers_with_the_first_result(system: Flask) -> None:
    first = send(insert("a"), key="once")
    second = send(insert("a"), key="once")
    assert first.change_set == second.change_set
    assert [r.id for r in first.results] == [r.id for r in second.results]
    assert len(rows_of("biz_param")) == 1


def test_all_errors_are_collected_not_only_the_first(system: Flask) -> None:
    result = send(insert(""), insert("b", value=""), insert("c", value="x" * 201))
    assert [(e.row, e.field, e.code) for e in result.errors] == [
        (0, "code", "REQUIRED"),
        (1, "value", "REQUIRED"),
        (2, "value", "TOO_LONG"),
    ]
    assert rows_of("biz_param") == {}


def test_keys_compare_without_width_case_and_outer_blanks(system: Flask) -> None:
    send(insert("Rate.A"))
    assert [e.code for e in send(insert(" ｒａｔｅ.a ")).errors] == ["TAKEN"]
    assert [e.code for e in send(insert("x"), insert("X")).errors] == ["DUPLICATE_IN_SET", "DUPLICATE_IN_SET"]


def test_two_records_may_swap_their_keys(system: Flask) -> None:
    a, b = (r.id or 0 for r in send(insert("a"), insert("b")).results)
    assert send(update(a, {"code": "a"}, code="b"), update(b, {"code": "b"}, code="a")).ok
    found = rows_of("biz_param")
    assert (found[a]["code"], found[b]["code"]) == ("b", "a")


def test_ids_are_never_used_again(system: Flask) -> None:
    first = send(insert("a")).results[0].id or 0
    send(Change("biz_param", "delete", id=first))
    assert (send(insert("a")).results[0].id or 0) > first


def test_unknown_computed_and_common_fields_are_refused_by_name(record: int) -> None:
    result = send(
        Change("biz_param", "update", {"nonsense": 1, "created_at": "2020-01-01T00:00:00Z"}, id=record)
    )
    assert {(e.field, e.code) for e in result.errors} == {
        ("nonsense", "NO_FIELD"),
        ("created_at", "NOT_EDITABLE"),
    }


def test_without_an_actor_nothing_is_written(app: Flask) -> None:
    from app.access.context import granted
    from app.access.grants import SYSTEM_GRANTS
    from app.change.gate import NoActor

    with app.app_context(), granted(SYSTEM_GRANTS), pytest.raises(NoActor):
        send(insert("nobody"))
    with app.app_context(), acting_as(None):
        assert "nobody" not in {r["code"] for r in rows_of("biz_param").values()}

"""Long change sets: cut into stretches they lead to what they would in one piece, and nothing of them stays behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.context import current_grants
from app.audit.log import ChangeLog
from app.change import Busy, Change, ChangeSet, Result, progress, undo
from app.change.contract import Draft, chunks
from app.change.long import BEHIND, commit_long, plan_long
from app.change.model import ChangeRow, ChangeSetRow
from app.db import db
from tests.change.test_busy import another_process_writes
from tests.support.gate import clear, insert, rows_of, send, update

SIZES = (1, 3, 100)


def send_long(*changes: Change, size: int = 1, **more: Any) -> Result:
    """Commit changes as one long set in stretches of `size`."""
    asked = ChangeSet([], more.pop("source", "test"), **more)
    return commit_long(asked, lambda: chunks(changes, size), current_grants())


def planned(*changes: Change, size: int = 1, **more: Any) -> list[tuple[int, str | None, str]]:
    """Row, field and code of every error that a plan in stretches of `size` finds."""
    plans = plan_long(ChangeSet([], "test", **more), chunks(changes, size), current_grants())
    return [(e.row, e.field, e.code) for plan in plans for e in plan.errors]


def told(result: Result) -> list[tuple[int, str | None, str]]:
    return [(e.row, e.field, e.code) for e in result.errors]


def counts(result: Result) -> tuple[int, int, int, int]:
    return (result.inserted, result.updated, result.deleted, result.unchanged)


def values() -> dict[str, str]:
    """What the parameters hold, by code."""
    return {row["code"]: row["value"] for row in rows_of("biz_param").values()}


def kept(model: Any) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(model.__table__)).scalar_one())


def made(*codes: str) -> dict[str, int]:
    """New parameters of value 1; their ids by code."""
    done = send(*(insert(code) for code in codes))
    return {code: r.id or 0 for code, r in zip(codes, done.results, strict=True)}


@pytest.mark.parametrize("size", SIZES)
def test_a_set_leads_to_the_same_however_it_is_cut(system: Flask, size: int) -> None:
    ids = made("a", "b", "c", "d")
    result = send_long(
        update(ids["a"], value="2"), insert("n1"), update(ids["b"], value="1"), update(ids["c"], meaning="x"),
        Change("biz_param", "delete", id=ids["d"]), insert("n2", "7"), size=size,
    )  # fmt: skip
    assert (result.state, counts(result), result.results) == ("applied", (2, 2, 1, 1), [])
    assert values() == {"a": "2", "b": "1", "c": "1", "n1": "1", "n2": "7"}
    assert {row["version"] for row in rows_of("biz_param").values() if row["code"] in "ac"} == {2}


def test_what_was_written_bears_one_set_and_one_moment_and_is_taken_back_as_one(system: Flask) -> None:
    ids = made("a")
    before = rows_of("biz_param")[ids["a"]]["value"]
    result = send_long(update(ids["a"], value="2"), *(insert(f"n{n}") for n in range(5)), size=2)
    log = ChangeLog.__table__
    with db.engine.connect() as connection:
        mine = select(log.c.at, log.c.op).where(log.c.change_set == result.change_set)
        entries = connection.execute(mine).all()
        header = connection.execute(
            select(ChangeSetRow.__table__).where(ChangeSetRow.id == result.change_set)
        ).mappings().one()  # fmt: skip
    assert sorted(e.op for e in entries) == ["I"] * 5 + ["U"]
    assert len({e.at for e in entries}) == 1
    assert (header["entity"], header["inserted"], header["updated"], header["state"]) == (
        "biz_param", 5, 1, "applied",
    )  # fmt: skip
    assert undo(result.change_set or 0).ok
    assert values() == {"a": before}


@pytest.mark.parametrize("size", SIZES)
def test_a_late_error_leaves_nothing_of_the_set_and_every_error_is_told(system: Flask, size: int) -> None:
    sets, changes = kept(ChangeSetRow), kept(ChangeRow)
    result = send_long(
        insert("a"), insert("b", ""), insert("c"), insert("", line=9), update(10**6, value="1"), size=size
    )
    assert (result.state, result.change_set, counts(result)) == ("refused", None, (0, 0, 0, 0))
    assert told(result) == [(1, "value", "REQUIRED"), (3, "code", "REQUIRED"), (4, None, "NOT_FOUND")]
    assert [e.line for e in result.errors] == [None, 9, None]
    assert (values(), kept(ChangeSetRow), kept(ChangeRow)) == ({}, sets, changes)


def test_a_conflict_in_any_stretch_stops_the_set(system: Flask) -> None:
    ids = made("a", "b")
    send(update(ids["b"], value="2"))
    result = send_long(update(ids["a"], value="5"), update(ids["b"], {"value": "1"}, value="3"))
    assert result.state == "refused"
    assert [(c.row, c.field, c.yours, c.theirs) for c in result.conflicts] == [(1, "value", "3", "2")]
    assert values() == {"a": "1", "b": "2"}


@pytest.mark.parametrize("size", SIZES)
def test_the_rows_that_can_be_written_are_where_that_was_asked(system: Flask, size: int) -> None:
    result = send_long(insert("a"), insert("b", ""), insert("c"), size=size, partial=True)
    assert (result.state, counts(result), told(result)) == (
        "applied", (2, 0, 0, 0), [(1, "value", "REQUIRED")],
    )  # fmt: skip
    assert values() == {"a": "1", "c": "1"}


def test_where_no_row_can_be_written_there_is_no_set(system: Flask) -> None:
    sets = kept(ChangeSetRow)
    assert send_long(insert("b", ""), insert("c", ""), partial=True).state == "refused"
    ids = made("a")
    assert send_long(update(ids["a"], value="1")).state == "unchanged"
    assert send_long().state == "unchanged"
    assert kept(ChangeSetRow) == sets + 1


def region(code: str, ref: str | None = None, **more: Any) -> Change:
    """A new region."""
    return Change("region", "insert", {"code": code, "name": code, "level": "area", **more}, ref=ref)


@pytest.mark.parametrize("size", SIZES)
def test_a_record_may_link_to_one_that_an_earlier_stretch_inserts(system: Flask, size: int) -> None:
    child = region("C", parent_region_id={"ref": "up"}, level="province")
    changes = (region("P", "up"), region("Q"), child)
    assert planned(*changes, size=size) == []
    result = send_long(*changes, size=size)
    assert result.ok, told(result)
    found = {row["code"]: {**row, "id": n} for n, row in rows_of("region").items()}
    assert found["C"]["parent_region_id"] == found["P"]["id"]


def test_what_links_to_a_refused_record_of_an_earlier_stretch_is_left_out_with_it(system: Flask) -> None:
    nameless = region("P", "up", name=None)
    child = region("C", "low", parent_region_id={"ref": "up"}, level="province")
    grandchild = region("G", parent_region_id={"ref": "low"}, level="city")
    result = send_long(nameless, child, grandchild, region("Q"), partial=True)
    assert told(result) == [(0, "name", "REQUIRED"), (1, None, "SKIPPED"), (2, None, "SKIPPED")]
    assert [row["code"] for row in rows_of("region").values() if row["code"] in "PCGQ"] == ["Q"]


def test_a_link_to_nothing_in_the_set_is_refused_and_told_as_such_after_a_rollback_too(system: Flask) -> None:
    child = region("C", parent_region_id={"ref": "up"}, level="province")
    lost = region("L", parent_region_id={"ref": "nowhere"}, level="province")
    result = send_long(region("P", "up"), region("X", name=None), child, lost)
    assert told(result) == [(1, "name", "REQUIRED"), (3, "parent_region_id", "NO_REF")]


def test_a_record_and_a_key_may_be_in_the_set_once_only(system: Flask) -> None:
    ids = made("a")
    changes = (update(ids["a"], value="2"), insert("n"), update(ids["a"], value="3"), insert("N"))
    expected = [(2, None, "TWICE"), (3, "code", "DUPLICATE_IN_SET")]
    assert told(send_long(*changes)) == expected
    assert planned(*changes) == expected
    assert values() == {"a": "1"}


def test_a_key_that_is_given_up_can_be_taken_whichever_comes_first(system: Flask) -> None:
    ids = made("a", "b")
    assert planned(update(ids["a"], code="x"), insert("a")) == []
    assert send_long(update(ids["a"], code="x"), insert("a", "9")).ok
    assert values() == {"x": "1", "a": "9", "b": "1"}
    swapped = send_long(update(ids["a"], code="b"), update(ids["b"], code="x"))
    assert swapped.ok, told(swapped)
    found = rows_of("biz_param")
    assert (found[ids["a"]]["code"], found[ids["b"]]["code"]) == ("b", "x")


def test_sent_again_it_is_answered_with_the_first_result(system: Flask) -> None:
    first = send_long(insert("a"), insert("b"), key="once")
    again = send_long(insert("a"), insert("b"), key="once")
    assert (again.state, again.change_set, counts(again)) == ("applied", first.change_set, (2, 0, 0, 0))
    assert values() == {"a": "1", "b": "1"}


def test_a_cancelled_set_leaves_nothing_and_the_next_one_is_written(system: Flask) -> None:
    class Cancelled(Exception):
        pass

    heard: list[tuple[int, int, str]] = []

    def listen(done: int, total: int, step: str) -> None:
        heard.append((done, total, step))
        if done >= 2:
            raise Cancelled

    asked = ChangeSet([], "test")
    with pytest.raises(Cancelled), progress.reported(listen):
        commit_long(asked, lambda: chunks(map(insert, "abcd"), 1), current_grants(), 4)
    assert heard[0] == (0, 4, "write")
    assert heard[-1] == (2, 4, "write")
    assert values() == {}
    assert send_long(insert("a")).ok


def test_beside_a_long_write_of_another_process_it_is_busy_not_broken(system: Flask) -> None:
    with another_process_writes(), pytest.raises(Busy):
        send_long(insert("a"), insert("b"))
    assert values() == {}


def test_nobody_waits_while_the_rest_of_a_refused_set_is_looked_through(system: Flask) -> None:
    def stretches() -> Iterator[list[Change]]:
        yield [insert("a")]
        yield [insert("b", "")]
        assert send(insert("meanwhile")).ok
        yield [insert("")]

    result = commit_long(ChangeSet([], "test"), stretches, current_grants())
    assert told(result) == [(1, "value", "REQUIRED"), (2, "code", "REQUIRED")]
    assert values() == {"meanwhile": "1"}


def test_what_a_stretch_was_made_of_is_gone_when_the_next_is_asked_for(system: Flask) -> None:
    clear("biz_param")
    alive: list[int] = []

    def stretches() -> Iterator[list[Change]]:
        for start in range(6):
            gc.collect()
            alive.append(sum(isinstance(one, Draft) for one in gc.get_objects()))
            yield [insert(f"{start}-{n}") for n in range(50)]

    assert commit_long(ChangeSet([], "test"), stretches, current_grants()).inserted == 300
    # On PostgreSQL the first stretch is met again, when it is known what has to be locked.
    assert max(alive) <= 50, alive


def test_the_kept_changes_are_numbered_as_in_the_file_and_what_rules_add_behind(system: Flask) -> None:
    result = send_long(*(insert(f"n{n}", line=n + 2) for n in range(4)), size=3)
    rows = ChangeRow.__table__
    with db.engine.connect() as connection:
        mine = select(rows.c.seq, rows.c.line, rows.c.state).where(rows.c.set_id == result.change_set)
        found = connection.execute(mine.order_by(rows.c.seq)).all()
    assert found == [(0, 2, "done"), (1, 3, "done"), (2, 4, "done"), (3, 5, "done")]
    assert max(row.seq for row in found) < BEHIND


@pytest.mark.parametrize("size", SIZES)
def test_an_inverse_set_may_be_long_and_takes_back_what_it_names(system: Flask, size: int) -> None:
    ids = made("a", "b")
    first = send(
        update(ids["a"], value="2"), Change("biz_param", "delete", id=ids["b"]), insert("n"), insert("m")
    )
    new = {row["code"]: record for record, row in rows_of("biz_param").items()}
    send(update(new["m"], value="touched"))
    back = send_long(
        Change("biz_param", "delete", id=new["n"], base={"value": "1"}),
        Change("biz_param", "delete", id=new["m"], base={"value": "1"}),
        Change("biz_param", "insert", {"code": "b", "value": "1"}, id=ids["b"], version=1),
        update(ids["a"], {"value": "2"}, value="1"),
        size=size, source="undo", inverse_of=first.change_set, restoring=True, partial=True,
    )  # fmt: skip
    assert (back.state, counts(back), [c.row for c in back.conflicts]) == ("applied", (1, 1, 1, 0), [1])
    assert values() == {"a": "1", "b": "1", "m": "touched"}
    assert (rows_of("biz_param")[ids["b"]]["version"], rows_of("biz_param")[ids["a"]]["version"]) == (2, 3)
    header = ChangeSetRow.__table__
    with db.engine.connect() as connection:
        state = select(header.c.state).where(header.c.id == first.change_set)
        assert connection.execute(state).scalar_one() == "reverted"

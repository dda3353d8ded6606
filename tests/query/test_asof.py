"""A sheet of the past: filtered, sorted and totalled as of then, within the rights of today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.access.context import acting_as
from app.access.grants import Grants
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import registry
from app.query.asof import PastSheet, moment
from app.query.display import actor_label
from app.query.filters import FilterError
from app.query.rows import Window, fetch
from tests.query.world import World, matches
from tests.support.gate import rows_of

FILTERS: list[dict[str, Any]] = [
    {"field": "name", "op": "contains", "value": "李"},
    {"field": "remark", "op": "empty"},
    {"field": "remark", "op": "eq", "value": "后来"},
    {"field": "intent_level", "op": "in", "value": ["unclear"]},
    {"not": {"field": "name", "op": "starts", "value": "abc"}},
    {"or": [{"field": "payday_day", "op": "gt", "value": 7}, {"field": "remark", "op": "not_empty"}]},
]


class Past:
    """The world, a moment in it, the rows of that moment, and what was changed and deleted after it."""

    def __init__(self, world: World) -> None:
        self.cast = world.cast
        clock.turn(timedelta(hours=1))
        self.at: datetime = clock.now()
        self.rows = rows_of("customer")
        clock.turn(timedelta(hours=1))
        fresh = [
            i for i, row in sorted(self.rows.items()) if not (row["order_count"] or row["first_order_on"])
        ]
        self.deleted = [self.cast.customers["sr.li"], *[i for i in fresh if i > 5][:2]]
        self.changed = [i for i in sorted(self.rows) if i not in self.deleted][20:30]
        self.sorted = self.page(Window(sort=[["name", "desc"]], limit=1000))
        edits = [Change("customer", "update", {"remark": "后来", "payday_day": 9}, i) for i in self.changed]
        self.send(*edits, *(Change("customer", "delete", id=i) for i in self.deleted))

    def send(self, *changes: Change) -> None:
        result = commit(ChangeSet(list(changes), "test", confirmed=frozenset({"*"})))
        assert result.ok, result.errors
        clock.turn(timedelta(hours=1))

    def page(self, window: Window) -> list[dict[str, Any]]:
        """The window as it is now, for the system."""
        from app.access.grants import SYSTEM_GRANTS

        return fetch(db.session(), registry.get("customer"), SYSTEM_GRANTS, window).rows

    def sheet(self, grants: Grants) -> PastSheet:
        return PastSheet(db.session(), registry.get("customer"), grants, self.at)


@pytest.fixture(scope="module")
def past(world: World) -> Iterator[Past]:
    """Inside the application; nothing is changed after this."""
    with world.app.app_context():
        with acting_as(None, source="test"):
            made = Past(world)
        yield made


def test_filters_are_answered_as_of_then(past: Past) -> None:
    with acting_as(None) as grants:
        entity, sheet = registry.get("customer"), past.sheet(grants)
        for tree in FILTERS:
            found = {r["id"] for r in sheet.page(Window(tree, limit=1000)).rows}
            assert found == {i for i, row in past.rows.items() if matches(entity, tree, row)}, tree


def test_orders_and_windows_are_those_of_then(past: Past) -> None:
    with acting_as(None) as grants:
        sheet, window, seen = past.sheet(grants), Window(sort=[["name", "desc"]], limit=7), list[int]()
        while True:
            page = sheet.page(window)
            seen += [r["id"] for r in page.rows]
            if page.next is None:
                break
            window.after = page.next
        assert seen == [r["id"] for r in past.sorted]
        assert [r["id"] for r in sheet.page(Window(sort=[["name", "desc"]], at=5, limit=5)).rows] == seen[
            5:10
        ]
        assert sheet.totals(None, [])["count"] == len(past.rows)


def test_each_row_says_what_has_become_of_it(past: Past) -> None:
    with past.cast.acting("auditor") as grants:
        rows = {r["id"]: r for r in past.sheet(grants).page(Window(limit=1000)).rows}
        assert {i for i, r in rows.items() if r["now"] and r["now"]["gone"]} == set(past.deleted)
        assert {i for i, r in rows.items() if r["now"] and not r["now"]["gone"]} == set(past.changed)
        cell = rows[past.changed[0]]["now"]["cells"]["remark"]
        assert (cell["value"], cell["by"], cell["mine"]) == ("后来", actor_label("system"), False)


def test_nobody_sees_more_of_the_past_than_of_today(past: Past) -> None:
    entity = registry.get("customer")
    for name in ("sr.wang", "sr.li", "sm.east", "lg.sun", "auditor"):
        with past.cast.acting(name) as grants:
            rows = past.sheet(grants).page(Window(limit=1000)).rows
            there = {r["id"] for r in fetch(db.session(), entity, grants, Window(limit=1000)).rows}
            gone = {
                i for i in past.deleted
                if grants.reaches("customer", past.rows[i]["owner_id"], past.rows[i]["department_id"])
            }  # fmt: skip
            assert {r["id"] for r in rows} == there | gone, name
            levels = grants.levels("customer")
            for row in rows:
                told = row["now"]["cells"] if row["now"] else {}
                assert all(levels[n] != "hidden" for n in [*row["values"], *told])
                masked = [n for n in row["values"] if levels[n] == "masked"]
                assert all(row["values"][n] is None or "****" in row["values"][n] for n in masked)


def test_masked_fields_answer_no_filter(past: Past) -> None:
    with past.cast.acting("auditor") as grants:
        masked = [n for n, level in grants.levels("customer").items() if level == "masked"]
        assert masked
        with pytest.raises(FilterError):
            past.sheet(grants).page(Window({"field": masked[0], "op": "not_empty"}))


def test_a_record_handed_over_since_is_not_shown_to_whom_it_was_taken_from(past: Past) -> None:
    record, cast = past.cast.customers["elsewhere"], past.cast
    with acting_as(None):
        past.send(Change("customer", "update", {"owner_id": cast.users["sr.li"]}, record))
        mine = cast.customers["sr.wang"]
        at = clock.now()
        clock.turn(timedelta(hours=1))
        new = {"owner_id": cast.users["sr.li"], "department_id": cast.departments["XS-HD"]}
        past.send(Change("customer", "update", new, mine))
    entity = registry.get("customer")
    for name, seen in (("sr.wang", False), ("sr.li", False), ("sm.east", True), ("auditor", True)):
        with cast.acting(name) as grants:
            rows = PastSheet(db.session(), entity, grants, at).page(Window(limit=1000)).rows
            assert (mine in {r["id"] for r in rows}) == seen, name


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13-01", "2026-01-01 25:00", None, 5, "9999-12-31", [], "0000-00-00"]
)
def test_moments_that_are_none_are_refused(past: Past, text: Any) -> None:
    with pytest.raises(FilterError):
        moment(text)


def test_before_the_beginning_there_is_nothing(past: Past) -> None:
    with acting_as(None) as grants:
        sheet = PastSheet(db.session(), registry.get("customer"), grants, moment("2000-01-01"))
        assert (sheet.page(Window()).rows, sheet.totals(None, [])["count"]) == ([], 0)

"""Restore: the past written again through the gate; history only grows, and nobody gains a right by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.audit.history import record_history
from app.change import Change, ChangeSet, RestoreRefused, Result, commit, restore
from app.db import db
from app.entity import EntityType, registry
from tests.cast import Cast, assemble
from tests.change.desk import Desk
from tests.support.gate import rows_of

QUIET = ("version", "updated_at", "updated_by_id")


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast, inside the application."""
    with app.app_context():
        yield assemble(app)


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The cast's browsers."""
    return Desk(app, assemble(app))


def customers() -> EntityType:
    return registry.get("customer")


def edit(record: int, **values: Any) -> Result:
    result = commit(
        ChangeSet([Change("customer", "update", values, record)], "test", confirmed=frozenset({"*"}))
    )
    assert result.ok, result.errors
    clock.turn(timedelta(hours=1))
    return result


def plain(name: str = "customer") -> dict[int, dict[str, Any]]:
    return {i: {n: v for n, v in row.items() if n not in QUIET} for i, row in rows_of(name).items()}


def length(record: int) -> int:
    return len(record_history(db.session(), customers(), record))


def test_change_and_restore_leave_the_data_and_a_history_longer_by_two(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        clock.turn(timedelta(hours=1))
        at, before, entries = clock.now(), plain(), length(record)
        clock.turn(timedelta(hours=1))
        edit(record, name="改名商行", remark="改")
        assert restore(customers(), record, at=at).state == "applied"
        assert plain() == before
        assert length(record) == entries + 2
        assert record_history(db.session(), customers(), record)[0].source == "restore"
        assert restore(customers(), record, at=at).state == "unchanged"


def test_one_field_is_restored_to_what_an_entry_left(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        edit(record, name="甲商行", remark="甲")
        entry = record_history(db.session(), customers(), record)[0].id
        edit(record, name="乙商行", remark="乙")
        assert restore(customers(), record, log=entry, fields=["name"]).state == "applied"
        row = rows_of("customer")[record]
        assert (row["name"], row["remark"]) == ("甲商行", "乙")


def test_a_deleted_record_comes_back_under_its_id_with_its_lines(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        contact = {"name": "何先生", "role": "buyer", "mobile": "15400000077", "parent_id": record}
        kept, dropped = (
            commit(
                ChangeSet(
                    [
                        Change(
                            "customer_contact",
                            "insert",
                            {**contact, "name": f"何{n}", "mobile": f"1540000007{n}"},
                        )
                    ],
                    "test",
                )
            )
            for n in (1, 2)
        )
        line = dropped.results[0].id or 0
        assert commit(ChangeSet([Change("customer_contact", "delete", id=line)], "test")).ok
        before, lines = plain(), plain("customer_contact")
        assert list(lines) == [kept.results[0].id]
        assert commit(ChangeSet([Change("customer", "delete", id=record)], "test")).ok
        assert restore(customers(), record).inserted == 2
        assert (plain(), plain("customer_contact")) == (before, lines)


def test_a_deleted_record_comes_back_as_of_a_moment(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        clock.turn(timedelta(hours=1))
        at, before = clock.now(), plain()
        clock.turn(timedelta(hours=1))
        edit(record, name="甲商行")
        commit(ChangeSet([Change("customer", "delete", id=record)], "test"))
        clock.turn(timedelta(hours=1))
        with pytest.raises(RestoreRefused, match="NOT_THERE"):
            restore(customers(), record, at=clock.now())
        assert restore(customers(), record, at=at).ok
        assert plain() == before


def test_what_others_may_not_reach_does_not_exist_for_them(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        clock.turn(timedelta(hours=1))
        at = clock.now()
        edit(record, name="甲商行")
    for name in ("sr.li", "admin"):
        with cast.acting(name), pytest.raises(RestoreRefused, match=r"NOT_FOUND|FORBIDDEN"):
            restore(customers(), record, at=at)
    with cast.acting("auditor"):
        refused = restore(customers(), record, at=at)
        assert {e.code for e in refused.errors} <= {"FORBIDDEN"}
        assert refused.state in ("refused", "unchanged")
    with cast.acting("sr.wang"):
        assert commit(ChangeSet([Change("customer", "delete", id=record)], "test")).ok
    with cast.acting("sr.li"), pytest.raises(RestoreRefused, match="NOT_FOUND"):
        restore(customers(), record)
    assert rows_of("customer").keys() == set(cast.customers.values()) - {record}


def test_what_rules_and_lifecycles_keep_is_not_restored_by_hand(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        clock.turn(timedelta(hours=1))
        at = clock.now()
        clock.turn(timedelta(hours=1))
        assert commit(ChangeSet([Change("customer", "update", id=record, verb="follow")], "test")).ok
        assert restore(customers(), record, at=at).state == "unchanged"
        refused = restore(customers(), record, at=at, fields=["status"])
        assert [e.code for e in refused.errors] == ["NOT_EDITABLE"]
        assert rows_of("customer")[record]["status"] == "following"


def test_a_restore_of_what_somebody_moved_meanwhile_is_a_conflict(cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        entry = record_history(db.session(), customers(), record)[0].id
        edit(record, name="甲商行")
        seen = rows_of("customer")[record]["version"]
    with cast.acting("sm.east"):
        edit(record, name="乙商行")
    with cast.acting("sr.wang"):
        result = restore(customers(), record, log=entry, fields=["name"], version=seen)
        assert [c.theirs for c in result.conflicts] == ["乙商行"]


def test_over_http(desk: Desk) -> None:
    record = desk.cast.customers["sr.wang"]
    place = f"/api/v1/customer/{record}"
    change = {"entity": "customer", "op": "update", "id": record, "version": 1, "values": {"remark": "新"}}
    assert desk.send("sr.wang", change).status_code == 200
    first = desk.ask("sr.wang", f"{place}/history", None, "GET").json["items"][-1]
    past = desk.ask("sr.wang", f"{place}/at?log={first['log']}", None, "GET").json
    assert past["values"]["remark"] is None
    assert past["now"]["cells"]["remark"]["value"] == "新"
    assert (past["now"]["cells"]["remark"]["by"], past["now"]["cells"]["remark"]["mine"]) == ("王芳", True)
    assert "lines" in past
    answer = desk.ask("sr.wang", f"{place}/restore", {"log": first["log"]})
    assert (answer.status_code, answer.json["state"]) == (200, "applied")
    assert desk.ask("sr.li", f"{place}/restore", {"log": first["log"]}).status_code == 404
    assert desk.ask("sr.li", f"{place}/at?log={first['log']}", None, "GET").status_code == 404
    assert desk.ask("auditor", f"{place}/at?log={first['log']}", None, "GET").status_code == 200
    gone = {"entity": "customer", "op": "delete", "id": record}
    assert desk.send("sr.wang", gone).status_code == 200
    past = desk.ask("sr.wang", f"{place}/at?log={first['log']}", None, "GET").json
    assert past["now"]["gone"] is True
    assert desk.ask("sr.li", f"{place}/at?log={first['log']}", None, "GET").status_code == 404
    assert desk.ask("sr.wang", f"{place}/restore", {}).json["counts"]["inserted"] == 1


NONSENSE: list[Any] = [
    {"moment": "yesterday"}, {"moment": "9999-12-31"}, {"moment": "2026-02-30 08:00"}, {"moment": 5}, {"moment": ""},
    {"moment": "\x00"}, {"moment": "十二"}, {"log": "1"}, {"log": True}, {"log": 1.5}, {"log": 9**40},
    {"fields": "name", "log": 1}, {"fields": [1], "log": 1}, {"moment": "0001-01-01"}, [], "{",
]  # fmt: skip


def test_nonsense_is_answered_with_a_sentence(desk: Desk) -> None:
    record = desk.cast.customers["sr.wang"]
    for body in NONSENSE:
        answer = desk.ask("sr.wang", f"/api/v1/customer/{record}/restore", body)
        assert answer.status_code in (400, 422), (body, answer.text)
        assert answer.json["message"]
    for body in NONSENSE[:7]:
        for path in ("rows_at", "totals_at"):
            assert desk.ask("sr.wang", f"/api/v1/customer/{path}", body).status_code == 400
    first = desk.ask("sr.wang", "/api/v1/customer/rows_at", {"moment": "0001-01-01"})
    assert (first.status_code, first.json.get("total", 0)) in ((200, 0), (400, 0))
    assert desk.ask("sr.wang", "/api/v1/customer/²/restore", {}).status_code == 404
    assert desk.ask("sr.wang", f"/api/v1/customer/{record}/at?log=-5", None, "GET").status_code == 404
    assert desk.ask("sr.wang", f"/api/v1/customer/{record}/at", None, "GET").status_code == 400
    assert rows_of_customer(desk, record)["version"] == 1


def rows_of_customer(desk: Desk, record: int) -> dict[str, Any]:
    with desk.app.app_context():
        return rows_of("customer")[record]

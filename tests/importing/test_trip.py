"""Our own workbooks back: what was not touched is left out, what others did meanwhile stays, or is a conflict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.access.grants import Grants
from app.change import Result
from app.change.erase import erase
from app.change.undo import undo
from app.db import db
from app.entity import registry
from app.importing.contract import RowError, TripRow
from app.importing.trip import Trip, doubled, whose
from app.query.rows import records
from tests.cast import Cast, assemble
from tests.models.conftest import delete, insert, new_id, update
from tests.models.orders.conftest import order, placed, set_up
from tests.support.gate import rows_of, send


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, inside the application."""
    found = assemble(app)
    with app.app_context():
        yield found


def exported(grants: Grants, *ids: int, entity: str = "customer") -> list[TripRow]:
    """Records as a person's export shows them and an import reads it: links by their titles."""
    found = records(db.session(), registry.get(entity), grants, ids)
    return [
        TripRow(n, {**one["values"], **{k: t or f"#{one['values'][k]}" for k, t in one["titles"].items()}},
                id=one["id"], version=one["version"])
        for n, one in enumerate(found, 2)
    ]  # fmt: skip


def back(grants: Grants, rows: list[TripRow], entity: str = "customer") -> tuple[list[RowError], Result]:
    """The rows through the settling and the gate."""
    db.session.rollback()
    trip = Trip(db.session(), registry.get(entity), grants)
    errors = trip.settle(rows)
    changes = [change for row in rows if (change := trip.change(row))]
    return errors, send(*changes, source="import", parsed=True)


def settled(grants: Grants, rows: list[TripRow], entity: str = "customer") -> list[dict[str, Any]]:
    """The cells of each row that count as touched."""
    db.session.rollback()
    assert Trip(db.session(), registry.get(entity), grants).settle(rows) == []
    return [{**row.values, **row.texts} for row in rows]


def test_what_nobody_touched_is_no_change(cast: Cast) -> None:
    with cast.acting("sm.east") as grants:
        rows = exported(grants, *(cast.customers[n] for n in ("sr.wang", "sr.li")))
        assert len(rows[0].values) > 50
        assert settled(grants, rows) == [{}, {}]


def test_a_link_whose_title_two_records_have_was_not_touched(cast: Cast) -> None:
    with acting_as(None, source="test"):
        assert send(insert("region", code="HD2", name="华东大区", level="area")).ok
    with cast.acting("sm.east") as grants:
        rows = exported(grants, cast.customers["sr.wang"])
        assert rows[0].values["region_id"] == "华东大区"
        assert settled(grants, rows) == [{}]
        rows = exported(grants, cast.customers["sr.wang"])
        rows[0].values["region_id"] = "HD2"
        assert settled(grants, rows) == [{"region_id": "HD2"}]


def test_a_touched_cell_is_changed_and_what_others_did_to_the_rest_stays(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
    with cast.acting("sm.east"):
        assert send(update("customer", mine, address="新路2号", remark="电话联系")).ok
    rows[0].values["wechat"] = "wang-1"
    with cast.acting("sr.wang") as grants:
        errors, result = back(grants, rows)
    assert (errors, result.state, result.updated) == ([], "applied", 1)
    now = rows_of("customer")[mine]
    assert (now["wechat"], now["address"], now["remark"]) == ("wang-1", "新路2号", "电话联系")
    assert now["version"] == 3


def test_a_cell_that_two_people_changed_is_a_conflict_with_both_values(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
    with cast.acting("sm.east"):
        assert send(update("customer", mine, address="新路2号")).ok
    rows[0].values |= {"address": "老街3号", "wechat": "wang-1"}
    with cast.acting("sr.wang") as grants:
        _errors, result = back(grants, rows)
    (conflict,) = result.conflicts
    assert (conflict.field, conflict.yours, conflict.theirs, conflict.by) == (
        "address", "老街3号", "新路2号", "王浩"
    )  # fmt: skip
    assert rows_of("customer")[mine]["wechat"] is None


def test_both_made_the_same_change_and_nothing_is_left_to_do(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
    with cast.acting("sm.east"):
        assert send(update("customer", mine, address="新路2号")).ok
    rows[0].values["address"] = "新路2号"
    with cast.acting("sr.wang") as grants:
        _errors, result = back(grants, rows)
    assert (result.state, result.conflicts) == ("unchanged", [])


def test_several_versions_later_the_values_of_the_right_one_are_compared(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    for address in ("一号", "二号"):
        with cast.acting("sm.east"):
            assert send(update("customer", mine, address=address)).ok
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
    for address in ("三号", "四号", "一号"):
        with cast.acting("sm.east"):
            assert send(update("customer", mine, address=address)).ok
    with cast.acting("sr.wang") as grants:
        assert settled(grants, rows) == [{}]  # 二号 is what it showed
        rows = exported(grants, mine)
        rows[0].version, rows[0].values["address"] = 3, "五号"
        assert settled(grants, rows) == [{"address": "五号"}]
        assert rows[0].base == {"address": "二号"}


def test_a_deleted_record_is_an_error_that_says_so(cast: Cast) -> None:
    mine, other = cast.customers["sr.wang"], cast.customers["sr.li"]
    with cast.acting("sm.east") as grants:
        rows = exported(grants, mine, other)
        assert send(delete("customer", mine)).ok
    rows[1].values["wechat"] = "li-1"
    with cast.acting("sm.east") as grants:
        errors, result = back(grants, rows)
    assert [(e.row, e.code) for e in errors] == [(2, "NOT_FOUND")]
    assert "已被删除" in str(errors[0].message)
    assert result.updated == 1


def test_a_record_out_of_reach_looks_like_a_deleted_one(cast: Cast) -> None:
    with cast.acting("sm.east") as grants:
        rows = exported(grants, cast.customers["sr.li"])
    with cast.acting("sr.wang") as grants:
        errors, result = back(grants, rows)
    assert [e.code for e in errors] == ["NOT_FOUND"]
    assert result.state == "unchanged"


def test_a_link_that_others_moved_and_whose_target_was_renamed_was_not_touched(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sm.east") as grants:
        rows, again = (exported(grants, mine) for _ in range(2))
    with acting_as(None, source="test"):
        new = new_id(send(insert("region", code="HX", name="华西大区", level="area")))
        assert send(update("region", cast.region, name="东部大区")).ok
    with cast.acting("sm.east") as grants:
        assert settled(grants, again) == [{}]
        assert send(update("customer", mine, region_id=new)).ok
        errors, result = back(grants, rows)
    assert (errors, result.state) == ([], "unchanged")
    assert rows_of("customer")[mine]["region_id"] == new


def test_a_person_who_has_another_name_by_now_was_not_touched(cast: Cast) -> None:
    with cast.acting("sm.east") as grants:
        rows = exported(grants, cast.customers["sr.wang"])
    owner = rows[0].values["owner_id"]
    user = registry.target_class("person")
    with acting_as(None, source="test"):
        found = db.session.get(user, cast.users["sr.wang"])
        found.last_name = "李"
        db.session.commit()
    with cast.acting("sm.east") as grants:
        assert exported(grants, cast.customers["sr.wang"])[0].values["owner_id"] != owner
        assert settled(grants, rows) == [{}]


def test_masked_cells_come_back_and_only_a_retyped_one_is_refused(cast: Cast) -> None:
    with cast.acting("auditor") as grants:
        level = grants.level("customer", "mobile")
        rows = exported(grants, cast.customers["sr.wang"])
    assert level == "masked"
    masked = rows[0].values.pop("mobile")
    assert "****" in masked
    rows[0].texts["mobile"] = masked
    with cast.acting("auditor") as grants:
        assert settled(grants, rows) == [{}]
        rows[0].texts["mobile"] = "13900000000"
        assert settled(grants, rows) == [{"mobile": "13900000000"}]


def test_what_is_computed_may_have_moved_without_a_new_version(cast: Cast) -> None:
    with acting_as(None, source="test"):
        shop = set_up()
    with cast.acting("sr.wang") as grants:
        head, line = placed(send(*order(cast, {"product_id": shop.wine, "cases": 1})))
        rows, again = (exported(grants, head, entity="sales_order") for _ in range(2))
        for cases in (2, 3):
            assert send(update("sales_order_line", line, cases=cases)).ok
        now = rows_of("sales_order")[head]
        assert (now["version"], now["total_qty"]) == (rows[0].version, 18)
        assert settled(grants, rows, "sales_order") == [{}]
        again[0].values["total_qty"] = 7
        _errors, result = back(grants, again, "sales_order")
    assert [(e.field, e.code) for e in result.errors] == [("total_qty", "NOT_EDITABLE")]


def test_a_personal_value_erased_since_does_not_come_back_unasked(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        assert send(update("customer", mine, wechat="wang-1")).ok
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
    with cast.acting("admin"):
        erase(registry.get("customer"), mine, "他本人要求", ("wechat",))
    with cast.acting("sr.wang") as grants:
        _errors, result = back(grants, rows)
    assert "wechat" in {c.field for c in result.conflicts}
    assert rows_of("customer")[mine]["wechat"] is None


def test_a_version_nobody_has_seen_lets_nothing_pass(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sr.wang") as grants:
        rows = exported(grants, mine)
        rows[0].version, rows[0].values["wechat"] = 9, "wang-1"
        _errors, result = back(grants, rows)
    assert [c.field for c in result.conflicts] == ["wechat"]


def test_a_record_deleted_and_brought_back_is_compared_with_what_it_was(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    with cast.acting("sm.east") as grants:
        rows, again = (exported(grants, mine) for _ in range(2))
        assert send(update("customer", mine, address="新路2号")).ok
        gone = send(delete("customer", mine))
        assert gone.change_set
    with cast.acting("sm.east") as grants:
        assert undo(gone.change_set).ok
        assert settled(grants, rows) == [{}]
        again[0].values["address"] = "老街3号"
        _errors, result = back(grants, again)
    assert [(c.field, c.theirs) for c in result.conflicts] == [("address", "新路2号")]


def test_hidden_cells_that_name_no_record_are_named(cast: Cast) -> None:
    assert whose(2, 17, 3) == (17, 3)
    assert whose(2, "17", None) == (17, None)
    assert whose(2, None, None) is None
    odd = ("abc", -1, 0, "1.5", True, "9" * 30)
    wrong = [whose(2, text, 1) for text in odd]
    assert [one.code for one in wrong if isinstance(one, RowError)] == ["BAD_ID"] * len(odd)
    wrong = [whose(2, 17, text) for text in odd]
    assert [one.code for one in wrong if isinstance(one, RowError)] == ["BAD_VERSION"] * len(odd)


def test_a_record_in_two_rows_is_an_error_at_both(cast: Cast) -> None:
    errors = doubled([(2, 5), (3, 6), (9, 5)])
    assert [(e.row, e.code) for e in errors] == [(2, "ID_TWICE"), (9, "ID_TWICE")]
    assert "2、9" in str(errors[0].message)

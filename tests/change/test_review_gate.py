"""The gate itself: what hangs on what, numbers, versions, and what others write at the same moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.access.context import acting_as
from app.access.grants import SYSTEM_GRANTS
from app.change import Change, ChangeSet, commit, plan
from app.change.gate import apply
from tests.cast import Cast, assemble, customer
from tests.support.gate import rows_of, send


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The cast."""
    return assemble(app)


def contact(header: object, name: str) -> Change:
    """A contact of a customer, which may be a reference."""
    return Change("customer_contact", "insert", {"parent_id": header, "name": name, "mobile": "13900000001"})


def test_what_hangs_on_a_refused_row_is_left_out_however_long_the_chain(app: Flask, cast: Cast) -> None:
    with app.app_context(), acting_as(None, source="test"):
        result = send(
            Change("region", "insert", {"code": "R1", "name": None, "level": "area"}, ref="a"),
            Change("region", "insert", {"code": "R2", "name": "二", "level": "area",
                                        "parent_region_id": {"ref": "a"}}, ref="b"),
            Change("region", "insert", {"code": "R3", "name": "三", "level": "area",
                                        "parent_region_id": {"ref": "b"}}, ref="c"),
            Change("region", "insert", {"code": "R4", "name": "四", "level": "area"}),
            partial=True,
        )  # fmt: skip
        assert [r.state for r in result.results] == ["error", "error", "error", "done"]


def test_a_reference_used_twice_is_refused(app: Flask, cast: Cast) -> None:
    with app.app_context(), acting_as(None, source="test"):
        result = send(
            Change("region", "insert", {"code": "R1", "name": "一", "level": "area"}, ref="a"),
            Change("region", "insert", {"code": "R2", "name": "二", "level": "area"}, ref="a"),
        )
        assert not result.ok


def test_numbers_given_and_taken_in_one_set(app: Flask, cast: Cast) -> None:
    with app.app_context(), acting_as(None, source="test"):
        given = customer(cast.region, 80, customer_code="C-000900")
        result = send(*(Change("customer", "insert", v) for v in (given, customer(cast.region, 81))))
        assert [r.values["customer_code"] for r in result.results] == ["C-000900", "C-000901"]


@pytest.mark.parametrize("shape", ["c-%06d", "Ｃ-%06d", "C-%06d ", "ｃ－%06d"])
def test_a_number_given_in_another_shape_does_not_block_the_next(app: Flask, cast: Cast, shape: str) -> None:
    with app.app_context(), acting_as(None, source="test"):
        last = max(int(v["customer_code"][2:]) for v in rows_of("customer").values())
        given = customer(cast.region, 80, customer_code=shape % (last + 1))
        assert send(Change("customer", "insert", given)).ok
        assert send(Change("customer", "insert", customer(cast.region, 81))).ok
        assert send(Change("customer", "insert", customer(cast.region, 82))).ok


def test_what_a_plan_relied_on_is_looked_at_again(app: Flask, cast: Cast) -> None:
    """A line's header, a link's target: moved after the plan was made, the plan does not stand."""
    with app.app_context(), acting_as(None, source="test"):
        area = {"code": "XX", "name": "旧区", "level": "area"}
        region = send(Change("region", "insert", area)).results[0].id or 0
        asked = ChangeSet([Change("customer", "insert", customer(region, 90))], "test")
        planned = plan(asked, SYSTEM_GRANTS)
        assert planned.errors == []
        assert send(Change("region", "delete", id=region)).ok
        result = apply(planned, SYSTEM_GRANTS)
        assert [e.code for e in result.errors] == ["LINK_NOT_FOUND"]


def test_a_line_is_not_written_into_a_header_that_moved_on_since_the_plan(app: Flask, cast: Cast) -> None:
    """Rules of a line read its header: the plan does not stand when only the header has moved."""
    with app.app_context(), acting_as(None, source="test"):
        header = cast.customers["sr.wang"]
        planned = plan(ChangeSet([contact(header, "新人")], "test"), SYSTEM_GRANTS)
        assert planned.errors == []
        assert "customer" in planned.epochs


@pytest.mark.parametrize("level", ["masked", "hidden"])
def test_a_delete_does_not_tell_what_the_asker_may_not_read(app: Flask, cast: Cast, level: str) -> None:
    with app.app_context(), cast.acting("sm.east") as full:
        levels = {("customer", "mobile"): level, ("customer", "name"): level}
        grants = replace(
            full, roles=tuple(replace(r, levels={**r.levels, **levels}) for r in full.roles), _known={}
        )
        record = cast.customers["sr.wang"]
        real = rows_of("customer")[record]
        for asked in ({"version": 77}, {"base": {"address": "1"}}, {"base": {"mobile": "1", "name": "1"}}):
            result = commit(ChangeSet([Change("customer", "delete", id=record, **asked)], "test"), grants)
            assert {real["mobile"], real["name"]}.isdisjoint(c.theirs for c in result.conflicts)
            # Nobody learns from a refusal whether a guess at a hidden cell was right.
            assert bool(result.conflicts) == (level == "masked" or "mobile" not in asked.get("base", {}))

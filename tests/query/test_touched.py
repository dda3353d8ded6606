"""Records by the change set that touched them, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.change import Change
from app.db import db
from app.entity import registry
from app.exporting.words import filter_in_words
from app.query.asof import PastSheet
from app.query.filters import FilterError
from app.query.rows import Window, fetch, totals
from tests.cast import customer
from tests.query.world import World
from tests.support.gate import send

import models  # noqa: F401  isort: skip  declares the entities asked about

CUSTOMER = registry.get("customer")


@dataclass
class Touched:
    """What one set of 王浩's did: a customer added, one of 王芳's changed, and one of 李航's given a contact."""

    world: World
    set: int
    added: int
    changed: int
    above: int

    def found(self, person: str, operator: str, number: int | None = None) -> set[int]:
        """Who sees which customers."""
        leaf = {"field": "id", "op": operator, "value": number or self.set}
        with self.world.app.app_context(), self.world.cast.acting(person):
            return {row["id"] for row in fetch(db.session(), CUSTOMER, current_grants(), Window(leaf)).rows}


@pytest.fixture(scope="module")
def touched(world: World) -> Touched:
    cast = world.cast
    changed, above = cast.customers["sr.wang"], cast.customers["sr.li"]
    new = customer(cast.region, 9001, owner_id=cast.users["sr.li"], department_id=cast.departments["XS-HD"])
    contact = {"parent_id": above, "name": "吴女士", "mobile": "13900001234"}
    with world.app.app_context(), cast.acting("sm.east"):
        done = send(
            Change("customer", "insert", new),
            Change("customer", "update", {"remark": "对账"}, id=changed),
            Change("customer_contact", "insert", contact),
        )
    assert done.ok, [str(e.message) for e in done.errors]
    assert done.change_set is not None
    assert done.results[0].id is not None
    return Touched(world, done.change_set, done.results[0].id, changed, above)


def test_records_of_a_set_are_the_new_ones_and_those_changed_themselves_or_in_their_lines(
    touched: Touched,
) -> None:
    assert touched.found("sm.east", "inserted_by") == {touched.added}
    assert touched.found("sm.east", "updated_by") == {touched.changed, touched.above}
    assert touched.found("sm.east", "changed_by") == {touched.added, touched.changed, touched.above}
    assert touched.found("sm.east", "changed_by", touched.set - 1) & {touched.added} == set()


def test_others_see_of_it_what_is_in_their_reach_with_the_history_right_and_nothing_without(
    touched: Touched,
) -> None:
    assert touched.found("sr.wang", "changed_by") == {touched.changed}
    assert touched.found("sr.li", "changed_by") == {touched.added, touched.above}
    window = Window({"field": "id", "op": "changed_by", "value": touched.set})
    told = {}
    for person in ("sm.east", "sr.wang"):
        with touched.world.app.app_context(), touched.world.cast.acting(person) as grants:
            less = without_history(grants)
            assert not less.can("history", "customer")
            told[person] = {row["id"] for row in fetch(db.session(), CUSTOMER, less, window).rows}
    assert told == {"sm.east": {touched.added, touched.changed, touched.above}, "sr.wang": set()}


def without_history(grants: Grants) -> Grants:
    """The same person, whose roles do not let them see the history of customers."""
    gone = ("can_history", CUSTOMER.view_name)
    roles = tuple(replace(role, pairs=role.pairs - {gone}) for role in grants.roles)
    return replace(grants, roles=roles, _known={})


@pytest.mark.parametrize("value", [None, "7", True, -1, 0, 2**60, [1], {"a": 1}, 1.5])
def test_a_set_that_is_no_number_is_refused(touched: Touched, value: object) -> None:
    leaf = {"field": "id", "op": "changed_by", "value": value}
    with (
        touched.world.app.app_context(),
        touched.world.cast.acting("sm.east"),
        pytest.raises(FilterError),
    ):
        fetch(db.session(), CUSTOMER, current_grants(), Window(leaf))


def test_a_set_is_asked_for_with_other_conditions_in_totals_and_in_a_sheet_of_the_past(
    touched: Touched,
) -> None:
    leaf = {"field": "id", "op": "changed_by", "value": touched.set}
    both = {"and": [leaf, {"field": "remark", "op": "eq", "value": "对账"}]}
    with touched.world.app.app_context(), touched.world.cast.acting("sm.east"):
        grants = current_grants()
        assert totals(db.session(), CUSTOMER, grants, both, [])["count"] == 1
        assert totals(db.session(), CUSTOMER, grants, {"not": leaf}, [])["count"] > 1
        past = PastSheet(db.session(), CUSTOMER, grants, clock.now())
        assert {row["id"] for row in past.page(Window(both)).rows} == {touched.changed}


def test_a_set_is_told_in_words_to_who_agrees_to_its_export(touched: Touched) -> None:
    with touched.world.app.test_request_context(), touched.world.cast.acting("sm.east") as grants:
        leaf = {"field": "id", "op": "inserted_by", "value": 17}
        said = filter_in_words(db.session(), CUSTOMER, grants, {"not": leaf})
        assert said == "不满足（由变更集 17 新增）", said

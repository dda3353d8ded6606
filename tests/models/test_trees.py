"""Departments, regions, employees: trees stay trees, paths follow, one file per person."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.access.load import load_grants
from app.change import undo
from app.db import db
from models.base.department_rules import chain, path_of
from tests.cast import Cast
from tests.models.conftest import Write, act, codes, insert, new_id, stored, update


def department(code: str, upper: object, **more: object) -> object:
    values = {"code": code, "name": f"部门{code}", "department_type": "sales", "parent_department_id": upper}
    return insert("department", **{**values, **more})


def path(record: int) -> str:
    return str(stored("department", record, "path")[0])


def test_the_path_leads_from_the_root(cast: Cast) -> None:
    root, sales, east = (cast.departments[code] for code in ("YX", "XS", "XS-HD"))
    assert path(root) == f"/{root}/"
    assert path(east) == f"/{root}/{sales}/{east}/"


def test_a_new_department_gets_its_path_with_its_id(cast: Cast, write: Write) -> None:
    record = new_id(write(department("NEW", cast.departments["XS"])))
    assert path(record) == f"{path(cast.departments['XS'])}{record}/"


def test_departments_of_one_set_may_stand_below_each_other_in_any_order(cast: Cast, write: Write) -> None:
    upper = department("U", cast.departments["WL"])
    upper.ref = "u"  # type: ignore[attr-defined]
    result = write(department("L", {"ref": "u"}), upper)
    low, up = (new_id(result, row) for row in (0, 1))
    assert path(low) == f"{path(cast.departments['WL'])}{up}/{low}/"


def test_moving_a_department_takes_all_below_along(cast: Cast, write: Write) -> None:
    moved = write(update("department", cast.departments["XS"], parent_department_id=cast.departments["WL"]))
    assert moved.ok
    below = f"{path(cast.departments['WL'])}{cast.departments['XS']}/"
    assert path(cast.departments["XS"]) == below
    for code in ("XS-HD", "XS-HN"):
        assert path(cast.departments[code]) == f"{below}{cast.departments[code]}/"
    head = load_grants(db.session(), cast.users["lg.sun"])
    assert cast.departments["XS-HD"] in head.subtree
    db.session.rollback()
    assert moved.change_set is not None
    assert undo(moved.change_set).ok
    assert path(cast.departments["XS-HD"]) == "".join(
        ["/", *(f"{cast.departments[code]}/" for code in ("YX", "XS", "XS-HD"))]
    )


def test_a_department_moves_below_a_new_one_when_nothing_is_below_it(cast: Cast, write: Write) -> None:
    new = department("NEW", cast.departments["YX"])
    new.ref = "n"  # type: ignore[attr-defined]
    leaf = update("department", cast.departments["WL"], parent_department_id={"ref": "n"})
    result = write(new, leaf)
    assert path(cast.departments["WL"]) == f"{path(new_id(result))}{cast.departments['WL']}/"
    again = department("NEW2", cast.departments["YX"])
    again.ref = "n"  # type: ignore[attr-defined]
    tree = update("department", cast.departments["XS"], parent_department_id={"ref": "n"})
    assert (1, "parent_department_id", "BAD_TREE") in codes(write(again, tree))


@pytest.mark.parametrize("upper", ["XS", "XS-HD"])
def test_a_department_is_not_below_itself(cast: Cast, write: Write, upper: str) -> None:
    change = update("department", cast.departments["XS"], parent_department_id=cast.departments[upper])
    assert codes(write(change)) == [(0, "parent_department_id", "BAD_TREE")]


def test_two_moves_of_one_set_do_not_make_a_circle(cast: Cast, write: Write) -> None:
    one, other = cast.departments["XS"], cast.departments["WL"]
    result = write(
        update("department", one, parent_department_id=other),
        update("department", other, parent_department_id=one),
    )
    assert codes(result) == [(row, "parent_department_id", "BAD_TREE") for row in (0, 1)]


def test_there_is_one_root(cast: Cast, write: Write) -> None:
    assert codes(write(department("R", None))) == [(0, "parent_department_id", "SECOND_ROOT")]
    loose = update("department", cast.departments["WL"], parent_department_id=None)
    assert codes(write(loose)) == [(0, "parent_department_id", "SECOND_ROOT")]
    assert write(update("department", cast.departments["YX"], name="总部")).ok


def test_what_is_below_a_refused_department_is_refused_too(cast: Cast, write: Write) -> None:
    """Or its path would lead through a place where its upper department never came."""
    sales, east, logistics = (cast.departments[code] for code in ("XS", "XS-HD", "WL"))
    moves = [update("department", logistics, parent_department_id=east)]
    for wrong in (sales, 99999):
        change = update("department", sales, parent_department_id=wrong)
        result = write(*moves, change, partial=True)
        assert (0, "parent_department_id", "BAD_TREE") in codes(result)
    assert path(logistics) == f"{path(cast.departments['YX'])}{logistics}/"


def test_a_department_that_does_not_exist_is_no_upper_one(cast: Cast, write: Write) -> None:
    assert codes(write(department("X", 99999))) == [(0, "parent_department_id", "LINK_NOT_FOUND")]


@settings(max_examples=60)
@given(st.dictionaries(st.integers(1, 12), st.one_of(st.none(), st.integers(1, 12)), max_size=12))
def test_a_chain_ends_whatever_the_links_are(upper: dict[int, int | None]) -> None:
    for node in upper:
        way = chain(node, upper)
        assert way[-1] == node
        assert len(way) == len(set(way))
        assert path_of(way).endswith(f"/{node}/")


def region(code: str, level: str, upper: object = None) -> object:
    return insert("region", code=code, name=f"区域{code}", level=level, parent_region_id=upper)


@pytest.mark.parametrize(
    ("level", "fits"), [("area", False), ("province", True), ("city", True), ("county", True)]
)
def test_a_region_is_below_its_upper_region(cast: Cast, write: Write, level: str, fits: bool) -> None:
    result = write(region("R", level, cast.region))
    assert codes(result) == ([] if fits else [(0, "level", "BAD_LEVEL")])


def test_a_region_stays_above_its_parts(cast: Cast, write: Write) -> None:
    province = new_id(write(region("P", "province", cast.region)))
    city = new_id(write(region("C", "city", province)))
    assert codes(write(update("region", province, level="city"))) == [(0, "level", "BAD_LEVEL")]
    assert codes(write(update("region", province, parent_region_id=city))) == [(0, "level", "BAD_LEVEL")]
    assert write(update("region", province, level="city"), update("region", city, level="county")).ok


def test_regions_of_one_set_are_compared_with_each_other(cast: Cast, write: Write) -> None:
    upper = region("P", "city", cast.region)
    upper.ref = "p"  # type: ignore[attr-defined]
    assert codes(write(upper, region("C", "city", {"ref": "p"}))) == [(1, "level", "BAD_LEVEL")]
    assert write(upper, region("C", "county", {"ref": "p"})).ok


def employee(number: str, user: int | None, **more: object) -> object:
    return insert(
        "employee", **{"emp_no": number, "name": "某人", "mobile": "15400000001", "user_id": user, **more}
    )


def test_one_file_per_person_and_it_is_theirs(cast: Cast, write: Write) -> None:
    wang = cast.users["sr.wang"]
    record = new_id(write(employee("E1", wang, base_salary="7000")))
    assert stored("employee", record, "owner_id", "emp_status") == (wang, "probation")
    assert codes(write(employee("E2", wang))) == [(0, "user_id", "DUP_USER")]
    both = write(employee("E3", cast.users["sr.li"]), employee("E4", cast.users["sr.li"]))
    assert codes(both) == [(row, "user_id", "DUP_USER") for row in (0, 1)]
    assert write(employee("E5", None), employee("E6", None)).ok


def test_nobody_is_confirmed_without_training(cast: Cast, write: Write) -> None:
    record = new_id(write(employee("E1", cast.users["sr.wang"])))
    assert codes(write(act("employee", record, "confirm"))) == [(0, "emp_status", "NOT_ONBOARDED")]
    assert write(update("employee", record, onboard_passed=True)).ok
    for verb, status in (("confirm", "active"), ("start_leaving", "leaving"), ("stay", "active")):
        assert write(act("employee", record, verb)).ok
        assert stored("employee", record, "emp_status") == (status,)
    assert codes(write(act("employee", record, "leave"))) == [(0, "emp_status", "WRONG_STATE")]

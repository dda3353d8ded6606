"""New records that a file's links ask for: what they need besides their name is given once, for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from app.importing.options import options_from
from tests.cast import Cast, assemble
from tests.importing.desk import csv, imported, line, reading
from tests.importing.way import Way
from tests.support.gate import rows_of

CITY = {"region_id": {"level": "市", "parent_region_id": "华东大区"}}


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    found = assemble(app)
    with app.app_context(), acting_as(None, source="test"):
        yield found


def test_new_regions_of_customers_get_the_level_and_the_upper_region_that_were_given(
    cast: Cast, tmp_path: Path
) -> None:
    rows = (line(50 + n, region_id=text) for n, text in enumerate(("苏州", "华东大区", "苏州", "无锡")))
    report = imported("customer", csv(tmp_path / "a.csv", *rows), create=CITY)
    assert report.ok, [str(e.message) for e in report.errors]
    assert (report.inserted, report.created[0]["titles"]) == (4, ["苏州", "无锡"])
    made = {r["name"]: (r["level"], r["parent_region_id"]) for r in rows_of("region").values()}
    assert made["苏州"] == made["无锡"] == ("city", cast.region)


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "还得填“区域级别”"), ({"level": "星系"}, "新建记录的“区域级别”"),
     ({"level": "city", "parent_region_id": "火星"}, "新建记录的“上级区域”"),
     ({"level": "city", "nothing": "1"}, "不能填“nothing”")],
)  # fmt: skip
def test_what_was_given_wrongly_or_not_at_all_is_told_at_the_cells(
    cast: Cast, tmp_path: Path, given: dict[str, str], told: str
) -> None:
    file = csv(tmp_path / "a.csv", line(50, region_id="苏州"))
    with reading("customer", file, create={"region_id": given}) as found:
        (error,) = found.errors
    assert (error.row, error.field, error.code) == (2, "region_id", "LINK_NOT_CREATED")
    assert told in str(error.message)


def test_what_a_rule_says_against_a_new_record_stands_at_the_first_row_that_asks_for_it(
    cast: Cast, tmp_path: Path
) -> None:
    rows = (line(50 + n, region_id=text) for n, text in enumerate(("华东大区", "苏州", "苏州")))
    wrong = {"region_id": {"level": "area", "parent_region_id": "华东大区"}}
    report = imported("customer", csv(tmp_path / "a.csv", *rows), create=wrong)
    assert (report.errors[0].row, report.inserted) == (3, 0)
    assert {error.row for error in report.errors} >= {3}


def test_the_options_keep_what_is_given_and_stay_a_list_without(app: Flask) -> None:
    assert options_from({"create": ["region_id"]}).as_json()["create"] == ["region_id"]
    assert options_from({"create": CITY}).as_json()["create"] == CITY
    assert options_from({"create": {"region_id": {"level": ""}}}).as_json()["create"] == ["region_id"]


def test_the_page_knows_what_a_new_record_needs_and_shows_it_in_the_preview(
    app: Flask, tmp_path: Path
) -> None:
    desk = Way.open(app)
    with app.app_context(), acting_as(None, source="test"):
        change_rights(
            [RightsChange("sales_manager", "region", verbs=frozenset({"list", "add", "import"}))], "试"
        )
    kept = desk.upload("customer", csv(tmp_path / "a.csv", line(50, region_id="苏州")), "a.csv").json
    (field,) = (f for f in kept["fields"] if f["name"] == "region_id")
    assert field["target"]["may_add"], field
    assert [(f["name"], f["kind"]) for f in field["target"]["required"]] == [("level", "choice")]
    summary = desk.try_preview("customer", kept, create=CITY)["result"]
    assert summary["kinds"] == []
    assert summary["created"] == [{"entity": "region", "label": "销售区域", "count": 1, "titles": ["苏州"]}]
    (made,) = desk.rows(summary["set"], "new_links")
    assert (made["line"], {n: new for n, (_old, new) in made["cells"].items()}) == (
        2, {"code": "苏州", "name": "苏州", "level": "市", "parent_region_id": "华东大区"},
    )  # fmt: skip
    desk.commit(summary["set"])
    ((region,),) = desk.records("customer", ["region_id"], name="00050商行")
    assert region != desk.cast.region
    assert desk.records("region", ["level"], name="苏州") == [["city"]]


def test_a_field_that_is_hidden_is_as_one_that_is_not_there(cast: Cast, tmp_path: Path) -> None:
    verbs = frozenset({"list", "add", "edit", "import"})
    with cast.acting("admin"):
        change_rights(
            [RightsChange("sales_rep", "region", verbs, "all", {"market_size": "hidden"})], "no figures"
        )
    file = csv(tmp_path / "a.csv", line(50, region_id="苏州"))
    for name in ("market_size", "nothing"):
        given = {"region_id": {"level": "city", name: "1"}}
        with cast.acting("sr.wang"), reading("customer", file, create=given) as found:
            assert f"不能填“{name}”" in str(found.errors[0].message)

"""Links by what people call a record: its code, its name, a login; never a guess, and new only where asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import Change, staging
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.entity import registry
from app.importing.contract import RowError
from app.importing.links import creatable
from app.importing.options import options_from
from app.importing.reading import read_texts
from tests.cast import Cast, assemble
from tests.importing.desk import changes, csv, errors, imported, line, reading
from tests.support.gate import rows_of, send


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, with a few more regions, acting as the system."""
    found = assemble(app)
    with app.app_context(), acting_as(None, source="test"):
        names = (("SZ", "苏州"), ("HZ", "杭州"), ("HD2", "华北"), ("HB2", "华北"), ("ＢＪ", "北京 城区"))
        assert send(
            *(Change("region", "insert", {"code": c, "name": n, "level": "city"}) for c, n in names)
        ).ok
        yield found


def region(*texts: str, path: Path, **options: object) -> list[object]:
    """What the regions of new customers become."""
    file = csv(path / "a.csv", *(line(n, region_id=text) for n, text in enumerate(texts, 50)))
    return [change.values["region_id"] for change in changes("customer", file, **options)]


def wrong(text: str, path: Path, **options: object) -> RowError:
    """The one error of a customer's region."""
    with reading("customer", csv(path / "a.csv", line(50, region_id=text)), **options) as found:
        (error,) = found.errors
        return error


def codes() -> dict[str, int]:
    return {row["code"]: record for record, row in rows_of("region").items()}


def test_a_link_is_found_by_code_or_name_whatever_width_case_and_blanks(cast: Cast, tmp_path: Path) -> None:
    ids = codes()
    assert region("SZ", "ｓｚ", " 苏州 ", "hd2", "BJ", "北京　城区", path=tmp_path) == [
        ids["SZ"], ids["SZ"], ids["SZ"], ids["HD2"], ids["ＢＪ"], ids["ＢＪ"],
    ]  # fmt: skip


def test_a_name_that_several_have_is_an_error_with_the_candidates(cast: Cast, tmp_path: Path) -> None:
    error = wrong("华北", tmp_path)
    assert (error.code, error.row, error.column, error.text) == ("AMBIGUOUS", 2, "region_id", "华北")
    assert "华北 (HD2)、华北 (HB2)" in str(error.message)
    assert error.candidates == ("HD2", "HB2")


def test_candidates_are_named_as_far_as_the_asker_may_know(cast: Cast, tmp_path: Path) -> None:
    with cast.acting("admin"):
        change_rights(
            [RightsChange("sales_rep", "region", levels={"code": "hidden"})], "codes are nobody's business"
        )
    with cast.acting("sr.wang"):
        error = wrong("华北", tmp_path)
    assert (error.code, error.candidates) == ("AMBIGUOUS", ())
    assert "华北、华北" in str(error.message)


@pytest.mark.parametrize(("typed", "near"), [("苏洲", "苏州"), ("北京 城 区", "北京 城区"), ("火星", None)])
def test_a_missing_name_is_an_error_with_the_nearest_that_is_there(
    cast: Cast, tmp_path: Path, typed: str, near: str | None
) -> None:
    error = wrong(typed, tmp_path)
    assert (error.code, error.suggest) == ("LINK_NOT_FOUND", near)
    assert near is None or f"“{near}”" in str(error.message)


def test_people_are_found_by_login_and_by_name(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["SZ", "sr.wang"], ["HZ", "李航"], headers=("code", "manager_id"))
    assert [c.values["manager_id"] for c in changes("region", file)] == [
        cast.users["sr.wang"],
        cast.users["sr.li"],
    ]
    assert errors("region", csv(tmp_path / "b.csv", ["SZ", "没有人"], headers=("code", "manager_id"))) == [
        (2, "manager_id", "LINK_NOT_FOUND")
    ]


def test_a_record_out_of_reach_is_not_there(cast: Cast, tmp_path: Path) -> None:
    elsewhere = rows_of("customer")[cast.customers["elsewhere"]]["customer_code"]
    file = csv(tmp_path / "a.csv", [elsewhere], headers=("customer_id",))
    assert errors("sales_order", file) == []
    with cast.acting("sr.wang"):
        assert errors("sales_order", file) == [(2, "customer_id", "LINK_NOT_FOUND")]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region needs no more than its name: its level has a default."""
    fields = registry.get("region").fields
    monkeypatch.setitem(fields, "level", replace(fields["level"], default="area"))


def test_missing_targets_are_made_in_the_same_change_set_and_listed(
    cast: Cast, plain: None, tmp_path: Path
) -> None:
    file = csv(
        tmp_path / "a.csv",
        *(line(50 + n, region_id=t) for n, t in enumerate(("西北", "苏州", "西 北", "西北", "西南"))),
    )
    report = imported("customer", file, create=["region_id"])
    assert report.ok, [str(e.message) for e in report.errors]
    assert (report.inserted, [(m["entity"], m["titles"]) for m in report.created]) == (
        5, [("region", ["西北", "西 北", "西南"])],
    )  # fmt: skip
    made = codes()
    new = [row["region_id"] for row in rows_of("customer").values()][-5:]
    assert new == [made["西北"], made["SZ"], made["西 北"], made["西北"], made["西南"]]
    written = [row["entity"] for row in staging.rows(report.change_set or 0)]
    assert (written.count("region"), written.count("customer")) == (3, 5)


def test_nothing_is_made_for_rows_that_are_wrong_themselves(cast: Cast, plain: None, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", line(50, region_id="西北", mobile="1"), line(51, region_id="西南"))
    report = imported("customer", file, create=["region_id"], partial=True)
    assert (report.inserted, [m["titles"] for m in report.created]) == (1, [["西南"]])
    assert "西北" not in codes()


def test_who_may_not_add_makes_nothing(cast: Cast, plain: None, tmp_path: Path) -> None:
    with cast.acting("sr.wang") as grants:
        assert creatable("region", grants) is None
        assert wrong("西北", tmp_path, create=["region_id"]).code == "LINK_NOT_CREATED"


def test_what_needs_more_than_a_name_is_not_made(cast: Cast, tmp_path: Path) -> None:
    assert wrong("西北", tmp_path, create=["region_id"]).code == "LINK_NOT_CREATED"
    assert errors(
        "region",
        csv(tmp_path / "b.csv", ["SZ", "新来的"], headers=("code", "manager_id")),
        create=["manager_id"],
    ) == [(2, "manager_id", "LINK_NOT_CREATED")]


def test_a_cell_corrected_by_hand_is_read_as_its_column(cast: Cast) -> None:
    with cast.acting("sm.east") as grants:
        options = options_from(
            {"columns": {"区域": {"field": "region_id"}, "生日": {"field": "birthday", "order": "dmy"}}}
        )
        texts = {
            "region_id": "苏州",
            "birthday": "02/01/1990",
            "mobile": "138",
            "nothing": "x",
            "address": "",
        }
        values, found = read_texts(db.session(), registry.get("customer"), grants, options, texts)
        assert values == {"region_id": codes()["SZ"], "birthday": "1990-01-02", "address": None}
        assert [(e.field, e.code) for e in found] == [("mobile", "BAD_MOBILE"), ("nothing", "NO_FIELD")]
        _values, (error,) = read_texts(
            db.session(), registry.get("customer"), grants, options, {"region_id": "苏洲"}
        )
        assert (error.column, error.suggest) == ("区域", "苏州")

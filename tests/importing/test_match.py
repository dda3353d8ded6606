"""Rows find their records by key; what could be two is an error that names the rows or the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import Change
from app.change.rights import RightsChange, change_rights
from tests.cast import Cast, assemble
from tests.importing.desk import changes, csv, errors, imported, line, reading
from tests.support.gate import rows_of, send


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, acting as the system."""
    found = assemble(app)
    with app.app_context(), acting_as(None, source="test"):
        yield found


def parameters(path: Path, *rows: list[Any], headers: tuple[str, ...] = ("code", "value")) -> Path:
    return csv(path / "a.csv", *rows, headers=headers)


def test_a_known_key_is_an_update_whatever_its_width_and_case(cast: Cast, tmp_path: Path) -> None:
    assert send(*(Change("biz_param", "insert", {"code": c, "value": "1"}) for c in ("rate a", "税率"))).ok
    ids = {row["code"]: record for record, row in rows_of("biz_param").items()}
    found = changes("biz_param", parameters(tmp_path, ["ＲＡＴＥ  A", 2], ["税率", 3], ["new", 4]))
    assert [(c.op, c.id, c.values.get("value")) for c in found] == [
        ("update", ids["rate a"], "2"), ("update", ids["税率"], "3"), ("insert", None, "4"),
    ]  # fmt: skip


def test_a_key_twice_in_the_file_names_all_its_rows(cast: Cast, tmp_path: Path) -> None:
    with reading("biz_param", parameters(tmp_path, ["a", 1], ["b", 1], ["Ａ", 2], ["a ", 3])) as found:
        assert [(e.row, e.code) for e in found.errors] == [(n, "DUPLICATE_IN_FILE") for n in (2, 4, 5)]
        assert "2、4、5" in str(found.errors[0].message)
        assert [c.line for stretch in found.stretches() for c in stretch] == [3]


def test_several_records_are_an_error_that_names_up_to_five_of_them(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["dealer", "x"], headers=("customer_type", "address"))
    with reading("customer", file, key=["customer_type"]) as found:
        (error,) = found.errors
    assert (error.code, error.row) == ("SEVERAL_RECORDS", 2)
    assert all(f"#{record}" in str(error.message) for record in cast.customers.values())


def test_records_are_matched_by_chosen_fields(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["华东大区", "00001商行", "新地址"], ["华东大区", "00009商行", "y"],
               headers=("region_id", "客户名称", "地址"))  # fmt: skip
    found = changes("customer", file, match="fields", key=["客户名称", "region_id"])
    assert [(c.op, c.id) for c in found] == [("update", cast.customers["sr.wang"]), ("insert", None)]


def test_only_new_or_only_known_records_when_asked(cast: Cast, tmp_path: Path) -> None:
    assert send(Change("biz_param", "insert", {"code": "a", "value": "1"})).ok
    file = parameters(tmp_path, ["a", 2], ["b", 3])
    assert errors("biz_param", file, mode="new") == [(2, "code", "KNOWN_RECORD")]
    assert errors("biz_param", file, mode="update") == [(3, "code", "UNKNOWN_RECORD")]
    assert errors("biz_param", file, mode="both") == []


def test_an_empty_number_is_a_new_record_and_a_missing_key_column_an_error(
    cast: Cast, tmp_path: Path
) -> None:
    file = csv(tmp_path / "a.csv", ["", *line(60)], headers=("customer_code", *map(str, range(9))))
    named = {str(n): name for n, name in enumerate(("name", "customer_type", "channel_type", "customer_group", "region_id",
                                                    "contact_name", "mobile", "address", "lead_source"))}  # fmt: skip
    assert [c.op for c in changes("customer", file, columns=named)] == ["insert"]
    assert errors("biz_param", csv(tmp_path / "b.csv", ["1"], headers=("value",))) == [(0, "code", "NO_KEY")]


def test_nobody_matches_by_what_they_see_masked(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["15400000001", "x"], headers=("mobile", "address"))
    with cast.acting("auditor"):
        assert errors("customer", file, key=["mobile"])[0] == (0, "mobile", "NO_KEY")


def test_a_file_of_unknown_columns_only_is_refused_with_a_sentence(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["x", "y"], headers=("甲", "乙"))
    assert errors("customer", file) == [(0, "customer_code", "NO_KEY")]
    assert changes_of_nothing(file) == []


def changes_of_nothing(file: Path) -> list[Change]:
    """The changes of a file, whatever is wrong with it."""
    with reading("customer", file) as found:
        return [change for stretch in found.stretches() for change in stretch]


def test_records_that_share_a_key_are_named_as_far_as_the_asker_may_know(cast: Cast, tmp_path: Path) -> None:
    file = csv(tmp_path / "a.csv", ["dealer", "x"], headers=("customer_type", "address"))

    def told() -> str:
        with (
            cast.acting("sm.east"),
            reading("customer", file, match="fields", key=["customer_type"]) as found,
        ):
            return str(found.errors[0].message)

    assert "商行" in told()
    with cast.acting("admin"):
        change_rights(
            [RightsChange("sales_manager", "customer", levels={"name": "masked"})], "titles are masked"
        )
    assert "商行" not in told()
    assert f"#{cast.customers['sr.wang']}" in told()


def test_a_record_out_of_reach_is_not_matched(cast: Cast, tmp_path: Path) -> None:
    code = rows_of("customer")[cast.customers["elsewhere"]]["customer_code"]
    with cast.acting("sr.wang"):
        found = changes(
            "customer", csv(tmp_path / "a.csv", [code, "x"], headers=("customer_code", "address"))
        )
    assert [c.op for c in found] == ["insert"]


def test_an_empty_cell_clears_a_known_record_and_says_nothing_of_a_new_one(
    cast: Cast, tmp_path: Path
) -> None:
    assert send(Change("biz_param", "insert", {"code": "a", "value": "1", "meaning": "old"})).ok
    report = imported(
        "biz_param", parameters(tmp_path, ["a", 1, ""], ["b", 2, ""], headers=("code", "value", "meaning"))
    )
    assert (report.inserted, report.updated, report.unchanged) == (1, 1, 0)
    assert {row["code"]: row["meaning"] for row in rows_of("biz_param").values()}["a"] is None


def test_more_rows_than_fit_one_stretch_are_all_found_again(cast: Cast, tmp_path: Path) -> None:
    file = parameters(tmp_path, *([f"k{n}", n] for n in range(3000)))
    assert imported("biz_param", file).inserted == 3000
    assert {c.op for c in changes("biz_param", file)} == {"update"}

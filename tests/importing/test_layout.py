"""What stands around the data is recognised and told, never imported silently: titles, sums, notes, headers in two rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.excel.headers import header_form
from app.excel.read import read_sheet
from app.excel.shape import looks_like
from tests.importing.desk import book, csv, errors, imported, reading
from tests.support.gate import rows_of


@pytest.fixture
def engine_kind() -> str:
    """Reading is the same whatever the database; matching and links are tested on both."""
    return "sqlite"


@pytest.fixture
def desk(app: Flask) -> Iterator[None]:
    """An empty database, acting as the system."""
    with app.app_context(), acting_as(None, source="test"):
        yield


def lines_of(path: Path, **options: Any) -> tuple[list[int | None], list[tuple[int, str]]]:
    """The rows that become changes, and those left out, of a file of parameters."""
    with reading("biz_param", path, **options) as found:
        assert found.errors == [], [str(e.message) for e in found.errors]
        return [c.line for stretch in found.stretches() for c in stretch], found.totals


def test_titles_are_told_and_passed_over(desk: None, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ["2026年参数表"],
        ["单位：元", None, "制表：王浩"],
        ["code", "value", "meaning"],
        ["a", 1],
    )
    with reading("biz_param", path) as found:
        assert found.titles == [(1, "2026年参数表"), (2, "单位：元  制表：王浩")]
        assert (found.header_row, found.rows, found.errors) == (3, 1, [])


def test_a_header_is_found_by_its_words_where_titles_are_as_wide(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ["编制", "单位", "某某公司", "日期", "2026"],
        [],
        ["客户编码", "客户名称"],
        ["C-1", "甲"],
    )
    assert read_sheet(path).header_row == 1
    assert read_sheet(path, known=["客户编码", "客户名称"]).header_row == 3


def test_a_merged_title_above_the_header_is_no_error(desk: None, tmp_path: Path) -> None:
    import openpyxl

    path = book(tmp_path / "a.xlsx", ["台账"], ["code", "value"], ["a", 1])
    made = openpyxl.load_workbook(path)
    made.worksheets[0].merge_cells("A1:B1")
    made.save(path)
    assert lines_of(path) == ([3], [])


def test_of_a_header_in_two_rows_the_lower_counts_with_what_only_the_upper_says(
    desk: None, tmp_path: Path
) -> None:
    path = book(
        tmp_path / "a.xlsx", ["参数", None, "meaning"], ["code", "value", None], ["a", 1, "x"], ["b", 2, "y"]
    )
    with reading("biz_param", path) as found:
        assert (found.headers, found.header_row) == (["code", "value", "meaning"], 2)
        assert found.titles == [(1, "参数  meaning")]
    unknown = book(
        tmp_path / "b.xlsx",
        ["甲", None, "乙", None],
        ["一", "二", "三", "四"],
        ["x", 1, "y", 2],
        ["z", 1, "w", 2],
    )
    assert read_sheet(unknown).header_row == 2


@pytest.mark.parametrize(
    "word",
    [
        "合计",
        "总  计",
        "小计",
        "本页小计",
        "累计：",
        "合计（大写）：壹佰元整",
        "华东小计",
        "Ｔｏｔａｌ",
        "Grand total",
        "Sub-total:",
        "SUM",
    ],
)
def test_a_row_of_sums_is_known_by_its_word(word: str) -> None:
    assert looks_like(word) == "sum"


@pytest.mark.parametrize(
    "word",
    [
        "制表人：张三",
        "审核",
        "日期：2026-01-31",
        "备注：以上为含税价",
        "Prepared by: x",
        "审批人签字：",
        "（盖章）",
        "签字盖章处",
    ],
)
def test_a_note_below_the_data_is_known_by_its_word(word: str) -> None:
    assert looks_like(word) == "note"


@pytest.mark.parametrize(
    "word", ["合计科技有限公司", "小计量泵", "Total Energies", "统计局", "日期格式", "12", "", None, 5]
)
def test_a_name_that_only_begins_so_is_a_name(word: Any) -> None:
    assert looks_like(word) == ""


def test_sums_and_notes_are_left_out_and_listed(desk: None, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", ["code", "value", "meaning", "x"], ["a", 1, "m"], [None, "小计", 1], ["b", 2, "m"], ["合计", 3],
        ["制表人：", "王浩"], ["审核人："],
    )  # fmt: skip
    lines, totals = lines_of(path)
    assert lines == [2, 4]
    assert totals == [(3, "小计  1"), (5, "合计  3"), (6, "制表人：  王浩"), (7, "审核人：")]
    report = imported("biz_param", path)
    assert report.totals == totals
    assert any("合计" in line for line in report.lines())
    assert {row["code"] for row in rows_of("biz_param").values()} & {"a", "b", "合计"} == {"a", "b"}


def test_sums_are_imported_when_asked_and_listed_all_the_same(desk: None, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["code", "value"], ["a", 1], ["合计", 3])
    assert lines_of(path, totals="import") == ([2, 3], [(3, "合计  3")])


def test_a_row_with_a_key_of_its_own_is_a_record_whatever_it_is_called(desk: None, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["code", "value", "meaning"], ["a", "合计", "x"], ["b", "小计", None])
    assert lines_of(path) == ([2, 3], [])


def test_what_looks_like_a_note_between_records_is_a_record(desk: None, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["code", "value", "meaning", "x"], ["备注", 1], ["b", 2], ["说明"])
    assert lines_of(path) == ([2, 3], [(4, "说明")])


def test_the_header_repeated_on_each_page_is_left_out(desk: None, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["code", "value"], ["a", "1"], ["code", "value"], ["b", "2"])
    assert lines_of(path) == ([2, 4], [(3, "code  value")])


def test_the_same_in_csv_of_gb18030(desk: None, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", ["甲", 1], ["合 计", 3], headers=("参数", "值"), encoding="gb18030")
    lines, totals = lines_of(path, columns={"参数": "code", "值": "value"})
    assert (lines, totals) == ([2], [(3, "合 计  3")])


def test_two_columns_of_one_field_are_an_error_that_names_both(desk: None, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["code", "value", "值"], ["a", 1, 2])
    assert errors("biz_param", path, columns={"值": "value", "value": "value"}) == [(1, "value", "FED_TWICE")]
    assert errors(
        "biz_param", book(tmp_path / "b.xlsx", ["code", "value"], ["a", 1]), constants={"value": "3"}
    ) == [(1, "value", "FED_TWICE")]


@pytest.mark.parametrize("mark", ["*{}", "{}*", "{}：", "{}（必填）", "{}【选填】", "* {} (required)"])
def test_marks_of_what_must_be_filled_in_are_no_part_of_a_header(mark: str) -> None:
    assert header_form(mark.format("客户 名称")) == "客户名称"


def test_columns_without_a_header_are_left_out_and_named(desk: None, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ["code", "value", None, "meaning"],
        ["a", 1, None, "m", "more"],
        ["b", 2, "x", "m"],
    )
    with reading("biz_param", path) as found:
        assert [str(one) for one in found.ignored] == ["没有表头的 C 列", "没有表头的 E 列"]

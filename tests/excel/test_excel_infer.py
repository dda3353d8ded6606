"""A sheet becomes a proposed declaration, judged from all its rows."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from app.excel.cellxml import Value
from app.excel.contract import Cell, CellProblem, ReadNotes, Table
from app.excel.infer import Column, check_key, infer
from app.excel.naming import RESERVED, identifier
from app.excel.read import read_sheet
from app.excel.write import ColumnOut, SheetOut, write_table

D = Decimal


def column(header: str, cells: list[Cell]) -> Column:
    rows = [(number, [cell]) for number, cell in enumerate(cells, 2)]
    return infer(Table("一", [header], 1, iter(rows), ReadNotes(rows=len(rows))))[0]


def many(*values: Cell) -> list[Cell]:
    return list(values) * 3


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("数量", [1, 2, 3], "integer"),
        ("数量", ["1", "2", "30"], "integer"),
        ("金额", [1, D("2.5")], "decimal"),
        ("金额", ["1,234.50", "￥3"], "decimal"),
        ("日期", [date(2026, 1, 2), date(2026, 1, 3)], "date"),
        ("日期", ["2026-01-02", "2026年1月3日", 20260104], "date"),
        ("编码", ["20260102", "20260103"], "text"),
        ("数量", [20260102, 20260103], "integer"),
        ("时间", [datetime(2026, 1, 2), datetime(2026, 1, 2, 3)], "datetime"),
        ("日期", [datetime(2026, 1, 2), datetime(2026, 1, 3)], "date"),
        ("刻", [time(8, 30), "9:00"], "time"),
        ("退回", ["是", "是", "否"], "yes_no"),
        ("启用", [True, False], "yes_no"),
        ("次数", [0, 1, 1], "integer"),
        ("客户编号", [1001, 1005, 2000], "text"),
        ("手机", [13800000000, 13900000000], "text"),
        ("行 ID", [1, 2, 3, 4], "integer"),
        ("邮编", ["010000", "100000"], "text"),
        ("批次", ["00123", "00124"], "text"),
        ("卡片", ["622202", "622203", "622204"], "text"),
        ("混合", [1, "甲"], "text"),
        ("备注", ["一\n二", "三"], "long_text"),
        ("备注", ["很长" * 150], "long_text"),
        ("大数", [D("1E+17"), 2], "text"),
        ("空", [None, None], "text"),
    ],
)
def test_the_kind_is_the_narrowest_that_loses_nothing(header: str, cells: list[Cell], kind: str) -> None:
    assert column(header, cells).kind == kind


def test_a_decimal_has_the_fewest_decimals_with_which_every_row_is_exact() -> None:
    assert column("利润", [D("60.0599999999999"), D("-1.25"), 3]).scale == 2
    assert column("利润", [D("60.0599999999999"), D("129.696")]).scale == 3
    assert column("折扣", [0, D("0.4")]).scale == 1


def test_few_repeated_values_are_a_choice_with_codes_of_their_own() -> None:
    found = column("邮寄方式", many("二级", "标准级", "一级"))
    assert (found.kind, found.required, found.distinct) == ("choice", True, 3)
    assert found.choices == [("erji", "二级"), ("biaozhunji", "标准级"), ("yiji", "一级")]


def test_values_that_sound_alike_get_different_codes() -> None:
    assert [code for code, _ in column("类", many("公司", "公斯", "1级")).choices] == [
        "gongsi",
        "gongsi_2",
        "option_1_ji",
    ]


@pytest.mark.parametrize(
    "cells", [["甲", "乙", "乙"], [str(n) + "号" for n in range(21)] * 2, many("C-1", "C-2")]
)
def test_single_values_many_values_and_codes_are_no_choice(cells: list[Cell]) -> None:
    assert column("编码", cells).kind == "text"


def test_text_has_room_to_grow() -> None:
    assert [column("名", ["x" * n]).length for n in (16, 17, 64, 65, 161, 200)] == [20, 40, 80, 120, 200, 200]  # fmt: skip


def test_blanks_make_a_column_optional_and_problems_are_listed_by_row() -> None:
    problem = CellProblem("ERROR_CELL", "#REF!")
    found = column("金额", [1, None, problem])
    assert (found.kind, found.required, found.problems) == ("integer", False, [(4, problem)])


def test_long_numbers_in_a_code_column_are_reported_as_lost_digits() -> None:
    found = column("身份证编号", [D("1.10101199003071E+17"), D("1.10101199003072E+17")])
    assert found.kind == "text"
    assert [(row, problem.code) for row, problem in found.problems] == [
        (2, "LOST_DIGITS"),
        (3, "LOST_DIGITS"),
    ]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("订单 ID", "order_no"), ("订单日期", "order_date"), ("销售额", "sales"), ("省/自治区", "province_zizhiqu"),
        ("Customer Name", "customer_name"), ("unitPrice", "unit_price"), ("ＡＢＣ", "abc"), ("2026年", "field_2026_nian"),
        ("version", "version_2"), ("部门", "dept"), ("class", "class_2"), ("￥", "field"),
        ("search key", "search_key_value"),
        ("绿茶", "lvcha"), ("税率(%)", "tax_rate"),
    ],
)  # fmt: skip
def test_headers_become_names(header: str, name: str) -> None:
    assert identifier(header) == name


@pytest.mark.parametrize(
    "header", [*RESERVED, "id", "ID", "import", "None", "x" * 99, "🙂", "٣", "ßé", "名" * 50]
)
def test_every_header_becomes_a_name_that_can_be_declared(header: str) -> None:
    name = identifier(header)
    assert name.isidentifier()
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= 50
    assert name not in RESERVED


def test_equal_headers_get_different_names() -> None:
    found = infer(Table("一", ["名称", "", "名称"], 1, iter([(2, ["a", "b", "c"])])))
    assert [(c.index, c.name) for c in found] == [(0, "name"), (2, "name_2")]


def test_a_key_is_checked_as_the_database_will() -> None:
    rows: list[tuple[int, list[Cell]]] = [
        (2, ["C-1", 1]), (3, ["Ｃ-1 ", D("1.0")]), (5, ["c-1", 2]), (6, [None, 3]), (9, ["C-2", None]), (10, ["C-3", 1]),
    ]  # fmt: skip
    found = check_key(Table("一", ["编码", "行"], 1, iter(rows)), ["编码", "行"])
    assert found == {("c-1", "1"): [2, 3], ("", "3"): [6], ("c-2", ""): [9]}
    assert check_key(Table("一", ["编码", "行"], 1, iter(rows[-1:])), ["编码"]) == {}


def test_a_key_needs_a_header_the_table_has_once() -> None:
    for headers in (["编码", "编码"], ["名称"]):
        with pytest.raises(ValueError, match="编码"):
            check_key(Table("一", headers, 1, iter([])), ["编码"])


def test_what_is_written_is_inferred_again(tmp_path: Path) -> None:
    columns = [
        ColumnOut("编码"),
        ColumnOut("金额", "money", scale=2),
        ColumnOut("日期", "date"),
        ColumnOut("类别", "choice"),
    ]
    rows: list[list[Value]] = [
        [f"C-{n:03}", D(n) / 4, date(2026, 1, 1 + n % 9), "甲乙"[n % 2]] for n in range(100)
    ]
    out = io.BytesIO()
    write_table(out, [SheetOut("一", columns, rows)])
    path = tmp_path / "a.xlsx"
    path.write_bytes(out.getvalue())
    found = infer(read_sheet(path))
    assert [(c.name, c.kind, c.scale) for c in found] == [
        ("code", "text", None), ("amount", "decimal", 2), ("date", "date", None), ("category", "choice", None),
    ]  # fmt: skip
    assert all(c.required for c in found)

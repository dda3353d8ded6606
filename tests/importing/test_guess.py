"""Columns that nobody has called so before: guessed with care, proposed with a mark, never taken unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask

from app.access.context import acting_as
from app.cli import cli
from app.db import db
from app.entity import registry
from app.importing.guess import with_guesses
from app.importing.options import Options, options_from
from app.importing.run import limits
from tests.cast import Cast, assemble
from tests.importing.desk import csv, reading
from tests.importing.way import Way
from tests.models.orders.conftest import set_up

HEADERS = ("客户名称", "客户类型", "渠道", "价格组", "所属大区", "联系人", "联系手机", "地址", "线索来源")
ROW = ["老何烟酒", "dealer", "团购", "factory", "华东大区", "何先生", "15400000101", "南京秦淮路1号", "visit"]


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    found = assemble(app)
    with app.app_context():
        yield found


def guessed(cast: Cast, path: Path, *rows: list[str], person: str = "sm.east", **said: Any) -> dict[str, str]:
    """Field by header for what is guessed of a file of customers; the first row holds its headers."""
    file = csv(path / "a.csv", *rows[1:], headers=rows[0])
    with cast.acting(person) as grants:
        db.session.rollback()
        options = options_from(said) if said else Options()
        return with_guesses(db.session(), registry.get("customer"), file, grants, options, limits())[1]


def test_a_header_that_ends_in_what_a_field_is_called_is_that_field(cast: Cast, tmp_path: Path) -> None:
    rows = ["客户备注", "公司电子邮箱", "渠道"], ["好说话", "a@b.cn", "团购"]
    assert guessed(cast, tmp_path, *rows) == {
        "客户备注": "remark", "公司电子邮箱": "email", "渠道": "channel_type",
    }  # fmt: skip


def test_a_header_that_only_begins_with_what_a_field_is_called_is_something_else(
    cast: Cast, tmp_path: Path
) -> None:
    assert guessed(cast, tmp_path, ["备注人", "区域经理电脑", "号"], ["王芳", "有", "1"]) == {}


def test_cells_that_cannot_be_read_as_the_field_speak_against_it(cast: Cast, tmp_path: Path) -> None:
    assert guessed(cast, tmp_path, ["渠道"], ["老张介绍的"]) == {}
    assert guessed(cast, tmp_path, ["渠道"], ["团购"], ["老张介绍的"]) == {"渠道": "channel_type"}


def test_cells_that_are_all_options_of_one_field_or_records_of_one_kind_name_it(
    cast: Cast, tmp_path: Path
) -> None:
    rows = ["甲", "乙", "丙"], ["团购", "华东大区", "对"], ["终端", "HD", "错"]
    assert guessed(cast, tmp_path, *rows) == {"甲": "channel_type", "乙": "region_id"}
    assert guessed(cast, tmp_path, *rows[:2]) == {}


def test_two_columns_that_look_like_one_field_are_both_left(cast: Cast, tmp_path: Path) -> None:
    assert guessed(cast, tmp_path, ["客户备注", "送货备注"], ["一", "二"]) == {}
    assert guessed(cast, tmp_path, ["备注", "送货备注"], ["一", "二"]) == {}


def test_what_was_chosen_is_no_guess_and_what_was_left_out_is_left_out(cast: Cast, tmp_path: Path) -> None:
    rows = ["客户备注", "渠道"], ["一", "团购"]
    said: Any = {"columns": {"客户备注": None}, "constants": {"channel_type": "团购"}}
    assert guessed(cast, tmp_path, *rows, **said) == {}


def test_no_key_is_guessed(cast: Cast, tmp_path: Path) -> None:
    assert guessed(cast, tmp_path, ["我们的客户编码"], ["C000001"]) == {}


def test_the_page_shows_guesses_as_such_and_imports_them_once_looked_at(app: Flask, tmp_path: Path) -> None:
    desk = Way.open(app)
    headers = [*HEADERS, "客户备注", "信用额度", "随便"]
    kept = desk.upload(
        "customer", csv(tmp_path / "a.csv", [*ROW, "好说话", "5000", "x"], headers=headers), "a.csv"
    ).json
    assert (kept["guessed"], kept["locked"]) == (["渠道", "客户备注"], ["信用额度"])
    assert kept["options"]["columns"]["渠道"] == {"field": "channel_type"}
    assert "信用额度" not in kept["options"]["columns"]
    assert sorted(kept["ignored"]) == ["信用额度", "随便"]
    job = desk.try_preview("customer", kept)
    summary = job["result"]
    assert (summary["error_rows"], summary["inserted"], summary["ignored"]) == (0, 1, ["随便", "信用额度"])
    desk.commit(summary["set"])
    assert desk.records("customer", ["channel_type", "remark"], name="老何烟酒") == [["group", "好说话"]]
    # The next file of this kind is read as this one was: nothing is guessed any more.
    assert (
        desk.upload(
            "customer", csv(tmp_path / "a.csv", [*ROW, "难", "1", "x"], headers=headers), "b.csv"
        ).json["guessed"]
        == []
    )


def test_a_column_not_ones_own_to_edit_is_compared_when_that_is_asked_for(app: Flask, tmp_path: Path) -> None:
    desk = Way.open(app)
    file = csv(tmp_path / "a.csv", [*ROW, "5000"], headers=[*HEADERS, "信用额度"])
    kept = desk.upload("customer", file, "a.csv").json
    columns = {**kept["options"]["columns"], "信用额度": {"field": "credit_limit"}}
    summary = desk.try_preview("customer", kept, columns=columns)["result"]
    assert desk.wrong(summary["set"]) == {2: [("credit_limit", "NOT_EDITABLE")]}


def test_the_command_guesses_only_when_asked_and_tells_what_it_left_out(
    app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.data.application", lambda: app)
    headers = [header if header != "渠道" else "渠道类型" for header in HEADERS]
    file = csv(tmp_path / "a.csv", [*ROW, "好说话", "5000"], headers=[*headers, "客户备注", "信用额度"])

    def said(*more: str, person: str = "sm.east") -> str:
        words = ("import", "customer", str(file), "--as", person, "--dry-run", *more)
        found = CliRunner().invoke(cli, list(words))
        return found.output or str(found.exception)

    assert "没有导入的列：客户备注\n无权修改而没有导入的列：信用额度" in said()
    assert "猜的列，请核对：客户备注 → 备注\n无权" in said("--guess")
    assert said(person="admin") == "你的角色不能在这里导入。", "once, and not for every row"


def test_computed_columns_of_lines_are_left_out_in_one_sheet_and_in_two(cast: Cast, tmp_path: Path) -> None:
    lines = ("sales_order_line.product_id", "sales_order_line.cases", "金额")
    one = csv(tmp_path / "a.csv", ["A-1", "", "1", "500"], headers=("order_no", *lines))
    with (
        cast.acting("sr.wang"),
        reading("sales_order", one, lines={"entity": "sales_order_line", "group": ["order_no"]}) as found,
    ):
        assert list(found.columns.locked.items()) == [("金额", "sales_order_line.amount")]
    book = openpyxl.Workbook()
    book.worksheets[0].append(["order_no", "备注"])
    book.create_sheet("明细").append(["单号", "产品", "箱数", "金额"])
    book.worksheets[1].append(["A-1", "", 1, 500])
    book.save(tmp_path / "b.xlsx")
    asked = {"entity": "sales_order_line", "sheet": {"sheet": "明细", "link": "单号"}}
    with cast.acting("sr.wang"), reading("sales_order", tmp_path / "b.xlsx", lines=asked) as found:
        assert "金额" not in found.fields.values()


ORDER = ("单号", "客户", "要求交货时间", "所购产品", "加订散瓶", "行号")
BOUGHT = ["A-1", "00001商行", "2026-11-27", "云溪窖藏", "3", "1"]


def test_of_one_sheet_columns_of_lines_are_guessed_as_those_of_headers_are(
    app: Flask, tmp_path: Path
) -> None:
    desk = Way.open(app, "sr.wang")
    with app.app_context(), acting_as(None, source="test"):
        set_up()
    file = csv(tmp_path / "a.csv", BOUGHT, headers=ORDER)
    expected = {
        "要求交货时间": "delivery_date", "所购产品": "sales_order_line.product_id", "加订散瓶": "sales_order_line.loose",
    }  # fmt: skip
    asked = {"columns": {"单号": "order_no"}, "lines": {"entity": "sales_order_line", "group": ["order_no"]}}
    with app.app_context(), desk.cast.acting("sr.wang") as grants:
        db.session.rollback()
        found = with_guesses(
            db.session(), registry.get("sales_order"), file, grants, options_from(asked), limits()
        )
    assert found[1] == expected
    # The page proposes lines where two columns are called like theirs, though the one they cannot lack is guessed.
    named = [{"加订散瓶": "散瓶"}.get(header, header) for header in ORDER]
    kept = desk.upload("sales_order", csv(tmp_path / "b.csv", BOUGHT, headers=named), "b.csv").json
    assert kept["options"]["lines"]["entity"] == "sales_order_line"
    assert kept["mapping"]["所购产品"] == "sales_order_line.product_id"
    assert kept["guessed"] == ["要求交货时间", "所购产品"]

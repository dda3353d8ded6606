"""A workbook shows what the sheet shows, holds nothing the reader may not see, and says what it is."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from flask import Flask

from app.access.grants import RoleGrants
from app.change import progress
from app.db import db
from app.entity import registry
from app.excel import manifest
from app.exporting.asked import Asked
from app.exporting.export import ExportRefused, write
from app.exporting.shape import column_of
from app.query.filters import FilterError
from app.query.rows import totals
from tests.exporting.shop import RISKY, Shop, book_of, rows_in, xml_of

IN_SIGHT = len(RISKY) + 2
"""What 王浩 sees: 王芳's and 李航's, not the one from elsewhere."""
FIELDS = ("name", "customer_type", "region_id", "mobile", "credit_limit", "is_key", "created_at")


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app, *RISKY)


def test_a_workbook_shows_what_the_sheet_shows_in_the_readers_language(shop: Shop) -> None:
    asked = Asked(
        fields=FIELDS, sort=[["name", "asc"]], filter={"field": "name", "op": "starts", "value": "000"}
    )
    content = shop.file(asked)
    sheet = book_of(content).worksheets[0]
    assert sheet.title == "客户档案"
    assert [cell.value for cell in sheet[1]][:7] == [
        "客户名称", "客户类型", "销售区域", "手机", "信用额度", "重要客户", "创建时间",
    ]  # fmt: skip
    first = [cell.value for cell in sheet[2]]
    assert first[:3] + first[5:6] == ["00001商行", "经销商", "华东大区", "否"]
    assert [cell.number_format for cell in sheet[2]][5:7] == ["@", "yyyy-mm-dd hh:mm:ss"]
    assert sheet["B2"].fill.fgColor.rgb == "FFE7F0FC"
    assert sheet["B2"].font.color.rgb == "FF1A5AB8"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:I{sheet.max_row}")
    lists = {str(rule.sqref)[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["C"] == '"华东大区"'
    assert "经销商" in lists["B"] or lists["B"].startswith("'_lists'")
    assert rows_in(shop.file(asked, language="en"))[0][:2] == ("Customer name", "Customer type")


def test_the_filter_of_the_header_takes_ids_along_when_rows_are_sorted(shop: Shop) -> None:
    sheet = book_of(shop.file(Asked(fields=("name",)))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["客户名称", "@id", "@version"]
    assert [sheet.column_dimensions[letter].hidden for letter in "ABC"] == [False, True, True]
    assert sheet.auto_filter.ref.startswith("A1:C")


def test_the_manifest_names_the_sheet_and_its_columns(shop: Shop) -> None:
    content = shop.file(Asked(fields=("name", "mobile")), by="王浩")
    hidden = book_of(content)[manifest.SHEET]
    assert hidden.sheet_state == "veryHidden"
    with shop.app.app_context():
        found = manifest.read(hidden["B1"].value)
    assert hidden["A1"].value == manifest.MARK
    assert found is not None
    assert (found.kind, found.entity, found.sheet, found.header_row, found.by) == (
        "export", "customer", "客户档案", 1, "王浩",
    )  # fmt: skip
    assert found.columns == ["name", "mobile", "@id", "@version"]


def test_nothing_hidden_is_in_the_file_and_what_is_masked_stays_masked(shop: Shop) -> None:
    shop.add(
        "机密客户", credit_grade="A", wechat="wx-secret-7", contact_name="隐名先生", mobile="15499998888"
    )
    with shop.reading("sr.wang") as grants:
        levels = {("customer", name): "hidden" for name in ("wechat", "contact_name", "credit_grade")}
        role = RoleGrants(
            1, "r", grants.roles[0].pairs, {"customer": "own"}, levels | {("customer", "mobile"): "masked"}
        )
        narrow = replace(grants, roles=(role,), _known={})
    for what in ({"everything": True}, {"fields": ("name", "wechat", "mobile", "credit_grade")}, {}):
        xml = xml_of(shop.file(Asked(**what), "sr.wang", grants=narrow))
        assert "机密客户" in xml
        assert "154****8888" in xml
        for word in (
            "wx-secret-7",
            "隐名先生",
            "15499998888",
            "微信",
            "联系人",
            "信用等级",
            "wechat",
            "credit_grade",
        ):
            assert word not in xml, (what, word)


def test_only_records_in_scope_are_written_and_offered(shop: Shop) -> None:
    mine = rows_in(shop.file(Asked(fields=("name",)), "sr.wang"))[1:]
    assert {row[0] for row in mine} == {"00001商行", *RISKY}
    assert "00003商行" not in xml_of(shop.file(Asked(everything=True), "sr.wang"))


def test_groups_have_their_sums_and_the_file_does_not_come_back(shop: Shop) -> None:
    shop.regions(("甲", "city", "0.10", 2), ("乙", "city", "0.20", 3), ("丙", "province", "5.00", 4))
    asked = Asked(
        fields=("name", "market_size", "target_terminals"), groups=("level",), sort=[["name", "asc"]]
    )
    content = shop.file(asked, entity="region")
    assert rows_in(content) == [
        ("区域级别", "区域名称", "年市场容量", "目标终端数"),
        ("大区", "华东大区", None, None),
        ("大区 · 1 行", None, 0, 0),
        ("省", "丙", 5, 4),
        ("省 · 1 行", None, 5, 4),
        ("市", "甲", 0.1, 2),
        ("市", "乙", 0.2, 3),
        ("市 · 2 行", None, 0.3, 5),
        ("全部 · 4 行", None, 5.3, 9),
    ]
    book = book_of(content)
    assert len(book.sheetnames) == 1
    sheet = book.worksheets[0]
    assert [sheet.row_dimensions[n].outlineLevel for n in (2, 3, 9)] == [1, 0, 0]
    assert sheet["A9"].font.b
    with shop.reading() as grants:
        sums = totals(db.session(), registry.get("region"), grants, None, ["market_size"])["sums"]
    assert sums["market_size"] == "5.30"


def test_two_groups_end_one_within_the_other(shop: Shop) -> None:
    asked = Asked(
        fields=("name",),
        groups=("region_id", "customer_type"),
        filter={"field": "name", "op": "starts", "value": "000"},
    )
    rows = rows_in(shop.file(asked))
    assert [row[0] for row in rows[-3:]] == ["经销商 · 2 行", "华东大区 · 2 行", "全部 · 2 行"]


def test_selected_rows_come_in_the_order_and_fields_asked_for(shop: Shop) -> None:
    ids = (shop.cast.customers["sr.li"], shop.cast.customers["sr.wang"], 10**9)
    asked = Asked(fields=("mobile", "name"), sort=[["name", "desc"]], ids=ids)
    rows = rows_in(shop.file(asked))
    assert [row[:2] for row in rows] == [
        ("手机", "客户名称"), ("15400000002", "00002商行"), ("15400000001", "00001商行"),
    ]  # fmt: skip
    assert len(rows_in(shop.file(replace(asked, ids=())))) == 1


def test_more_rows_than_a_sheet_holds_go_on_in_sheets_that_all_come_back(shop: Shop) -> None:
    content = shop.file(Asked(fields=("name",)), max_rows=6)
    book = book_of(content)
    assert book.sheetnames == ["客户档案", "客户档案 (2)", "客户档案 (3)", manifest.SHEET]
    assert [book[name]["A1"].value for name in book.sheetnames[:3]] == ["客户名称"] * 3
    assert sum(book[name].max_row - 1 for name in book.sheetnames[:3]) == IN_SIGHT
    with shop.app.app_context():
        found = [manifest.read(row[1].value) for row in book[manifest.SHEET].iter_rows()]
    assert [one.sheet for one in found if one] == book.sheetnames[:3]


def test_text_that_no_cell_holds_is_refused_with_its_record_and_field(shop: Shop) -> None:
    shop.add("长文客户", remark="𠮷" * 17_000)
    with pytest.raises(ExportRefused) as refused:
        shop.file(Asked(fields=("name", "remark")))
    with shop.reading():
        assert str(refused.value.message) == (
            "“长文客户”的“备注”超过 32,767 个字符，Excel 的单元格放不下。请去掉这个字段，或导出为 CSV。"
        )
    assert "𠮷" * 17_000 in shop.file(Asked(fields=("name", "remark"), format="csv")).decode()


def test_what_cannot_be_read_is_refused_before_anything_is_written(shop: Shop) -> None:
    for asked in (
        Asked(filter={"field": "nothing", "op": "eq", "value": 1}), Asked(groups=("nothing",)),
        Asked(fields=("nothing",)), Asked(groups=("region_id", "customer_type", "gender", "status")),
    ):  # fmt: skip
        out = io.BytesIO()
        with shop.reading() as grants, pytest.raises(FilterError):
            write(db.session(), registry.get("customer"), grants, asked, out)
        assert out.getvalue() == b""


def test_an_export_says_how_far_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.exporting.rows.PAGE", 5)
    told: list[tuple[int, int, str]] = []
    with progress.reported(lambda done, total, step: told.append((done, total, step))):
        shop.file(Asked(fields=("name",)))
    assert told == [(5, IN_SIGHT, "write"), (10, IN_SIGHT, "write"), (IN_SIGHT, IN_SIGHT, "write")]


def test_a_watermark_stands_on_every_printed_page_and_runs_nothing(shop: Shop) -> None:
    header = book_of(shop.file(Asked(fields=("name",)), watermark="王浩 & 内部")).worksheets[0].oddHeader
    assert header.center.text == "王浩 && 内部"


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_units_stand_in_the_header(shop: Shop) -> None:
    entity = registry.get("product")
    spec = next(spec for spec in entity.fields.values() if spec.unit)
    assert column_of(entity, spec, "read").header.endswith(f"({spec.unit})")

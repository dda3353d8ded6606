"""A template says what each column takes, offers what can be chosen, and its example is no record."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from app.access.context import acting_as
from app.db import db
from app.entity import registry
from app.excel.manifest import EXAMPLES
from app.exporting.export import ExportRefused, template
from app.importing.run import import_file
from seeds.writing import inserts
from seeds.writing import write as seeded
from tests.exporting.shop import Shop, book_of, xml_of


@pytest.fixture
def engine_kind() -> str:
    return "sqlite"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app, "=1+1")


def template_of(shop: Shop, entity: str, person: str = "sr.wang", language: str = "zh") -> bytes:
    out = io.BytesIO()
    with shop.reading(person, language) as grants:
        template(db.session(), registry.get(entity), grants, out)
    return out.getvalue()


def template_for_all(shop: Shop, entity: str, language: str = "zh") -> bytes:
    """The template of who may fill in everything."""
    out = io.BytesIO()
    with shop.app.test_request_context(), acting_as(None) as grants, force_locale(language):
        template(db.session(), registry.get(entity), grants, out)
    return out.getvalue()


def rules_of(book: openpyxl.Workbook) -> dict[str, Any]:
    """The rule of each column by its header."""
    sheet = book.worksheets[0]
    found = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    return {str(cell.value): found.get(cell.column_letter) for cell in sheet[1]}


def test_headers_are_marked_explained_and_in_the_readers_language(shop: Shop) -> None:
    book = book_of(template_of(shop, "customer"))
    sheet = book.worksheets[0]
    headers = {cell.value: cell for cell in sheet[1]}
    assert next(iter(headers)) == "客户编码"
    assert headers["客户名称"].font.color.rgb == "FFB42318"
    assert headers["客户名称"].comment.text.startswith("必填")
    assert headers["客户编码"].comment.text == "留空，自动编号。"
    assert "创建时间" not in headers
    assert "信用额度" not in headers
    told = {row[0]: row for row in book["填写说明"].iter_rows(values_only=True, min_row=2)}
    assert set(headers) <= set(told)
    assert told["客户名称"][1:3] == ("必填", "文字，最多 120 个字符")
    assert book_of(template_of(shop, "customer", language="en")).sheetnames[:2] == [
        "Customers",
        "Instructions",
    ]


def test_what_is_typed_is_checked_with_a_sentence_in_chinese(shop: Shop) -> None:
    rules = rules_of(book_of(template_of(shop, "customer")))
    assert (rules["客户名称"].type, rules["客户名称"].formula2) == ("textLength", "120")
    assert (rules["生日"].type, rules["生日"].error) == ("date", "生日：请填写日期，如 2026-01-31。")
    assert rules["每月付款日"].type == "whole"
    assert (rules["性别"].type, rules["性别"].formula1) == ("list", '"男,女"')
    assert (rules["销售区域"].type, rules["销售区域"].formula1) == ("list", '"华东大区"')


def test_a_list_follows_the_column_it_depends_on(shop: Shop) -> None:
    customer = shop.cast.customers["sr.wang"]
    contacts = [
        {"parent_id": customer, "name": name, "mobile": f"1541234000{n}"}
        for n, name in enumerate(("甲", "乙"))
    ]
    with shop.app.app_context(), acting_as(None, source="seed"):
        seeded("shop:contacts", inserts("customer_contact", contacts))
    book = book_of(template_of(shop, "sales_order"))
    letter = {cell.value: cell.column_letter for cell in book.worksheets[0][1]}["客户"]
    formula = rules_of(book)["联系人"].formula1
    assert formula.startswith(f"OFFSET('_lists'!$C$2,MATCH(${letter}2,")
    lists = [row[1:3] for row in book["_lists"].iter_rows(values_only=True, min_row=2) if row[1]]
    assert sorted(lists) == [("00001商行", "乙"), ("00001商行", "甲")]


def test_what_is_out_of_scope_is_offered_nowhere(shop: Shop) -> None:
    xml = xml_of(template_of(shop, "sales_order"))
    assert "00001商行" in xml
    assert "00002商行" not in xml
    assert "00003商行" not in xml


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "entity", ["customer", "product", "region", "customer_contact", "sales_order", "sales_order_line"]
)
def test_every_template_has_an_example_that_imports_leave_out(shop: Shop, entity: str, language: str) -> None:
    sheet = book_of(template_for_all(shop, entity, language)).worksheets[0]
    assert sheet.max_row == 2
    assert sheet["A2"].value == EXAMPLES[language == "zh"]
    assert sheet["A2"].font.i


def test_who_may_fill_in_nothing_is_told_so(shop: Shop) -> None:
    with pytest.raises(ExportRefused):
        template_of(shop, "customer", "auditor")


def test_a_filled_in_template_is_imported_without_its_example(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = book_of(template_for_all(shop, "region"))
    sheet = book.worksheets[0]
    headers = {cell.value: cell.column for cell in sheet[1]}
    for header, value in (("区域编码", "NJ"), ("区域名称", "南京"), ("区域级别", "市")):
        sheet.cell(3, headers[header], value)
    book.save(path)
    with shop.app.app_context(), acting_as(None) as grants, force_locale("zh"):
        report = import_file(registry.get("region"), path, grants)
        assert report.ok, report.lines()
        found = db.session().scalars(select(registry.get("region").cls.name)).all()
    assert sorted(found) == ["华东大区", "南京"]

"""Values as people read them, the search box's pages, a role's rights folded into lines."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import PermissionView, User
from flask_babel import force_locale
from markupsafe import Markup
from sqlalchemy import select

from app.db import db
from app.entity import registry
from app.web import rights, ui


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (None, "", ""),
        (True, "是", "Yes"),
        (False, "否", "No"),
        (0, 0, 0),
        (datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC), "2026-01-02 03:04", "2026-01-02 03:04"),
        (date(2026, 1, 2), "2026-01-02", "2026-01-02"),
        (time(8, 30), "08:30", "08:30"),
        (Decimal("1234567.50"), "1,234,567.50", "1,234,567.50"),
        ([], "", ""),
        ([True, None, "x"], "是、、x", "Yes、、x"),
        (User(first_name="浩", last_name="王", username="wanghao"), "王浩", "王浩"),
    ],
)
def test_values_are_shown_as_people_read_them(app: Flask, value: Any, zh: Any, en: Any) -> None:
    with app.test_request_context():
        with force_locale("zh"):
            assert ui.shown(value) == zh
        with force_locale("en"):
            assert ui.shown(value) == en


def test_safe_html_stays_safe_and_text_is_not_trusted(app: Flask) -> None:
    with app.test_request_context():
        assert ui.shown(Markup("<b>x</b>")) == Markup("<b>x</b>")
        assert not isinstance(ui.shown("<b>x</b>"), Markup)
        assert "<script>" not in str(ui.icon("<script>"))


def test_the_search_box_finds_sheets_inside_workbooks_by_pinyin(app: Flask) -> None:
    sheet = {"label": "客户档案", "url": "/customer/list/", "children": []}
    book = {"label": "客户管理", "url": "/crm", "children": [sheet]}
    with app.test_request_context():
        pages = ui.palette([{"label": "工作簿", "url": "", "children": [book]}])
    assert [(p["label"], p["trail"], p["url"]) for p in pages] == [
        ("客户管理", "工作簿", "/crm"),
        ("客户档案", "工作簿 / 客户管理", "/customer/list/"),
    ]
    assert pages[1]["key"].split() == ["kehudangan", "khda", "客户档案"]


def test_rights_fold_into_one_line_a_page_and_lose_none(app: Flask) -> None:
    with app.test_request_context():
        every = list(db.session.execute(select(PermissionView)).scalars())
        given = every[::2]
        matrix = rights.matrix(every, given)
        lines = [line for _label, section in matrix.sections for line in section]
        found = [r for line in lines for r in [*line.verbs.values(), *line.others] if r is not None]
        assert {r.id for r in found} == {p.id for p in every}
        assert {r.id for r in found if r.given} == {p.id for p in given}
        assert matrix.count == len(given)
        assert len(lines) == len({p.view_menu_id for p in every}) == matrix.pages
        customer = next(line for line in lines if line.name == "Customer")
        assert {verb for verb, right in customer.verbs.items() if right} == set(rights.VERBS)
        books = [str(book.label) for book in sorted(registry.workbooks.values(), key=lambda b: b.order)]
        labels = [label for label, _lines in matrix.sections]
        assert customer.section in books
        assert labels[: len(books)] == books


def test_the_theme_of_the_cookie_is_in_the_page_and_nothing_else_is(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("tz_theme", "dark")
    assert 'data-bs-theme="dark"' in client.get("/login/").text
    client.set_cookie("tz_theme", '"><script>')
    page = client.get("/login/").text
    assert 'data-bs-theme="light"' in page
    assert '"><script>' not in page

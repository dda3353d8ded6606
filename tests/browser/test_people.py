"""Three people at their own screens: a conflict between two, an undo after signing in again, the auditor's view.

王芳 (sr.wang) and her manager 王浩 (sm.east) see the same customers; 顾明 (auditor) sees what happened.
"""

from __future__ import annotations

import pytest

from seeds.demo import PASSWORD
from tests.frontend.sheet_page import SheetPage
from tests.support.browser import Visit, sign_in

pytestmark = pytest.mark.browser


def customers(visit: Visit, user: str) -> SheetPage:
    """The customers' sheet of a person."""
    return SheetPage(visit("/customer/list/", user, PASSWORD))


def test_a_conflict_names_the_colleague_and_is_resolved_in_place(visit: Visit) -> None:
    wang, manager = customers(visit, "sr.wang"), customers(visit, "sm.east")
    assert wang.text(1, "customer_code") == manager.text(1, "customer_code")
    wang.enter(1, "contact_name", "丙先生")
    wang.hears("已保存 1 处")
    manager.enter(1, "contact_name", "丁先生")
    manager.waits_for(1, "contact_name", "丁先生", "conflict")
    manager.go(1, "contact_name")
    said = manager.page.inner_text(".sh-message")
    assert "丙先生" in said
    assert "王芳" in said
    manager.page.click("text=用他的")
    manager.waits_for(1, "contact_name", "丙先生")


def test_an_edit_is_undone_after_signing_in_again(visit: Visit) -> None:
    wang = customers(visit, "sr.wang")
    before = wang.text(2, "contact_name")
    wang.enter(2, "contact_name", "改错了")
    wang.hears("已保存 1 处")
    page = wang.page
    page.click(".tz-person summary")
    page.click(".tz-person form button")
    page.wait_for_url("**/login/**")
    sign_in(page, "sr.wang", PASSWORD)
    page.goto("/customer/list/")
    again = SheetPage(page)
    again.waits_for(2, "contact_name", "改错了")
    again.go(2, "contact_name")
    page.keyboard.press("Control+z")
    again.waits_for(2, "contact_name", before)


def test_the_auditor_sees_who_changed_what_and_can_change_nothing(visit: Visit) -> None:
    wang = customers(visit, "sr.wang")
    code, before = wang.text(3, "customer_code"), wang.text(3, "name")
    wang.enter(3, "name", "审计可见商行")
    wang.hears("已保存 1 处")
    page = visit(f"/changelog/?entity=customer&record={code}", "auditor", PASSWORD)
    page.locator(".tz-log-table tbody tr a").first.click()
    story = page.locator(".tz-log-detail").inner_text()
    assert all(word in story for word in ("王芳", "客户名称", before, "审计可见商行", "表格"))
    page.goto("/customer/list/")
    sheet = SheetPage(page)
    assert page.locator(".sh-toolbar .sh-primary").count() == 0
    row = next(n for n in range(1, 20) if sheet.text(n, "customer_code") == code)
    sheet.enter(row, "name", "不行")
    sheet.waits_for(row, "name", "审计可见商行")

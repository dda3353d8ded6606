"""Looking back in the browser: what was, coloured where it has changed, and a value brought back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from seeds.demo import PASSWORD
from tests.frontend.sheet_page import SheetPage
from tests.support.browser import Visit

pytestmark = pytest.mark.browser


def test_a_sheet_of_the_past_shows_what_has_changed_and_gives_it_back(visit: Visit) -> None:
    manager = SheetPage(visit("/customer/list/", "sm.east", PASSWORD))
    before = manager.text(1, "contact_name")
    time.sleep(1.1)
    moment = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M:%S")
    time.sleep(1.1)
    wang = SheetPage(visit("/customer/list/", "sr.wang", PASSWORD))
    wang.enter(1, "contact_name", "回先生")
    wang.hears("已保存 1 处")
    page = visit(f"/customer/list/?at={moment}", "sm.east", PASSWORD)
    page.wait_for_selector(".slick-cell.sh-is-moved")
    past = SheetPage(page)
    assert page.locator(".sh-is-moved").first.inner_text() == before
    assert "正在看" in page.inner_text(".sh-strip-past")
    assert not page.is_visible("text=保存")
    page.click(".slick-cell.sh-is-moved >> nth=0")
    assert "现在：回先生 · 王芳" in page.inner_text(".sh-cellbar")
    page.keyboard.type("不能改")
    assert past.text(1, "contact_name") == before
    page.click("text=恢复这个值")
    page.click("[role=dialog] button:has-text('恢复这个值'), dialog button:has-text('恢复这个值')")
    page.wait_for_selector(".sh-toast:has-text('已恢复')")
    page.wait_for_selector(".slick-cell.sh-is-moved", state="detached")
    page.click("text=回到现在")
    page.wait_for_url("**/customer/list/")
    SheetPage(page).waits_for(1, "contact_name", before)


def test_a_moment_is_chosen_from_the_toolbar(visit: Visit) -> None:
    page = visit("/customer/list/", "sm.east", PASSWORD)
    page.click("button:has-text('回看')")
    page.fill(".sh-asof input", "2999-01-01 08:00")
    page.click(".sh-asof button:has-text('看那时')")
    assert "还没到" in page.inner_text(".sh-asof")
    page.click(".sh-asof button:has-text('上月底')")
    page.wait_for_url("**/customer/list/?at=**")
    assert "正在看" in page.inner_text(".sh-strip-past")

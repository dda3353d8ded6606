"""The change log in a real browser: walked by keys, filtered by chips, verified, and cards on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seeds.demo import PASSWORD

if TYPE_CHECKING:
    from tests.support.browser import Visit

pytestmark = pytest.mark.browser


def test_an_auditor_walks_the_log(visit: Visit) -> None:
    page = visit("/changelog/?entity=price_list", "auditor", PASSWORD)
    numbers = [text.replace(",", "") for text in page.locator(".tz-log-no").all_inner_texts()]
    pane = page.locator(".tz-log-detail")
    page.keyboard.press("j")
    page.wait_for_url(f"**entry={numbers[0]}")
    page.keyboard.press("ArrowDown")
    page.wait_for_url(f"**entry={numbers[1]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**entry={numbers[0]}")
    assert page.locator(".tz-log-table tr[aria-selected=true]").count() == 1
    assert "已生效" in pane.inner_text()
    every = pane.locator(".tz-diff tbody tr:visible").count()
    pane.get_by_text("只看改动").click()
    changed = pane.locator(".tz-diff tbody tr:visible").count()
    assert 0 < changed < every
    page.keyboard.press("j")
    page.wait_for_url(f"**entry={numbers[1]}")
    assert pane.locator(".tz-same:visible").count() == 0, "as chosen, from one entry to the next"
    pane.get_by_text("复制证据链接").click()
    pane.get_by_text("已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/changelog/?entry={numbers[1]}")
    page.keyboard.press("Escape")
    page.wait_for_url("**/changelog/?entity=price_list")
    assert page.locator(".tz-log-detail").count() == 0


def test_filters_are_chips_and_the_log_is_verified_on_request(visit: Visit) -> None:
    page = visit("/changelog/", "auditor", PASSWORD)
    page.click(".tz-log-more summary")
    page.select_option("select[name=entity]", "product")
    page.select_option("select[name=what]", "update")
    page.click(".tz-log-filters .btn-primary")
    chips = page.locator(".tz-log-chip").all_inner_texts()
    assert ["产品档案" in chips[0], "修改" in chips[1]] == [True, True], chips
    assert set(page.locator(".tz-log-table .tz-log-op").all_inner_texts()) == {"修改"}
    page.locator(".tz-log-chip a").nth(1).click()
    page.wait_for_url("**/changelog/?entity=product")
    page.get_by_role("button", name="现在验证").click()
    page.get_by_text("验证通过").first.wait_for()


def test_the_log_is_cards_on_a_phone(visit: Visit) -> None:
    page = visit("/changelog/?entity=price_list", "auditor", PASSWORD, size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    card = page.locator(".tz-log-table tbody tr").first
    card.locator(".tz-log-text").click()
    page.locator(".tz-log-detail").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390

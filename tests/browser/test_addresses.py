"""A sheet with its filter in the address, and from an import to its records, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from seeds.demo import PASSWORD
from tests.browser.wizard_page import CLERK, Wizard
from tests.frontend.sheet_page import SheetPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visit

pytestmark = pytest.mark.browser
DIRECTOR = "sd.chen"


def under(tree: Any, more: str = "") -> str:
    """The customers under a filter."""
    return f"/customer/list/?filter={quote(tree if isinstance(tree, str) else json.dumps(tree))}{more}"


def said(page: Page) -> dict[str, str]:
    """What the address of the page says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def chips(page: Page) -> list[str]:
    return [text.replace("\n", " ") for text in page.locator(".sh-fchip-words").all_inner_texts()]


def rows(page: Page, count: int) -> None:
    """Wait until the sheet counts so many rows."""
    page.wait_for_selector(f".slick-footerrow >> text=合计 {count} 行")


def total(page: Page) -> str:
    """The line of totals, once it is there."""
    page.wait_for_selector(".slick-footerrow >> text=/合计 \\d+ 行/")
    return page.locator(".slick-footerrow").first.inner_text()


def test_what_is_filtered_goes_into_the_address_and_a_colleague_sees_of_it_what_they_may(
    visit: Visit,
) -> None:
    kind = {"field": "customer_type", "op": "in", "value": ["dealer"]}
    name = {"field": "name", "op": "contains", "value": "南京"}
    page = visit(under({"and": [kind, name]}, "&sort=-name"), DIRECTOR, PASSWORD)
    assert "南京" in SheetPage(page).text(1, "name")
    assert chips(page) == ["客户类型 是 经销商", "客户名称 包含 南京"]
    page.locator(".sh-fchip-x").first.click()
    page.wait_for_function("!location.search.includes('customer_type')")
    assert (json.loads(said(page)["filter"]), said(page)["sort"]) == (name, "-name")
    page.fill(".sh-search", "酒")
    page.keyboard.press("Enter")
    page.wait_for_function("new URLSearchParams(location.search).get('q') === '酒'")
    left = ["客户名称 包含 南京", "查找 包含 酒"]
    address = page.url
    page.reload()
    assert "南京" in SheetPage(page).text(1, "name")
    assert chips(page) == left
    page.goto("/")
    page.go_back()
    SheetPage(page)
    assert (page.url, chips(page)) == (address, left)

    colleague = visit("/", CLERK, PASSWORD)
    colleague.goto(address)
    SheetPage(colleague)
    assert chips(colleague) == left
    assert total(colleague) != total(page), "of the same filter everybody sees their own records"

    page.click(".sh-chips >> text=清除")
    page.wait_for_function("location.search === '?sort=-name'")


def test_an_address_that_makes_no_sense_says_so_and_shows_everything(visit: Visit) -> None:
    page = visit(under('{"field":"nothing","op":"empty"}'), DIRECTOR, PASSWORD)
    SheetPage(page)
    strip = page.locator(".sh-strip[role=alert]:visible")
    assert "地址里的筛选用不了，现在显示全部。" in strip.inner_text()
    assert chips(page) == []
    strip.get_by_text("知道了").click()
    page.wait_for_function("location.search === ''")
    assert strip.count() == 0


def test_what_a_link_lacks_is_made_from_its_error_and_the_records_are_one_link_away(
    visit: Visit, tmp_path: Path
) -> None:
    wizard = Wizard(visit, tmp_path, user=DIRECTOR)
    page, sheet = wizard.page, wizard.exported()
    for row, region in ((2, "蓬莱岛"), (3, "方丈岛"), (4, "蓬莱岛")):
        wizard.put(sheet, row, "销售区域", region)
    wizard.put(sheet, 5, "手机", "1385519020")
    wizard.check(sheet)
    assert wizard.tiles()["错误"] == 4
    page.locator(".wz-mend", has_text="手机").locator("input[type=text]").fill("13855190201")
    wizard.mended(lambda: page.keyboard.press("Enter"))
    page.locator(".wz-create", has_text="新建这 2 项").first.click()
    panel = page.locator(".wz-treat")
    assert "蓬莱岛、方丈岛" in panel.inner_text()
    panel.get_by_text("新建，再校验一次").click()
    panel.get_by_text("请先填：区域级别").wait_for()
    panel.get_by_label("区域级别").click()
    page.locator(".sh-list-item", has_text="市").click()
    panel.get_by_text("新建，再校验一次").click()
    page.wait_for_selector(".wz-made:has-text('蓬莱岛、方丈岛')")
    assert (wizard.tiles()["修改"], wizard.tiles()["错误"]) == (4, 0), "what was corrected stays corrected"

    wizard.go()
    page.click("text=看导入的记录")
    found = SheetPage(page)
    rows(page, 4)
    assert chips(page) == ["记录 新增或修改于 客户.xlsx"]
    assert [found.text(row, "region_id") for row in (1, 2, 3)] == ["蓬莱岛", "方丈岛", "蓬莱岛"]
    page.click(".sh-fchip-words")
    page.click("text=只看新增的")
    page.wait_for_selector("text=没有符合的行")
    page.goto("/import/history?entity=customer")
    page.locator(".wz-imports tbody tr", has_text="已导入").first.get_by_text("客户档案").click()
    rows(page, 4)
    number = json.loads(said(page)["filter"])["value"]
    page.goto(f"/changelog/?change_set={number}")
    page.click("text=在「销售区域」里看")
    rows(page, 2)

"""The sheet in a real browser, on the product's own server and the demo company."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontend.sheet_page import SheetPage

if TYPE_CHECKING:
    from tests.support.browser import Visit

pytestmark = pytest.mark.browser


def open_sheet(visit: Visit, entity: str = "customer", user: str = "sd.chen") -> SheetPage:
    """A sheet, opened by the sales director unless somebody else is named."""
    from seeds.demo import PASSWORD

    return SheetPage(visit(f"/{entity}/list/", user=user, password=PASSWORD))


def test_chinese_typed_into_a_selected_cell_keeps_its_first_key(visit: Visit) -> None:
    sheet = open_sheet(visit)
    sheet.go(1, "contact_name")
    keys = sheet.page.context.new_cdp_session(sheet.page)
    for typed in ("z", "zh", "zhong"):
        keys.send(
            "Input.imeSetComposition",
            {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)},
        )
    assert sheet.page.input_value(".sh-input") == "zhong"
    keys.send("Input.insertText", {"text": "钟小明"})
    sheet.page.keyboard.press("Enter")
    sheet.hears("已保存 1 处")
    sheet.page.reload()
    assert SheetPage(sheet.page).text(1, "contact_name") == "钟小明"


def test_undo_takes_back_the_cell_before_it_is_sent_and_the_set_after_a_reload(visit: Visit) -> None:
    sheet = open_sheet(visit)
    before = sheet.text(2, "contact_name")
    sheet.go(2, "contact_name")
    sheet.page.keyboard.type("甲")
    sheet.page.keyboard.press("Tab")
    assert sheet.state(2, "contact_name") == "dirty"
    sheet.page.keyboard.press("Control+z")
    sheet.waits_for(2, "contact_name", before)
    sheet.enter(2, "contact_name", "乙")
    sheet.hears("已保存 1 处")
    sheet.page.reload()
    sheet = SheetPage(sheet.page)
    assert sheet.text(2, "contact_name") == "乙"
    sheet.page.keyboard.press("Control+z")
    sheet.waits_for(2, "contact_name", before)
    sheet.page.keyboard.press("Control+y")
    sheet.waits_for(2, "contact_name", "乙")


def test_a_paste_keeps_only_the_wrong_row_back_and_is_undone_at_once(visit: Visit) -> None:
    sheet = open_sheet(visit)
    before = [sheet.text(row, "contact_name") for row in (3, 4, 5)]
    sheet.go(3, "contact_name")
    sheet.paste("张一\t13811110001\n张二\t138\n张三\t13811110003\n")
    sheet.hears("已保存 4 处")
    assert [sheet.text(row, "contact_name") for row in (3, 5)] == ["张一", "张三"]
    assert sheet.state(4, "mobile") == "error"
    sheet.go(4, "mobile")
    assert "11" in sheet.page.inner_text(".sh-message")
    sheet.enter(4, "mobile", "13811110002")
    sheet.hears("已保存 2 处")
    for _ in range(2):
        sheet.page.keyboard.press("Control+z")
        sheet.hears("已撤销")
        sheet.page.wait_for_timeout(300)
    for row, text in zip((3, 4, 5), before, strict=True):
        sheet.waits_for(row, "contact_name", text)


def test_copy_and_the_figures_of_a_selection(visit: Visit) -> None:
    sheet = open_sheet(visit, "price_list_item", "mm.zhao")
    sheet.go(1, "product_id")
    sheet.page.keyboard.press("Shift+ArrowDown")
    sheet.page.keyboard.press("Shift+ArrowRight")
    lines = [line.split("\t") for line in sheet.copied().split("\n")]
    assert [len(line) for line in lines] == [2, 2]
    assert lines[0][0] == sheet.text(1, "product_id")
    assert "计数 4" in sheet.page.inner_text(".sh-figures")


def test_two_people_in_one_row(visit: Visit) -> None:
    one, two = open_sheet(visit), open_sheet(visit)
    one.go(6, "contact_name")
    one.page.keyboard.type("一的")
    two.enter(6, "address", "二的地址")
    two.hears("已保存 1 处")
    one.page.keyboard.press("Enter")
    one.hears("已保存 1 处")  # other cells of the same row: both survive
    two.enter(6, "contact_name", "二的")
    two.waits_for(6, "contact_name", "二的", "conflict")
    two.go(6, "contact_name")
    assert "一的" in two.page.inner_text(".sh-message")
    two.page.click("text=用我的")
    two.waits_for(6, "contact_name", "二的")
    one.page.reload()
    one = SheetPage(one.page)
    one.waits_for(6, "contact_name", "二的")
    one.cell(6, "address").scroll_into_view_if_needed()
    one.waits_for(6, "address", "二的地址")


def test_without_a_connection_nothing_is_lost_and_nothing_is_doubled(visit: Visit) -> None:
    sheet = open_sheet(visit)
    keys: list[str] = []
    sheet.page.on(
        "request",
        lambda asked: keys.append(asked.post_data_json["key"]) if asked.url.endswith("change_set") else None,
    )
    sheet.page.route("**/api/v1/change_set", lambda route: route.abort())
    sheet.enter(7, "contact_name", "离线")
    sheet.page.wait_for_selector(".sh-strip:visible")
    assert sheet.state(7, "contact_name") == "dirty"
    sheet.page.unroute("**/api/v1/change_set")
    sheet.page.click(".sh-strip button")
    sheet.hears("已保存 1 处")
    assert len(keys) >= 2
    assert len(set(keys)) == 1
    assert sheet.page.is_hidden(".sh-strip")


def test_a_new_row_waits_for_its_required_cells(visit: Visit) -> None:
    sheet = open_sheet(visit, "region")
    rows = int(sheet.page.inner_text(".sh-status .sh-quiet >> nth=-1").split()[1])
    sheet.page.click(".sh-toolbar .sh-primary")
    sheet.page.keyboard.type("QD")
    sheet.page.keyboard.press("Tab")
    sheet.page.keyboard.type("青岛")
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_selector(".sh-is-required")
    sheet.page.click(".sh-counter")
    assert sheet.page.locator(".sh-draft").count() > 0
    sheet.page.locator(".sh-is-required").click()
    sheet.page.keyboard.type("市")
    sheet.page.keyboard.press("Enter")
    sheet.hears("已新增 1 行")
    assert f"{rows + 1} 行" in sheet.page.inner_text(".sh-status")


def test_filter_sort_and_search(visit: Visit) -> None:
    sheet = open_sheet(visit)
    all_rows = sheet.page.inner_text(".sh-status .sh-quiet >> nth=-1")
    sheet.page.hover(".slick-header-column[data-id=customer_type]")
    sheet.page.click(".slick-header-column[data-id=customer_type] .sh-head-filter")
    sheet.page.check(".sh-filter label:has-text('经销商') input")
    sheet.page.click(".sh-filter button[type=submit]")
    sheet.page.wait_for_selector(".sh-fchip:has-text('经销商')")
    sheet.page.wait_for_function(
        "old => !document.querySelector('.sh-status').textContent.includes(old)", arg=all_rows
    )
    assert sheet.text(1, "customer_type") == "经销商"
    sheet.page.click(".slick-header-column[data-id=customer_code]")
    sheet.page.click(".slick-header-column[data-id=customer_code]")
    sheet.page.wait_for_selector(".slick-header-column[data-id=customer_code][aria-sort=descending]")
    sheet.page.wait_for_timeout(500)
    codes = [sheet.text(row, "customer_code") for row in (1, 2, 3)]
    assert codes == sorted(codes, reverse=True)
    sheet.page.fill(".sh-search", "没有这样的客户")
    sheet.page.keyboard.press("Enter")
    sheet.page.click("text=清除筛选")
    sheet.page.wait_for_function(
        "old => document.querySelector('.sh-status').textContent.includes(old)", arg=all_rows
    )


def test_who_may_only_read_is_told_so_and_offered_nothing_else(visit: Visit) -> None:
    sheet = open_sheet(visit, "product", "sm.east")
    before = sheet.text(1, "name")
    sheet.go(1, "name")
    sheet.page.keyboard.type("x")
    assert sheet.text(1, "name") == before
    assert sheet.page.inner_text(".sh-said")
    assert sheet.page.locator(".sh-toolbar .sh-primary").count() == 0
    assert "只能看" in sheet.page.inner_text(".sh-cellbar")


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_of_the_data_becomes_markup(visit: Visit, dark: bool) -> None:
    from seeds.demo import PASSWORD

    sheet = SheetPage(visit("/customer/list/", user="sd.chen", password=PASSWORD, dark=dark))
    sheet.enter(8, "contact_name", "<img src=x onerror=alert(1)>")
    sheet.hears("已保存 1 处")
    sheet.page.keyboard.press("ArrowUp")
    sheet.page.keyboard.press("Alt+ArrowRight")
    sheet.page.wait_for_selector(".sh-entry")
    assert sheet.page.locator("#sheet img").count() == 0
    assert sheet.text(8, "contact_name").startswith("<img")
    sheet.page.keyboard.press("Escape")
    sheet.page.keyboard.press("Control+z")
    sheet.hears("已撤销")


def test_replace_in_the_selection_is_one_set(visit: Visit) -> None:
    sheet = open_sheet(visit)
    before = [sheet.text(row, "name") for row in (9, 10)]
    sheet.go(9, "name")
    sheet.page.keyboard.press("Shift+ArrowDown")
    sheet.page.keyboard.press("Control+h")
    sheet.page.keyboard.type(before[0][-1])
    sheet.page.keyboard.press("Tab")
    sheet.page.keyboard.type("乙")
    sheet.page.keyboard.press("Enter")
    sheet.waits_for(9, "name", before[0].replace(before[0][-1], "乙"))
    sheet.page.keyboard.press("Control+z")
    for row, text in zip((9, 10), before, strict=True):
        sheet.waits_for(row, "name", text)

"""Exports in a real browser: the dialog of the sheet, files in the background, over the limit, on a schedule."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from seeds.demo import PASSWORD
from tests.frontend.sheet_page import SheetPage
from tests.support.browser import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


class Dialog:
    """The export dialog over somebody's sheet."""

    def __init__(self, visit: Visit, user: str, entity: str = "customer", **more: Any) -> None:
        self.sheet = SheetPage(visit(f"/{entity}/list/", user, PASSWORD, **more))
        self.page = self.sheet.page
        self.open()

    def open(self) -> None:
        self.page.click(".sh-toolbar button[title=导出], .sh-toolbar button[title=Export]")
        self.page.wait_for_selector("dialog.ex[open]")

    def counted(self) -> str:
        """What the dialog says of the size, once it knows."""
        self.page.wait_for_function("() => /\\d/.test(document.querySelector('.ex-size').textContent)")
        return self.page.inner_text(".ex-size")

    def choose(self, name: str, value: str) -> None:
        self.page.check(f"dialog.ex input[name={name}][value={value}]")

    def go(self) -> None:
        self.page.click(".ex-go:enabled")

    def file(self) -> tuple[str, bytes]:
        """The file that comes at once, with its name."""
        with self.page.expect_download() as found:
            self.go()
        return found.value.suggested_filename, found.value.path().read_bytes()


def change(page: Page, values: dict[str, Any], entity: str = "export_limit") -> None:
    """Write a record as the signed-in person."""
    token = page.get_attribute("meta[name=csrf-token]", "content") or ""
    body = {"changes": [{"entity": entity, "op": "insert", "values": values}]}
    assert page.request.post("/api/v1/change_set", data=body, headers={"X-CSRFToken": token}).ok


def test_what_the_sheet_shows_comes_as_a_workbook(visit: Visit) -> None:
    dialog = Dialog(visit, "sm.east")
    rows = int(dialog.counted().split()[1])
    name, content = dialog.file()
    assert name.startswith("客户档案-")
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    assert (sheet.max_row - 1, sheet["A1"].value) == (rows, "客户编码")
    dialog.sheet.hears("已导出")
    assert dialog.page.locator("dialog.ex").count() == 0


def test_selected_rows_by_keyboard_as_csv_and_the_choice_is_remembered(visit: Visit) -> None:
    dialog = Dialog(visit, "sm.east")
    dialog.page.keyboard.press("Escape")
    dialog.sheet.go(2, "customer_code")
    for keys in ("Shift+ArrowDown", "Shift+Space"):
        dialog.page.keyboard.press(keys)
    dialog.open()
    assert dialog.page.is_checked("input[name=rows][value=selected]")
    assert dialog.counted().startswith("共 2 行")
    dialog.choose("format", "csv")
    assert not dialog.page.is_visible(".ex-groups"), "a CSV has no subtotals"
    dialog.counted()
    name, content = dialog.file()
    assert (name[-4:], len(content.decode("utf-8-sig").splitlines())) == (".csv", 3)
    dialog.open()
    assert dialog.page.is_checked("input[name=format][value=csv]")


def test_a_file_in_the_background_is_told_of_and_fetched_from_the_list(visit: Visit) -> None:
    dialog = Dialog(visit, "mm.zhao", "product")
    page = dialog.page
    page.check("text=在后台生成")
    dialog.counted()
    dialog.go()
    page.wait_for_selector(".sh-toast >> text=已生成")
    page.goto("/downloads/")
    row = page.locator("tr[data-download]")
    row.wait_for()
    assert "可下载" in row.inner_text()
    assert "7 天后" in row.inner_text()
    with page.expect_download() as found:
        row.locator("text=下载").last.click()
    assert found.value.path().read_bytes()[:2] == b"PK"
    row.locator("button[title=移除]").click()
    page.wait_for_selector("text=还没有下载")


def test_over_the_limit_it_goes_to_the_manager_with_its_reason(visit: Visit) -> None:
    change(
        visit("/", "admin", PASSWORD),
        {"role": "sales_rep", "for_entity": "customer", "max_rows": 10, "watermark": True},
    )
    dialog = Dialog(visit, "sr.wang", size=(1024, 768))
    assert "水印" in dialog.counted()
    dialog.choose("format", "csv")
    dialog.page.wait_for_selector(".ex-problem >> text=CSV 带不了水印")
    dialog.choose("format", "xlsx")
    dialog.counted()
    assert "10 行" in dialog.page.inner_text(".ex-problem")
    dialog.go()
    assert dialog.page.evaluate("document.activeElement.className").endswith("ex-reason")
    dialog.page.fill(".ex-reason", "年底盘点")
    dialog.go()
    dialog.page.wait_for_selector(".sh-toast >> text=王浩")
    manager = visit("/inbox/", "sm.east", PASSWORD)
    manager.click("text=客户档案：")
    manager.wait_for_selector("text=年底盘点")
    said = manager.inner_text("#inbox")
    assert all(words in said for words in ("最多行数", "客户编码、客户名称", "王芳"))


def test_limits_are_set_by_the_labels_of_roles_and_sheets(visit: Visit) -> None:
    sheet = SheetPage(visit("/export_limit/list/", "admin", PASSWORD))
    shown = sheet.text(1, "role")
    assert not shown.isascii(), "a role's label, never its name"
    sheet.go(1, "role")
    sheet.page.keyboard.type("财务专")
    assert sheet.page.inner_text(".sh-list-item:visible") == "财务专员"
    sheet.page.keyboard.press("Enter")
    sheet.waits_for(1, "role", "财务专员")
    sheet.enter(1, "for_entity", "finance")
    sheet.waits_for(1, "for_entity", "finance", "error")


def test_a_schedule_says_what_is_missing_where_it_is_missing(visit: Visit) -> None:
    dialog = Dialog(visit, "sm.east")
    page = dialog.page
    page.goto("/lang/en")
    page.goto("/customer/list/")
    dialog.open()
    page.click(".ex-schedule")
    page.fill("[data-name=name]", "East")
    dialog.go()
    page.wait_for_selector(".ex-problem >> text=say where it goes")
    assert page.evaluate("document.activeElement.dataset.name") == "mail_to"
    page.fill("[data-name=mail_to]", "someone@elsewhere.example")
    dialog.go()
    page.wait_for_selector(".ex-problem >> text=TAIZHANG_MAIL_URL")
    page.click("dialog.ex >> text=Back")
    assert page.is_visible("input[name=format]")

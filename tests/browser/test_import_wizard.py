"""The import wizard in a real browser: from a workbook to the ledger and back, on the demo company."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from seeds.demo import PASSWORD
from tests.browser.wizard_page import CLERK, MANAGER, Wizard, post

if TYPE_CHECKING:
    from tests.support.browser import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def wizard(visit: Visit, tmp_path: Path) -> Wizard:
    return Wizard(visit, tmp_path)


def test_two_ledgers_are_mapped_corrected_imported_looked_up_and_taken_back(wizard: Wizard) -> None:
    page = wizard.page
    changes: dict[int, dict[str, object]] = {
        1: {"备注": "月底对账"},
        2: {"手机": "1385519020"},
        3: {"销售区域": "苏洲"},
        4: {"销售区域": "苏洲"},
        5: {"渠道类型": "老渠道"},
    }
    files = [wizard.ledger("一月.xlsx", 8, changes), wizard.ledger("二月.xlsx", 3, {0: {"备注": "二月"}})]
    before = wizard.exported().cell(3, wizard.columns["备注"]).value

    page.set_input_files("#wz-file", files)
    page.wait_for_selector(".wz-file")
    queued = [text.split("\n") for text in page.locator(".wz-queued").all_inner_texts()]
    assert queued == [["一月.xlsx", "正在导入"], ["二月.xlsx", "排队"]]
    assert page.locator(".wz-struck td").count() == 3
    page.click("button[aria-label='把第 3 行当表头']")
    page.wait_for_selector(".wz-head-line td:text('C-')")
    page.click("button[aria-label='把第 2 行当表头']")
    page.wait_for_selector(".wz-head-line td:text('客户编码')")
    wizard.go()

    # What branches call a channel is translated once.
    page.click("tr[data-header=渠道类型] .wz-treat-button")
    page.get_by_label("「老渠道」换成").fill("终端")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("tr[data-header=渠道类型] .wz-treat-button").inner_text() == "1 条对照"
    assert page.evaluate("document.activeElement.className").startswith("btn btn-ghost wz-treat-button")
    wizard.go()
    wizard.previewed()
    assert wizard.tiles()["错误"] == 3

    # From error to error by keyboard; each correction is checked at once.
    page.locator(".wz-list").focus()
    page.keyboard.press("F8")
    assert wizard.here().input_value() == "1385519020"
    wizard.here().fill("13855190201")
    wizard.mended(lambda: page.keyboard.press("Enter"))
    page.wait_for_selector(".wz-here .wz-guess")
    wizard.here("input[type=checkbox]").check()
    answer = wizard.mended(lambda: wizard.here(".wz-guess").click())
    assert len(answer["rows"]) == 2
    page.wait_for_selector(".wz-tile-error.wz-zero")
    assert page.locator(".wz-bad").count() == 0
    assert page.locator(".wz-kinds").count() == 0

    wizard.go()
    wizard.hears("已导入")
    page.click("text=导入下一个：二月.xlsx")
    page.wait_for_selector(".wz-file")
    wizard.go()
    assert page.locator("tr[data-header=渠道类型] .wz-treat-button").inner_text() == "1 条对照"
    page.go_back()
    page.goto("/import/history?entity=customer")
    line = page.locator(".wz-imports tbody tr", has_text="一月.xlsx").first
    assert "已导入" in line.inner_text()
    line.locator("a").first.click()
    page.wait_for_selector(".wz-batch")
    with page.expect_download() as kept:
        page.click("text=下载原文件")
    assert Path(kept.value.path()).read_bytes() == files[0].read_bytes()
    page.click("text=撤回这次导入")
    page.click(".wz-undo .btn-danger")
    wizard.hears("已撤回")
    page.wait_for_selector(".tz-page-head .tz-chip:text('已撤回')")
    assert wizard.exported().cell(3, wizard.columns["备注"]).value == before


def test_errors_are_shown_in_their_rows_and_the_good_rows_can_be_imported_and_undone(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    before = sheet.cell(3, wizard.columns["联系人"]).value
    wizard.put(sheet, 3, "联系人", "马俊")
    wizard.put(sheet, 4, "手机", "1385519020")
    wizard.put(sheet, 5, "销售区域", "苏洲")
    wizard.add(sheet, "天目湖渡口烟酒行", "13900001111")
    with page.expect_response("**/rows?only=error*") as asked:
        wizard.check(sheet)
    assert wizard.tiles() == {"新增": 1, "修改": 1, "错误": 2, "无变化": sheet.max_row - 5}
    lines = page.locator(".wz-row").all_inner_texts()
    assert [line.split("\t")[0] for line in lines] == ["4", "5", "3", str(sheet.max_row)]
    assert page.locator(".wz-bad").all_inner_texts() == ["1385519020", "苏洲"]
    assert "苏洲" in page.locator(".wz-why").nth(1).inner_text()
    change = page.locator(".wz-changed .wz-pair > span").all_inner_texts()
    assert change == [before, "→", "马俊"]
    assert page.locator(".wz-bar .btn-primary").is_disabled()
    wizard.hears("还有 2 行错误")
    page.click(".wz-kinds button >> nth=0")
    wizard.shows(1)
    page.click(".wz-kinds button[aria-pressed=true]")
    wizard.shows(4)

    # Nor does the server write any of it unless it is asked for the good ones alone.
    found = re.search(r"/import/(\d+)/rows", asked.value.url)
    assert found is not None
    assert post(page, f"/api/v1/import/{found[1]}/commit", {"partial": False}).status == 422

    page.check("input[value=partial]")
    wizard.go()
    wizard.hears("已导入 2 行")
    wizard.hears("另有 2 行没有导入")
    page.click("text=看导入的记录")
    page.wait_for_selector(".sh-fchip:has-text('客户.xlsx')")
    page.wait_for_selector("text=合计 2 行")
    page.go_back()
    wizard.hears("已导入 2 行")

    # The error workbook, corrected, brings just what was corrected.
    with page.expect_download() as made:
        page.click("text=下载错误文件")
    back = openpyxl.load_workbook(BytesIO(Path(made.value.path()).read_bytes())).worksheets[0]
    address = page.url
    wizard.put(back, 4, "手机", "13855190201")
    page.goto("/import/customer")
    wizard.check(back)
    assert (wizard.tiles()["修改"], wizard.tiles()["错误"]) == (1, 1)
    page.goto(address)

    page.click("text=撤回这次导入")
    page.click(".wz-undo .btn-danger")
    wizard.hears("已撤回 2 行")
    after = wizard.exported()
    assert after.cell(3, wizard.columns["联系人"]).value == before
    assert after.max_row == sheet.max_row - 1


def test_every_step_goes_on_by_keyboard_and_a_refused_choice_is_a_click_away(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    wizard.put(sheet, 2, "备注", "键盘")
    wizard.put(sheet, 3, "渠道类型", "经销商渠道")
    with page.expect_file_chooser() as asked:
        page.keyboard.press("Control+Enter")
    assert asked.value.is_multiple()
    wizard.choose(sheet)
    page.wait_for_selector(".wz-map")
    page.keyboard.press("Control+Enter")
    wizard.previewed()
    assert page.locator(".wz-bar .btn-primary").get_attribute("title") == "Ctrl+Enter"
    page.keyboard.press("Control+Enter")
    assert page.locator(".wz-done").count() == 0, "with an error left nothing is written"
    wizard.mended(lambda: page.click(".wz-guess"))
    page.keyboard.press("Control+Enter")
    wizard.hears("已导入")


def test_records_changed_since_are_named_and_taken_back_only_when_ticked(
    wizard: Wizard, visit: Visit
) -> None:
    page, sheet = wizard.page, wizard.exported()
    before = wizard.exported().cell(2, wizard.columns["备注"]).value
    for row in (2, 3):
        wizard.put(sheet, row, "备注", "来自文件")
    wizard.check(sheet)
    wizard.go()
    wizard.hears("已导入 2 行")
    manager = visit("/customer/list/", user=MANAGER, password=PASSWORD)
    change(manager, str(sheet.cell(2, 1).value), "remark", "后来又改了")
    page.click("text=撤回这次导入")
    left = page.locator(".wz-left tbody tr")
    left.wait_for()
    told = left.inner_text()
    assert "王浩" in told
    assert "来自文件 → 后来又改了" in told
    left.locator("input").check()
    page.click(".wz-undo .btn-danger")
    wizard.hears("已撤回 2 行")
    assert wizard.exported().cell(2, wizard.columns["备注"]).value == before


def change(page: object, code: str, field: str, value: str) -> None:
    """A change of one customer by somebody else."""
    wanted = {"field": "customer_code", "op": "eq", "value": code}
    found = post(page, "/api/v1/customer/rows", {"filter": wanted, "limit": 1}).json()["rows"][0]  # type: ignore[arg-type]
    body = {"entity": "customer", "op": "update", "id": found["id"], "version": found["version"]}
    sent = {"key": f"{code}-{value}", "source": "sheet", "changes": [{**body, "values": {field: value}}]}
    assert post(page, "/api/v1/change_set", sent).ok  # type: ignore[arg-type]


def test_a_preview_left_is_found_again_and_the_same_file_changes_nothing(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    wizard.check(sheet)
    assert wizard.tiles() == {"新增": 0, "修改": 0, "错误": 0, "无变化": sheet.max_row - 1}
    wizard.hears("文件和台账完全一样")
    address = page.url
    assert "#job=" in address
    page.goto("/")
    page.goto(address)
    page.wait_for_selector(".wz-tiles")
    page.click(".wz-bar >> text=上一步")
    page.wait_for_selector(".wz-map")
    assert page.locator(".wz-map .wz-combo").first.input_value() == "客户编码"


def test_conflicts_stand_in_the_preview_with_both_values_or_stop_the_writing(
    wizard: Wizard, visit: Visit
) -> None:
    page, sheet = wizard.page, wizard.exported()
    for row in (2, 3, 4, 5):
        wizard.put(sheet, row, "备注", f"来自文件 {row}")
    manager = visit("/customer/list/", user=MANAGER, password=PASSWORD)
    change(manager, str(sheet.cell(2, 1).value), "remark", "导出以后改的")
    wizard.check(sheet)
    assert wizard.tiles()["冲突"] == 1
    conflict = page.locator(".wz-why.wz-is-conflict")
    assert "王浩" in conflict.inner_text()
    wizard.mended(lambda: conflict.get_by_text("保留现在的：导出以后改的").click())
    page.wait_for_selector(".wz-tile-conflict", state="detached")

    change(manager, str(sheet.cell(3, 1).value), "remark", "经理先改了")
    wizard.go()
    wizard.hears("没有写入")
    told = page.locator(".tz-table tbody tr").all_inner_texts()
    assert len(told) == 1
    assert told[0].split("\t")[:1] + told[0].split("\t")[2:6] == [
        "3",
        "备注",
        "来自文件 3",
        "经理先改了",
        "王浩",
    ]
    page.click("text=导入其余 2 行")
    wizard.hears("已导入 2 行")
    after = wizard.exported()
    assert [after.cell(row, wizard.columns["备注"]).value for row in (2, 3)] == ["导出以后改的", "经理先改了"]


def test_columns_are_mapped_by_hand_and_records_found_by_another_column(wizard: Wizard) -> None:
    page, full = wizard.page, wizard.exported()
    mobile = str(full.cell(2, wizard.columns["手机"]).value)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["谁的号码", "记一笔", "没人认识的列"])
    sheet.append([mobile, "用手机号对上的", "x"])
    wizard.choose(sheet)
    page.wait_for_selector(".wz-map")
    assert page.locator(".wz-bar .btn-primary").is_disabled()
    wizard.map("谁的号码", "手机")
    wizard.map("记一笔", "手机")
    wizard.hears("对应了两次")
    wizard.map("记一笔", "备注")
    page.click("summary:has-text('怎么认出已有记录')")
    wizard.hears("所有行都按新增导入")
    page.get_by_label("按我选的列").check()
    page.locator(".wz-indent").get_by_label("手机").check()
    page.click("text=给文件里没有的字段填一个固定值")
    page.keyboard.type("信用等级")
    page.locator(".sh-list-item", has_text="信用等级").wait_for()
    page.keyboard.press("Enter")
    wizard.hears("固定值还空着")
    page.keyboard.type("A")
    page.locator(".sh-list-item").first.wait_for()
    page.keyboard.press("Enter")
    wizard.go()
    wizard.previewed()
    assert wizard.tiles()["修改"] == 1
    wizard.hears("没有导入的列：没人认识的列")


def test_a_mapping_is_saved_under_a_name_and_used_for_the_next_file(wizard: Wizard) -> None:
    page = wizard.page
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["客户编码", "记一笔"])
    sheet.append(["C-000001", "x"])
    wizard.choose(sheet)
    page.wait_for_selector(".wz-map")
    wizard.map("记一笔", "备注")
    page.click("text=另存为方案")
    page.get_by_label("方案名称").fill("华东月报")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wz-profiles option:text('华东月报')", state="attached")
    page.reload()
    page.set_input_files("#wz-file", wizard.folder / "客户.xlsx")
    page.wait_for_selector(".wz-map")
    assert page.get_by_label("记一笔 对应的字段").input_value() == "备注"
    page.get_by_label("对应方案").select_option(label="自动")
    assert page.get_by_label("记一笔 对应的字段").input_value() == ""
    page.get_by_label("对应方案").select_option(label="华东月报")
    assert page.get_by_label("记一笔 对应的字段").input_value() == "备注"
    page.click("text=删除方案")
    page.wait_for_selector(".wz-profiles option:text('华东月报')", state="detached")


def test_what_the_person_did_not_see_in_the_file_is_pointed_out(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    sheet.row_dimensions[3].hidden = True
    sheet.merge_cells("B5:B6")
    sheet.cell(1, 3, "客户名称")
    wizard.choose(sheet)
    page.get_by_label("隐藏或筛掉的 1 行也导入").uncheck()
    wizard.go()
    page.click("summary:has-text('文件里要留意的')")
    wizard.hears("有 1 行被隐藏或筛掉，不导入")
    wizard.hears("有 1 处合并单元格")
    wizard.hears("「客户名称」在 B、C 列重复")
    assert page.locator(".wz-bar .btn-primary").is_disabled()


def test_a_nearly_equal_name_waits_for_a_yes(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    row = wizard.add(sheet, str(sheet.cell(2, wizard.columns["客户名称"]).value), "13900002222")
    wizard.check(sheet)
    assert wizard.tiles()["待确认"] == 1
    assert page.locator(".wz-row.wz-is-ask th").inner_text() == str(row)
    assert page.locator(".wz-bar .btn-primary").is_disabled()
    page.get_by_label("已看过，1 行待确认的也导入").check()
    wizard.go()
    wizard.hears("已导入 1 行")


def test_rows_left_out_of_an_import_that_waits_are_handed_back(wizard: Wizard) -> None:
    page, name = wizard.page, "等审批.xlsx"
    sheet = wizard.exported()
    grade = str(sheet.cell(8, wizard.columns["信用等级"]).value)
    changed: dict[int, dict[str, object]] = {
        6: {"信用等级": "B" if grade == "C" else "C"},
        7: {"手机": "138"},
    }
    page.set_input_files("#wz-file", wizard.ledger(name, 8, changed))
    page.wait_for_selector(".wz-file")
    wizard.go()
    page.wait_for_selector(".wz-map")
    wizard.go()
    wizard.previewed()
    page.check("input[value=partial]")
    wizard.go()
    wizard.hears("已提交审批，还没有写入")
    wizard.hears("另有 1 行没有导入")
    with page.expect_download():
        page.click("text=下载错误文件")
    page.click("text=看审批单")
    page.get_by_role("link", name=f"导入 {name}").wait_for()


def test_files_that_cannot_be_read_get_a_sentence_and_the_next_one_is_taken(wizard: Wizard) -> None:
    page = wizard.page
    broken = {"空.xlsx": b"", "断.xlsx": b"PK\x03\x04 broken", "旧.xls": b"\xd0\xcf\x11\xe0" + b"\0" * 600}
    for name, content in broken.items():
        (wizard.folder / name).write_bytes(content)
        page.set_input_files("#wz-file", wizard.folder / name)
        note = page.locator(".wz-note", has_text=name)
        note.wait_for()
        assert "文件" in note.inner_text()
        assert page.locator(".wz-drop button").is_visible()
    wizard.drop("说明.docx", "x")
    wizard.hears("说明.docx 不是表格文件")
    wizard.drop("客户.csv", "客户编码,备注\nC-000001,拖进来的\n")
    page.wait_for_selector(".wz-map")
    assert page.locator(".wz-map tr[data-header] th").all_inner_texts() == ["A客户编码", "B备注"]


def test_english_is_complete_and_the_page_is_for_those_who_may_import(visit: Visit) -> None:
    for person, path, place, said in (
        (CLERK, "/import/customer", "#import .wz-narrow", "Drop one or several Excel files here"),
        ("sd.chen", "/import/history?entity=customer_label", "#imports .tz-empty", "Nothing was imported"),
    ):
        page = visit("/", user=person, password=PASSWORD, language="en-US")
        page.goto("/lang/en")
        page.wait_for_selector("html[lang=en]")
        page.goto(path)
        page.wait_for_selector(f"html[lang=en] {place}")
        words = page.locator(place.split()[0]).inner_text()
        assert said in words
        assert not re.search(r"[\u4e00-\u9fff]", words)
        if person == CLERK:
            answers = [page.goto(other) for other in ("/import/product", "/import/no_such_thing")]
            assert [answer.status for answer in answers if answer] == [403, 404]

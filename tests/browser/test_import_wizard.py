"""The import wizard in a real browser: from a workbook to the ledger and back, on the demo company."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet
    from playwright.sync_api import Page

    from tests.support.browser import Visit

pytestmark = pytest.mark.browser

CLERK, MANAGER = "sr.wang", "sm.east"


def password() -> str:
    from seeds.demo import PASSWORD

    return PASSWORD


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    """A request of the signed-in person, as a script of the page would send it."""
    token = page.get_attribute("meta[name=csrf-token]", "content") or ""
    return page.request.post(path, data=body, headers={"X-CSRFToken": token})


class Wizard:
    """The wizard's page, and workbooks made from what its user can see."""

    def __init__(self, visit: Visit, folder: Path, entity: str = "customer", user: str = CLERK) -> None:
        self.page = visit(f"/import/{entity}", user=user, password=password())
        self.page.wait_for_selector(".wz-drop")
        self.entity, self.folder = entity, folder
        self.columns: dict[str, int] = {}

    def exported(self) -> Worksheet:
        """The export of everything the user sees, to be changed as people do."""
        answer = post(self.page, f"/api/v1/{self.entity}/export", {})
        sheet = openpyxl.load_workbook(BytesIO(answer.body())).worksheets[0]
        self.columns = {str(cell.value): cell.column for cell in sheet[1] if cell.value}
        return sheet

    def put(self, sheet: Worksheet, row: int, header: str, value: object) -> None:
        """Set one cell, by Excel row and header."""
        sheet.cell(row, self.columns[header], value)  # type: ignore[arg-type]

    def add(self, sheet: Worksheet, name: str, mobile: str) -> int:
        """A new customer at the end, like the first one but for name and mobile; its Excel row."""
        row = sheet.max_row + 1
        for header in ("客户类型", "渠道类型", "价格组", "销售区域", "联系人", "地址", "线索来源"):
            self.put(sheet, row, header, sheet.cell(2, self.columns[header]).value)
        for header, value in (("客户名称", name), ("手机", mobile), ("购买意向", "不明确")):
            self.put(sheet, row, header, value)
        for header, value in (
            ("付款方式", "款到发货"),
            ("信用等级", "C"),
            ("重要客户", False),
            ("新市场", False),
        ):
            self.put(sheet, row, header, value)
        return row

    def choose(self, sheet: Worksheet) -> None:
        """Save the workbook and choose it in the page."""
        path = self.folder / "客户.xlsx"
        assert sheet.parent is not None
        sheet.parent.save(path)
        self.page.set_input_files("#wz-file", path)

    def check(self, sheet: Worksheet) -> None:
        """Choose a workbook of one sheet and let it be checked as it is mapped."""
        self.choose(sheet)
        self.page.wait_for_selector(".wz-map")
        self.page.click(".wz-bar .btn-primary")
        self.page.wait_for_selector(".wz-list[aria-busy=false]")

    def tiles(self) -> dict[str, int]:
        """The counters by their names."""
        found = self.page.locator(".wz-tile").all_inner_texts()
        return {text.split("\n")[0]: int(re.findall(r"[\d,]+", text)[0].replace(",", "")) for text in found}

    def go(self) -> None:
        """Press the primary button at the foot."""
        self.page.click(".wz-bar .btn-primary")

    def hears(self, text: str) -> None:
        """Wait for a text on the page."""
        self.page.get_by_text(text).first.wait_for()


@pytest.fixture
def wizard(visit: Visit, tmp_path: Path) -> Wizard:
    return Wizard(visit, tmp_path)


def test_errors_are_shown_in_their_rows_and_the_good_rows_can_be_imported_and_undone(wizard: Wizard) -> None:
    page, sheet = wizard.page, wizard.exported()
    before = sheet.cell(3, wizard.columns["联系人"]).value
    wizard.put(sheet, 3, "联系人", "马俊")
    wizard.put(sheet, 4, "手机", "1385519020")
    wizard.put(sheet, 5, "销售区域", "苏洲")
    wizard.add(sheet, "天目湖渡口烟酒行", "13900001111")
    wizard.check(sheet)
    assert wizard.tiles() == {"新增": 1, "修改": 1, "错误": 2, "无变化": sheet.max_row - 5}
    lines = page.locator(".wz-row").all_inner_texts()
    assert [line.split("\t")[0] for line in lines] == ["4", "5", "3", str(sheet.max_row)]
    assert page.locator(".wz-bad").all_inner_texts() == ["1385519020", "苏洲"]
    assert "没有「苏洲」" in page.locator(".wz-why").nth(1).inner_text()
    change = page.locator(".wz-changed .wz-pair > span").all_inner_texts()
    assert change == [before, "→", "马俊"]
    assert page.locator(".wz-bar .btn-primary").is_disabled()
    wizard.hears("有 2 行错误")

    page.check("input[value=partial]")
    wizard.go()
    wizard.hears("已导入 2 行")
    wizard.hears("另有 2 行没有导入")
    page.click("text=打开「客户档案」")
    page.wait_for_url("**/customer/list/")
    page.go_back()
    wizard.hears("已导入 2 行")
    page.click("text=撤回这次导入")
    page.click(".wz-undo .btn-danger")
    wizard.hears("已撤回 2 行")
    after = wizard.exported()
    assert after.cell(3, wizard.columns["联系人"]).value == before
    assert after.max_row == sheet.max_row - 1


def test_the_server_itself_writes_nothing_of_a_file_with_errors_unless_asked(wizard: Wizard) -> None:
    sheet = wizard.exported()
    wizard.put(sheet, 3, "联系人", "马俊")
    wizard.put(sheet, 4, "手机", "12")
    with wizard.page.expect_response("**/rows?only=error*") as asked:
        wizard.check(sheet)
    found = re.search(r"/import/(\d+)/rows", asked.value.url)
    assert found is not None
    answer = post(wizard.page, f"/api/v1/import/{found[1]}/commit", {"partial": False})
    assert answer.status == 422
    assert "1 行错误" in answer.json()["message"]


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
    assert page.locator(".wz-map select").first.input_value() == "customer_code"


def test_conflicts_are_listed_with_both_values_and_the_rest_can_be_written(
    wizard: Wizard, visit: Visit
) -> None:
    page, sheet = wizard.page, wizard.exported()
    for row in (2, 3, 4):
        wizard.put(sheet, row, "备注", f"来自文件 {row}")
    wizard.check(sheet)
    manager = visit("/customer/list/", user=MANAGER, password=password())
    code = str(sheet.cell(3, 1).value)
    wanted = {"field": "customer_code", "op": "eq", "value": code}
    found = post(manager, "/api/v1/customer/rows", {"filter": wanted, "limit": 1}).json()["rows"][0]
    change = {"entity": "customer", "op": "update", "id": found["id"], "version": found["version"]}
    sent = {"key": "between", "source": "sheet", "changes": [{**change, "values": {"remark": "经理先改了"}}]}
    assert post(manager, "/api/v1/change_set", sent).ok
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
    assert wizard.exported().cell(3, wizard.columns["备注"]).value == "经理先改了"


def test_columns_are_mapped_by_hand_and_records_found_by_another_column(wizard: Wizard) -> None:
    page, full = wizard.page, wizard.exported()
    mobile = str(full.cell(2, wizard.columns["手机"]).value)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["谁的电话", "说明", "没人认识的列"])
    sheet.append([mobile, "用手机号对上的", "x"])
    wizard.choose(sheet)
    page.wait_for_selector(".wz-map")
    assert page.locator(".wz-bar .btn-primary").is_disabled()
    page.get_by_label("谁的电话 →").select_option("mobile")
    page.get_by_label("说明 →").select_option("mobile")
    wizard.hears("对应了两列")
    page.get_by_label("说明 →").select_option("remark")
    wizard.hears("所有行都按新增导入")
    page.get_by_label("谁的电话: 按它找记录").check()
    wizard.hears("按「手机」找已有记录")
    wizard.go()
    page.wait_for_selector(".wz-tiles")
    assert wizard.tiles()["修改"] == 1
    wizard.hears("没有导入的列：没人认识的列")


def test_what_the_person_did_not_see_in_the_file_is_pointed_out(wizard: Wizard) -> None:
    sheet = wizard.exported()
    sheet.row_dimensions[3].hidden = True
    sheet.merge_cells("B5:B6")
    sheet.cell(1, 3, "客户名称")
    wizard.choose(sheet)
    wizard.page.wait_for_selector(".wz-map")
    wizard.hears("有 1 行被隐藏或筛掉")
    wizard.hears("有 1 处合并单元格")
    wizard.hears("「客户名称」在 B、C 列重复")
    assert wizard.page.locator(".wz-bar .btn-primary").is_disabled()


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


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "文件是空的"), (b"PK\x03\x04 broken", "文件"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "文件")],
    ids=["empty", "cut off", "old and damaged"],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(
    wizard: Wizard, content: bytes, said: str
) -> None:
    path = wizard.folder / "坏.xlsx"
    path.write_bytes(content)
    wizard.page.set_input_files("#wz-file", path)
    note = wizard.page.locator(".wz-note")
    note.wait_for()
    assert said in note.inner_text()
    assert wizard.page.locator(".wz-drop button").is_visible()


def test_a_file_can_be_dropped(wizard: Wizard) -> None:
    page = wizard.page
    dropped = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            const text = "客户编码,备注\\nC-000001,拖进来的\\n";
            transfer.items.add(new File([text], "客户.csv", { type: "text/csv" }));
            return transfer;
        }"""
    )
    page.dispatch_event(".wz-drop", "drop", {"dataTransfer": dropped})
    page.wait_for_selector(".wz-map")
    assert page.locator(".wz-map tbody th").all_inner_texts() == ["A客户编码", "B备注"]


def test_the_page_is_for_those_who_may_import(visit: Visit) -> None:
    page = visit("/", user=CLERK, password=password())
    answers = [page.goto(path) for path in ("/import/product", "/import/no_such_thing", "/import/customer")]
    assert [answer.status for answer in answers if answer] == [403, 404, 200]


def test_english_is_complete(visit: Visit, tmp_path: Path) -> None:
    page = visit("/import/customer", user=CLERK, password=password(), language="en-US")
    page.goto("/lang/en")
    page.goto("/import/customer")
    page.wait_for_selector(".wz-drop")
    words = page.locator("#import").inner_text()
    assert "Drop an Excel file here" in words
    assert not re.search(r"[\u4e00-\u9fff]", words)

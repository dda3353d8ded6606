"""The import wizard as a person uses it: a page, and workbooks made from what its user can see."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl

from seeds.demo import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet
    from playwright.sync_api import Locator, Page

    from tests.support.browser import Visit

CLERK, MANAGER = "sr.wang", "sm.east"
COLUMNS = (
    *("客户编码", "客户名称", "客户类型", "渠道类型", "价格组", "销售区域", "联系人", "手机", "地址"),
    *("线索来源", "购买意向", "付款方式", "信用等级", "备注"),
)
"""What people keep of a customer in a ledger of their own."""


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    """A request of the signed-in person, as a script of the page would send it."""
    token = page.get_attribute("meta[name=csrf-token]", "content") or ""
    return page.request.post(path, data=body, headers={"X-CSRFToken": token})


class Wizard:
    """The wizard's page, and workbooks made from what its user can see."""

    def __init__(self, visit: Visit, folder: Path, entity: str = "customer", user: str = CLERK) -> None:
        self.page = visit(f"/import/{entity}", user=user, password=PASSWORD)
        self.page.wait_for_selector(".wz-drop")
        self.entity, self.folder = entity, folder
        self.columns: dict[str, int] = {}

    def exported(self) -> Worksheet:
        """The export of everything the user sees, to be changed as people do."""
        answer = post(self.page, f"/api/v1/{self.entity}/export", {})
        sheet = openpyxl.load_workbook(BytesIO(answer.body())).worksheets[0]
        self.columns = {str(cell.value): cell.column for cell in sheet[1] if cell.value}
        return sheet

    def ledger(self, name: str, rows: int, changes: dict[int, dict[str, object]]) -> Path:
        """A ledger as branches keep them: a title, a sum, a signature, a column of their own; and `changes` by row."""
        source = self.exported()
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.append(["客户台账"])
        sheet.append([*COLUMNS, "内部编号"])
        for number in range(rows):
            cells: dict[str, Any] = {h: source.cell(number + 2, self.columns[h]).value for h in COLUMNS}
            sheet.append([*(cells | changes.get(number, {})).values(), f"N{number}"])
        sheet.append(["合计", f"{rows} 家"])
        sheet.append(["制表人：王芳"])
        path = self.folder / name
        book.save(path)
        return path

    def put(self, sheet: Worksheet, row: int, header: str, value: object) -> None:
        """Set one cell, by Excel row and header."""
        sheet.cell(row, self.columns[header], value)  # type: ignore[arg-type]

    def add(self, sheet: Worksheet, name: str, mobile: str) -> int:
        """A new customer at the end, like the first one but for name and mobile; its Excel row."""
        row = sheet.max_row + 1
        for header in ("客户类型", "渠道类型", "价格组", "销售区域", "联系人", "地址", "线索来源"):
            self.put(sheet, row, header, sheet.cell(2, self.columns[header]).value)
        for header, value in (
            *(("客户名称", name), ("手机", mobile), ("购买意向", "不明确"), ("付款方式", "款到发货")),
            *(("信用等级", "C"), ("重要客户", False), ("新市场", False)),
        ):
            self.put(sheet, row, header, value)
        return row

    def choose(self, sheet: Worksheet) -> None:
        """Save the workbook and choose it in the page."""
        path = self.folder / "客户.xlsx"
        assert sheet.parent is not None
        sheet.parent.save(path)
        self.page.set_input_files("#wz-file", path)

    def drop(self, name: str, text: str) -> None:
        """Let a text file go over the page."""
        dropped = self.page.evaluate_handle(
            """([name, text]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([text], name));
                return transfer;
            }""",
            [name, text],
        )
        self.page.dispatch_event(".wz-drop", "drop", {"dataTransfer": dropped})

    def check(self, sheet: Worksheet) -> None:
        """Choose a workbook of one plain sheet and let it be checked as it is mapped."""
        self.choose(sheet)
        self.page.wait_for_selector(".wz-map")
        self.go()
        self.previewed()

    def previewed(self) -> None:
        """Wait for the preview with its rows."""
        self.page.wait_for_selector(".wz-list[aria-busy=false]")

    def shows(self, count: int) -> None:
        """Wait until the preview lists so many rows."""
        self.page.locator(".wz-row").nth(count - 1).wait_for()
        self.page.locator(".wz-row").nth(count).wait_for(state="detached")

    def tiles(self) -> dict[str, int]:
        """The counters by their names."""
        found = self.page.locator(".wz-tile").all_inner_texts()
        return {text.split("\n")[0]: int(re.findall(r"[\d,]+", text)[0].replace(",", "")) for text in found}

    def map(self, header: str, field: str) -> None:
        """Choose the field of a column by typing its name."""
        box = self.page.get_by_label(f"{header} 对应的字段")
        box.fill(field)
        self.page.locator(".sh-list-item", has_text=field).first.wait_for()
        box.press("Enter")

    def here(self, part: str = "input[type=text]") -> Locator:
        """A part of the row the person stands at."""
        return self.page.locator(f".wz-here .wz-mend {part}").first

    def mended(self, act: Any) -> Any:
        """Do something that corrects cells, and wait until they are checked again; what the server said."""
        with self.page.expect_response("**/mend") as answer:
            act()
        assert answer.value.ok, answer.value.text()
        return answer.value.json()

    def go(self) -> None:
        """Press the primary button at the foot."""
        self.page.click(".wz-bar .btn-primary")

    def hears(self, text: str) -> None:
        """Wait for a text on the page."""
        self.page.get_by_text(text).first.wait_for()

"""The work of the company walked through by its people, each in a browser of their own, on the product's own server.

A price adjustment from the sheet to the list in force, with a return, a telephone and a holiday; an order with a
special price, returned once and withdrawn once; and an auditor who tells the story of the price from the log alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from seeds.demo import PASSWORD
from tests.frontend.sheet_page import SheetPage
from tests.frontend.test_approval_browser import _POST
from tests.support.apps import SECRET_KEY, Applications
from tests.support.browser import Visit
from tests.support.database import SqliteFiles, Store, worker
from tests.support.server import ROOT, LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE = (390, 844)
TITLE, BOTTLE = "清河二十出厂价上调", "清河二十"
Enter = Callable[..., "Page"]


class Company:
    """The demo company on a store of its own; its server can be stopped and started at another time."""

    def __init__(self, browser: Browser, store: Store) -> None:
        self._browser, self._store = browser, store
        self._server: LiveServer | None = None
        self._visits: list[Visit] = []
        self._pages: dict[tuple[str, bool], Page] = {}

    def open(self, at: str = "") -> None:
        """Start the server, with its clock standing still at a moment if one is given."""
        self.close()
        self._server = LiveServer(self._store, **({"TAIZHANG_NOW": at} if at else {})).wait()
        self._visits.append(Visit(self._browser, self._server.url))

    def close(self) -> None:
        """Stop the server; whoever was there leaves."""
        for page in self._pages.values():
            page.context.close()
        self._pages.clear()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def at(self, user: str, path: str, *, phone: bool = False) -> Page:
        """Somebody's browser, at a page."""
        if (user, phone) not in self._pages:
            size = PHONE if phone else (1440, 900)
            self._pages[user, phone] = self._visits[-1](path, user, PASSWORD, size=size)
            self._pages[user, phone].set_default_timeout(10_000)
            return self._pages[user, phone]
        page = self._pages[user, phone]
        page.goto(path)
        return page

    def seal(self, at: str) -> None:
        """What is new in the log is sealed at a moment."""
        settings = {
            "TAIZHANG_HOME": str(self._store.home), "TAIZHANG_DATABASE_URL": self._store.url,
            "TAIZHANG_SECRET_KEY": SECRET_KEY, "TAIZHANG_NOW": at,
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "app", "seal"], cwd=ROOT, env=os.environ | settings, check=True, timeout=60
        )

    @property
    def errors(self) -> list[str]:
        """What went wrong in any page."""
        return [error for visit in self._visits for error in visit.errors]


@pytest.fixture
def company(applications: Applications, chromium: Browser, shared: Path) -> Iterator[Company]:
    store = Store(SqliteFiles(), f"walk_{worker()}", shared / f"walk_{worker()}")
    applications.copy_to(store, demo=True)
    found = Company(chromium, store)
    try:
        yield found
    finally:
        found.close()
        store.remove()
    assert found.errors == []


def today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


def send(page: Page, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A request as a script of the page would send it."""
    status, answer = page.evaluate(_POST, [f"/api/v1/{path}", body])
    return status, answer


def rows(page: Page, entity: str, field: str, value: Any) -> list[dict[str, Any]]:
    """The records whose field is a value, as the page's person sees them."""
    status, found = send(
        page, f"{entity}/rows", {"filter": {"field": field, "op": "eq", "value": value}, "limit": 50}
    )
    assert status == 200, found
    return list(found["rows"])


def press(page: Page, words: str) -> None:
    """A verb of the decision bar."""
    page.click(f".ib-bar:visible .btn:has-text('{words}')")


def decide(page: Page, title: str, verb: str, comment: str = "") -> None:
    """Open what is called `title` in the inbox, decide, and wait until the page says so."""
    page.click(f".ib-item:has-text('{title}') .ib-title")
    page.wait_for_selector(f".ib-pane:not([inert]) .ib-head:has-text('{title}')")
    if comment:
        page.fill(".ib-comment:visible", comment)
    press(page, verb)
    page.wait_for_selector(f".sh-toast:has-text('已{verb}')")


def lines_of(page: Page) -> SheetPage:
    """From the drawer of a record to the sheet of its lines."""
    page.keyboard.press("Alt+ArrowRight")
    page.click(".sh-drawer section:has-text('明细') >> text=在工作表中打开")
    page.wait_for_url("**/list/?parent=*")
    return SheetPage(page)


def found(page: Page, text: str) -> SheetPage:
    """The sheet, with the one row that has the text."""
    sheet = SheetPage(page)
    page.fill(".sh-search", text)
    page.keyboard.press("Enter")
    page.wait_for_selector(".sh-status:has-text('显示 1 行')")
    return sheet


def asks_for_a_price(company: Company, first_day: date) -> int:
    """宋佳 types an adjustment into the sheet, pastes its lines, and submits it; its id."""
    page = company.at("mk.song", "/price_adjustment/list/")
    sheet = SheetPage(page)
    page.click(".sh-btn.sh-primary:has-text('新建') >> nth=0")
    sheet.paste(f"{TITLE}\t\t竞品变化\t同档竞品平均上调 6%\t{first_day}\t\t否\t市场、财务")
    sheet.hears("已新增 1 行")
    record = int(rows(page, "price_adjustment", "title", TITLE)[0]["id"])
    page.goto("/price_adjustment/list/")
    found(page, TITLE).go(1, "title")
    lines = lines_of(page)
    lines.go(1, "product_id")
    lines.paste(f"{BOTTLE}\t出厂价\t\t\t104\n{BOTTLE}\t底价\t\t\t\t\t82")
    lines.hears("已新增 2 行")
    lines.waits_for(1, "old_price", "98.00")
    page.goto("/price_adjustment/list/")
    found(page, TITLE).go(1, "title")
    page.click(".sh-submit")
    page.wait_for_selector(".sh-toast:has-text('已提交，等 赵琳')")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_selector(".sh-drawer .ap-now:has-text('赵琳')")
    route = page.inner_text(".sh-drawer .ap-route")
    assert all(name in route for name in ("陈立", "周建国", "秦朗", "最大幅度 > 5%")), (
        "the route is drawn whole"
    )
    return record


def corrects(company: Company, record: int) -> None:
    """What came back is corrected where it stands, and sent again."""
    page = company.at("mk.song", "/")
    page.wait_for_selector(".tz-waiting:has-text('退回给你的')")
    page.goto(f"/price_adjustment_line/list/?parent={record}")
    lines = SheetPage(page)
    lines.enter(2, "new_floor", "86")
    lines.hears("已保存 1 处")
    page.goto("/inbox/mine")
    decide(page, TITLE, "重新提交", "底价改为 86")


def goes_on_holiday(company: Company) -> None:
    """陈立 leaves his decisions to 王浩."""
    page = company.at("sd.chen", "/inbox/")
    page.click(".btn:has-text('委托代理')")
    page.fill("#ib-delegate-search", "王浩")
    page.click(".tz-picker-list li:has-text('王浩')")
    page.click(".ib-form .btn-primary")
    page.wait_for_selector(".ib-delegation:has-text('王浩')")


def test_a_price_is_asked_for_agreed_on_by_five_and_in_force_on_its_day(company: Company) -> None:
    first_day = today() + timedelta(days=9)
    morning = f"{first_day}T09:00:00+08:00"
    company.open()
    record = asks_for_a_price(company, first_day)
    decide(company.at("mm.zhao", "/inbox/"), TITLE, "退回", "底价不能降")
    corrects(company, record)
    decide(company.at("mm.zhao", "/inbox/", phone=True), TITLE, "同意")
    goes_on_holiday(company)
    stand_in = company.at("sm.east", "/inbox/")
    assert "代 陈立 处理" in stand_in.inner_text(f".ib-item:has-text('{TITLE}')")
    decide(stand_in, TITLE, "同意")
    decide(company.at("fm.zhou", "/inbox/"), TITLE, "同意", "毛利够")
    decide(company.at("ceo", "/inbox/", phone=True), TITLE, "同意")

    song = company.at("mk.song", f"/price_adjustment/show/{record}")
    assert "待生效" in song.inner_text("h1")
    told = rows(song, "price_notice", "adjustment_id", record)
    assert {row["values"]["kind"] for row in told} == {"announce"}
    assert len(told) > 10
    order = draft_for(company, first_day + timedelta(days=1))
    company.close()

    company.open(morning)
    wang = company.at("sr.wang", "/price_list_item/list/")
    new_list = in_force(wang, record)
    submits_at_the_new_price(wang, order)
    company.seal(morning)
    tells_its_story(company, record, new_list)


def buyer(page: Page) -> dict[str, Any]:
    """A dealer of the page's person."""
    dealers = rows(page, "customer", "customer_group", "factory")
    return next(row for row in dealers if row["values"]["customer_type"] == "dealer")


def draft_for(company: Company, day: date) -> int:
    """王芳 has a draft of a day on which the new price will hold; so far it has the old one."""
    page = company.at("sr.wang", "/sales_order/list/")
    bottle = rows(page, "product", "name", BOTTLE)[0]["id"]
    customer = buyer(page)
    head = {"customer_id": customer["id"], "order_date": str(day), "delivery_date": str(day),
            "delivery_address": "南京市文昌街89号", "receiver": "陈文博", "receiver_mobile": "15400000089"}  # fmt: skip
    line = {"parent_id": {"ref": "o"}, "product_id": bottle, "cases": 5}
    status, made = send(page, "change_set", {"changes": [
        {"entity": "sales_order", "op": "insert", "ref": "o", "values": head},
        {"entity": "sales_order_line", "op": "insert", "values": line},
    ]})  # fmt: skip
    assert status == 200, made
    assert made["results"][1]["values"]["list_price"] == "98.00"
    return int(made["results"][0]["id"])


def in_force(page: Page, record: int) -> int:
    """The list the adjustment made, once the day's job has run."""
    for _ in range(100):
        lists = rows(page, "price_list", "source_adjustment_id", record)
        if lists:
            assert lists[0]["values"]["status"] == "effective"
            return int(lists[0]["id"])
        page.wait_for_timeout(200)
    raise AssertionError("the new prices are not in force")


def submits_at_the_new_price(page: Page, order: int) -> None:
    page.goto(f"/sales_order/show/{order}")
    page.click("button:has-text('提交')")
    page.wait_for_selector(".ap-now:has-text('王浩')")
    assert rows(page, "sales_order_line", "parent_id", order)[0]["values"]["list_price"] == "104.00"


def tells_its_story(company: Company, record: int, new_list: int) -> None:
    """The auditor: what the price was and is, who asked and agreed, that the log is whole; and nothing can be written."""
    page = company.at("auditor", "/changelog/?entity=price_list_item")
    number = next(row["values"]["adjust_no"] for row in rows(page, "price_adjustment", "title", TITLE))
    item = page.locator(f".tz-log-table tbody tr:has-text('{BOTTLE}')").first
    item.locator(".tz-log-text").click()
    pane = page.locator(".tz-log-detail")
    pane.wait_for()
    assert "104.00" in pane.inner_text()
    assert number in pane.inner_text()
    page.goto(f"/changelog/?entity=price_adjustment&record={number}")
    story = " ".join(page.locator(".tz-log-table tbody tr").all_inner_texts()[::-1])
    told = (
        "新增",
        "宋佳 提交",
        "赵琳.*退回",
        "宋佳 重新提交",
        "赵琳.*同意",
        "王浩.*代 陈立 同意",
        "周建国.*同意",
        "秦朗.*同意",
        "系统",
    )
    assert re.search(".*".join(told), re.sub(r"\s+", " ", story)), story
    page.goto("/changelog/seals")
    page.get_by_role("button", name="现在验证").click()
    page.get_by_text("验证通过").first.wait_for()
    change = {"entity": "price_list", "op": "update", "id": new_list, "version": 1, "values": {"remark": "x"}}
    assert send(page, "change_set", {"changes": [change]})[0] == 403
    page.goto("/price_list/list/")
    sheet = SheetPage(page)
    assert page.locator(".sh-btn:has-text('新建'), .sh-submit").count() == 0
    before = sheet.text(1, "name")
    sheet.enter(1, "name", "不能改")
    assert sheet.text(1, "name") == before


def asks_for_a_special_price(page: Page) -> str:
    """王芳 types an order; a price below the floor is refused where it stands, a special one is not; its number."""
    sheet = SheetPage(page)
    customer = buyer(page)
    page.click(".sh-btn.sh-primary:has-text('新建') >> nth=0")
    page.keyboard.type(customer["values"]["name"])
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    sheet.hears("已新增 1 行")
    _status, answer = send(page, "sales_order/rows", {"sort": [["order_no", "desc"]], "limit": 1})
    number = str(answer["rows"][0]["values"]["order_no"])
    page.goto("/sales_order/list/")
    sheet = found(page, number)
    sheet.go(1, "delivery_date")
    sheet.paste(f"{today() + timedelta(days=5)}\t南京市文昌街89号\t陈文博\t15400000089")
    sheet.hears("已保存 4 处")
    sheet.go(1, "customer_id")
    lines = lines_of(page)
    lines.go(1, "product_id")
    lines.paste(f"{BOTTLE}\t\t\t5")
    lines.hears("已新增 1 行")
    lines.waits_for(1, "qty", "30")
    lines.enter(1, "unit_price", "50")
    lines.waits_for(1, "unit_price", "50.00", "error")
    lines.go(1, "unit_price")
    page.wait_for_selector(":text('价格太低，谁也批不了')")
    lines.enter(1, "unit_price", "88")
    lines.waits_for(1, "unit_price", "88.00")
    return number


def test_an_order_with_a_special_price_is_returned_taken_back_and_confirmed(visit: Visit) -> None:
    def at(user: str, path: str = "/inbox/", **more: Any) -> Page:
        page = visit(path, user, PASSWORD, **more)
        page.set_default_timeout(10_000)
        return page

    wang = at("sr.wang", "/sales_order/list/")
    number = asks_for_a_special_price(wang)
    wang.goto("/sales_order/list/")
    found(wang, number).go(1, "customer_id")
    wang.click(".sh-submit")
    wang.wait_for_selector(".sh-toast:has-text('已提交，等 王浩')")
    east = at("sm.east")
    decide(east, number, "退回", "客户是不是老客户？备注写清")
    order = rows(wang, "sales_order", "order_no", number)[0]["id"]
    wang.goto(f"/sales_order/show/{order}")
    assert "客户是不是老客户" in wang.inner_text(".tz-record-side")
    wang.click("button:has-text('提交')")
    wang.wait_for_selector(".ap-now:has-text('王浩')")
    wang.click(".tz-decide >> text=撤回")
    wang.click("dialog[open] .btn-primary")
    wang.wait_for_selector("h1:has-text('草稿')")
    wang.click("button:has-text('提交')")
    wang.wait_for_selector(".ap-now:has-text('王浩')")
    east.goto("/inbox/")
    decide(east, number, "同意")
    decide(at("fn.qian", size=PHONE), number, "同意")
    chen = at("sd.chen")
    decide(chen, number, "同意", "老客户")
    wang.goto(f"/sales_order/show/{order}")
    assert "已确认" in wang.inner_text("h1")

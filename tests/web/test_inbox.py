"""The inbox in real browsers: people ask, others decide, on the product's own server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from seeds.demo import PASSWORD
from tests.support.office import CLERK, DIRECTOR, FIELD, FINANCE, MANAGER, Office, Person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.browser import Visit
    from tests.support.server import LiveServer

pytestmark = pytest.mark.browser

PHONE = (390, 844)


@pytest.fixture(scope="module")
def office(chromium: Browser, server: LiveServer) -> Iterator[Office]:
    contexts = []

    def hire(name: str) -> Person:
        context = chromium.new_context(base_url=server.url, locale="zh-CN")
        contexts.append(context)
        return Person(context.request).sign_in(name)

    yield Office(hire).open()
    for context in contexts:
        context.close()


@pytest.fixture
def inbox(visit: Visit) -> Callable[..., Page]:
    """Opens the inbox of a person, at a case if one is given."""

    def show(user: str = MANAGER, case: int | None = None, **more: Any) -> Page:
        page = visit(f"/inbox/?case={case}" if case else "/inbox/", user, PASSWORD, **more)
        page.wait_for_selector(".ib-head" if case else ".ib-item, .tz-empty")
        return page

    return show


def press(page: Page, words: str) -> None:
    page.click(f".ib-bar:visible .btn:has-text('{words}')")


def hears(page: Page, words: str) -> None:
    page.get_by_text(words).first.wait_for()


def told(page: Page, words: str) -> None:
    page.wait_for_selector(f".sh-toast:has-text('{words}')")


def line(page: Page, case: int) -> str:
    return f".ib-item[data-case='{case}']"


def test_the_keys_walk_the_list_and_agree(office: Office, inbox: Callable[..., Page]) -> None:
    first, second = office.ask("甲先生"), office.ask("乙先生")
    page = inbox()
    page.wait_for_selector(f"{line(page, second)}.ib-chosen")
    waiting = int(page.inner_text(".tz-menu [data-counter=todo]"))
    page.keyboard.press("j")
    page.wait_for_selector(f"{line(page, first)}.ib-chosen")
    page.keyboard.press("k")
    page.wait_for_selector(f"{line(page, second)}.ib-chosen")
    page.wait_for_selector(".ib-pane:not([inert]) .ib-new:has-text('乙先生')")
    page.keyboard.press("a")
    told(page, "已同意")
    page.wait_for_selector(line(page, second), state="detached")
    assert office.state(second) == "approved"
    assert office.contacts(second) == ["乙先生"]
    assert int(page.inner_text(".tz-menu [data-counter=todo]")) == waiting - 1
    assert office.state(first) == "running"
    office[MANAGER].act(first, "approve")


def test_a_key_never_decides_about_a_case_that_is_not_on_the_screen_yet(
    office: Office, inbox: Callable[..., Page]
) -> None:
    first, second = office.ask("亥先生"), office.ask("金先生")
    page = inbox(case=second)
    held: list[Any] = []
    page.route(f"**/approval/case/{first}", lambda route: held.append(route))
    page.keyboard.press("j")
    page.wait_for_selector(f"{line(page, first)}.ib-chosen")
    page.keyboard.press("a")
    held[0].continue_()
    page.wait_for_selector(".ib-pane:not([inert]) .ib-new:has-text('亥先生')")
    assert {office.state(first), office.state(second)} == {"running"}
    for case in (first, second):
        office[CLERK].act(case, "withdraw")


def test_rejecting_asks_for_the_reason_in_place(office: Office, inbox: Callable[..., Page]) -> None:
    case = office.ask("丙先生")
    before = office.contacts(case)
    page = inbox(case=case)
    page.wait_for_selector(".ib-verbs .btn")
    page.keyboard.press("r")
    hears(page, "写明驳回的原因")
    assert page.evaluate("document.activeElement.matches('.ib-comment[aria-invalid=true]')")
    assert office.state(case) == "running"
    page.keyboard.type("名片上不是这个人 a k")
    assert page.locator(f"{line(page, case)}.ib-chosen").count() == 1
    press(page, "驳回")
    told(page, "已驳回")
    assert office.state(case) == "rejected"
    assert office.contacts(case) == before
    page.click(".ib-tab:has-text('我已处理')")
    page.click(f"{line(page, case)} .ib-title")
    page.wait_for_selector(".ib-opinions :text('名片上不是这个人')")
    assert "已驳回" in page.inner_text(line(page, case))


def test_rows_without_a_tick_are_left_out(office: Office, inbox: Callable[..., Page]) -> None:
    case = office.ask("丁先生", "戊先生", "己先生")
    before = office.contacts(case)
    page = inbox(case=case)
    page.locator(".ib-keep input").nth(1).uncheck()
    press(page, "同意 2 行")
    told(page, "已同意")
    assert office.contacts(case) == ["丁先生", before[1], "己先生"]
    page.goto(f"/inbox/?tab=done&case={case}")
    assert page.locator(".ib-left").inner_text().split()[-1] == "戊先生"


def test_nobody_approves_nothing(office: Office, inbox: Callable[..., Page]) -> None:
    case = office.ask("庚先生", "辛先生")
    page = inbox(case=case)
    for box in page.locator(".ib-keep input").all():
        box.uncheck()
    assert page.is_disabled(".ib-verbs .btn-primary")
    office[CLERK].act(case, "withdraw")


def test_several_are_decided_together_and_each_answers_for_itself(
    office: Office, inbox: Callable[..., Page]
) -> None:
    cases = [office.ask(name) for name in ("壬先生", "癸先生", "子先生")]
    page = inbox()
    for case in cases:
        page.check(f"{line(page, case)} .ib-tick input")
    hears(page, "已选 3 张")
    office[DIRECTOR].act(cases[1], "approve")
    page.click(".ib-batch .btn-primary")
    page.wait_for_selector(f"{line(page, cases[0])} .ib-verdict")
    said = [page.inner_text(f"{line(page, case)} .ib-verdict") for case in cases]
    assert "已同意" in said[0]
    assert "陈立" in said[1]
    assert "已同意" in said[2]
    assert page.locator(f"{line(page, cases[1])} .ib-verdict.tz-text-red").count() == 1
    assert page.is_hidden(".ib-batch")
    assert {office.state(case) for case in cases} == {"approved"}


def test_a_case_that_moved_is_shown_anew_and_the_comment_stays(
    office: Office, inbox: Callable[..., Page]
) -> None:
    case = office.ask("丑先生", "寅先生")
    page = inbox(case=case)
    page.fill(".ib-comment:visible", "看过名片")
    office[DIRECTOR].act(case, "return", "先问问客户")
    office[CLERK].act(case, "resubmit")
    press(page, "同意")
    hears(page, "你看的时候，这张单变了")
    moved = page.inner_text(".ib-note.tz-violet")
    assert "陈立" in moved
    assert "重新提交" in moved
    assert page.input_value(".ib-comment:visible") == "看过名片"
    assert "第 2 轮" in page.inner_text(".ib-about")
    press(page, "同意")
    told(page, "已同意")
    opinions = [one["comment"] for one in office[CLERK].get(f"approval/case/{case}")["opinions"]]
    assert opinions.count("看过名片") == 1


def test_without_a_connection_nothing_is_lost_and_nothing_is_sent_twice(
    office: Office, inbox: Callable[..., Page]
) -> None:
    case = office.ask("卯先生")
    page = inbox(case=case)
    page.fill(".ib-comment:visible", "同意换人")
    page.context.set_offline(True)
    press(page, "同意")
    hears(page, "没连上服务器")
    assert page.input_value(".ib-comment:visible") == "同意换人"
    assert page.is_visible("#tz-strip")
    page.context.set_offline(False)
    page.dblclick(".ib-bar:visible .btn-primary")
    told(page, "已同意")
    found = office[CLERK].get(f"approval/case/{case}")
    assert [one["verb"] for one in found["events"]].count("approve") == 1
    assert page.is_hidden("#tz-strip")


def test_the_submitter_follows_withdraws_and_settles_a_returned_request(
    office: Office, inbox: Callable[..., Page]
) -> None:
    case = office.ask("辰先生")
    page = inbox(CLERK)
    page.click(".ib-tab:has-text('我的申请')")
    page.wait_for_url("**/inbox/mine**")
    assert "等 " in page.inner_text(line(page, case))
    assert page.locator(".tz-menu-item.active").inner_text().split()[0] == "我的申请"
    press(page, "撤回")
    told(page, "已撤回")
    assert office.state(case) == "withdrawn"
    page.wait_for_selector(f"{line(page, case)}:has-text('已撤回')")


def test_a_moved_ground_is_settled_cell_by_cell(office: Office, inbox: Callable[..., Page]) -> None:
    case = office.ask("巳先生", "午先生")
    with office.unguarded():
        for row in office[CLERK].get(f"approval/case/{case}")["changes"]:
            made = office[MANAGER].change(
                {"entity": "customer", "op": "update", "id": row["id"], "base": {FIELD: row["cells"][0]["old"]},
                 "values": {FIELD: f"王浩改 {row['id']}"}}
            )  # fmt: skip
            assert made["state"] == "applied", made
    office[DIRECTOR].act(case, "approve")
    assert office.state(case) == "returned"

    page = inbox(CLERK, case)
    hears(page, "有 2 处被别人改过")
    press(page, "重新提交")
    hears(page, "还有 2 处没选")
    assert office.state(case) == "returned"
    sides = page.locator(".ib-cell")
    assert "王浩" in sides.nth(0).inner_text()
    sides.nth(0).locator("[value=yours]").check()
    sides.nth(1).locator("[value=theirs]").check()
    press(page, "重新提交")
    told(page, "已重新提交")
    assert office[DIRECTOR].act(case, "approve")["state"] == "approved"
    assert office.contacts(case)[0] == "巳先生"
    assert office.contacts(case)[1].startswith("王浩改")


def test_one_thumb_decides_on_a_phone(office: Office, inbox: Callable[..., Page]) -> None:
    many = office.ask(*[f"第{n}位" for n in range(11)])
    first, second = office.ask("未先生"), office.ask("申先生")
    page = inbox(size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "申先生" in page.inner_text(f"{line(page, second)} .ib-peek")
    page.click(f"{line(page, second)} .ib-go")
    page.wait_for_selector(f"{line(page, second)} .ib-verdict:has-text('已同意')")
    page.click(f"{line(page, first)} .ib-no")
    page.fill(f"{line(page, first)} textarea", "电话打不通")
    page.click(f"{line(page, first)} .btn-outline-danger")
    page.wait_for_selector(f"{line(page, first)} .ib-verdict:has-text('已驳回')")
    assert (office.state(first), office.state(second)) == ("rejected", "approved")

    page.click(f"{line(page, many)} .ib-go:has-text('查看后处理')")
    page.wait_for_selector(".ib-head")
    assert page.is_hidden(".ib-items")
    for button in page.locator(".ib-bar:visible .ib-verbs > .btn").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    page.click(".ib-back")
    page.wait_for_selector(f"{line(page, many)} .ib-go:has-text('同意')")
    page.click(f"{line(page, many)} .ib-go")
    page.wait_for_selector(f"{line(page, many)} .ib-verdict:has-text('已同意')")
    assert office.state(many) == "approved"


def test_a_delegate_sees_in_whose_stead_they_act(office: Office, inbox: Callable[..., Page]) -> None:
    page = inbox(MANAGER)
    page.click(".btn:has-text('委托代理')")
    page.fill("#ib-delegate-search", "周建国")
    page.click(".tz-picker-list li:has-text('周建国')")
    page.click(".ib-form .btn-primary")
    page.wait_for_selector(".ib-delegation:has-text('周建国')")
    case = office.ask("酉先生")
    other = inbox(FINANCE, case)
    assert "代 王浩 处理" in other.inner_text(".ib-about")
    press(other, "同意")
    told(other, "已同意")
    assert any(
        one["verb"] == "approve" and "王浩" in one["text"]
        for one in office[CLERK].get(f"approval/case/{case}")["events"]
    )
    page.click(".ib-delegation .btn:has-text('结束委托')")
    page.wait_for_selector(".ib-delegations:has-text('没有委托')")


def test_a_case_that_is_none_of_mine_looks_like_one_that_does_not_exist(office: Office, visit: Visit) -> None:
    case = office.ask("戌先生")
    stranger = visit(f"/inbox/?case={case}", "hr.xu", PASSWORD)
    nowhere = visit("/inbox/?case=999999", "hr.xu", PASSWORD)
    for page in (stranger, nowhere):
        page.wait_for_selector(".ib-pane .tz-empty h2")
    assert stranger.inner_text(".ib-pane") == nowhere.inner_text(".ib-pane")
    office[CLERK].act(case, "withdraw")


def test_an_empty_inbox_teaches_and_the_page_speaks_english(visit: Visit) -> None:
    page = visit("/inbox/", "hr.xu", PASSWORD)
    hears(page, "没有等你审批的")
    assert page.is_hidden(".tz-menu [data-counter=todo]")
    page.goto("/lang/en")
    page.goto("/inbox/mine")
    hears(page, "You have not asked for anything yet")
    assert not re.search("[一-鿿]", page.inner_text("#inbox"))

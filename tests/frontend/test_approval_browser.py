"""Approvals in the sheet and on the record page, by the people of the demo company in real browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.frontend.sheet_page import SheetPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visit

pytestmark = pytest.mark.browser

_POST = """async ([path, body]) => {
  const token = document.querySelector('meta[name=csrf-token]').content;
  const headers = {'Content-Type': 'application/json', 'X-CSRFToken': token};
  const answer = await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)});
  return [answer.status, await answer.json()];
}"""
_FLOW = {
    "steps": [{"id": "one", "label": {"zh": "销售经理审核"}, "approvers": [{"user": "sm.east"}]},
              {"id": "two", "label": {"zh": "会签"}, "mode": "all",
               "approvers": [{"user": "sd.chen"}, {"user": "fm.zhou"}]}],
    "use": "change", "admin": {"user": "ceo"},
}  # fmt: skip
NAMES_NEED_APPROVAL: list[dict[str, Any]] = [
    {"entity": "approval_flow", "op": "insert", "ref": "flow",
     "values": {"code": "T1", "version_no": 1, "name": "客户资料", "for_entity": "customer", "spec": _FLOW}},
    {"entity": "approval_policy", "op": "insert",
     "values": {"code": "P1", "name": "客户名称", "for_entity": "customer", "operations": ["update"], "fields": "name",
                "flow_code": "T1", "is_active": True}},
]  # fmt: skip


def as_person(visit: Visit, user: str, path: str = "/customer/list/", **more: Any) -> Page:
    from seeds.demo import PASSWORD

    return visit(path, user=user, password=PASSWORD, **more)


def change(page: Page, *changes: dict[str, Any]) -> dict[str, Any]:
    """Send a change set as the page's person."""
    status, answer = page.evaluate(_POST, ["/api/v1/change_set", {"changes": changes}])
    assert status == 200, answer
    return dict(answer)


@pytest.fixture
def guarded(visit: Visit) -> None:
    """Other names of customers need the sales manager, then the director and finance together."""
    admin = as_person(visit, "admin", "/")
    flow, policy = NAMES_NEED_APPROVAL
    status, known = admin.evaluate(_POST, ["/api/v1/approval_policy/rows", {"limit": 50}])
    if status == 200 and any(row["values"]["code"] == "P1" for row in known["rows"]):
        return
    made = change(admin, flow)["results"][0]
    publish = {
        "entity": "approval_flow",
        "op": "update",
        "id": made["id"],
        "version": made["version"],
        "verb": "publish",
    }
    change(admin, publish)
    change(admin, policy)


def test_a_cell_turns_held_says_who_has_it_and_is_decided_in_another_browser(
    visit: Visit, guarded: None
) -> None:
    sheet = SheetPage(as_person(visit, "sr.wang"))
    before = sheet.text(1, "name")
    sheet.enter(1, "name", "云溪新商行")
    sheet.page.wait_for_selector(".sh-toast:has-text('已提交，等 王浩')")
    assert sheet.state(1, "name") == "held"
    assert "云溪新商行" in sheet.text(1, "name")
    sheet.page.click(".sh-counter:has-text('待审批')")
    bar = sheet.page.inner_text(".sh-cellbar")
    assert all(word in bar for word in (before, "等 王浩 审批", "撤回")), bar
    sheet.page.keyboard.type("不行")
    sheet.page.keyboard.press("Escape")
    assert sheet.state(1, "name") == "held", "a held cell refuses typing"

    boss = SheetPage(as_person(visit, "sm.east"))
    boss.page.fill(".sh-search", before)
    boss.page.keyboard.press("Enter")
    boss.page.wait_for_selector(".slick-cell.sh-is-held")
    boss.go(1, "name")
    boss.page.keyboard.press("Alt+ArrowRight")
    boss.page.wait_for_selector(".sh-drawer .ap-now:has-text('王浩')")
    assert "会签" in boss.page.inner_text(".sh-drawer .ap-route"), "the route is drawn whole"
    boss.page.click(".sh-decide >> text=驳回")
    boss.page.click(".sh-ask .sh-primary")
    assert "请写明原因" in boss.page.inner_text(".sh-ask")
    boss.page.fill(".sh-ask textarea", "名称和执照不一致")
    boss.page.click(".sh-ask .sh-primary")
    boss.page.wait_for_selector(".sh-toast")
    boss.page.wait_for_selector(".slick-cell.sh-is-held", state="detached")

    sheet.page.reload()
    sheet = SheetPage(sheet.page)
    sheet.waits_for(1, "name", before)


def test_who_asked_takes_a_held_cell_back_from_the_cell_bar(visit: Visit, guarded: None) -> None:
    sheet = SheetPage(as_person(visit, "sr.wang"))
    before = sheet.text(2, "name")
    sheet.enter(2, "name", "另一个名字")
    sheet.page.wait_for_selector(".sh-toast")
    sheet.go(2, "name")
    sheet.page.click(".sh-cellbar >> text=撤回")
    sheet.waits_for(2, "name", before)


def test_a_draft_is_submitted_locked_and_its_page_draws_the_route(visit: Visit) -> None:
    sheet = SheetPage(as_person(visit, "sr.wang", "/sales_order/list/"))
    order = _complete_draft(sheet.page)
    sheet.page.fill(".sh-search", order)
    sheet.page.keyboard.press("Enter")
    sheet.waits_for(1, "order_no", order)
    sheet.go(1, "customer_id")
    sheet.page.click(".sh-submit.sh-primary")
    sheet.page.wait_for_selector(".sh-toast:has-text('已提交，等')")
    assert "审批中" in sheet.page.inner_text(".sh-cellbar")
    sheet.page.click(".sh-cellbar >> text=为什么？")
    sheet.page.wait_for_selector(".sh-why-decides:has-text('AP-')")
    assert "怎样才能改" in sheet.page.inner_text(".sh-why-pop")
    sheet.page.keyboard.press("Escape")
    sheet.page.keyboard.press("Alt+ArrowRight")
    sheet.page.wait_for_selector(".sh-drawer .ap-now")

    manager = as_person(visit, "sm.east", size=(390, 844))
    manager.goto(sheet.page.get_attribute(".sh-drawer a[aria-label=打开记录]", "href") or "")
    assert "王芳" in manager.inner_text(".ap-route")
    manager.click(".tz-decide >> text=同意")
    manager.wait_for_selector(".tz-flash")
    assert "钱" in manager.inner_text(".ap-now")


def _complete_draft(page: Page) -> str:
    """The number of a draft that lacks nothing."""
    asked = {"filter": {"and": [{"field": "status", "op": "eq", "value": "draft"},
                                {"field": "delivery_date", "op": "not_empty"}]}, "limit": 5}  # fmt: skip
    _status, found = page.evaluate(_POST, ["/api/v1/sales_order/rows", asked])
    return str(found["rows"][0]["values"]["order_no"])


def test_a_page_one_may_not_open_says_why(visit: Visit) -> None:
    page = as_person(visit, "auditor", "/")
    page.goto("/customer/add")
    page.click("summary:has-text('为什么？')")
    assert "怎样才能做" in page.inner_text(".tz-why")

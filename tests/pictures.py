"""Takes the pictures of docs/guide from a running demo company: ``python -m tests.pictures http://127.0.0.1:8080``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from seeds.demo import PASSWORD
from tests.browser.wizard_page import CLERK, Wizard, post
from tests.support.needs import CHROMIUM, program

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide"
WRONG: dict[int, dict[str, object]] = {
    1: {"备注": "月底对账"},
    2: {"手机": "1385519020"},
    3: {"销售区域": "苏洲"},
    4: {"销售区域": "苏洲", "联系人": None},
    5: {"联系人": "马俊"},
    6: {"备注": "十二月再谈"},
}
ROWS = 14


def sign_in(page: Page) -> None:
    """Sign in as the clerk, who reads Chinese."""
    page.goto("/login/")
    page.fill("#username", CLERK)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def walk(page: Page, language: str, folder: Path) -> None:
    """One import from the file to its page, a picture of each step."""

    def take(name: str) -> None:
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        page.screenshot(path=GUIDE / f"{language}-{name}.png")

    def visit(path: str, **_who: str) -> Page:
        page.goto(path)
        return page

    wizard = Wizard(visit, folder)  # type: ignore[arg-type]
    ledger = wizard.ledger(f"华东客户-11月-{language}.xlsx", ROWS, WRONG)
    page.goto(f"/lang/{language}")
    page.goto("/import/customer")
    take("1-file")
    page.set_input_files("#wz-file", ledger)
    page.wait_for_selector(".wz-struck")
    take("2-sheet")
    wizard.go()
    page.wait_for_selector(".wz-map")
    take("3-columns")
    wizard.go()
    wizard.previewed()
    take("4-preview")
    page.locator(".wz-bar input[type=radio]").first.check()
    wizard.go()
    page.wait_for_selector(".wz-figures")
    take("5-done")
    page.goto("/import/history")
    page.locator("a[href*='/import/batch/']").first.click()
    page.wait_for_load_state("networkidle")
    take("6-batch")
    # The next time there is something to change again.
    assert post(page, f"/api/v1/change_set/{page.url.rsplit('/', 1)[1]}/undo", {}).ok


def main(address: str) -> None:
    """Take all pictures in both languages."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program(*CHROMIUM), args=["--no-sandbox"])
        for language in ("zh", "en"):
            page = browser.new_context(
                base_url=address, viewport={"width": 1200, "height": 750}, locale="zh-CN"
            ).new_page()
            sign_in(page)
            walk(page, language, Path(folder))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])

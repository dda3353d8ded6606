"""Real people in a real browser: Chromium, driven by Playwright, on the product's own server.

A test with the mark `browser` asks for `visit` and gets a page for each call, in a profile of its own:

    @pytest.mark.browser
    def test_two_clerks(visit):
        page = visit("/customer/list/", user="clerk", password="…")

An error in a page's script, an answer of 500 or a request to another host fails the test, unless the test
takes it out of `visit.errors`. When a test fails, a picture of each page it had open is kept.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support import needs
from tests.support.apps import Applications
from tests.support.database import SqliteFiles, Store, worker
from tests.support.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--font-render-hinting=none"),
]
PICTURES = Path(tempfile.gettempdir()) / "taizhang-pictures"
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember that a test failed, for the pictures."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The installed Chromium, started once for a test process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs.program(*needs.CHROMIUM), args=ARGUMENTS, chromium_sandbox=False
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(applications: Applications, shared: Path, request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """The product's server on a copy of the demo company of its own, for the tests of one file."""
    name = re.sub(r"\W", "_", request.node.nodeid)
    store = Store(SqliteFiles(), f"live_{worker()}", shared / f"live_{worker()}_{name}")
    applications.copy_to(store, demo=True)
    live = LiveServer(store)
    try:
        yield live.wait()
    finally:
        live.stop()
        store.remove()


class Visit:
    """Opens pages; see this module's text. `errors` has one line for each thing that went wrong in a page."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.errors: list[str] = []
        self.pages: list[Page] = []
        self.url = url
        self._browser = browser

    def __call__(
        self,
        path: str = "/",
        user: str | None = None,
        password: str = "",
        *,
        language: str = "zh-CN",
        size: tuple[int, int] = (1440, 900),
        dark: bool = False,
    ) -> Page:
        """A page in a new profile; signed in first when `user` is given. `size` in CSS pixels."""
        context = self._browser.new_context(
            base_url=self.url,
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
            reduced_motion="reduce",
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        self.pages.append(page)
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("response", lambda answer: self._look_at(answer.url, answer.status))
        if user is not None:
            sign_in(page, user, password)
        if user is None or path != "/":
            page.goto(path)
        return page

    def _look_at(self, url: str, status: int) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and not url.startswith(self.url):
            self.errors.append(f"request to another host: {url}")
        if status >= 500 and status != 503:
            self.errors.append(f"{status}: {url}")


def sign_in(page: Page, user: str, password: str) -> None:
    """Sign in through the form, as people do, and wait for the page after it."""
    page.goto("/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def visit(chromium: Browser, server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens pages of the running product as a person; see `Visit`."""
    visits = Visit(chromium, server.url)
    yield visits
    if request.node.stash.get(FAILED, True):
        keep_pictures(visits, request.node.nodeid)
    for page in visits.pages:
        page.context.close()
    assert visits.errors == []


def keep_pictures(visits: Visit, test: str) -> None:
    """A picture of every page a failed test had open, named by the test."""
    PICTURES.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", test)
    for number, page in enumerate(visits.pages):
        path = PICTURES / f"{name}-{number}.png"
        page.screenshot(path=path)
        print(f"picture of {page.url}: {path}")

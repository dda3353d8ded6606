"""The frame in a real browser: search box, theme, menu width, keys, sign-in helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visit

pytestmark = pytest.mark.browser


def somebody(name: str = "sm.east") -> dict[str, str]:
    """One of the demo company's people; a sales manager unless another is named."""
    from seeds.demo import PASSWORD

    return {"user": name, "password": PASSWORD}


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.bsTheme"))


def test_the_sign_in_page_helps(visit: Visit) -> None:
    page = visit("/login/")
    page.fill("#password", "secret")
    page.click("[data-tz=eye]")
    assert page.get_attribute("#password", "type") == "text"
    assert page.is_hidden(".tz-caps")
    page.evaluate(
        "document.querySelector('#password').dispatchEvent("
        "new KeyboardEvent('keydown', {bubbles: true, modifierCapsLock: true}))"
    )
    assert page.is_visible(".tz-caps")


def test_a_dark_browser_gets_dark_until_light_is_chosen(visit: Visit) -> None:
    page = visit(**somebody(), dark=True)
    assert theme(page) == "dark"
    page.click("[data-tz=theme]")
    assert theme(page) == "light"
    page.reload()
    assert theme(page) == "light"


def test_the_search_box_opens_a_page_by_its_initials(visit: Visit) -> None:
    page = visit(**somebody())
    page.keyboard.press("Control+k")
    page.keyboard.type("khda")
    assert page.inner_text("#tz-find-list li[aria-selected=true]").startswith("客户档案")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customer/list/")


def test_the_menu_stays_small_and_the_language_stays_english(visit: Visit) -> None:
    page = visit(**somebody())
    page.click("[data-tz=menu]")
    page.click(".tz-language summary")
    page.click(".tz-language a[hreflang=en]")
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_attribute("html", "data-tz-menu") == "small"
    assert page.locator(".tz-menu").bounding_box()["width"] == 48  # type: ignore[index]


def test_question_mark_shows_the_keys_but_not_while_typing(visit: Visit) -> None:
    page = visit(**somebody())
    page.keyboard.press("?")
    assert page.is_visible("#tz-keys")
    page.keyboard.press("Escape")
    assert page.is_hidden("#tz-keys")
    page.goto("/changelog/")
    page.click(".tz-log-more summary")
    page.focus("input[name=record]")
    page.keyboard.press("?")
    assert page.is_hidden("#tz-keys")


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (720, 450), (390, 844)])
def test_no_page_is_wider_than_the_window(visit: Visit, size: tuple[int, int]) -> None:
    page = visit(**somebody(), size=size)
    for path in ("/", "/customer/add", "/users/userinfo/", "/changelog/", "/nothing/here"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_signing_out_is_a_post_and_leads_to_the_sign_in_page(visit: Visit) -> None:
    page = visit(**somebody())
    page.click(".tz-person summary")
    page.click(".tz-person form button")
    page.wait_for_url("**/login/**")
    page.goto("/")
    assert "/login" in page.url

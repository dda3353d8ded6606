"""The browser harness: a real sign-in on the product's own server."""

from __future__ import annotations

import pytest

from seeds.demo import LOGINS, PASSWORD
from tests.support.browser import Visit


@pytest.mark.browser
def test_a_person_signs_in_through_the_form(visit: Visit) -> None:
    page = visit("/", user=LOGINS[0][0], password=PASSWORD)
    assert "/login" not in page.url
    assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.browser
def test_two_people_have_two_profiles(visit: Visit) -> None:
    visit("/", user=LOGINS[0][0], password=PASSWORD)
    stranger = visit("/customer/list/")
    assert "/login" in stranger.url


@pytest.mark.browser
def test_an_error_in_a_page_is_noticed(visit: Visit) -> None:
    page = visit("/login/")
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    page.wait_for_timeout(100)
    assert visit.errors == ["script: planted"]
    visit.errors.clear()


@pytest.mark.browser
def test_a_request_to_another_host_is_noticed(visit: Visit) -> None:
    page = visit("/login/")
    page.route("https://elsewhere.example/**", lambda route: route.fulfill(body=""))
    page.goto("https://elsewhere.example/")
    assert visit.errors == ["request to another host: https://elsewhere.example/"]
    visit.errors.clear()

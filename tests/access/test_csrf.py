"""The CSRF matrix: cookie or token, with and without the CSRF token, on pages, our API and FAB's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.test_sessions import tokens
from tests.access.world import PASSWORD, World, token_of

# Every kind of route that writes, FAB's REST (which FAB exempts) among them; bodies need not make sense.
ROUTES = [
    ("POST", "/api/v1/customer/"),
    ("PUT", "/api/v1/customer/1"),
    ("DELETE", "/api/v1/customer/1"),
    ("POST", "/api/v1/change_set"),
    ("POST", "/api/v1/customer/rows"),
    ("POST", "/customer/add"),
    ("POST", "/customer/edit/1"),
    ("POST", "/customer/delete/1"),
    ("POST", "/customer/action_post"),
    ("POST", "/users/add"),
    ("POST", "/users/edit/1"),
    ("POST", "/resetmypassword/form"),
    ("POST", "/logout/"),
    ("POST", "/api/v1/security/login"),
    ("POST", "/no/such/page"),
]


def refused(answer: Any) -> bool:
    text = answer.json.get("message", "") if answer.is_json else answer.text
    return answer.status_code == 400 and "页面已经过期" in text


def test_a_cookie_alone_writes_nothing(world: World, subtests: pytest.Subtests) -> None:
    client = world.client("rep")
    for method, path in ROUTES:
        for headers in ({}, {"X-CSRFToken": "nonsense"}, {"X-CSRFToken": ""}):
            with subtests.test(f"{method} {path} {headers}"):
                answer = client.open(
                    path, method=method, headers={**headers, "Accept-Language": "zh"}, json={}
                )
                assert refused(answer), answer.text[:300]
                if path.startswith("/api/"):
                    assert set(answer.json) == {"message", "errors"}
    assert refused(client.post("/logout/", data={"csrf_token": "nonsense"})), "as a page, for people"
    assert client.get("/users/userinfo/").status_code == 200, "signed out by a request without a token"


def test_cookie_and_token_together_pass(world: World, subtests: pytest.Subtests) -> None:
    client = world.client("rep")
    token = token_of(client.get("/").text)
    for method, path in ROUTES:
        if path in ("/logout/",):
            continue
        with subtests.test(f"{method} {path}"):
            answer = client.open(path, method=method, headers={"X-CSRFToken": token}, json={})
            assert not refused(answer), answer.text[:300]


def test_another_persons_token_does_not_pass(world: World) -> None:
    mine, theirs = world.client("rep"), world.client("colleague")
    token = token_of(theirs.get("/").text)
    assert refused(mine.post("/logout/", headers={"X-CSRFToken": token}))


def test_tokens_need_no_csrf_token_but_a_cookie_beside_them_does(world: World) -> None:
    access = {"Authorization": f"Bearer {tokens(world, 'rep')['access_token']}"}
    alone = world.app.test_client().post("/api/v1/customer/rows", json={}, headers=access)
    assert alone.status_code == 200, alone.text
    beside = world.client("rep").post("/api/v1/customer/rows", json={}, headers=access)
    assert refused(beside)


def test_signing_in_by_api_needs_no_token_without_a_cookie(world: World) -> None:
    body = {"username": "rep", "password": PASSWORD, "provider": "db"}
    assert world.app.test_client().post("/api/v1/security/login", json=body).status_code == 200


def test_the_sign_in_form_cannot_be_sent_from_elsewhere(world: World) -> None:
    """No cookie, so nothing to abuse; but nobody is signed in as somebody they did not mean to be either."""
    client = world.app.test_client()
    answer = client.post("/login/", data={"username": "rep", "password": PASSWORD})
    assert answer.status_code in (200, 400)
    assert client.get("/users/userinfo/").status_code == 302


def test_reading_asks_for_no_token(world: World) -> None:
    client = world.client("rep")
    for path in ("/customer/list/", "/api/v1/customer/", "/users/userinfo/"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/login/", "/", "/api/v1/customer/", "/no/such/page"])
def test_security_headers(world: World, path: str) -> None:
    headers = world.client("rep").get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_scripts_in_pages_carry_the_nonce_of_their_answer(world: World) -> None:
    import re

    client = world.client("rep")
    first, second = client.get("/customer/list/"), client.get("/customer/list/")
    nonces = []
    for answer in (first, second):
        found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert found is not None
        nonces.append(found.group(1))
        inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
        for attributes in inline:
            assert "application/json" in attributes or f'nonce="{found.group(1)}"' in attributes
        assert not re.search(r"\son\w+=[\"']", answer.text), "an inline handler, which the policy forbids"
    assert nonces[0] != nonces[1]


def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    client = world.app.test_client()
    token = token_of(client.get("/login/").text)
    answer = client.post("/login/", data={"username": "rep", "password": PASSWORD, "csrf_token": token})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie

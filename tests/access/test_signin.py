"""Signing in: limits, no enumeration, a safe next page, passwords, hostile input, the log of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.access.model import AccessLog
from app.access.passwords import problem
from app.db import db
from app.fab.security_views import safe_next
from tests.access.world import PASSWORD, World, sign_in, token_of

LOGIN = "/api/v1/security/login"


@pytest.fixture
def limited(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three refused tries a minute; the tests' own settings allow thousands."""
    world.app.appbuilder.sm.limiter.reset()  # type: ignore[attr-defined]
    monkeypatch.setitem(world.app.config, "AUTH_RATE_LIMIT", "3 per minute")
    return world


def attempt(world: World, name: str, password: str, ip: str = "10.0.0.1") -> Any:
    client = world.app.test_client()
    body = {"username": name, "password": password, "provider": "db"}
    return client.post(LOGIN, json=body, environ_base={"REMOTE_ADDR": ip})


def test_tries_are_limited_by_name_and_address(limited: World) -> None:
    assert [attempt(limited, "rep", f"wrong {i}").status_code for i in range(5)] == [401] * 3 + [429] * 2
    assert attempt(limited, "rep", PASSWORD).status_code == 429, "the right password too"
    assert attempt(limited, "REP ".strip(), PASSWORD).status_code == 429
    assert attempt(limited, "colleague", PASSWORD).status_code == 200, "another name"
    assert attempt(limited, "rep", PASSWORD, ip="10.0.0.2").status_code == 200, "another address"


def test_unknown_names_are_limited_like_known_ones(limited: World) -> None:
    known = [attempt(limited, "rep", "wrong").status_code for _ in range(5)]
    assert [attempt(limited, "ghost", "wrong").status_code for _ in range(5)] == known


def test_signing_in_often_is_not_limited(limited: World) -> None:
    assert {attempt(limited, "rep", PASSWORD).status_code for _ in range(8)} == {200}


def test_the_form_is_limited_too(limited: World) -> None:
    client = limited.app.test_client()
    assert [sign_in(client, "rep", "wrong").status_code for _ in range(4)] == [302] * 3 + [429]


def test_refusals_do_not_tell_who_exists(world: World) -> None:
    client = world.app.test_client()
    pages, answers = set(), set()
    for name in ("rep", "ghost", "nobody@example.cn"):
        refused = sign_in(client, name, "wrong password")
        page = client.get(refused.location).text
        pages.add(page.replace(token_of(page), "").split("<main")[1].split("</main>")[0])
        answer = attempt(world, name, "wrong password")
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert len(pages) == 1
    assert "账号或密码不对" in pages.pop()


def test_an_inactive_person_stays_out(world: World) -> None:
    from app.audit.actor import SYSTEM, acting

    with world.app.app_context(), acting(SYSTEM):
        db.session.get_one(User, world.people["rep"]).active = False
        db.session.commit()
    assert attempt(world, "rep", PASSWORD).status_code == 401


def test_the_log_names_tries_and_sign_ins(world: World) -> None:
    attempt(world, "ghost", "wrong", ip="10.1.2.3")
    attempt(world, "rep", PASSWORD, ip="10.1.2.4")
    with world.app.app_context():
        rows = db.session.scalars(select(AccessLog).order_by(AccessLog.id)).all()
    assert [(r.what, r.name, r.user_id, r.ip) for r in rows] == [
        ("login_refused", "ghost", None, "10.1.2.3"),
        ("login", "rep", world.people["rep"], "10.1.2.4"),
    ]
    assert PASSWORD not in str([vars(r) for r in rows])


HOSTILE: list[Any] = [
    {},
    [],
    "x",
    5,
    None,
    {"username": "rep"},
    {"username": None, "password": None, "provider": "db"},
    {"username": ["rep"], "password": {"a": 1}, "provider": "db"},
    {"username": "rep\x00", "password": PASSWORD, "provider": "db"},
    {"username": "\ud800", "password": "\udfff", "provider": "db"},
    {"username": "x" * 100_000, "password": "y" * 100_000, "provider": "db"},
    {"username": "rep", "password": "", "provider": "db"},
    {"username": "", "password": "", "provider": "db"},
    {"username": "rep' OR '1'='1", "password": "x", "provider": "db"},
    {"username": "rep", "password": PASSWORD, "provider": "ldap"},
    {"username": "rep", "password": PASSWORD, "provider": "none"},
]


def test_hostile_sign_in_is_refused_politely(world: World, subtests: pytest.Subtests) -> None:
    for body in HOSTILE:
        with subtests.test(str(body)[:40]):
            answer = world.app.test_client().post(LOGIN, json=body)
            assert answer.status_code in (400, 401)


NAMES = ["rep\x00", "x" * 5000, "%s%n", "<script>alert(1)</script>", "' OR 1=1 --"]


def test_hostile_names_in_the_form(world: World, subtests: pytest.Subtests) -> None:
    for name in NAMES:
        with subtests.test(name[:40]):
            client = world.app.test_client()
            answer = sign_in(client, name, "wrong")
            assert answer.status_code in (200, 302)
            assert "<script>alert" not in client.get("/login/").text


TARGETS = [
    ("/customer/list/", "/customer/list/"),
    ("/a?b=c", "/a?b=c"),
    ("http://localhost/x", "/x"),
    ("https://evil.example/x", "/"),
    ("//evil.example", "/"),
    ("///evil.example", "/evil.example"),
    ("/\\evil.example", "/"),
    ("http:evil", "/"),
    ("javascript:alert(1)", "/"),
    ("\x01/x", "/x"),
    ("/x\r\nSet-Cookie: a=b", "/xSet-Cookie: a=b"),
    ("http://[", "/"),
    ("", "/"),
    (None, "/"),
    ("relative", "/"),
    ("http://localhost@evil.example/", "/"),
]


def test_the_next_page_is_ours(world: World, subtests: pytest.Subtests) -> None:
    for target, path in TARGETS:
        with subtests.test(str(target)):
            with world.app.test_request_context("/login/"):
                found = safe_next(target)
            assert found == path


def test_after_signing_in_one_is_where_one_wanted_to_be(world: World) -> None:
    client = world.app.test_client()
    assert sign_in(client, "rep", target="/customer/list/").location == "/customer/list/"
    assert sign_in(world.app.test_client(), "rep", target="https://evil.example/").location == "/"


PASSWORDS = [
    ("kurz", False),
    ("123456789", False),
    ("1234567890", False),
    ("qwertyuiop", False),
    ("aaaaaaaaaaaa", False),
    ("abcdefghijklm", False),
    ("Wanghao-2026", False),
    ("my name is WANGHAO", False),
    ("taizhang123", False),
    ("drei Hasen im Klee", True),
    ("白酒销售闭环管理平台", True),
    ("vK9#mm2!pqL0", True),
    ("", False),
]


def test_passwords(world: World, subtests: pytest.Subtests) -> None:
    for password, good in PASSWORDS:
        with subtests.test(password), world.app.test_request_context():
            assert (problem(password, ["wanghao", "浩", ""]) is None) is good


def change_password(world: World, client: Any, present: str, new: str) -> Any:
    token = token_of(client.get("/resetmypassword/form").text)
    fields = {"current_password": present, "password": new, "conf_password": new, "csrf_token": token}
    return client.post("/resetmypassword/form", data=fields)


def test_changing_ones_own_password(world: World) -> None:
    client, other = world.client("rep"), world.client("rep")
    for present, new in (
        ("wrong", "drei Hasen im Klee"),
        (PASSWORD, "1234567890"),
        (PASSWORD, "rep-rep-rep-1"),
    ):
        answer = change_password(world, client, present, new)
        assert answer.status_code == 200, "refused, with the form again"
        assert client.get("/users/userinfo/").status_code == 200
    assert change_password(world, client, PASSWORD, "drei Hasen im Klee").status_code == 302
    assert client.get("/users/userinfo/").status_code == 302, "signed out"
    assert other.get("/users/userinfo/").status_code == 302
    assert attempt(world, "rep", PASSWORD).status_code == 401
    assert attempt(world, "rep", "drei Hasen im Klee").status_code == 200

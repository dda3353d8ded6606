"""Sessions end when they must, cookies and tokens alike; a copied cookie is worth nothing afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select, text

from app import clock
from app.access.model import AccessLog, UserSession
from app.audit.actor import SYSTEM, acting
from app.db import db
from tests.access.world import HASH, PASSWORD, World, token_of

OWN_PAGE = "/users/userinfo/"
API = "/api/v1/customer/"
LOGIN = "/api/v1/security/login"


def signed_in(client: FlaskClient) -> bool:
    return client.get(OWN_PAGE).status_code == 200


def tokens(world: World, name: str) -> dict[str, str]:
    body = {"username": name, "password": PASSWORD, "provider": "db", "refresh": True}
    answer = world.app.test_client().post(LOGIN, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def by_token(world: World, token: str, path: str = API) -> Any:
    return world.app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})


def csrf(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": token_of(client.get("/").text)}


def test_signing_in_makes_a_row_and_signing_out_ends_it(world: World) -> None:
    client = world.client("rep")
    assert signed_in(client)
    with world.app.app_context():
        row = db.session.scalars(select(UserSession)).one()
        assert (row.user_id, row.ended) == (world.people["rep"], None)
    assert client.get("/logout/").status_code == 405
    assert signed_in(client)
    client.post("/logout/", headers=csrf(client))
    assert not signed_in(client)
    with world.app.app_context():
        assert db.session.scalars(select(UserSession)).one().ended is not None
        noted = db.session.scalars(select(AccessLog.what).order_by(AccessLog.id)).all()
        assert noted == ["login", "logout"]


def test_a_copied_cookie_dies_with_its_session(world: World) -> None:
    client, thief = world.client("rep"), world.app.test_client()
    name = world.app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    thief.set_cookie(name, cookie.value)
    assert signed_in(thief)
    client.post("/logout/", headers=csrf(client))
    assert not signed_in(thief)


def test_signing_out_ends_one_session_only(world: World) -> None:
    desk, phone = world.client("rep"), world.client("rep")
    desk.post("/logout/", headers=csrf(desk))
    assert not signed_in(desk)
    assert signed_in(phone)


def test_the_session_is_new_at_each_sign_in(world: World) -> None:
    world.client("rep"), world.client("rep")
    with world.app.app_context():
        keys = db.session.scalars(select(UserSession.id)).all()
    assert len(set(keys)) == 2
    assert all(len(key) >= 40 for key in keys)


def _reset(user: User) -> None:
    from flask import current_app

    current_app.appbuilder.sm.reset_password(user.id, "ein ganz neues 9")  # type: ignore[attr-defined]


def _core(statement: str) -> Callable[[User], None]:
    def change(user: User) -> None:
        db.session.execute(text(statement), {"id": user.id, "hash": HASH})
        db.session.commit()

    return change


def _take_role(user: User) -> None:
    user.roles = []
    db.session.commit()


def _add_role(user: User) -> None:
    user.roles.append(db.session.scalars(select(Role).where(Role.name == "legal")).one())
    db.session.commit()


def _add_group(user: User) -> None:
    legal = db.session.scalars(select(Role).where(Role.name == "legal")).one()
    user.groups.append(Group(name="g", label="g", description="", roles=[legal]))
    db.session.commit()


def _switch_off(user: User) -> None:
    user.active = False
    db.session.commit()


def _off_and_on(user: User) -> None:
    _switch_off(user)
    user.active = True
    db.session.commit()


def _delete(user: User) -> None:
    db.session.execute(text("DELETE FROM ab_user_role WHERE user_id = :id"), {"id": user.id})
    db.session.execute(text("DELETE FROM ab_user WHERE id = :id"), {"id": user.id})
    db.session.commit()


CHANGES: dict[str, Callable[[User], None]] = {
    "password by FAB": _reset,
    "password by SQL": _core("UPDATE ab_user SET password = :hash || 'x' WHERE id = :id"),
    "role taken": _take_role,
    "role added": _add_role,
    "role through a group": _add_group,
    "role by SQL": _core("DELETE FROM ab_user_role WHERE user_id = :id"),
    "switched off": _switch_off,
    "switched off by SQL": _core("UPDATE ab_user SET active = false WHERE id = :id"),
    "switched off and on": _off_and_on,
    "deleted": _delete,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_person_ends_all_their_sessions(world: World, change: str) -> None:
    """The service agent owns no records, so that even deleting them is possible."""
    desk, phone, colleague = world.client("service"), world.client("service"), world.client("rep")
    token = tokens(world, "service")
    assert signed_in(desk)
    assert by_token(world, token["access_token"]).status_code == 200
    with world.app.app_context(), acting(SYSTEM):
        if change == "deleted":
            _forget_membership(world)
        CHANGES[change](db.session.get_one(User, world.people["service"]))
    assert not signed_in(desk)
    assert not signed_in(phone)
    assert by_token(world, token["access_token"]).status_code == 401
    refreshed = world.app.test_client().post(
        "/api/v1/security/refresh", headers={"Authorization": f"Bearer {token['refresh_token']}"}
    )
    assert refreshed.status_code == 401
    assert signed_in(colleague), "somebody else's session ended"


def _forget_membership(world: World) -> None:
    from app.audit.actor import writing

    with writing(9):
        db.session.execute(
            text("DELETE FROM membership WHERE user_id = :id"), {"id": world.people["service"]}
        )
        db.session.commit()


def test_an_unrelated_change_ends_nothing(world: World) -> None:
    client = world.client("rep")
    with world.app.app_context(), acting(SYSTEM):
        user = db.session.get_one(User, world.people["rep"])
        user.email, user.login_count = "new@example.cn", 5
        db.session.commit()
    assert signed_in(client)


def test_an_answer_on_its_way_does_not_bring_back_the_old_language(world: World) -> None:
    """Only an answer that alters the session sends its cookie; any other would undo what came in between."""
    client = world.client("rep")
    client.get("/")
    assert "Set-Cookie" not in client.get("/api/v1/customer/sheet").headers
    assert "Set-Cookie" in client.get("/lang/en").headers


def test_idle_and_absolute_limits(world: World) -> None:
    settings = world.app.config["TAIZHANG"]
    client = world.client("rep")
    clock.turn(timedelta(seconds=settings.session_idle - 60))
    assert signed_in(client), "used within the idle limit"
    clock.turn(timedelta(seconds=settings.session_idle - 60))
    assert signed_in(client), "use was not noted"
    clock.turn(timedelta(seconds=settings.session_idle + 1))
    assert not signed_in(client)
    client = world.client("rep")
    for _ in range(settings.session_absolute // (settings.session_idle - 60)):
        clock.turn(timedelta(seconds=settings.session_idle - 60))
        assert signed_in(client)
    clock.turn(timedelta(seconds=settings.session_idle - 60))
    assert not signed_in(client), "the absolute limit"


def test_rights_hold_from_the_next_request_on(world: World) -> None:
    """Taking a right from a role needs no new sign-in and no restart."""
    client = world.client("rep")
    assert client.get("/customer/list/").status_code == 200
    with world.app.app_context(), acting(SYSTEM):
        db.session.execute(text(
            "DELETE FROM ab_permission_view_role WHERE permission_view_id IN (SELECT pv.id FROM"
            " ab_permission_view pv JOIN ab_view_menu v ON v.id = pv.view_menu_id WHERE v.name = 'Customer')"
        ))  # fmt: skip
        db.session.commit()
    assert client.get("/customer/list/").status_code == 403


def test_tokens_of_one_sign_in_share_a_session_that_ends(world: World) -> None:
    first, second = tokens(world, "rep"), tokens(world, "rep")
    with world.app.app_context():
        assert len(db.session.scalars(select(UserSession)).all()) == 2
    fresh = world.app.test_client().post(
        "/api/v1/security/refresh", headers={"Authorization": f"Bearer {first['refresh_token']}"}
    )
    assert fresh.status_code == 200
    again = fresh.json["access_token"]
    assert by_token(world, again).status_code == 200
    out = world.app.test_client().post(
        "/api/v1/security/logout", headers={"Authorization": f"Bearer {again}"}
    )
    assert out.status_code == 200
    for token in (first["access_token"], again):
        refused = by_token(world, token)
        assert refused.status_code == 401
        assert set(refused.json) == {"message", "errors"}
    assert by_token(world, second["access_token"]).status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é", "x" * 5000])
def test_nonsense_tokens_are_refused_politely(world: World, token: str) -> None:
    answer = by_token(world, token)
    assert answer.status_code == 401
    assert answer.json["message"]


def test_without_cookie_or_token_the_api_says_sign_in(world: World) -> None:
    answer = world.app.test_client().get(API)
    assert (answer.status_code, answer.json) == (401, {"message": "请先登录。", "errors": []})


def test_a_token_signed_by_us_without_a_session_is_worthless(world: World) -> None:
    """As after a restore of the database, or made with a leaked key for a person of one's choice."""
    from flask_jwt_extended import create_access_token

    stolen_id, auditor = tokens(world, "rep"), str(world.people["auditor"])
    with world.app.test_request_context():
        key = db.session.scalars(select(UserSession.id)).one()
        forged = create_access_token(auditor, additional_claims={"sid": "x" * 43})
        crossed = create_access_token(auditor, additional_claims={"sid": key})
    assert by_token(world, forged).status_code == 401
    assert by_token(world, crossed).status_code == 401, "another person's session"
    assert by_token(world, stolen_id["access_token"]).status_code == 200


def test_the_actor_is_the_person_and_nobody_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.audit.actor import current_actor

    seen = []
    page: Callable[..., str] = lambda **_: str(seen.append(current_actor()))  # noqa: E731
    monkeypatch.setitem(world.app.view_functions, "UserDBModelView.userinfo", page)
    world.client("rep").get(OWN_PAGE)
    token = tokens(world, "rep")["access_token"]
    by_token(world, token, OWN_PAGE)
    world.app.test_client().get(OWN_PAGE)
    web, api, nobody = seen
    assert (web.id, web.name, web.source) == (world.people["rep"], "王浩", "web")
    assert (api.id, api.source) == (world.people["rep"], "api")
    assert (nobody.id, nobody.name) == (None, "anonymous")
    assert len({web.request, api.request, nobody.request}) == 3
    assert current_actor() is None, "the actor outlived the request"


def test_access_costs_four_statements_a_request(world: World) -> None:
    from sqlalchemy import event

    client, sent = world.client("rep"), []
    client.get(OWN_PAGE)
    with world.app.app_context():
        engine = db.engine
    listen = lambda *args: sent.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        assert client.get("/api/v1/menu/").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert len(sent) == 4, "\n".join(sent)


def test_noting_use_never_waits_for_a_writer(world: World) -> None:
    """While an import holds SQLite's write lock, people go on reading; their use is noted later."""
    client = world.client("rep")
    clock.turn(timedelta(hours=1))
    with world.app.app_context():
        engine = db.engine
        before = db.session.scalars(select(UserSession.seen)).one()
    with engine.connect() as writer, acting(SYSTEM):
        if engine.dialect.name == "sqlite":
            writer.exec_driver_sql("BEGIN IMMEDIATE")
        assert signed_in(client)
        writer.rollback()
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000, "put back"
    assert signed_in(client)
    with world.app.app_context():
        assert db.session.scalars(select(UserSession.seen)).one() > before

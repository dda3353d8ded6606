"""FAB's pages of people and roles: who may use them, what they refuse, and the permissions behind them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView, Role, User, assoc_permissionview_role
from sqlalchemy import func, select, text

from app.access import load_grants
from app.access.model import AccessField, AccessScope
from app.audit.actor import SYSTEM, acting
from app.db import db
from app.entity import registry
from app.fab.permissions import sync_permissions
from seeds.roles import ROLES, seed_roles
from tests.access.world import World, token_of

PAGES = {
    "/users/list/": {"configurator": 200, "auditor": 200, "rep": 403, "manager": 403, None: 302},
    "/users/add": {"configurator": 200, "auditor": 403, "rep": 403, None: 302},
    "/users/show/1": {"configurator": 200, "auditor": 200, "rep": 403, None: 302},
    "/users/edit/1": {"configurator": 200, "auditor": 403, "rep": 403, None: 302},
    "/roles/list/": {"configurator": 200, "auditor": 200, "rep": 403, None: 302},
    "/roles/show/1": {"configurator": 200, "auditor": 200, "rep": 403, None: 302},
    "/roles/add": {"configurator": 403, "auditor": 403, "rep": 403, None: 302},
    "/roles/edit/1": {"configurator": 403, "auditor": 403, "rep": 403, None: 302},
    "/users/userinfo/": {"rep": 200, "auditor": 200, "nobody": 403, None: 302},
}


def post(client: FlaskClient, path: str, page: str = "/", **fields: Any) -> Any:
    return client.post(path, data={**fields, "csrf_token": token_of(client.get(page).text)})


def test_who_opens_which_page(world: World, subtests: pytest.Subtests) -> None:
    people = {name for expected in PAGES.values() for name in expected}
    clients = {name: world.client(name) for name in people}
    for path, expected in PAGES.items():
        for name, status in expected.items():
            with subtests.test(f"{name} {path}"):
                assert clients[name].get(path).status_code == status


def test_roles_are_changed_by_nobody_here(world: World, subtests: pytest.Subtests) -> None:
    client = world.client("configurator")
    for path, fields in {
        "/roles/add": {"name": "mine"}, "/roles/edit/1": {"name": "mine"}, "/roles/delete/1": {},
        "/roles/action_post": {"action": "copyrole", "rowid": "1"}, "/roles/action/copyrole/1": {},
        "/groups/add": {"name": "g"}, "/groups/delete/1": {}, "/users/delete/1": {},
    }.items():  # fmt: skip
        with subtests.test(path):
            assert post(client, path, **fields).status_code in (403, 404)
    with world.app.app_context():
        assert set(db.session.scalars(select(Role.name))) >= set(ROLES)
        assert not set(db.session.scalars(select(Role.name))) & {"mine", "sales_rep copy"}


def _new_user(world: World, **other: Any) -> dict[str, Any]:
    with world.app.app_context():
        rep = db.session.scalars(select(Role.id).where(Role.name == "sales_rep")).one()
    return {
        "username": "newcomer", "last_name": "周", "first_name": "新", "email": "new@example.cn",
        "active": "y", "roles": str(rep),
        "password": "drei Hasen im Klee", "conf_password": "drei Hasen im Klee", **other,
    }  # fmt: skip


def test_a_new_person_can_sign_in_and_the_log_says_who_made_them(world: World) -> None:
    from tests.access.test_signin import attempt

    client = world.client("configurator")
    assert post(client, "/users/add", "/users/add", **_new_user(world)).status_code == 302
    assert attempt(world, "newcomer", "drei Hasen im Klee").status_code == 200
    with world.app.app_context():
        row = db.session.execute(
            text("SELECT actor_id, source FROM change_log WHERE tbl = 'ab_user' ORDER BY id DESC LIMIT 1")
        ).one()
        assert tuple(row) == (world.people["configurator"], "web")
        logged = " ".join(db.session.scalars(text("SELECT COALESCE(new, '') FROM change_log")))
        assert "scrypt" not in logged
        assert "Hasen" not in logged


def test_a_weak_password_is_refused_with_a_sentence(world: World) -> None:
    client = world.client("configurator")
    answer = post(
        client, "/users/add", "/users/add",
        **_new_user(world, password="newcomer-2026", conf_password="newcomer-2026"),
    )  # fmt: skip
    assert answer.status_code == 200
    with world.app.app_context():
        assert db.session.scalar(select(func.count()).where(User.username == "newcomer")) == 0


@pytest.mark.parametrize("role", ["Admin", "Public"])
def test_the_system_role_cannot_be_handed_out(world: World, role: str) -> None:
    client = world.client("configurator")
    with world.app.app_context():
        key = db.session.scalars(select(Role.id).where(Role.name == role)).one()
    page = client.get("/users/add").text
    assert f'value="{key}"' not in page.split('name="roles"')[1].split("</select>")[0]
    post(client, "/users/add", "/users/add", **_new_user(world, roles=str(key)))
    with world.app.app_context():
        made = db.session.scalars(select(User).where(User.username == "newcomer")).one_or_none()
        assert made is None or role not in [r.name for r in made.roles]


def test_nobody_changes_their_own_roles(world: World) -> None:
    client, me = world.client("configurator"), world.people["configurator"]
    with world.app.app_context():
        director = db.session.scalars(select(Role.id).where(Role.name == "sales_director")).one()
    fields = {"username": "configurator", "last_name": "赵", "first_name": "磊",
              "email": "configurator@example.cn", "active": "y", "roles": str(director)}  # fmt: skip
    post(client, f"/users/edit/{me}", f"/users/edit/{me}", **fields)
    with world.app.app_context():
        assert load_grants(db.session(), me).role_names == ("configurator",)
    assert client.get("/users/list/").status_code == 200, "still signed in"
    other = world.people["rep"]
    fields |= {"username": "rep", "email": "rep@example.cn"}
    post(client, f"/users/edit/{other}", f"/users/edit/{other}", **fields)
    with world.app.app_context():
        assert load_grants(db.session(), other).role_names == ("sales_director",)


STRANGE = {
    404: (
        "show/abc", "show/99999999999", "show/-1", "show/0", "show/²", "edit/999999", "action/nosuch/1",
        "action/userinfoedit/999999",
    ),
    400: (
        "list/?psize_UserDBModelView=abc", "list/?psize_UserDBModelView=-1",
        "list/?psize_UserDBModelView=99999999999", "list/?page_UserDBModelView=9e9",
        "list/?page_UserDBModelView=%00", "list/?page_UserDBModelView=²",
        "list/?_oc_UserDBModelView=nosuch&_od_UserDBModelView=asc",
        "list/?_oc_UserDBModelView=password&_od_UserDBModelView=asc",
    ),
    200: ("list/?_flt_0_nosuch=x", "list/?_flt_99_username=x", "list/?_flt_0_username=%27"),
}  # fmt: skip


def test_strange_addresses_are_answered_politely(world: World, subtests: pytest.Subtests) -> None:
    client = world.client("configurator")
    for status, addresses in STRANGE.items():
        for address in addresses:
            with subtests.test(address):
                assert client.get(f"/users/{address}").status_code == status


def test_nobody_finds_people_by_their_password_hash(world: World) -> None:
    client = world.client("configurator")
    page = client.get("/users/list/?_flt_2_password=pbkdf2").text
    other = client.get("/users/list/?_flt_2_password=nothing-like-it").text
    assert page.count("/users/show/") == other.count("/users/show/") >= len(world.people)


def test_unknown_actions_are_404(world: World) -> None:
    client = world.client("configurator")
    assert post(client, "/users/action_post", action="nosuch", rowid="1").status_code == 404
    assert post(client, "/users/action_post", action="resetpasswords", rowid="999999").status_code == 404
    assert post(client, "/users/action_post").status_code == 404


def test_permissions_are_synced_once(world: World) -> None:
    def counts() -> tuple[int, int]:
        with world.app.app_context():
            return (
                db.session.scalar(select(func.count()).select_from(PermissionView.__table__)) or 0,
                db.session.scalar(select(func.count()).select_from(assoc_permissionview_role)) or 0,
            )

    before = counts()
    sync_permissions(world.app)
    assert counts() == before
    with world.app.app_context():
        names = set(db.session.scalars(text("SELECT name FROM ab_view_menu")))
    assert "Customer" in names
    assert "CustomerContact" not in names, "lines have no permissions of their own"


def test_seeding_again_gives_nothing_back(world: World) -> None:
    """What an administrator took away stays away; what is new gets its usual rights."""
    with world.app.app_context(), acting(SYSTEM):
        session = db.session()
        rep = session.scalars(select(Role.id).where(Role.name == "sales_rep")).one()
        session.execute(text("UPDATE access_scope SET scope = 'department' WHERE entity = 'customer'"))
        session.execute(
            text("DELETE FROM access_field WHERE entity = 'customer' AND role_id = :r"), {"r": rep}
        )
        session.execute(text("DELETE FROM access_scope WHERE entity = 'region'"))
        for view in ("ChangeLog", "Person"):
            roles = "" if view == "ChangeLog" else f" AND role_id = {rep}"
            session.execute(text(
                "DELETE FROM ab_permission_view_role WHERE permission_view_id IN (SELECT pv.id"
                " FROM ab_permission_view pv JOIN ab_view_menu v ON v.id = pv.view_menu_id"
                " WHERE v.name = :v)" + roles
            ), {"v": view})  # fmt: skip
        session.commit()
        seed_roles(session, registry)
        clerk, auditor = (load_grants(session, world.people[name]) for name in ("rep", "auditor"))
        assert not clerk.permits("can_list", "Person"), "taken from one role"
        assert auditor.permits("can_list", "ChangeLog"), "new, as far as known"
        scopes = select(AccessScope.scope).where(AccessScope.role_id == rep)
        assert session.scalar(scopes.where(AccessScope.entity == "customer")) == "department"
        assert session.scalar(scopes.where(AccessScope.entity == "region")) == "all", "new, as far as known"
        fields = select(func.count()).where(AccessField.role_id == rep, AccessField.entity == "customer")
        assert session.scalar(fields) == 0


def test_every_entity_is_reached_by_somebody_and_written_by_somebody(inside: World) -> None:
    from app.access.grants import Grants

    session = db.session()
    with acting(SYSTEM):
        holders: dict[str, Grants] = {}
        for name in ROLES:
            role = session.scalars(select(Role).where(Role.name == name)).one()
            user = User(
                username=f"u_{name}", first_name="a", last_name="b", email=f"{name}@x.cn", active=True
            )
            user.roles = [role]
            session.add(user)
            session.flush()
            holders[name] = load_grants(session, user.id)
        session.rollback()
    for entity in registry:
        name = entity.name
        assert any(g.scope(name) == "all" for g in holders.values()), name
        made_by_rules = entity.about.pattern == "assigned"
        assert (
            any("add" in g.verbs(name) for g in holders.values()) or entity.about.parent or made_by_rules
        ), name
        assert not holders["auditor"].verbs(name) & {"add", "edit", "delete", "import", "approve"}, name
        assert holders["auditor"].scope(name) == "all", name
        pii = [f.name for f in entity.fields.values() if f.pii or f.mask]
        assert not set(pii) & set(holders["auditor"].open_fields(name)), name
        if entity.about.pattern == "sales" and not entity.about.parent:
            assert holders["sales_rep"].scope(name) == "own", name
            assert holders["sales_manager"].scope(name) == "tree", name
            assert holders["configurator"].scope(name) is None, name
        for guarded in ("cost_price", "floor_price"):
            if guarded in entity.fields:
                assert holders["sales_rep"].level(name, guarded) == "hidden", name
                assert holders["finance_manager"].level(name, guarded) in ("read", "edit"), name
    assert holders["finance_clerk"].editable_fields("product") == ["cost_price"]

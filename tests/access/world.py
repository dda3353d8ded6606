"""A small company for the tests of access: a tree of departments, people with seeded roles, their records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import insert, select
from werkzeug.security import generate_password_hash

from app.audit.actor import SYSTEM, acting, writing
from app.db import db
from app.entity import registry
from app.fab.permissions import sync_permissions

PASSWORD = "Heimlich-2026"
HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
"""The password of everybody; hashed as weakly as can be, since it guards nothing."""

PEOPLE = {
    "rep": ("王", "浩", "sales_rep", "east_1"),
    "colleague": ("李", "娜", "sales_rep", "east_1"),
    "stranger": ("张", "强", "sales_rep", "west"),
    "manager": ("陈", "静", "sales_manager", "east"),
    "marketer": ("刘", "洋", "marketing_manager", "head"),
    "service": ("杨", "帆", "service_agent", "head"),
    "configurator": ("赵", "磊", "configurator", "head"),
    "auditor": ("钱", "审", "auditor", "head"),
    "nobody": ("孙", "空", None, None),
}
DEPARTMENTS = {"head": None, "east": "head", "east_1": "east", "west": "head"}


@dataclass
class World:
    """Ids by name: people, departments, and one customer with a contact for each of three owners."""

    app: Flask
    people: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, int] = field(default_factory=dict)

    def client(self, name: str | None = None) -> FlaskClient:
        """A browser, signed in as one of the people."""
        client = self.app.test_client()
        if name is not None:
            assert sign_in(client, name).location != "/login/?next=/", f"{name} could not sign in"
        return client


def build(app: Flask) -> World:
    """Fill a fresh database, past the gate: the gate has its own tests."""
    from seeds.roles import seed_roles

    sync_permissions(app)
    world = World(app)
    with app.app_context(), acting(SYSTEM), writing(1):
        session = db.session()
        seed_roles(session, registry)
        roles = {row.name: row.id for row in session.execute(select(Role.__table__))}
        for name, (last, first, role, _home) in PEOPLE.items():
            world.people[name] = _add(
                User.__table__, username=name, first_name=first, last_name=last, email=f"{name}@example.cn",
                active=True, password=HASH,
            )  # fmt: skip
            if role is not None:
                _add(assoc_user_role, user_id=world.people[name], role_id=roles[role])
        for name, upper in DEPARTMENTS.items():
            world.departments[name] = _add(
                registry.get("department").table, code=name, code_key=name, name=name, is_active=True,
                parent_department_id=world.departments.get(upper or ""),
            )  # fmt: skip
        for name, (_last, _first, _role, home) in PEOPLE.items():
            if home is not None:
                _add(
                    registry.get("membership").table,
                    user_id=world.people[name], of_department_id=world.departments[home],
                )  # fmt: skip
        for name in ("rep", "colleague", "stranger"):
            home = PEOPLE[name][3]
            world.customers[name] = _add(
                registry.get("customer").table, customer_code=f"C-{name}", customer_code_key=f"c-{name}",
                name=f"客户 {name}", name_key=name, mobile="13812345678", contact_name="何先生",
                owner_id=world.people[name], department_id=world.departments[home or ""],
            )  # fmt: skip
            world.contacts[name] = _add(
                registry.get("customer_contact").table, parent_id=world.customers[name], position=0,
                name=f"联系人 {name}", name_key=name, mobile="13987654321",
            )  # fmt: skip
        session.commit()
    return world


def _add(table: Any, **values: Any) -> int:
    if "version" in table.c:
        values.setdefault("version", 1)
    key = db.session.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def token_of(page: str) -> str:
    """The CSRF token of a page."""
    import re

    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page) or re.search(
        r'name="csrf-token" content="([^"]+)"', page
    )
    assert found, "the page carries no CSRF token"
    return found.group(1)


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, target: str = "/") -> Any:
    """Fill in the sign-in form."""
    token = token_of(client.get("/login/").text)
    return client.post(
        f"/login/?next={target}", data={"username": name, "password": password, "csrf_token": token}
    )

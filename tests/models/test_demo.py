"""The demo company: complete, alive, the same every time, and signed in to with one password."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.access.wall import unscoped
from app.audit.log import ChangeLog
from app.db import db
from app.entity import registry
from app.org.parameters import declared
from seeds import demo, load_demo, prepare
from seeds.data.customers import customers
from seeds.data.people import PEOPLE, UNITS


@pytest.fixture
def inside(demo_app: Flask) -> Iterator[Flask]:
    with demo_app.app_context():
        yield demo_app


def counted(entity: str, field: str) -> Counter[str]:
    """How many records have which value."""
    column = registry.get(entity).table.c[field]
    with unscoped("a test counts"):
        found = Counter(
            {str(value): n for value, n in db.session.execute(select(column, func.count()).group_by(column))}
        )
    db.session.rollback()
    return found


def total(entity: str) -> int:
    return counted(entity, "id").total()


def test_everything_is_there(inside: Flask) -> None:
    expected = {
        "department": 18,
        "membership": len(PEOPLE),
        "biz_param": len(declared),
        "region": 28,
        "employee": len(PEOPLE),
        "product": 24,
        "customer": 120,
        "price_list": 2,
        "price_list_item": 28,
        "discount_policy": 7,
        "price_adjustment": 6,
    }
    assert {name: total(name) for name in expected} == expected
    assert total("sales_order") > 180
    assert total("sales_order_line") > total("sales_order")
    assert total("customer_contact") > 120
    assert counted("region", "level") == {"area": 4, "province": 11, "city": 13}
    assert counted("product", "status") == {"on_sale": 14, "suspended": 5, "retired": 5}
    assert counted("price_list", "status") == {"expired": 1, "effective": 1}
    assert counted("employee", "emp_status") == {"active": 23, "leaving": 1}


def test_customers_are_spread_as_the_domain_asks(inside: Flask) -> None:
    assert counted("customer", "abc_class") == {"A": 22, "B": 44, "C": 54}
    states = counted("customer", "status")
    assert (states["dormant"], states["lost"], states["blacklist"]) == (5, 3, 1)
    assert len(counted("customer", "owner_id")) >= 8
    assert len(counted("customer", "department_id")) == 6
    assert "None" not in counted("customer", "owner_id")


def test_a_second_run_changes_nothing(inside: Flask) -> None:
    log = ChangeLog.__table__
    business = [e.name for e in registry]
    before = db.session.execute(select(func.count()).where(log.c.tbl.in_(business))).scalar()
    db.session.rollback()
    prepare(inside)
    load_demo(inside)
    assert db.session.execute(select(func.count()).where(log.c.tbl.in_(business))).scalar() == before


def test_it_was_written_through_the_gate_by_those_who_would(inside: Flask) -> None:
    log = ChangeLog.__table__
    first = select(func.min(registry.get("price_list").table.c.id)).scalar_subquery()
    with unscoped("a test reads the log"):
        told = list(
            db.session.execute(
                select(log.c.actor_name)
                .where(log.c.tbl == "price_list", log.c.record_id == first)
                .order_by(log.c.id)
            ).scalars()
        )
    db.session.rollback()
    # Written and submitted by whoever prices things, agreed to by the management, begun and ended by days.
    assert list(dict.fromkeys(told)) == ["赵琳", "秦朗", "system"]


@pytest.mark.parametrize("name", ["sr.wang", "ceo", "admin", "auditor"])
def test_people_sign_in_with_the_printed_password(demo_app: Flask, name: str) -> None:
    from tests.access.world import sign_in

    client = demo_app.test_client()
    assert sign_in(client, name, demo.PASSWORD).status_code == 302
    assert client.get("/customer/list/").status_code == (403 if name == "admin" else 200)
    assert client.get("/product/list/").status_code == 200
    assert name in dict(demo.LOGINS)


def test_there_is_somebody_for_every_role_and_nobody_is_the_system(inside: Flask) -> None:
    from seeds.roles import ROLES

    assert {one.role for one in PEOPLE} == set(ROLES)
    held = {role.name for user in db.session.scalars(select(User)) for role in user.roles}
    db.session.rollback()
    assert held == set(ROLES)
    assert len({one.username for one in PEOPLE}) == len(PEOPLE)
    assert {one.unit for one in PEOPLE} <= {unit.code for unit in UNITS}


def test_the_customers_are_the_same_every_time() -> None:
    day = date(2026, 11, 22)
    assert list(customers(day)) == list(customers(day))
    later = [c["name"] for c in customers(date(2027, 3, 1))]
    assert later == [c["name"] for c in customers(day)]


def test_an_installation_without_the_demo_has_one_administrator(app: Flask) -> None:
    from seeds.company import PASSWORD_FILE
    from tests.access.world import sign_in

    with app.app_context():
        people = [(u.username, [r.name for r in u.roles]) for u in db.session.scalars(select(User))]
        db.session.rollback()
    assert people == [("admin", ["configurator"])]
    file = app.config["TAIZHANG"].home / PASSWORD_FILE
    assert file.stat().st_mode & 0o077 == 0
    client = app.test_client()
    assert sign_in(client, "admin", file.read_text().strip()).status_code == 302
    assert client.get("/region/list/").status_code == 200
    with app.app_context():
        assert counted("biz_param", "code").keys() >= {"abc.a_days", "price.min_margin", "tax.vat"}
        assert total("customer") == 0

"""The cast: five people every test knows, with the same names and roles as in the demo company, without its data.

    王芳 sr.wang   clerk: her own customers            李航 sr.li    her colleague
    王浩 sm.east   their head: the department tree      孙强 lg.sun   another department
    顾明 auditor   reads all, writes nothing            沈静 admin    sets the system up

There is one region and one customer each of 王芳's, of 李航's and of a department none of them is in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from app.access.context import acting_as
from app.access.grants import Grants
from seeds.data.people import PEOPLE, UNITS
from seeds.people import found_departments, hire, join_departments
from seeds.writing import inserts, write
from tests.access.world import sign_in

PASSWORD = "Taizhang-cast-2026"
# As weak as can be: it guards nothing, and is made for every test.
HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
NAMES = ("sr.wang", "sr.li", "sm.east", "lg.sun", "auditor", "admin")
_UNITS = ("YX", "XS", "XS-HD", "XS-HN", "WL", "XX", "SJ")


@dataclass(frozen=True)
class Cast:
    """Ids: people by login name, departments by code, the region, customers by whose they are (see above)."""

    users: dict[str, int]
    departments: dict[str, int]
    region: int
    customers: dict[str, int]

    @contextmanager
    def acting(self, name: str, source: str = "test") -> Iterator[Grants]:
        """Act as one of the cast; needs an application context."""
        with acting_as(self.users[name], source) as grants:
            yield grants


def customer(region: int, number: int, **more: Any) -> dict[str, Any]:
    """A customer with every required field filled, in wire values; different numbers make different customers."""
    return {
        "name": f"{number:05d}商行",
        "customer_type": "dealer",
        "channel_type": "dealer",
        "customer_group": "factory",
        "region_id": region,
        "contact_name": "何先生",
        "mobile": f"154{number:08d}",
        "address": "云溪镇云溪路1号",
        "lead_source": "visit",
        **more,
    }


def assemble(app: Flask) -> Cast:
    """Put the cast into a fresh database, through the gate and FAB like the demo company."""
    with app.app_context(), acting_as(None, source="seed"):
        people = [one for one in PEOPLE if one.username in NAMES]
        users = hire(people, HASH)
        departments = found_departments([unit for unit in UNITS if unit.code in _UNITS], users, "cast")
        join_departments(people, users, departments, "cast")
        area = {"code": "HD", "name": "华东大区", "level": "area"}
        region = write("cast:region", inserts("region", [area]))[0]
        places = (("sr.wang", "XS-HD"), ("sr.li", "XS-HD"), ("elsewhere", "XS-HN"))
        rows = [
            customer(region, number, owner_id=users.get(owner), department_id=departments[unit])
            for number, (owner, unit) in enumerate(places, 1)
        ]
        ids = write("cast:customers", inserts("customer", rows))
    return Cast(users, departments, region, dict(zip((p[0] for p in places), ids, strict=True)))


def signed_in(client: FlaskClient, person: str, password: str = PASSWORD) -> FlaskClient:
    """A browser in which somebody has signed in with the form."""
    assert sign_in(client, person, password).status_code == 302, f"{person} could not sign in"
    return client

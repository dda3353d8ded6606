"""Where the matrix is walked: the cast, and of every entity one record of 王芳's, of 李航's and of elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.access.context import acting_as
from app.access.grants import Grants
from app.access.load import load_grants
from app.audit.log import ChangeLog
from app.change import Change, undo
from app.change.model import ChangeSetRow
from app.db import db
from app.entity import EntityType, registry
from seeds.data.people import PEOPLE
from seeds.people import hire
from seeds.roles import ROLES
from seeds.writing import inserts, write
from tests.access.world import token_of
from tests.cast import HASH, Cast, assemble, signed_in
from tests.support.gate import rows_of

MISSING = 999_999
TARGETS = ("own", "colleague", "elsewhere", "missing")
PLACES = {"own": ("sr.wang", "XS-HD"), "colleague": ("sr.li", "XS-HD"), "elsewhere": (None, "XS-HN")}
"""Whose each target is and in which department, seen from 王芳's desk."""

_VALUES: dict[str, Callable[[int], Any]] = {
    "mobile": lambda n: f"154{n:08d}",
    "code": lambda n: f"M{n:04d}",
    "sku": lambda n: f"M{n:04d}",
    "emp_no": lambda n: f"M{n:04d}",
    "level": lambda n: "area",
    "abv": lambda n: "52.0",
    "target_margin": lambda n: "0.2000",
    "retail": lambda n: "400.00",
    "wholesale": lambda n: "300.00",
    "ex_factory": lambda n: "200.00",
    "floor_price": lambda n: "150.00",
    "rate": lambda n: "0.9500",
    "new_price": lambda n: "210.00",
    "role": lambda n: list(ROLES)[n % len(ROLES)],
    "max_rows": lambda _: None,
}
"""Fields whose values must look like something; everything else follows from the kind."""


_PARTICULAR: dict[str, Callable[[Ground], dict[str, Any]]] = {
    "approval_flow": lambda _: {"for_entity": "customer", "spec": {
        "steps": [{"id": "one", "label": {"zh": "一"}, "approvers": [{"role": "executive"}]}],
        "use": "change", "admin": {"role": "executive"}}},
    "approval_policy": lambda _: {"for_entity": "price_list", "flow_code": "F06", "is_active": False},
    "approval_delegation": lambda ground: {
        "from_user_id": ground.cast.users["sr.wang"], "to_user_id": ground.cast.users["sr.li"],
        "starts_at": "2026-01-01T00:00:00.000000Z", "ends_at": "2026-01-02T00:00:00.000000Z"},
    "export_limit": lambda _: {"for_entity": "region"},
    "export_request": lambda _: {"for_entity": "customer", "asked": {}},
    "scheduled_export": lambda _: {"for_entity": "customer", "asked": {}, "hour": 7, "folder": None, "mail_to": None},
}  # fmt: skip
"""Entities whose fields must fit together."""


@dataclass
class Ground:
    """The application, the cast, the ids of the targets by entity, and a signed-in browser for each person."""

    app: Flask
    cast: Cast
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    _clients: dict[str, tuple[FlaskClient, str]] = field(default_factory=dict)
    _grants: dict[str, Grants] = field(default_factory=dict)

    def target(self, entity: str, name: str) -> int:
        """The id of a target; one that no record has for "missing"."""
        return self.ids[entity].get(name, MISSING)

    def grants(self, person: str) -> Grants:
        """What a person may do."""
        if person not in self._grants:
            with self.app.app_context():
                self._grants[person] = load_grants(db.session(), self.cast.users[person])
        return self._grants[person]

    def version(self, entity: EntityType, record: int) -> int:
        """The version of a record; 1 for one that is not there."""
        table = entity.table
        with self.app.app_context(), db.engine.connect() as connection:
            return connection.execute(select(table.c.version).where(table.c.id == record)).scalar() or 1

    def reaches(self, person: str, entity: EntityType, target: str) -> bool:
        """Whether a target is one the person can see, by the definition of scope and not by the wall."""
        if target == "missing":
            return False
        owner, unit = PLACES[target]
        users, departments = self.cast.users, self.cast.departments
        return self.grants(person).reaches(entity.name, users.get(owner or ""), departments[unit])

    def browser(self, person: str) -> tuple[FlaskClient, str]:
        """A signed-in browser and its CSRF token."""
        if person not in self._clients:
            client = self.app.test_client()
            client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
            signed_in(client, person)
            self._clients[person] = client, token_of(client.get("/").text)
        return self._clients[person]

    def ask(self, person: str, method: str, path: str, **more: Any) -> Any:
        """Send a request as a person, with the CSRF token where one is needed."""
        client, token = self.browser(person)
        headers = {**more.pop("headers", {}), **({} if method == "GET" else {"X-CSRFToken": token})}
        return client.open(path, method=method, headers=headers, **more)

    def last_log(self) -> int:
        """The number of the last entry of the change log: it grows with every row that any write alters."""
        with self.app.app_context(), db.engine.connect() as connection:
            return int(connection.execute(select(func.max(ChangeLog.id))).scalar_one() or 0)

    def content(self) -> dict[str, Any]:
        """Every row of every entity's table."""
        with self.app.app_context():
            return {entity.name: rows_of(entity.name) for entity in registry}

    def last_set(self) -> int:
        """The number of the last change set."""
        with self.app.app_context(), db.engine.connect() as connection:
            return int(connection.execute(select(func.max(ChangeSetRow.id))).scalar_one() or 0)

    def take_back(self, mark: int) -> None:
        """Undo what was written after change set `mark`, the latest first."""
        table = ChangeSetRow.__table__
        with self.app.app_context(), acting_as(None, source="test"):
            query = select(table.c.id).where(table.c.id > mark, table.c.state == "applied")
            with db.engine.connect() as connection:
                numbers = sorted(connection.execute(query).scalars(), reverse=True)
            for number in numbers:
                result = undo(number)
                assert result.left == [], result.left


def values(ground: Ground, entity: EntityType, number: int) -> dict[str, Any]:
    """Wire values of a valid new record: required fields and keys filled; other numbers make other records."""
    found = {}
    for name, spec in entity.fields.items():
        if (
            not (spec.required or name in entity.about.key or name == "new_price")
            or not spec.written_by_people
            or name == "parent_id"
        ):
            continue
        if entity.name == "membership":
            # Of people whose scope on everything is the same whichever departments they are in.
            unit, who = (
                sorted(ground.cast.departments.values())[number % 5],
                ("auditor", "admin")[number == 777],
            )
            found |= {"user_id": ground.cast.users[who], "of_department_id": unit}
        elif name in _VALUES:
            found[name] = _VALUES[name](number)
        elif spec.kind == "person":
            found[name] = sorted(ground.cast.users.values())[number % len(ground.cast.users)]
        elif spec.is_link:
            found[name] = ground.ids[spec.target]["own"] if spec.target in ground.ids else ground.cast.region
        elif spec.kind == "choice":
            found[name] = spec.choices[0].code
        elif spec.kind == "multi_choice":
            found[name] = [spec.choices[0].code]
        elif spec.kind == "date":
            found[name] = f"20{20 + number % 70}-01-01"
        elif spec.type.numeric:
            found[name] = spec.parse(number % 9 + 1)
        elif spec.kind == "datetime":
            found[name] = f"2026-{1 + number % 9:02d}-01T00:00:00.000000Z"
        elif spec.kind in ("text", "long_text"):
            found[name] = f"{number:04d}号"
    return found | _PARTICULAR.get(entity.name, lambda _ground: {})(ground)


def place(ground: Ground, entity: EntityType) -> dict[str, int]:
    """One record of an entity for each target, written by the system."""
    rows = []
    for number, (target, (owner, unit)) in enumerate(PLACES.items(), 10 + 10 * len(ground.ids)):
        row = values(ground, entity, number)
        if entity.parent is not None:
            row["parent_id"] = ground.ids[entity.parent.name][target]
        else:
            row |= {
                "owner_id": ground.cast.users.get(owner or ""),
                "department_id": ground.cast.departments[unit],
            }
        if entity.name == "price_list_item":
            row["product_id"] = ground.ids["product"][target]
        rows.append(row)
    return dict(zip(PLACES, write(f"matrix:{entity.name}", inserts(entity.name, rows)), strict=True))


def build(app: Flask) -> Ground:
    """The cast, a person for each other role, and the targets, on a fresh database."""
    ground = Ground(app, assemble(app))
    with app.app_context(), acting_as(None, source="seed"):
        ground.cast.users.update(hire(PEOPLE, HASH))
        departments = ground.cast.departments
        ground.ids["department"] = {t: departments[unit] for t, (_o, unit) in PLACES.items()}
        headers = [e for e in registry if e.parent is None and e.name != "department"]
        lines = [e for e in registry if e.parent is not None]
        for entity in sorted(headers, key=lambda e: (e.name not in ("region", "product"), e.name)) + lines:
            ground.ids[entity.name] = place(ground, entity)
            if entity.name == "product":  # only what is on sale can be ordered
                on_sale = [Change("product", "update", {"cost_price": "1.00"}, id=n, verb="launch")
                           for n in ground.ids["product"].values()]  # fmt: skip
                write("matrix:on_sale", on_sale)
    return ground


def plain(text: str) -> str:
    """An answer without what differs each time: tokens, nonces, numbers of records and requests."""
    text = re.sub(r'(csrf[-_]token"[^>]*(?:content|value)=)"[^"]*"', r"\1", text)
    text = re.sub(r'<div class="tz-flash.*?</div>', "", text, flags=re.DOTALL)  # what the request before said
    text = re.sub(r'nonce="[^"]*"', "nonce", text)
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text))


def difference(one: str, other: str) -> str:
    """Where two answers part, for whoever reads the failure."""
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return f"{one[max(0, at - 60) : at + 60]!r} against {other[max(0, at - 60) : at + 60]!r}"

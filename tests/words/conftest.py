"""The demo company, read in both languages by people who between them see every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import func, select

from app.audit.log import ChangeLog
from app.change.model import ChangeSetRow
from app.db import db
from app.entity import registry
from seeds.demo import PASSWORD
from tests.cast import signed_in
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

PEOPLE = ("admin", "sd.chen", "hr.xu", "mm.zhao", "auditor")
"""Who is asked for a page, one after the other, until somebody may see it."""


@dataclass
class House:
    """The application with the demo company, and the words that its ledgers hold."""

    app: Flask
    data: str = ""
    _clients: dict[tuple[str, str], FlaskClient] = field(default_factory=dict)

    def client(self, person: str, language: str) -> FlaskClient:
        """A browser in a language, signed in."""
        if (person, language) not in self._clients:
            self._clients[person, language] = signed_in(self.visitor(language), person, PASSWORD)
        return self._clients[person, language]

    @property
    def views(self) -> frozenset[str]:
        """The names of the program's views, which rights are given on."""
        return frozenset(view.class_permission_name for view in self.app.appbuilder.baseviews)  # type: ignore[attr-defined]

    def visitor(self, language: str) -> FlaskClient:
        """A browser in a language, not signed in."""
        client = self.app.test_client()
        assert client.get(f"/lang/{language}").status_code == 302
        return client

    def page(self, path: str, language: str) -> Any:
        """The answer to whoever of PEOPLE may see the page."""
        for person in PEOPLE:
            answer = self.client(person, language).get(path)
            if answer.status_code == 200:
                return answer
        return answer


@pytest.fixture(scope="module")
def house(applications: Applications) -> House:
    """The demo company. What is said does not depend on the database, so one is enough."""
    house = House(applications.fresh(SqliteFiles(), demo=True).flask)
    with house.app.app_context(), db.engine.connect() as connection:
        words: set[str] = set()
        for entity in registry:
            names = [s.name for s in entity.fields.values() if s.kind in ("text", "long_text", "number")]
            columns = [entity.table.c.id, *(entity.table.c[name] for name in names)]
            words.update(str(v) for row in connection.execute(select(*columns)) for v in row if v)
        words.update(r for r in connection.execute(select(ChangeSetRow.__table__.c.reason)).scalars() if r)
        users = User.__table__.c
        for row in connection.execute(select(users.username, users.email, users.last_name, users.first_name)):
            words.update((*row, f"{row[2]}{row[3]}"))
        house.data = "\n".join(sorted(words))
    return house


@pytest.fixture(scope="module")
def addresses(house: House) -> list[str]:
    """Every page there is: each GET rule of the URL map, with the first record of each kind."""
    fill: dict[str, Callable[[], str]] = {"<pk>": lambda: "1", "<int:pk>": lambda: "1"}
    with house.app.app_context(), db.engine.connect() as connection:
        role = connection.execute(
            select(Role.__table__.c.id).where(Role.__table__.c.name == "sales_rep")
        ).scalar()
        log = ChangeLog.__table__
        first = select(log.c.tbl, func.max(log.c.id)).where(log.c.record_id == 1).group_by(log.c.tbl)
        entries = {str(row[0]): row[1] for row in connection.execute(first)}
    found = []
    for rule in house.app.url_map.iter_rules():
        path = str(rule)
        if "GET" not in (rule.methods or set()) or path.startswith(
            ("/api/", "/static/", "/lang/", "/back", "/swagger")
        ):
            continue
        if "<string:" in path:
            continue
        if path == "/import/<name>":
            found += [f"/import/{entity.name}" for entity in registry]
            continue
        if "<int:log>" in path:
            path = path.replace("<int:log>", str(entries[path.split("/")[1]]))
        for name, value in fill.items():
            path = path.replace(name, str(role) if path.startswith("/roles/") else value())
        found.append(f"{path}?pk=1" if path.startswith("/resetpassword") else path)
    return sorted(found)

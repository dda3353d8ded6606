"""People of the cast who export: their requests, their downloads, the limits of their roles."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update

import seeds.roles  # noqa: F401  names the roles; a test process may have its database from another's
from app.access.context import acting_as
from app.access.model import AccessLog
from app.change import Change, ChangeSet, Result, commit
from app.db import db
from app.exporting import downloads
from app.jobs import queue
from seeds.writing import inserts, write
from tests.cast import Cast, assemble, customer
from tests.change.desk import Desk

ON_ONE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
"""For what cannot depend on the database."""
FEW = 12
"""How many customers 王芳 has besides the cast's."""


@dataclass
class Office(Desk):
    """The cast at their browsers, with enough customers to go over a limit."""

    def export(self, person: str, entity: str = "customer", **asked: Any) -> Any:
        """Ask for an export."""
        return self.ask(person, f"/api/v1/{entity}/export", {"format": "csv", **asked})

    def get(self, person: str, path: str) -> Any:
        """Read as a person."""
        return self.ask(person, path, None, "GET")

    def downloads(self, person: str) -> list[dict[str, Any]]:
        """Somebody's own list."""
        return list(self.get(person, "/api/v1/download").json["items"])

    def limit(self, role: str, entity: str = "*", rows: int | None = None, **more: Any) -> None:
        """Limit a role, as the administrator."""
        values = {"role": role, "for_entity": entity, "max_rows": rows, "watermark": False, **more}
        done = self.send("admin", {"entity": "export_limit", "op": "insert", "values": values})
        assert done.status_code == 200, done.json

    def as_system(self, *changes: Change) -> Result:
        """Write as the system."""
        with self.app.app_context(), acting_as(None, "test"):
            return commit(ChangeSet(list(changes), "test"))

    def logged(self) -> list[Any]:
        """The lines of the access log about exports, the oldest first."""
        table = AccessLog.__table__
        with self.app.app_context(), db.engine.connect() as connection:
            query = select(table).where(table.c.what == "export").order_by(table.c.id)
            return list(connection.execute(query).mappings())

    def settings(self, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
        """Run with other settings."""
        monkeypatch.setitem(self.app.config, "TAIZHANG", replace(self.app.config["TAIZHANG"], **changed))

    def switch_off(self, person: str) -> None:
        """Somebody can sign in no more."""
        users = User.__table__
        with self.app.app_context(), queue.writing() as connection:
            connection.execute(update(users).where(users.c.username == person).values(active=False))

    def files(self) -> list[str]:
        """What lies in the folder of exports."""
        with self.app.app_context():
            return sorted(path.name for path in downloads.folder().iterdir())


def open_office(app: Flask) -> Office:
    """The cast on a fresh database, with more customers for 王芳."""
    cast: Cast = assemble(app)
    with app.app_context(), acting_as(None, "seed"):
        mine = {"owner_id": cast.users["sr.wang"], "department_id": cast.departments["XS-HD"]}
        rows = [customer(cast.region, 100 + number, **mine) for number in range(FEW)]
        write("office:customers", inserts("customer", rows))
    return Office(app, cast)


def table_of(content: bytes) -> list[list[str]]:
    """The rows of a CSV, its header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

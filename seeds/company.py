"""What every installation needs: roles with their rights, parameters, the first administrator."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flask import Flask
from flask_appbuilder.security.sqla.models import User
from flask_babel import force_locale
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from app.access.context import acting_as
from app.db import db
from app.entity import registry
from app.org.parameters import declared
from seeds.data.people import Person
from seeds.exporting import seed_export_flow
from seeds.flows import seed_flows
from seeds.people import hire
from seeds.roles import seed_roles
from seeds.writing import inserts, write

ADMIN = Person("admin", "管理员", "", "configurator", "", "", None, 0)
PASSWORD_FILE = "admin-password.txt"
"""In the home folder: the first administrator's password, until somebody removes the file."""


def base(app: Flask) -> None:
    """Seed what is missing; may run again at any time."""
    with app.app_context(), acting_as(None, source="seed"):
        seed_roles(db.session(), registry)
        db.session.commit()
        _parameters(app)
        seed_flows()
        seed_export_flow()
        if db.session.scalar(select(func.count()).select_from(User.__table__)) == 0:
            _first_administrator(app.config["TAIZHANG"].home)
        db.session.rollback()


def _parameters(app: Flask) -> None:
    """A row for each declared parameter that has none, with its default and what it means."""
    table = registry.get("biz_param").table
    known = set(db.session.execute(select(table.c.code)).scalars())
    db.session.rollback()
    with force_locale(app.config["BABEL_DEFAULT_LOCALE"]):
        rows = [
            {"code": code, "value": str(spec.default), "meaning": str(spec.meaning)}
            for code, spec in sorted(declared.items())
            if code not in known
        ]
    if rows:
        write("parameters:" + secrets.token_hex(8), inserts("biz_param", rows), "业务参数的默认值")


def _first_administrator(home: Path) -> None:
    """A login for whoever sets the system up; its password is in a file for the system's user alone."""
    password = secrets.token_urlsafe(12)
    hire([ADMIN], generate_password_hash(password))
    home.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(home / PASSWORD_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")

"""Options that come from the rights: the roles, for fields that name one."""

from __future__ import annotations

from flask import g, has_app_context
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.access.labels import role_name
from app.entity.field import Choice, ChoicesOf


def _roles() -> tuple[Choice, ...]:
    """The roles there are, read once per request; outside an application none are known."""
    if not has_app_context():
        return ()
    kept: tuple[Choice, ...] | None = g.get("role_options")
    if kept is None:
        kept = g.role_options = _read()
    return kept


def _read() -> tuple[Choice, ...]:
    from app.db import db

    table = Role.__table__
    names = db.session().execute(select(table.c.name).order_by(table.c.id)).scalars()
    return tuple(Choice(name, role_name(name)) for name in names)


ROLES = ChoicesOf(_roles)
"""Every role by its label."""

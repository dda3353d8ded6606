"""FAB's permission tables brought in step with the views, in a few statements instead of FAB's thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from app.access.load import PUBLIC_ROLE, SYSTEM_ROLE
from app.audit.actor import SYSTEM, acting
from app.db import db
from app.entity import registry

Pair = tuple[str, str]


def sync_permissions(app: Flask) -> None:
    """Add the permissions that views and menus ask for and the database lacks. Commits.

    Nothing is deleted: a view that comes back finds its grants. The system role is given everything, as FAB
    expects. Lines have no permissions of their own: theirs follow from the header.
    """
    with app.app_context(), acting(SYSTEM):
        session = db.session()
        add_pairs(session, set(_wanted(app.appbuilder)))  # type: ignore[attr-defined]
        roles = ensure(session, Role.__table__, {SYSTEM_ROLE, PUBLIC_ROLE})
        _give_all(session, roles[SYSTEM_ROLE])
        session.commit()


def _wanted(appbuilder: Any) -> Iterator[Pair]:
    lines = {entity.view_name for entity in registry if entity.about.parent}
    for view in appbuilder.baseviews:
        if view.class_permission_name not in lines:
            yield from ((name, view.class_permission_name) for name in view.base_permissions or ())
    yield from (("menu_access", name) for name in _menu_names(appbuilder.menu.menu))


def _menu_names(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        if item.name != "-":
            yield item.name
        yield from _menu_names(item.childs)


def add_pairs(session: Session, pairs: set[Pair]) -> dict[Pair, int]:
    """Permissions on views, added where missing; their ids. Does not commit."""
    table: Table = PermissionView.__table__
    permissions = ensure(session, Permission.__table__, {name for name, _ in pairs})
    views = ensure(session, ViewMenu.__table__, {view for _, view in pairs})
    wanted = {pair: (permissions[pair[0]], views[pair[1]]) for pair in pairs}
    query = select(table.c.permission_id, table.c.view_menu_id, table.c.id)
    found = {(row[0], row[1]): row[2] for row in session.execute(query)}
    missing = sorted(set(wanted.values()) - found.keys())
    if missing:
        session.execute(insert(table), [{"permission_id": p, "view_menu_id": v} for p, v in missing])
        found = {(row[0], row[1]): row[2] for row in session.execute(query)}
    return {pair: found[ids] for pair, ids in wanted.items()}


def _give_all(session: Session, role_id: int) -> None:
    """Every permission there is."""
    table, held = PermissionView.__table__, assoc_permissionview_role
    given = select(held.c.permission_view_id).where(held.c.role_id == role_id)
    ungiven = session.execute(select(table.c.id).where(table.c.id.not_in(given))).scalars().all()
    if ungiven:
        session.execute(insert(held), [{"permission_view_id": i, "role_id": role_id} for i in ungiven])


def ensure(session: Session, table: Table, names: set[str]) -> dict[str, int]:
    """Rows with these names in a table of (id, name), added where missing; their ids by name."""
    query = select(table.c.name, table.c.id)
    found = {row.name: row.id for row in session.execute(query)}
    missing = sorted(names - found.keys())
    if missing:
        session.execute(insert(table), [{"name": name} for name in missing])
        found = {row.name: row.id for row in session.execute(query)}
    return {name: found[name] for name in names}

"""Reading a person's grants: three statements, whatever the number of roles, entities and departments."""

from __future__ import annotations

from collections import defaultdict

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import Connection, Select, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.access.grants import NO_GRANTS, Grants, RoleGrants
from app.access.model import AccessField, AccessScope
from app.org import Department, Membership

SYSTEM_ROLE = "Admin"
"""FAB's role that may everything; seeds give it to no person."""
PUBLIC_ROLE = "Public"
"""What everybody may before signing in."""


def person_name(first: str | None, last: str | None) -> str:
    """How a person is called: 王浩, but Anna Smith."""
    first, last = first or "", last or ""
    latin = (first + last).isascii()
    return f"{first} {last}".strip() if latin else f"{last}{first}".strip()


def load_grants(session: Session | Connection, user_id: int | None) -> Grants:
    """The grants of a user, or of everybody for None. A user who is gone or inactive may nothing."""
    if user_id is None:
        roles = select(Role.__table__.c["id", "name"]).where(Role.__table__.c.name == PUBLIC_ROLE)
        found = [(None, None, row.id, row.name) for row in session.execute(roles)]
        return Grants(None, "anonymous", _role_grants(session, {r[2]: r[3] for r in found}))
    people = list(session.execute(_user_and_roles(user_id)))
    if not people:
        return NO_GRANTS
    names = {row.role_id: row.role_name for row in people if row.role_id is not None}
    own, subtree = _departments(session, user_id)
    return Grants(
        user_id,
        person_name(people[0].first_name, people[0].last_name),
        _role_grants(session, names),
        own,
        subtree,
        system=SYSTEM_ROLE in names.values(),
    )


def _user_and_roles(user_id: int) -> Select[tuple[str, str, int, str]]:
    user, role = User.__table__, Role.__table__
    held = (
        select(assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id == user_id)
        .union(
            select(assoc_group_role.c.role_id)
            .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
            .where(assoc_user_group.c.user_id == user_id)
        )
    )
    return (
        select(user.c["first_name", "last_name"], role.c.id.label("role_id"), role.c.name.label("role_name"))
        .select_from(user.outerjoin(role, role.c.id.in_(held)))
        .where(user.c.id == user_id, user.c.active.is_(True))
    )


def _role_grants(session: Session | Connection, names: dict[int, str]) -> tuple[RoleGrants, ...]:
    """FAB's permissions, scopes and field levels of the roles, in one statement."""
    if not names:
        return ()
    ids, held = sorted(names), assoc_permissionview_role.c
    permission, view, pair = Permission.__table__.c, ViewMenu.__table__.c, PermissionView.__table__.c
    scope, level = AccessScope.__table__.c, AccessField.__table__.c
    rows = session.execute(
        union_all(
            select(literal("pair"), held.role_id, permission.name, view.name, literal(""))
            .join(PermissionView.__table__, pair.id == held.permission_view_id)
            .join(Permission.__table__, permission.id == pair.permission_id)
            .join(ViewMenu.__table__, view.id == pair.view_menu_id)
            .where(held.role_id.in_(ids)),
            select(literal("scope"), scope.role_id, scope.entity, scope.scope, literal("")).where(
                scope.role_id.in_(ids)
            ),
            select(literal("level"), level.role_id, level.entity, level.field, level.level).where(
                level.role_id.in_(ids)
            ),
        )
    )
    pairs: dict[int, set[tuple[str, str]]] = defaultdict(set)
    scopes: dict[int, dict[str, str]] = defaultdict(dict)
    levels: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    for kind, role_id, first, second, third in rows:
        if kind == "pair":
            pairs[role_id].add((first, second))
        elif kind == "scope":
            scopes[role_id][first] = second
        else:
            levels[role_id][first, second] = third
    return tuple(RoleGrants(key, names[key], frozenset(pairs[key]), scopes[key], levels[key]) for key in ids)


def _departments(session: Session | Connection, user_id: int) -> tuple[frozenset[int], frozenset[int]]:
    """The departments a person belongs to or heads, and these with all departments below them."""
    department, member = Department.__table__, Membership.__table__.c
    belongs = select(member.of_department_id).where(member.user_id == user_id, member.archived_at.is_(None))
    reached = (
        select(department.c.id, literal(1).label("own"))
        .where(or_(department.c.id.in_(belongs), department.c.manager_id == user_id))
        .cte("reached", recursive=True)
    )
    # UNION drops what is there already, so a circle of departments ends.
    reached = reached.union(
        select(department.c.id, literal(0)).join(reached, department.c.parent_department_id == reached.c.id)
    )
    rows = session.execute(select(reached.c.id, reached.c.own)).all()
    return frozenset(row[0] for row in rows if row[1]), frozenset(row[0] for row in rows)

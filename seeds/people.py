"""People with roles, departments and memberships from data: for the demo company and for tests."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.db import db
from seeds.data.people import Person, Unit
from seeds.writing import inserts, write


def hire(people: Iterable[Person], hashed_password: str) -> dict[str, int]:
    """Give people a login with their role and one common password; returns user ids by login name.

    Somebody who is there already only gets the password and, if they have none, the role.
    """
    manager = current_app.appbuilder.sm  # type: ignore[attr-defined]
    roles = {role.name: role for role in db.session.scalars(select(Role))}
    known = {user.username: user for user in db.session.scalars(select(User))}
    for one in people:
        user = known.get(one.username)
        if user is None:
            mail = f"{one.username}@yunxi.example"
            manager.add_user(
                one.username, one.first, one.last, mail, [roles[one.role]], hashed_password=hashed_password
            )
            continue
        user.password, user.first_name, user.last_name = hashed_password, one.first, one.last
        user.roles = user.roles or [roles[one.role]]
    db.session.commit()
    ids = {str(row.username): int(row.id) for row in db.session.execute(select(User.username, User.id))}
    db.session.rollback()
    return ids


def found_departments(units: Iterable[Unit], users: dict[str, int], key: str) -> dict[str, int]:
    """Make departments, upper ones before lower ones; returns their ids by code."""
    units = list(units)
    rows = [
        {
            "code": unit.code,
            "name": unit.name,
            "department_type": unit.kind,
            "duties": unit.duties,
            "manager_id": users.get(unit.head or ""),
            "is_active": True,
        }
        for unit in units
    ]
    changes = inserts("department", rows)
    for change, unit in zip(changes, units, strict=True):
        change.ref = unit.code
        change.values["parent_department_id"] = {"ref": unit.upper} if unit.upper else None
    ids = write(f"{key}:departments", changes, "部门")
    return {unit.code: record for unit, record in zip(units, ids, strict=True)}


def join_departments(
    people: Iterable[Person], users: dict[str, int], departments: dict[str, int], key: str
) -> None:
    """Make people members of their departments, with whom they report to there."""
    rows = [
        {
            "user_id": users[one.username],
            "of_department_id": departments[one.unit],
            "manager_id": users.get(one.boss or ""),
            "title": one.position,
            "owner_id": users[one.username],
            "department_id": departments[one.unit],
        }
        for one in people
    ]
    write(f"{key}:memberships", inserts("membership", rows), "部门成员")

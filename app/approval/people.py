"""From a flow's words to people: who holds a role, heads a department, manages somebody, stands in for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

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
from sqlalchemy import Connection, select, union

from app.access.load import person_name
from app.approval.entities import ApprovalDelegation
from app.org import Department, Membership

ADMINISTER = ("can_administer", "Approval")
"""The permission of those who are asked when a flow's own administrator cannot be."""


class People:
    """The company as approvals see it, read once per decision. People are user ids, lowest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _users(self) -> dict[int, tuple[str, str, bool]]:
        table = User.__table__
        query = select(table.c.id, table.c.username, table.c.first_name, table.c.last_name, table.c.active)
        return {r[0]: (r[1], person_name(r[2], r[3]), bool(r[4])) for r in self._connection.execute(query)}

    @cached_property
    def _departments(self) -> dict[int, Any]:
        table = Department.__table__
        query = select(table.c.id, table.c.code, table.c.parent_department_id, table.c.manager_id)
        return {row.id: row for row in self._connection.execute(query)}

    @cached_property
    def _memberships(self) -> list[Any]:
        table = Membership.__table__
        query = select(table.c.user_id, table.c.of_department_id, table.c.manager_id, table.c.title)
        query = query.where(table.c.archived_at.is_(None)).order_by(table.c.rank, table.c.id)
        return list(self._connection.execute(query))

    def name(self, user: int | None) -> str:
        """What a person is called."""
        return self._users[user][1] if user in self._users else "?"

    def position(self, user: int) -> str:
        """A person's position in words, from their first membership."""
        return next((str(m.title) for m in self._memberships if m.user_id == user and m.title), "")

    def active(self, user: int | None) -> bool:
        """Whether a person may sign in."""
        return user in self._users and self._users[user][2]

    def named(self, login: str) -> int | None:
        """The person who signs in as `login`."""
        return next((user for user, row in self._users.items() if row[0] == login), None)

    def role(self, name: str) -> list[int]:
        """The active people who hold a role, directly or through a group."""
        role = Role.__table__
        direct = select(assoc_user_role.c.user_id).join(role, role.c.id == assoc_user_role.c.role_id)
        grouped = (
            select(assoc_user_group.c.user_id)
            .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
            .join(role, role.c.id == assoc_group_role.c.role_id)
        )
        both = union(direct.where(role.c.name == name), grouped.where(role.c.name == name))
        return sorted(user for user in self._connection.execute(both).scalars() if self.active(user))

    def holders(self, permission: tuple[str, str]) -> list[int]:
        """The active people whose roles hold a permission on a view."""
        pair, held = PermissionView.__table__, assoc_permissionview_role
        names = (
            select(Role.__table__.c.name)
            .join(held, held.c.role_id == Role.__table__.c.id)
            .join(pair, pair.c.id == held.c.permission_view_id)
            .join(Permission.__table__, Permission.__table__.c.id == pair.c.permission_id)
            .join(ViewMenu.__table__, ViewMenu.__table__.c.id == pair.c.view_menu_id)
            .where(Permission.__table__.c.name == permission[0], ViewMenu.__table__.c.name == permission[1])
        )
        roles = self._connection.execute(names).scalars().all()
        return sorted({user for name in roles for user in self.role(name)})

    def departments(self, user: int) -> list[int]:
        """The departments a person belongs to or heads."""
        member = [m.of_department_id for m in self._memberships if m.user_id == user]
        return member + [
            d.id for d in self._departments.values() if d.manager_id == user and d.id not in member
        ]

    def upwards(self, department: int | None) -> list[int]:
        """A department and all above it; a circle ends."""
        found: list[int] = []
        while department in self._departments and department not in found:
            found.append(department)
            department = self._departments[department].parent_department_id
        return found

    def under(self, department: int, top: Any) -> bool:
        """Whether a department is `top` (an id or a code) or below it."""
        return any(top in (d, str(d), self._departments[d].code) for d in self.upwards(department))

    def managers(self, user: int) -> list[int]:
        """The reporting line of a person, nearest first: whom they report to, else who heads their department."""
        found: list[int] = []
        current: int | None = user
        while current is not None:
            current = self._manager(current)
            if current is None or current in found or current == user:
                break
            found.append(current)
        return found

    def _manager(self, user: int) -> int | None:
        reports = [
            m.manager_id for m in self._memberships if m.user_id == user and m.manager_id not in (None, user)
        ]
        if reports:
            return int(reports[0])
        for department in self.departments(user):
            for above in self.upwards(department):
                head = self._departments[above].manager_id
                if head not in (None, user):
                    return int(head)
        return None

    def resolve(
        self, asked: Mapping[str, Any], submitter: int, department: int | None, values: Mapping[str, Any],
        chosen: Iterable[int] = (),
    ) -> list[int]:  # fmt: skip
        """The active people an approver of a flow stands for, the submitter included where it is them."""
        found: list[int | None]
        if "user" in asked:
            found = [self.named(str(asked["user"]))]
        elif "role" in asked:
            found = [*self._by_role(asked["role"], asked.get("in"), submitter, department)]
        elif "head" in asked:
            heads = [self._departments[d].manager_id for d in self.upwards(department)]
            found = [head for head in heads if head is not None][int(asked["head"] or 0) :][:1]
        elif "manager" in asked:
            line = self.managers(submitter)
            levels = asked["manager"]
            found = (
                [*line[: int(asked.get("to", 2))]] if levels == "chain" else [*line[int(levels) - 1 :][:1]]
            )
        elif "field" in asked:
            value = values.get(asked["field"])
            found = [value if isinstance(value, int) else None]
        else:
            allowed = set(self.candidates(asked, submitter))
            found = [user for user in chosen if user in allowed]
        return list(dict.fromkeys(user for user in found if user is not None and self.active(user)))

    def candidates(self, asked: Mapping[str, Any], submitter: int) -> list[int]:
        """Among whom the submitter may choose."""
        role = (asked.get("chosen") or {}).get("role")
        return [user for user in self.role(str(role)) if user != submitter] if role else []

    def _by_role(self, role: Any, where: Any, submitter: int, department: int | None) -> list[int]:
        names = role if isinstance(role, list) else [role]
        holders = sorted({user for name in names for user in self.role(str(name))})
        if where != "department":
            return holders
        for level in self.upwards(department):
            near = [user for user in holders if user != submitter and level in self.departments(user)]
            if near:
                return near
        return [user for user in holders if user == submitter]

    def in_stead(self, submitter: int) -> int | None:
        """Who decides where the submitter would be asked: the next active holder up their line."""
        return next((user for user in self.managers(submitter) if self.active(user)), None)

    def administrators(
        self, admin: Iterable[Mapping[str, Any]], submitter: int, department: int | None
    ) -> list[int]:
        """The flow's administrators who are not the submitter, else those of all approvals."""
        named = [user for one in admin for user in self.resolve(one, submitter, department, {})]
        others = [user for user in named if user != submitter]
        return others or [user for user in self.holders(ADMINISTER) if user != submitter]

    def principals(self, delegate: int, entity: str, now: datetime) -> list[int]:
        """Whose part `delegate` may take now; a delegate's own delegate is not followed."""
        found = delegations(self._connection, delegate, now)
        return sorted({principal for principal, only in found if only in (None, entity)})


def delegations(connection: Connection, delegate: int, now: datetime) -> list[tuple[int, str | None]]:
    """For whom a person stands in now, and for which entity alone (None: for all)."""
    table = ApprovalDelegation.__table__
    query = select(table.c.from_user_id, table.c.entity).where(
        table.c.to_user_id == delegate, table.c.starts_at <= now, table.c.ends_at > now, table.c.archived_at.is_(None),
    )  # fmt: skip
    return [(row[0], row[1] or None) for row in connection.execute(query)]

"""`change_rights`: the only way rights are changed. A change set like any other: logged with who, when and why.

Nobody changes a role they hold, and nobody touches the system role. What a person may do next is read anew at
their next request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, delete, insert, select

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.access.load import SYSTEM_ROLE
from app.access.model import LEVELS, SCOPES, AccessField, AccessScope
from app.audit.actor import acting, current_actor, writing
from app.change.lock import write_lock
from app.change.model import ChangeSetRow
from app.db import db
from app.engine import refresh_context
from app.entity import EntityType, registry
from app.entity.describe import VERBS

PERMISSION = ("can_change", "Rights")
"""The permission that lets a person change rights."""


class RightsRefused(ValueError):
    """The rights were not changed; the message says why."""

    def __init__(self, code: str, message: Any) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


@dataclass(frozen=True)
class RightsChange:
    """New rights of one role on one entity; what is None stays as it is.

    `verbs` are all the verbs held from now on, `scope` one of SCOPES or ``none``, `levels` a level of LEVELS by
    field, or ``default`` to leave the field to the rule.
    """

    role: str
    entity: str
    verbs: frozenset[str] | None = None
    scope: str | None = None
    levels: Mapping[str, str] = field(default_factory=dict)


def change_rights(asked: Sequence[RightsChange], reason: str, grants: Grants | None = None) -> int:
    """Change rights as one change set; returns its id. Raises RightsRefused, and then nothing is changed."""
    db.session.rollback()
    grants, actor = grants or current_grants(), current_actor()
    if actor is None or not grants.permits(*PERMISSION):
        raise RightsRefused("FORBIDDEN", _l("Your role may not do this."))
    with write_lock(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            found = [(_role(connection, c, grants), _entity(c), c) for c in asked]
            values = {"actor_id": actor.id, "actor_name": actor.name, "source": "rights", "reason": reason or None,
                      "state": "applied", "created_at": clock.now(), "applied_at": clock.now(),
                      "entity": asked[0].entity if asked else None, "updated": len(asked)}  # fmt: skip
            made = connection.execute(insert(ChangeSetRow).returning(ChangeSetRow.id), values)
            set_id = int(made.scalar_one())
            with acting(replace(actor, source="rights")), writing(set_id):
                refresh_context(connection)
                for role_id, entity, change in found:
                    _verbs(connection, role_id, entity, change)
                    _scope(connection, role_id, entity, change)
                    _levels(connection, role_id, entity, change)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    return set_id


def _role(connection: Connection, change: RightsChange, grants: Grants) -> int:
    role_id = connection.execute(select(Role.id).where(Role.name == change.role)).scalar()
    if role_id is None or change.role == SYSTEM_ROLE:
        raise RightsRefused("NO_ROLE", _l("There is no role “%(name)s” to change.", name=change.role))
    if change.role in grants.role_names:
        raise RightsRefused("OWN_ROLE", _l("Nobody changes the rights of a role they hold. Ask a colleague."))
    return int(role_id)


def _entity(change: RightsChange) -> EntityType:
    if change.entity not in registry:
        raise RightsRefused("NO_ENTITY", _l("There is no entity “%(name)s”.", name=change.entity))
    entity = registry.get(change.entity)
    if entity.about.parent and (change.verbs is not None or change.scope is not None):
        raise RightsRefused(
            "LINE", _l("The rights on lines follow from their header; only fields can be set.")
        )
    wrong: set[Any] = set(change.verbs or ()) - set(VERBS)
    wrong |= {n for n in change.levels if n not in entity.fields}
    wrong |= {level for level in change.levels.values() if level not in (*LEVELS, "default")}
    wrong |= {change.scope} - {None, "none", *SCOPES}
    if wrong:
        raise RightsRefused(
            "UNKNOWN", _l("These words mean nothing here: %(words)s.", words="、".join(map(str, wrong)))
        )
    return entity


def _verbs(connection: Connection, role_id: int, entity: EntityType, change: RightsChange) -> None:
    if change.verbs is None:
        return
    held, pair = assoc_permissionview_role, PermissionView.__table__
    names = select(pair.c.id, Permission.name).join(Permission, Permission.id == pair.c.permission_id)
    names = names.join(ViewMenu, ViewMenu.id == pair.c.view_menu_id).where(ViewMenu.name == entity.view_name)
    pairs = {row[1]: row[0] for row in connection.execute(names)}
    mine = select(held.c.permission_view_id).where(held.c.role_id == role_id)
    now = set(connection.execute(mine.where(held.c.permission_view_id.in_(pairs.values()))).scalars())
    wanted = {pairs[f"can_{verb}"] for verb in change.verbs if f"can_{verb}" in pairs}
    if now - wanted:
        gone = (held.c.role_id == role_id) & held.c.permission_view_id.in_(now - wanted)
        connection.execute(delete(held).where(gone))
    if wanted - now:
        rows = [{"role_id": role_id, "permission_view_id": i} for i in sorted(wanted - now)]
        connection.execute(insert(held), rows)


def _scope(connection: Connection, role_id: int, entity: EntityType, change: RightsChange) -> None:
    if change.scope is None:
        return
    table = AccessScope.__table__
    mine = (table.c.role_id == role_id) & (table.c.entity == entity.name)
    now = connection.execute(select(table.c.scope).where(mine)).scalar() or "none"
    if now == change.scope:
        return
    connection.execute(delete(table).where(mine))
    if change.scope != "none":
        connection.execute(insert(table), {"role_id": role_id, "entity": entity.name, "scope": change.scope})


def _levels(connection: Connection, role_id: int, entity: EntityType, change: RightsChange) -> None:
    table = AccessField.__table__
    for name, level in change.levels.items():
        mine = (table.c.role_id == role_id) & (table.c.entity == entity.name) & (table.c.field == name)
        connection.execute(delete(table).where(mine))
        if level != "default":
            values = {"role_id": role_id, "entity": entity.name, "field": name, "level": level}
            connection.execute(insert(table), values)

"""Change log entries of the system's own tables (people, roles, rights) in words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, User, ViewMenu
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.labels import LEVEL_LABELS, SCOPE_LABELS, role_label
from app.access.load import person_name
from app.access.model import AccessField, AccessScope
from app.audit.history import Filters, entries
from app.entity import registry
from app.web.rights import VIEWS, verb_label

TABLES: dict[str, Any] = {
    "ab_user": _l("User"), "ab_role": _l("Role"), "ab_user_role": _l("Role of a user"),
    "ab_permission": _l("Name of a right"), "ab_view_menu": _l("Page"), "ab_permission_view": _l("Right"),
    "ab_permission_view_role": _l("Right of a role"), "ab_group": _l("Group"), "ab_group_role": _l("Role of a group"),
    "ab_user_group": _l("Member of a group"), "ab_api_key": _l("API key"), "ab_register_user": _l("Registration"),
    "access_scope": _l("Rows a role sees"), "access_field": _l("Fields a role sees"), "attachment": _l("Attachment"),
    "schema": _l("Structure of the database"), "erasure": _l("Erasure of personal data"),
}  # fmt: skip
"""What the tables are called."""
RIGHTS = tuple(n for n in TABLES if n.startswith(("ab_", "access_")))
"""Those that say who may do what."""
COLUMNS: dict[str, Any] = {
    "username": _l("Login name"), "first_name": _l("First name"), "last_name": _l("Last name"), "email": _l("E-mail"),
    "active": _l("Active"), "password": _l("Password"), "name": _l("Name"), "label": _l("Label"),
    "description": _l("Description"), "user_id": _l("User"), "role_id": _l("Role"), "permission_view_id": _l("Right"),
    "permission_id": _l("Name of a right"), "view_menu_id": _l("Page"), "entity": _l("Entity"), "field": _l("Field"),
    "scope": _l("Which rows"), "level": _l("Level"), "size": _l("Size"), "record_id": _l("Record"),
    "created_by_id": _l("Created by"), "created_at": _l("Created at"), "mime": _l("File type"),
    "sha256": _l("Fingerprint"), "fingerprint": _l("Fingerprint"), "group_id": _l("Group"),
    "fields": _l("Fields"), "reason": _l("Reason"),
}  # fmt: skip
QUIET = frozenset({"id", "created_on", "changed_on", "created_by_fk", "changed_by_fk", "tables", "steps"})
"""Columns that say nothing to people."""


@dataclass
class Names:
    """Names of people, roles and rights by id, read once when first asked for."""

    session: Session
    _grants: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def people(self) -> dict[int, str]:
        """Everybody who can or could sign in."""
        table = User.__table__
        rows = self.session.execute(select(table.c.id, table.c.first_name, table.c.last_name))
        return {row[0]: person_name(row[1], row[2]) for row in rows}

    @cached_property
    def roles(self) -> dict[int, str]:
        """All roles."""
        table = Role.__table__
        return {row[0]: role_label(row[1]) for row in self.session.execute(select(table.c.id, table.c.name))}

    @cached_property
    def rights(self) -> dict[int, str]:
        """All rights, as page and verb."""
        pair, permission, view = PermissionView.__table__, Permission.__table__, ViewMenu.__table__
        query = select(pair.c.id, permission.c.name, view.c.name).select_from(
            pair.join(permission, permission.c.id == pair.c.permission_id).join(
                view, view.c.id == pair.c.view_menu_id
            )
        )
        return {row[0]: f"{page(row[2])} · {verb_label(row[1])}" for row in self.session.execute(query)}

    def grant(self, table: str, record_id: int) -> dict[str, Any]:
        """Role, entity and field of a row of rights, which an entry of its change does not repeat."""
        if table not in self._grants:
            source = AccessScope.__table__ if table == "access_scope" else AccessField.__table__
            rows = self.session.execute(select(source)).mappings()
            self._grants[table] = {row["id"]: dict(row) for row in rows}
        known = self._grants[table]
        if record_id not in known:
            gone = entries(self.session, Filters(tables=(table,), record_id=record_id, ops=("D",)), limit=1)
            known[record_id] = gone[0].old if gone else {}
        return known[record_id]

    def text(self, column: str, value: Any, row: dict[str, Any]) -> str:
        """A value of a column as people read it."""
        if value is None:
            return ""
        known: dict[str, dict[int, str]] = {}
        if column in ("user_id", "created_by_id"):
            known[column] = self.people
        elif column == "role_id":
            known[column] = self.roles
        elif column == "permission_view_id":
            known[column] = self.rights
        if column in known:
            return known[column].get(value, f"#{value}")
        if column == "entity" and value in registry:
            return str(registry.get(value).label)
        if column in ("field", "fields") and str(row.get("entity")) in registry:
            specs = registry.get(str(row["entity"])).fields
            named = value if column == "fields" else [value]
            return "、".join(str(specs[n].label) if n in specs else str(n) for n in named)
        if column in ("scope", "level"):
            return str((SCOPE_LABELS if column == "scope" else LEVEL_LABELS).get(value, value))
        if column == "password":
            return str(_("(not shown)"))
        if isinstance(value, bool):
            return str(_("Yes") if value else _("No"))
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def page(name: str) -> str:
    """What a page or entity is called, by the name its rights are kept under."""
    found = next((e.label for e in registry if e.view_name == name), None)
    return str(found or VIEWS.get(name) or _(name))


def platform_entry(entry: Any, names: Names) -> dict[str, Any] | None:
    """Label of the table, title of the row, cells and one sentence; None for mere book-keeping."""
    old, new = entry.old or {}, entry.new or {}
    row = {**old, **new}
    if entry.op == "U" and entry.tbl in ("access_scope", "access_field"):
        row = {**names.grant(entry.tbl, entry.record_id), **row}
    columns = [n for n in dict.fromkeys([*old, *new]) if n not in QUIET and (row[n] is not None or n in old)]
    if entry.op == "U" and (not columns or entry.tbl == "attachment"):
        return None  # whose record a file became, the record's own entry says
    cells = [
        {"label": str(COLUMNS.get(n, n)), "old": names.text(n, old.get(n), row), "new": names.text(n, new.get(n), row)}
        for n in columns
    ]  # fmt: skip
    said = [
        c["new"] or c["old"] for c, n in zip(cells, columns, strict=True) if n not in ("role_id", "user_id")
    ]
    return {
        "entity_label": str(TABLES.get(entry.tbl, entry.tbl)),
        "title": _title(entry, row, names),
        "cells": cells,
        "text": _altered(entry.tbl, row, cells, names) if entry.op == "U" else _sentence(entry.tbl, row, said, names),
    }  # fmt: skip


def _title(entry: Any, row: dict[str, Any], names: Names) -> str:
    if entry.tbl == "ab_user":
        known = names.people.get(entry.record_id)
        return known or person_name(row.get("first_name") or "", row.get("last_name") or "")
    if entry.tbl == "ab_role":
        return names.roles.get(entry.record_id) or role_label(str(row.get("name")))
    if entry.tbl == "ab_permission_view":
        return names.rights.get(entry.record_id, f"#{entry.record_id}")
    if entry.tbl == "ab_view_menu":
        return page(str(row.get("name")))
    if entry.tbl == "ab_permission":
        return verb_label(str(row.get("name")))
    if "user_id" in row:
        return names.text("user_id", row["user_id"], row)
    if "role_id" in row:
        return names.text("role_id", row["role_id"], row)
    if entry.tbl == "access_scope" or entry.tbl == "access_field":
        return f"#{entry.record_id}"
    if entry.tbl == "erasure":
        return f"{names.text('entity', row['entity'], row)} #{row['record_id']}"
    return str(row.get("name") or row.get("fingerprint") or f"#{entry.record_id}")


def _altered(table: str, row: dict[str, Any], cells: list[dict[str, str]], names: Names) -> str:
    if table in ("access_scope", "access_field"):
        about = " · ".join(names.text(n, row.get(n), row) for n in ("entity", "field") if row.get(n))
        return "; ".join(
            _("%(what)s: %(old)s → %(new)s", what=about, old=c["old"], new=c["new"]) for c in cells
        )
    return "、".join(c["label"] for c in cells)


def _sentence(table: str, row: dict[str, Any], said: list[str], names: Names) -> str:
    if table == "ab_user_role":
        return names.text("role_id", row.get("role_id"), row)
    if table in ("access_scope", "access_field", "ab_permission_view_role"):
        return " · ".join(said)
    if table == "erasure":
        return f"{names.text('fields', row['fields'], row)} · {row['reason']}"
    return ""

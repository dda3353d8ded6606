"""A role's permissions as people read them: one line for each page or entity, one column for each verb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.access.labels import LEVEL_LABELS, SCOPE_LABELS, VERB_LABELS
from app.access.load import SYSTEM_ROLE
from app.access.model import AccessField, AccessScope
from app.db import db
from app.entity import registry
from app.entity.describe import VERBS as DESCRIBED_VERBS

# The columns of the matrix, in the order people think of them, by FAB's name of the permission.
VERBS: dict[str, Any] = {f"can_{verb}": VERB_LABELS[verb] for verb in DESCRIBED_VERBS}
OTHERS: dict[str, Any] = {
    "can_show": _l("Open record"),
    "can_download": _l("Download"),
    "can_get": _l("Read by API"),
    "can_post": _l("Add by API"),
    "can_put": _l("Edit by API"),
    "can_info": _l("Describe by API"),
    "can_index": _l("Open"),
    "can_userinfo": _l("Own profile"),
    "can_this_form_get": _l("Open form"),
    "can_this_form_post": _l("Save form"),
    "can_chart": _l("Chart"),
    "can_change": _l("Change rights"),
    "can_erase": _l("Erase for good"),
    "can_read": _l("Read"),
    "can_write": _l("Write"),
    "menu_access": _l("In the menu"),
    "resetmypassword": _l("Change my password"),
    "resetpasswords": _l("Set a new password"),
    "userinfoedit": _l("Edit my profile"),
    "copyrole": _l("Copy Role"),
}
VIEWS: dict[str, Any] = {
    "UserDBModelView": _l("Users"),
    "UserInfoEditView": _l("My profile"),
    "ResetMyPasswordView": _l("My password"),
    "ResetPasswordView": _l("Passwords of others"),
    "RoleModelView": _l("Roles"),
    "UserGroupModelView": _l("Groups"),
    "PermissionModelView": _l("Base permissions"),
    "ViewMenuModelView": _l("Views and menus"),
    "PermissionViewModelView": _l("Permissions on views and menus"),
    "RegisterUserModelView": _l("Registration requests"),
    "UserStatsChartView": _l("User statistics"),
    "MenuApi": _l("Menu (API)"),
    "Rights": _l("Rights"),
    "PersonalData": _l("Personal data"),
    "AccessLog": _l("Sign-ins, exports, seals"),
    "ApprovalCase": _l("Approval cases"),
    "OpenApi": _l("API description"),
    "SwaggerView": _l("API documentation"),
    "SecurityApi": _l("Sign-in (API)"),
    "LocaleView": _l("Language"),
    "UtilView": _l("Back button"),
    "IndexView": _l("Home"),
    "AuthDBView": _l("Sign in"),
    "ChangeLog": _l("Change log"),
    "ChangeSet": _l("Change sets (API)"),
    "Import": _l("Import from Excel"),
    "Person": _l("Look up people"),
    "Attachment": _l("Attachments (API)"),
    "Why": _l("Why (API)"),
    "List Users": _l("Users"),
    "List Roles": _l("Roles"),
    "List Groups": _l("Groups"),
    "Security": _l("Security"),
}


@dataclass(frozen=True)
class Right:
    """One permission: its id in the store, its verb in words and whether the role has it."""

    id: int
    verb: str
    given: bool


@dataclass
class Line:
    """All rights on one page or entity: `verbs` by column (None: there is no such verb), and the rest."""

    name: str
    label: str
    section: str
    verbs: dict[str, Right | None] = field(default_factory=lambda: dict.fromkeys(VERBS))
    others: list[Right] = field(default_factory=list)


@dataclass(frozen=True)
class Matrix:
    """Lines by section: the workbooks, then the system's own pages. `count` rights are given in all."""

    columns: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, tuple[Line, ...]], ...]
    count: int
    pages: int


def matrix(permissions: Iterable[Any], given: Iterable[Any] | None = None) -> Matrix:
    """Fold FAB's permission-on-view objects into lines; with `given` None, all of them are given."""
    held = None if given is None else {each.id for each in given}
    places = _entities()
    lines: dict[str, Line] = {}
    count = 0
    for identity, verb, view in _names(each.id for each in permissions):
        if view not in lines:
            lines[view] = Line(view, *(places.get(view) or (str(VIEWS.get(view) or _(view)), "")))
        right = Right(identity, verb_label(verb), held is None or identity in held)
        count += right.given
        if verb in VERBS:
            lines[view].verbs[verb] = right
        else:
            lines[view].others.append(right)
    for line in lines.values():
        line.section = line.section or _system_section(line)
    order = {section: place for place, (_label, section) in enumerate(places.values())}
    ordered = sorted(
        lines.values(), key=lambda line: (order.get(line.section, len(places)), line.section, line.label)
    )
    used = {verb for line in ordered for verb, right in line.verbs.items() if right is not None}
    return Matrix(
        columns=tuple((verb, str(words)) for verb, words in VERBS.items() if verb in used),
        sections=tuple((name, tuple(group)) for name, group in groupby(ordered, lambda line: line.section)),
        count=count,
        pages=len(ordered),
    )


def reach(key: int | str) -> dict[str, tuple[str, str]]:
    """Which rows and fields a role (by id) reaches, in words, by the name its permissions are kept under."""
    role_id = int(key)
    session = db.session()
    scope, level = AccessScope.__table__, AccessField.__table__
    role = Role.__table__
    system = session.execute(select(role.c.name).where(role.c.id == role_id)).scalar() == SYSTEM_ROLE
    scopes = dict(
        session.execute(select(scope.c.entity, scope.c.scope).where(scope.c.role_id == role_id)).all()
    )
    levels: dict[str, list[str]] = {}
    query = (
        select(level.c.entity, level.c.level, func.count())
        .where(level.c.role_id == role_id)
        .group_by(level.c.entity, level.c.level)
    )
    for entity, name, number in session.execute(query):
        words = _("%(number)s fields %(level)s", number=number, level=LEVEL_LABELS.get(name, name))
        levels.setdefault(entity, []).append(words)
    return {
        entity.view_name: (
            str(SCOPE_LABELS["all" if system else scopes.get(entity.name)]),
            " · ".join(levels.get(entity.name, ())),
        )
        for entity in registry
    }


def verb_label(name: str) -> str:
    """A permission's name in words; an unknown one loses only its prefix and underscores."""
    known = VERBS.get(name) or OTHERS.get(name)
    return str(known) if known else name.removeprefix("can_").replace("_", " ")


def _names(ids: Iterable[int]) -> Iterable[tuple[int, str, str]]:
    """Id, permission and view of each permission-on-view, in one statement instead of two a line."""
    pair, permission, view = PermissionView.__table__, Permission.__table__, ViewMenu.__table__
    query = (
        select(pair.c.id, permission.c.name, view.c.name)
        .join(permission, permission.c.id == pair.c.permission_id)
        .join(view, view.c.id == pair.c.view_menu_id)
        .where(pair.c.id.in_(list(ids)))
        .order_by(pair.c.id)
    )
    return [(row[0], row[1], row[2]) for row in db.session().execute(query)]


def _system_section(line: Line) -> str:
    if any(line.verbs.values()):
        return str(_("Lists of the system"))
    only_menu = [right.verb for right in line.others] == [verb_label("menu_access")]
    return str(_("Menu entries") if only_menu else _("Single pages"))


def _entities() -> dict[str, tuple[str, str]]:
    """Label and workbook of every entity, by the name its permissions are kept under, workbooks in order."""
    books = sorted(registry.workbooks.values(), key=lambda book: book.order)
    return {
        entity.view_name: (str(entity.label), str(book.label))
        for book in books
        for entity in registry.sheets(book.name)
    }

"""The roles a company starts with, as data: what each may do on an entity follows from the entity's pattern.

A role's rights are given when the role is new, or when the entity or page is new (``taizhang new``, then
migrate); what an administrator changed since is never given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import (
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from app.access.labels import name_role
from app.access.model import AccessField, AccessScope
from app.entity import EntityType, Field
from app.fab.permissions import add_pairs, ensure

ROLES: dict[str, Any] = {
    "sales_rep": _l("Sales representative"),
    "sales_manager": _l("Sales manager"),
    "sales_director": _l("Sales director"),
    "marketing_specialist": _l("Marketing specialist"),
    "marketing_manager": _l("Marketing manager"),
    "logistics": _l("Logistics"),
    "finance_clerk": _l("Finance clerk"),
    "finance_manager": _l("Finance manager"),
    "legal": _l("Legal"),
    "service_agent": _l("After-sales agent"),
    "service_manager": _l("After-sales manager"),
    "quality_control": _l("Quality control"),
    "production": _l("Production"),
    "hr_officer": _l("HR officer"),
    "executive": _l("Management"),
    "configurator": _l("System administrator"),
    "auditor": _l("Auditor"),
}
for _name, _label in ROLES.items():
    name_role(_name, _label)

READ = frozenset({"list", "export", "history"})
WRITE = READ | frozenset({"add", "edit", "delete", "import", "submit"})
ASK = READ | {"add", "edit", "delete", "submit"}
SIGN = frozenset({"approve"})
BUSINESS = tuple(name for name in ROLES if name not in ("executive", "configurator", "auditor"))


@dataclass(frozen=True)
class Given:
    """Verbs and scope of one role on one entity."""

    verbs: frozenset[str]
    scope: str


_READ_ALL = Given(READ, "all")
_WATCHING = {"executive": Given(READ | SIGN, "all"), "auditor": _READ_ALL}
PATTERNS: dict[str, dict[str, Given]] = {
    # S1, the sales line: own, then the department tree, then all; other departments read.
    "sales": {
        "sales_rep": Given(WRITE, "own"),
        "sales_manager": Given(WRITE | SIGN, "tree"),
        "sales_director": Given(WRITE | SIGN, "all"),
        **dict.fromkeys(
            ("marketing_specialist", "marketing_manager", "logistics", "finance_clerk", "finance_manager",
             "legal", "service_agent", "service_manager"), _READ_ALL,
        ),
        **_WATCHING,
    },
    # S2, one department's own: its members, nobody else but those who watch.
    "department": {**dict.fromkeys(BUSINESS, Given(WRITE, "department")), **_WATCHING},
    # S3, public: everybody reads; who writes is in OWNERS.
    "public": {**dict.fromkeys(BUSINESS, _READ_ALL), "configurator": _READ_ALL, **_WATCHING},
    # S4, personal: one's own; personnel, management and audit all.
    "personal": {
        **dict.fromkeys(BUSINESS, Given(READ, "own")),
        "sales_manager": Given(READ, "tree"),
        "sales_director": Given(READ, "tree"),
        "hr_officer": Given(WRITE, "all"),
        **_WATCHING,
    },
    # How approvals work: administrators set it up, everybody who may be asked can read it.
    "settings": {
        **dict.fromkeys(BUSINESS, _READ_ALL), **_WATCHING,
        "configurator": Given(WRITE, "all"), "executive": _READ_ALL,
    },
    # One's own affairs, which nobody else arranges but the administrator.
    "own": {
        **dict.fromkeys((*BUSINESS, "executive"), Given(WRITE, "own")),
        "configurator": Given(WRITE, "all"), "auditor": _READ_ALL,
    },
    # What goes beyond one's role: asked for by oneself, agreed to by those above.
    "request": {
        **dict.fromkeys(BUSINESS, Given(ASK, "own")),
        **dict.fromkeys(("sales_manager", "sales_director", "marketing_manager", "finance_manager", "service_manager"),
                        Given(ASK | SIGN, "tree")),
        "executive": Given(ASK | SIGN, "all"), "configurator": Given(ASK | SIGN, "all"), "auditor": _READ_ALL,
    },
    # What somebody has to see to: made by rules, done by whoever it is for, read by those above them.
    "assigned": {
        **dict.fromkeys((*BUSINESS, "configurator"), Given(READ | {"edit"}, "own")),
        "sales_manager": Given(READ | {"edit"}, "tree"),
        "sales_director": Given(READ | {"edit"}, "all"),
        "marketing_specialist": Given(READ | {"edit"}, "all"),
        "marketing_manager": Given(READ | {"edit"}, "all"),
        **_WATCHING,
    },
}  # fmt: skip
OWNERS: dict[str, tuple[str, ...]] = {
    "department": ("hr_officer", "configurator"),
    "membership": ("hr_officer", "configurator"),
    "region": ("sales_director", "marketing_manager"),
    "product": ("marketing_specialist", "marketing_manager"),
    "price_list": ("marketing_specialist", "marketing_manager"),
    "price_adjustment": ("marketing_specialist", "marketing_manager"),
    "discount_policy": ("sales_manager", "sales_director", "marketing_specialist", "marketing_manager"),
    "biz_param": ("configurator",),
}
"""Who writes a public entity; for one not named here, the managers of sales and marketing."""
_OTHER_OWNERS = ("sales_manager", "sales_director", "marketing_manager")

SIGNERS: dict[str, tuple[str, ...]] = {
    "price_list": ("marketing_manager",),
    "discount_policy": ("marketing_manager",),
    "sales_order": ("finance_clerk", "finance_manager"),
}
"""Who may also stop what is in effect, or agrees to what their role does not write."""
_FLOOR = {"sales_manager": "read", "sales_director": "read", "marketing_specialist": "edit",
          "marketing_manager": "edit", "finance_manager": "read", "executive": "read",
          "auditor": "read"}  # fmt: skip
_COST = dict.fromkeys(
    ("finance_clerk", "finance_manager", "marketing_manager", "executive", "auditor"), "read"
)
GUARDED: dict[str, dict[str, str]] = {
    "cost_price": {"finance_clerk": "edit", "finance_manager": "edit", "marketing_manager": "edit",
                   "executive": "read", "auditor": "read"},
    **dict.fromkeys(("floor_price", "old_floor", "new_floor"), _FLOOR),
    # They are the cost, or tell it to whoever sees the price.
    **dict.fromkeys(("margin_factory", "gross_margin", "cost"), _COST),
}  # fmt: skip
"""Fields hidden from every role that is not named."""
ONLY: dict[str, dict[str, tuple[str, ...]]] = {
    "product": {"finance_clerk": ("cost_price",), "finance_manager": ("cost_price",)},
}
"""Roles that change nothing on an entity but the fields named."""
SEES_PERSONAL = {
    "sales": ("sales_rep", "sales_manager", "sales_director", "service_agent", "service_manager"),
    "personal": ("hr_officer",),
    "public": ("hr_officer",),
}
"""Who sees masked fields in full, by pattern; everybody else sees them masked."""

SHOWN: dict[str, tuple[str, ...]] = {"receiver_mobile": ("logistics",)}
"""Masked fields that a role reads in full for its work: the driver has to call."""

_OWN_PAGES = (
    ("can_userinfo", "UserDBModelView"), ("resetmypassword", "UserDBModelView"),
    ("userinfoedit", "UserDBModelView"),
    ("can_this_form_get", "ResetMyPasswordView"), ("can_this_form_post", "ResetMyPasswordView"),
    ("can_this_form_get", "UserInfoEditView"), ("can_this_form_post", "UserInfoEditView"),
    ("can_list", "Person"), ("can_list", "Attachment"), ("can_list", "Inbox"), ("can_list", "Download"),
    ("can_get", "MenuApi"),
    ("can_get", "Why"), ("can_get", "Approval"),
)  # fmt: skip
_WRITING = (("can_post", "ChangeSet"), ("can_post", "Attachment"), ("can_post", "Approval"))
_PEOPLE = tuple(("can_list", view) for view in ("UserDBModelView", "RoleModelView", "UserGroupModelView"))
_PEOPLE += tuple(("can_show", view) for _, view in _PEOPLE)
_PEOPLE += tuple(("menu_access", name) for name in ("Security", "List Users", "List Roles", "List Groups"))
_CONFIGURING = (
    ("can_add", "UserDBModelView"), ("can_edit", "UserDBModelView"), ("resetpasswords", "UserDBModelView"),
    ("can_this_form_get", "ResetPasswordView"), ("can_this_form_post", "ResetPasswordView"),
    ("can_get", "OpenApi"), ("can_show", "SwaggerView"), ("can_change", "Rights"),
    ("can_erase", "PersonalData"),
    ("can_administer", "Approval"),
)  # fmt: skip
_LOG = (("can_list", "ChangeLog"),)
_WATCH = (("can_list", "AccessLog"),)
_EVIDENCE = (("can_export", "AccessLog"), ("can_list", "ApprovalCase"))
PAGES: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(ROLES, _OWN_PAGES + _WRITING + _LOG),
    "configurator": _OWN_PAGES + _WRITING + _LOG + _WATCH + _PEOPLE + _CONFIGURING,
    "auditor": _OWN_PAGES + _LOG + _WATCH + _EVIDENCE + _PEOPLE,
}
"""FAB permissions on pages, by role."""


def given(entity: EntityType) -> dict[str, Given]:
    """What each role gets on an entity that is not a line."""
    found = dict(PATTERNS[entity.about.pattern])
    if entity.about.pattern == "public":
        for name in OWNERS.get(entity.name, _OTHER_OWNERS):
            found[name] = Given(WRITE | found.get(name, _READ_ALL).verbs, "all")
        for name in SIGNERS.get(entity.name, ()):
            found[name] = Given(SIGN | found[name].verbs, "all")
    for name in ONLY.get(entity.name, ()):
        found[name] = Given(READ | {"edit"}, "all")
    return found


def levels(entity: EntityType, holders: dict[str, Given]) -> Iterator[tuple[str, str, str]]:
    """(role, field, level) wherever a role's level on a field differs from the default."""
    header = entity
    while header.parent is not None:
        header = header.parent
    for spec in entity.fields.values():
        for role, held in holders.items():
            level = _level(spec, role, held, header.about.pattern)
            only = ONLY.get(header.name, {}).get(role)
            if only is not None and spec.name not in only and level != "hidden":
                level = "masked" if spec.mask else "read"
            if level is not None:
                yield role, spec.name, level


def _level(spec: Field, role: str, held: Given, pattern: str) -> str | None:
    if spec.name in GUARDED:
        return GUARDED[spec.name].get(role, "hidden")
    if role == "auditor":
        return "masked" if spec.pii or spec.mask else None
    if role in SHOWN.get(spec.name, ()):
        return "read"
    if spec.mask and role in SEES_PERSONAL.get(pattern, ()):
        return "edit" if held.verbs & {"add", "edit"} else "read"
    return None


def seed_roles(session: Session, entities: Iterable[EntityType]) -> None:
    """Make the roles, and give their rights on every entity that has none yet. Repeatable. Commits."""
    roles, scopes, fields = _table(Role), _table(AccessScope), _table(AccessField)
    before = set(session.execute(select(roles.c.name)).scalars())
    ids = ensure(session, roles, set(ROLES))
    known = set(session.execute(select(scopes.c.entity)).scalars())
    graded = set(session.execute(select(fields.c.entity)).scalars())
    shown = _views_of(session, ids.values())
    pairs = [(r, pair) for r in ROLES for pair in PAGES[r] if r not in before or pair[1] not in shown]
    scope_rows, field_rows = [], []
    for entity in entities:
        header = entity
        while header.parent is not None:
            header = header.parent
        new = entity.name not in (known if entity is header else graded)
        holders = {role: held for role, held in given(header).items() if new or role not in before}
        for role, field, level in levels(entity, holders):
            field_rows.append({"role_id": ids[role], "entity": entity.name, "field": field, "level": level})
        if entity is not header:
            continue
        for role, held in holders.items():
            pairs += [(role, (f"can_{verb}", entity.view_name)) for verb in sorted(held.verbs)]
            scope_rows.append({"role_id": ids[role], "entity": entity.name, "scope": held.scope})
    permission = add_pairs(session, {pair for _, pair in pairs})
    held_rows = [{"role_id": ids[role], "permission_view_id": permission[pair]} for role, pair in pairs]
    for table, rows in ((assoc_permissionview_role, held_rows), (scopes, scope_rows), (fields, field_rows)):
        _add_missing(session, table, rows)
    session.commit()


def _views_of(session: Session, role_ids: Iterable[int]) -> set[str]:
    """The views and menus on which any of the roles holds a permission: the pages that are not new."""
    view, pair, held = _table(ViewMenu), _table(PermissionView), assoc_permissionview_role
    query = (
        select(view.c.name)
        .join(pair, pair.c.view_menu_id == view.c.id)
        .join(held, held.c.permission_view_id == pair.c.id)
        .where(held.c.role_id.in_(list(role_ids)))
    )
    return set(session.execute(query).scalars())


def _add_missing(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = [name for name in rows[0] if name not in ("scope", "level")]
    there = set(map(tuple, session.execute(select(*(table.c[name] for name in names)))))
    missing = [row for row in rows if tuple(row[name] for name in names) not in there]
    if missing:
        session.execute(insert(table), missing)


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table

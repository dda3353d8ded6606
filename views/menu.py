"""The menu: what this person may open, personal pages first, then workbooks, then supervision and administration."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_babel import gettext as _

from app.access.context import current_grants
from app.access.grants import Grants
from app.entity import registry


def menu() -> list[dict[str, Any]]:
    """Sections and items for ``taizhang/menu.html``; empty for somebody not signed in."""
    user = getattr(g, "user", None)
    if user is None or not user.is_authenticated:
        return []
    grants = current_grants()
    entries = [_item(_("Home"), "home", "/")]
    if grants.permits("can_list", "Inbox"):
        entries += [
            _inbox(),
            _item(_("My requests"), "send", "/inbox/mine") | {"short": _("Requests"), "counter": "returned"},
        ]
    if grants.permits("can_list", "Download"):
        entries.append(_item(_("My downloads"), "download", "/downloads/") | {"counter": "downloads"})
    if _imports(grants):
        entries += _past_imports(grants)
    entries += _section(_("Workbooks"), _workbooks(grants))
    admin = []
    if grants.permits("can_list", "UserDBModelView"):
        admin.append(_item(_("People"), "users", "/users/list/"))
    if grants.permits("can_list", "RoleModelView"):
        admin.append(_item(_("Roles"), "shield", "/roles/list/"))
    return [*entries, *_section(_("Supervision"), _watching(grants)), *_section(_("Administration"), admin)]


def _inbox() -> dict[str, Any]:
    """The inbox, active on all its tabs but that of one's own requests, which has an item of its own.

    The browser fills its counter, so that no page asks for it.
    """
    item = _item(_("My inbox"), "inbox", "/inbox/") | {"short": _("Inbox"), "counter": "todo"}
    return item | {"active": item["active"] and request.path != "/inbox/mine"}


def _imports(grants: Grants) -> bool:
    return any(grants.can("import", entity.name) for entity in registry)


def _past_imports(grants: Grants) -> list[dict[str, Any]]:
    """A page of one's own work for who imports, of supervision for the others."""
    return (
        [_item(_("Past imports"), "upload", "/import/history")]
        if grants.permits("can_list", "ChangeLog")
        else []
    )


def _watching(grants: Grants) -> list[dict[str, Any]]:
    """The log for whom it is open, and its parts for those who watch."""
    found = []
    if grants.permits("can_list", "ChangeLog"):
        found.append(
            _item(_("Change log"), "history", "/changelog/") | {"active": request.path == "/changelog/"}
        )
        found += [] if _imports(grants) else _past_imports(grants)
    if grants.permits("can_list", "AccessLog"):
        found += [
            _item(_("Seals and verification"), "rubber-stamp", "/changelog/seals"),
            _item(_("Looks at sensitive data"), "eye", "/changelog/sensitive"),
            _item(_("Sign-ins and sessions"), "key", "/changelog/logins"),
            _item(_("Changes of rights"), "shield-lock", "/changelog/rights"),
            _item(_("Alerts"), "scan", "/changelog/alerts"),
        ]
    return found


def _workbooks(grants: Grants) -> list[dict[str, Any]]:
    items = []
    for book in sorted(registry.workbooks.values(), key=lambda b: (b.order, b.name)):
        sheets = [e for e in registry.sheets(book.name) if grants.can("list", e.name)]
        if not sheets:
            continue
        first = next((e for e in sheets if not e.about.parent), sheets[0])
        item = _item(str(book.label), book.icon, f"/{first.name}/list/")
        item["children"] = [_item(str(e.label), "table", f"/{e.name}/list/") for e in sheets]
        item["active"] = any(request.path.startswith(f"/{e.name}/") for e in sheets)
        items.append(item)
    return items


def _item(label: str, icon: str, url: str) -> dict[str, Any]:
    active = request.path == url if url == "/" else request.path.startswith(url.removesuffix("list/"))
    return {"label": label, "icon": icon, "url": url, "active": active, "children": [], "count": 0}


def _section(label: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return (
        [{"label": label, "icon": "", "url": "", "active": False, "children": items, "count": 0}]
        if items
        else []
    )

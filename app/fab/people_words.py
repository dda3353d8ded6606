"""What FAB's pages of people say, in our words instead of FAB's."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.fields.core import UnboundField

LABELS: dict[str, Any] = {
    "get_full_name": _l("Full name"), "first_name": _l("First name"), "last_name": _l("Last name"),
    "username": _l("Login name"), "password": _l("Password"), "conf_password": _l("Password again"),
    "active": _l("Active"), "email": _l("E-mail"), "roles": _l("Roles"), "groups": _l("Groups"),
    "last_login": _l("Last signed in"), "login_count": _l("Times signed in"),
    "fail_login_count": _l("Failed sign-ins since"), "created_on": _l("Created at"), "created_by": _l("Created by"),
    "changed_on": _l("Changed at"), "changed_by": _l("Changed by"),
}  # fmt: skip
HELP: dict[str, Any] = {
    "username": _l("What the person types to sign in"),
    "active": _l("Switched off, the person can no longer sign in; records go on naming them"),
    "email": _l("Where notices are sent"),
    "roles": _l("What the person may do is the sum of their roles"),
    "password": _l("At least 10 characters; the person should change it after the first sign-in"),
}
_ACCOUNT = (_l("Account"), {"fields": ["username", "active", "roles", "login_count"]})
_PERSON = (_l("About the person"), {"fields": ["last_name", "first_name", "email"], "expanded": True})
_TRACE = (_l("Traces"), {"fields": ["last_login", "fail_login_count", "created_on", "created_by", "changed_on",
                                    "changed_by"], "expanded": False})  # fmt: skip


def new_password(view: Any) -> dict[str, Any]:
    """The password fields of FAB's form for a new person, with our labels and help."""
    made = {}
    for name, field in view.add_form_extra_fields.items():
        more = {**field.kwargs, "label": LABELS[name], "description": HELP.get(name, "")}
        made[name] = UnboundField(field.field_class, **more)
    return made


SHOWN = [_ACCOUNT, _PERSON, _TRACE]
OWN = [_ACCOUNT, _PERSON]

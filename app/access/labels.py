"""What roles, scopes, levels and verbs are called. Roles are named by whoever seeds them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SCOPE_LABELS: dict[str | None, Any] = {
    None: _l("no records"),
    "own": _l("own records"),
    "department": _l("records of the own departments"),
    "tree": _l("records of the own departments and those below"),
    "all": _l("all records"),
}
LEVEL_LABELS: dict[str, Any] = {
    "hidden": _l("hidden"),
    "masked": _l("masked"),
    "read": _l("readable"),
    "edit": _l("editable"),
}
VERB_LABELS: dict[str, Any] = {
    "list": _l("View"),
    "add": _l("Add"),
    "edit": _l("Edit"),
    "delete": _l("Delete"),
    "import": _l("Import"),
    "export": _l("Export"),
    "history": _l("History"),
    "submit": _l("Submit"),
    "approve": _l("Approve"),
}
_roles: dict[str, Any] = {"Admin": _l("System (no person)"), "Public": _l("Everybody, not signed in")}


def name_role(name: str, label: Any) -> None:
    """Say what the role with the stable name `name` is called."""
    _roles[name] = label


def role_name(name: str) -> Any:
    """What a role is called, in the language of whoever reads it; a role nobody labelled is called by its name."""
    return _roles.get(name, name)


def role_label(name: str) -> str:
    """What a role is called, as text."""
    return str(role_name(name))


def verb_label(verb: str) -> str:
    """What a verb is called."""
    return str(VERB_LABELS.get(verb, verb))

"""An export in words: what is asked for, so that an approver and the mail's reader know without reading JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.entity import EntityType, Field, FieldError, registry
from app.exporting.asked import Asked
from app.query.display import display
from app.query.titles import titles_of
from app.query.touched import ID

OPERATORS: Mapping[str, Any] = {
    "eq": _l("is"), "ne": _l("is not"), "in": _l("is"), "lt": "<", "le": "≤", "gt": ">", "ge": "≥",
    "between": _l("between"), "contains": _l("contains"), "starts": _l("starts with"),
    "empty": _l("is empty"), "not_empty": _l("is not empty"),
}  # fmt: skip
TOUCHED: Mapping[str, Any] = {
    "changed_by": _l("added or changed by change set %(number)s"),
    "inserted_by": _l("added by change set %(number)s"),
    "updated_by": _l("changed by change set %(number)s"),
}
RELATIVE: Mapping[str, Any] = {
    "@me": _l("whoever exports"), "@my_department": _l("the department of whoever exports"),
    "@today": _l("the day of the export"), "@yesterday": _l("the day before the export"),
    "@this_week": _l("the week of the export"), "@last_week": _l("the week before the export"),
    "@this_month": _l("the month of the export"), "@last_month": _l("the month before the export"),
    "@this_quarter": _l("the quarter of the export"), "@this_year": _l("the year of the export"),
    "@last_year": _l("the year before the export"),
}  # fmt: skip
MOST = 8
"""Values named of a long list."""


def rows_in_words(session: Session, entity: EntityType, grants: Grants, asked: Asked) -> str:
    """Which rows: the selected ones, those of a filter, or all."""
    if asked.ids is not None:
        return str(_("%(n)s selected rows", n=f"{len(asked.ids):,}"))
    parts = [filter_in_words(session, entity, grants, asked.filter)] if asked.filter else []
    if asked.q:
        parts.append(_("found by “%(text)s”", text=asked.q))
    return str(_("; ").join(parts) or _("All rows"))


def fields_in_words(entity: EntityType, asked: Asked) -> str:
    """Which fields: by their labels, or all."""
    if asked.everything or not asked.fields:
        return str(_("All fields that may be seen"))
    return "、".join(str(entity.fields[name].label) for name in asked.fields if name in entity.fields)


def how_many_fields(entity: EntityType, asked: Asked) -> str:
    """How many fields, or that it is all of them."""
    if asked.everything or not asked.fields:
        return str(_("All"))
    return str(len([name for name in asked.fields if name in entity.fields]))


def filter_in_words(session: Session, entity: EntityType, grants: Grants, tree: Any) -> str:
    """A filter tree as one sentence: ``Region is 华东 and Amount ≥ 100.00``."""
    if not isinstance(tree, dict):
        return ""
    for word, joined in (("and", _(" and ")), ("or", _(" or "))):
        if isinstance(tree.get(word), list):
            parts = [filter_in_words(session, entity, grants, part) for part in tree[word]]
            text = joined.join(filter(None, parts))
            return f"({text})" if word == "or" and len(parts) > 1 else text
    if "not" in tree:
        return str(_("not (%(condition)s)", condition=filter_in_words(session, entity, grants, tree["not"])))
    return _leaf(session, entity, grants, tree)


def _leaf(session: Session, entity: EntityType, grants: Grants, leaf: Mapping[str, Any]) -> str:
    if leaf.get("field") == ID and leaf.get("op") in TOUCHED:
        return str(TOUCHED[str(leaf["op"])]) % {"number": leaf.get("value")}
    head, _dot, tail = str(leaf.get("field")).partition(".")
    spec = entity.fields.get(entity.renamed.get(head, head))
    if spec is None:
        return ""
    label, owner = str(spec.label), spec
    if tail and spec.kind == "link":
        owner = registry.get(spec.target).fields.get(tail, spec)
        label = f"{label} {owner.label}"
    operator, value = str(leaf.get("op")), leaf.get("value")
    words = str(OPERATORS.get(operator, operator))
    if operator in ("empty", "not_empty"):
        return f"{label} {words}"
    values = value if isinstance(value, list) else [value]
    shown = [_value(session, owner, grants, one) for one in values[:MOST]]
    if operator == "between":
        text = " – ".join(shown)
    else:
        text = _(" or ").join(shown) + (
            _(" and %(n)s more", n=len(values) - MOST) if len(values) > MOST else ""
        )
    return f"{label} {words} {text}"


def _value(session: Session, spec: Field, grants: Grants, value: Any) -> str:
    if isinstance(value, str) and value.startswith("@"):
        return str(RELATIVE.get(value, value))
    if value is None:
        return str(_("empty"))
    if spec.is_link and isinstance(value, int):
        return titles_of(session, spec.target, [value], grants).get(value) or f"#{value}"
    try:
        wire = spec.parse(value) if spec.kind not in ("multi_choice", "text", "long_text") else value
        return display(spec, wire)
    except FieldError:
        return str(value)

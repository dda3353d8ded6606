"""`describe()`: the single description that sheet, form, Excel template, import mapping and API are made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _

from app.entity.field import PERSON, Field
from app.entity.registry import EntityType, registry

VERBS = ("list", "add", "edit", "delete", "import", "export", "history", "submit", "approve")
_WIDTHS = {"text": 140, "long_text": 220, "number": 130, "integer": 90, "decimal": 110, "money": 120, "percent": 90,
           "date": 104, "datetime": 150, "time": 80, "yes_no": 70, "choice": 110, "multi_choice": 150, "link": 130,
           "person": 100, "attachment": 110, "json": 120}  # fmt: skip


def describe(entity: EntityType, verbs: Collection[str], levels: Mapping[str, str]) -> dict[str, Any]:
    """The entity as one person sees it (shape: ``docs/architecture.md``).

    `verbs` are the rights held on it; `levels` gives ``hidden``, ``masked``, ``read`` or ``edit`` per field.
    """
    about = entity.about
    book = registry.workbooks.get(about.workbook)
    name = entity.name
    return {
        "entity": name,
        "label": str(entity.label),
        "about": str(about.note),
        "key": list(about.key),
        "title": about.title,
        "sort": [list(term) for term in about.sort if levels.get(term[0]) in ("read", "edit")],
        "workbook": {"name": about.workbook, "label": str(book.label) if book else about.workbook},
        "rights": {verb: verb in verbs for verb in VERBS},
        "urls": {
            "sheet": f"/{name}/list/",
            "show": f"/{name}/show/{{id}}",
            "add": f"/{name}/add",
            "edit": f"/{name}/edit/{{id}}",
            "import": f"/import/{name}",
            "export": f"/api/v1/{name}/export",
        },
        "parent": about.parent or None,
        "fields": [
            describe_field(entity, spec, levels[spec.name])
            for spec in entity.fields.values()
            if levels.get(spec.name, "hidden") != "hidden"
        ],
        "lines": [
            {"entity": line.name, "label": str(line.label), "field": "parent_id"} for line in entity.lines
        ],
        "actions": [
            {"verb": t.verb, "label": str(t.label), "from": list(t.source), "to": t.target, "case": t.case}
            for t in (about.lifecycle.transitions if about.lifecycle else ())
            if t.right in verbs and t.case in ("", "submit")
        ],
        "state_field": about.lifecycle.field if about.lifecycle else None,
    }


def describe_field(entity: EntityType, spec: Field, level: str) -> dict[str, Any]:
    """One field of the description."""
    masked = level == "masked"
    editable = level == "edit" and spec.written_by_people
    plain = not masked and spec.kind not in ("json", "attachment", "multi_choice")
    found: dict[str, Any] = {
        "name": spec.name,
        "label": str(spec.label),
        "kind": spec.kind,
        "width": spec.width or _WIDTHS[spec.kind],
        "required": spec.required,
        "editable": editable,
        "readonly_reason": "" if editable else readonly_reason(entity, spec, level),
        "masked": masked,
        "computed": bool(spec.computed or spec.lookup),
        "system": spec.system,
        "frozen": spec.name in entity.about.key or spec.name == entity.about.title,
        "sortable": plain,
        "filterable": not masked and spec.kind != "json",
        "total": spec.total and not masked,
        "length": spec.length or None,
        "digits": spec.digits or None,
        "scale": spec.scale if spec.digits else None,
        "unit": spec.unit,
        "help": str(spec.help),
        "pattern": spec.pattern or None,
        "default": spec.default_value(),
    }
    if spec.choices:
        found["choices"] = [
            {"code": c.code, "label": str(c.label), "color": c.color, "retired": c.retired}
            for c in spec.choices
        ]
    if spec.target:
        label = _("People") if spec.target == PERSON else str(registry.get(spec.target).label)
        url = None if spec.target == PERSON else f"/{spec.target}/show/{{id}}"
        found["target"] = {"entity": spec.target, "label": label, "url": url}
    return found


def readonly_reason(entity: EntityType, spec: Field, level: str) -> str:
    """Why this field cannot be changed, in one sentence."""
    lifecycle = entity.about.lifecycle
    if lifecycle and spec.name == lifecycle.field:
        return str(_("The status changes through its buttons, not by typing."))
    if spec.computed:
        return str(_("Filled in by the system."))
    if spec.lookup:
        return str(_("Comes from the linked record; change it there."))
    if level == "masked":
        return str(_("You may not see the full value, so you cannot change it."))
    return str(_("Your role may read this field, not change it."))

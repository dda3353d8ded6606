"""A WTForms form for an entity, made from its fields. It carries, signed, the values it was rendered with.

The form only collects: reading, checking and refusing are the gate's, so that sheet, form and API agree.
"""

from __future__ import annotations

import json
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import Field as FormField
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.widgets import CheckboxInput

from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.fab.file_field import FileField
from app.query.rows import lookup, lookup_person
from app.query.titles import titles_of

OPTIONS = 200
_INPUT_TYPES = {"date": "date", "time": "time"}


def form_for(entity: EntityType, grants: Grants, record: dict[str, Any] | None) -> FlaskForm:
    """The form to add a record, or to edit `record` (as `query.records` gives it), bound to the request."""
    names = [
        n for n in grants.editable_fields(entity.name)
        if not entity.fields[n].system
    ]  # fmt: skip
    members: dict[str, Any] = {"base": HiddenField()}
    for name in names:
        spec = entity.fields[name]
        members[name] = _field(entity, spec, grants, record["values"].get(name) if record else None)
    form_class = type(f"{entity.view_name}Form", (FlaskForm,), members)
    data = (
        {n: _shown(entity.fields[n], record["values"].get(n)) for n in names}
        if record
        else _defaults(entity, names)
    )
    form = form_class(data=data)
    for name in names:
        form[name].flags.required = entity.fields[name].required
    if not form.is_submitted():
        form.base.data = sign_base(entity, record)
        first = next((n for n in names if entity.fields[n].required), None)
        if record is None and first:
            form[first].render_kw["autofocus"] = True
    return form


def _defaults(entity: EntityType, names: list[str]) -> dict[str, Any]:
    return {n: _shown(entity.fields[n], entity.fields[n].default_value()) for n in names}


def _shown(spec: Field, wire: Any) -> Any:
    if spec.kind == "yes_no":
        return "" if wire is None else ("1" if wire else "0")
    if spec.kind in ("multi_choice", "attachment"):
        return wire or []
    if spec.kind == "json" and wire is not None:
        return json.dumps(wire, ensure_ascii=False, indent=2)
    return "" if wire is None else str(wire)


def _field(entity: EntityType, spec: Field, grants: Grants, current: Any) -> FormField:
    extra: dict[str, Any] = {"data-kind": spec.kind}
    if spec.length:
        extra["maxlength"] = spec.length
    label = str(spec.label) + (f"({spec.unit})" if spec.unit else "")
    about: dict[str, Any] = {"label": label, "description": str(spec.help), "render_kw": extra}
    if spec.kind == "attachment":
        return FileField(entity=entity, **about)
    options = _options_of(spec, grants, current)
    if spec.kind == "multi_choice":
        return SelectMultipleField(
            choices=options, validate_choice=False, option_widget=CheckboxInput(), **about
        )
    if options is not None:
        if spec.is_link:
            extra["data-lookup"] = f"/api/v1/{spec.target}/lookup"
        return SelectField(choices=[SelectChoice("", ""), *options], validate_choice=False, **about)
    if spec.kind in ("long_text", "json"):
        return TextAreaField(**about)
    if spec.kind == "number":
        extra["placeholder"] = _("given automatically")
    extra["type"] = _INPUT_TYPES.get(spec.kind, "text")
    return StringField(**about)


def _options_of(spec: Field, grants: Grants, current: Any) -> list[SelectChoice] | None:
    """What a field lets one choose from; None for a field that is typed."""
    if spec.kind in ("choice", "multi_choice"):
        kept = current if isinstance(current, list) else [current]
        live = {c.code: str(c.label) for c in spec.choices if not c.retired}
        gone = {
            code: _("%(label)s (no longer used)", label=spec.choice_label(code))
            for code in kept
            if isinstance(code, str) and code not in live
        }
        return [SelectChoice(code, label) for code, label in {**live, **gone}.items()]
    if spec.kind == "yes_no":
        return [SelectChoice("1", _("Yes")), SelectChoice("0", _("No"))]
    return _linked(spec, grants, current) if spec.is_link else None


def _linked(spec: Field, grants: Grants, current: Any) -> list[SelectChoice]:
    session = db.session()
    if spec.target == PERSON:
        found = lookup_person(session, "", OPTIONS)
    else:
        found = lookup(session, registry.get(spec.target), grants, "", OPTIONS)
    options = {str(item["id"]): item["title"] for item in found}
    if current is not None and str(current) not in options:
        title = titles_of(session, spec.target, [current], grants).get(current)
        options = {str(current): title or f"#{current}", **options}
    return [SelectChoice(value, label) for value, label in options.items()]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="form-base")


def sign_base(entity: EntityType, record: dict[str, Any] | None) -> str:
    """The record as the form shows it, signed: what the gate compares with when the form comes back."""
    if record is None:
        return ""
    seen = {"e": entity.name, "i": record["id"], "v": record["version"], "b": record["values"]}
    return str(_signer().dumps(seen))


def read_base(entity: EntityType, record_id: int, token: str) -> tuple[int, dict[str, Any]] | None:
    """Version and values a form was rendered with; None when the token is not ours or of another record."""
    try:
        seen = _signer().loads(token)
    except BadSignature:
        return None
    if not isinstance(seen, dict) or (seen.get("e"), seen.get("i")) != (entity.name, record_id):
        return None
    return seen["v"], seen["b"]


def posted(form: FlaskForm) -> dict[str, Any]:
    """The raw values a person sent, by field; files are saved and stand as their ids."""
    found = (f for f in form if f.name not in ("base", "csrf_token"))
    return {f.name: f.upload() if isinstance(f, FileField) else f.data for f in found}

"""One version of a record as a page, beside what it is now, and restoring from there."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.history import Entry, record_history
from app.change import RestoreRefused, restore
from app.db import db
from app.entity import EntityType
from app.fab.record_page import source_label
from app.fab.refusal import message_of
from app.fab.wire import whole_number
from app.query.asof import record_as_of
from app.query.display import actor_label, color, display, when


class VersionPages:
    """Mixed into `EntityView`."""

    entity: ClassVar[EntityType]

    @expose("/version/<pk>/<int:log>", methods=["GET"])
    @has_access
    def version(self, pk: str, log: int) -> str:
        """The record as a log entry left it; for a deletion, as it was before."""
        session, grants, record = db.session(), current_grants(), whole_number(pk)
        history = record_history(session, self.entity, record or 0, limit=500)
        entry = next((one for one in history if one.id == log), None)
        if record is None or entry is None:
            abort(404)
        then = record_as_of(session, self.entity, grants, record, log=log - (entry.op == "D"))
        if then is None:
            abort(404)
        page = version_page(self.entity, then, entry, history, grants)
        return str(self.render_template("taizhang/record_version.html", record=page))  # type: ignore[attr-defined]

    @expose("/restore/<pk>", methods=["POST"])
    @has_access
    def restore(self, pk: str) -> BaseResponse:
        """Restore a record, or one field of it, to what a log entry left."""
        record, log = whole_number(pk), request.form.get("log", type=int)
        if record is None:
            abort(404)
        fields = [name] if (name := request.form.get("field", "")) else None
        try:
            seen = request.form.get("version", type=int)
            result = restore(self.entity, record, log=log, fields=fields, version=seen)
        except RestoreRefused as refused:
            if refused.code == "NOT_FOUND":
                abort(404)
            flash(str(refused.message), "danger")
            return redirect(
                f"/{self.entity.name}/version/{record}/{log}" if log else f"/{self.entity.name}/list/"
            )
        words = {"unchanged": _("It is as it was; there is nothing to restore."),
                 "held": _("Sent for approval. It is restored once it is approved.")}  # fmt: skip
        text = words.get(result.state, _("Restored.")) if result.ok else message_of(result)
        if result.ok and result.left:
            text = " ".join([text, *(str(item["reason"]) for item in result.left)])
        flash(text, "success" if result.ok else "danger")
        return redirect(f"/{self.entity.name}/show/{record}")


def version_page(
    entity: EntityType, then: dict[str, Any], entry: Entry, history: list[Entry], grants: Grants
) -> dict[str, Any]:
    """The context of ``taizhang/record_version.html``."""
    now = then["now"] or {"gone": False, "cells": {}}
    title = entity.fields[entity.about.title]
    may = grants.can("add" if now["gone"] else "edit", entity.name)
    address = f"/{entity.name}/version/{then['id']}"
    deleted = entry.op == "D"
    return {
        "id": then["id"], "log": entry.id - deleted, "version": then["version"], "when": when(entry.at), "deleted": deleted,
        "seen": now.get("version", ""),
        "gone": {"who": now["by"], "when": when(now["at"])} if now["gone"] else None,
        "title": display(title, then["values"].get(title.name), then["titles"].get(title.name)) or f"#{then['id']}",
        "label": str(entity.label), "may_restore": may and (now["gone"] or bool(now["cells"])),
        "url": "" if now["gone"] else f"/{entity.name}/show/{then['id']}",
        "restore_url": f"/{entity.name}/restore/{then['id']}",
        "facts": [_fact(entity, name, then, now, grants) for name in then["values"] if _told(entity, name, then, now)],
        "lines": [_lines(entity, part, grants) for part in then["lines"] if part["rows"]],
        "versions": [
            {"url": f"{address}/{one.id}", "version": one.new.get("version") if one.op != "D" else None, "op": one.op,
             "at": when(one.at), "actor": actor_label(one.actor_name), "source": source_label(one.source),
             "current": one.id == entry.id}
            for one in history
        ],
    }  # fmt: skip


def _told(entity: EntityType, name: str, then: dict[str, Any], now: dict[str, Any]) -> bool:
    return name in now["cells"] or (then["values"][name] is not None and not entity.fields[name].system)


def _fact(
    entity: EntityType, name: str, then: dict[str, Any], now: dict[str, Any], grants: Grants
) -> dict[str, Any]:
    spec, wire, cell = entity.fields[name], then["values"][name], now["cells"].get(name)
    since = None
    if cell is not None:
        since = {"text": display(spec, cell["value"], cell["title"]), "who": cell["by"],
                 "when": when(cell["at"]), "mine": cell["mine"]}  # fmt: skip
    may = since is not None and name in grants.editable_fields(entity.name)
    return {"name": name, "label": str(spec.label), "text": display(spec, wire, then["titles"].get(name)),
            "color": color(spec, wire), "since": since, "may_restore": may}  # fmt: skip


def _lines(entity: EntityType, part: dict[str, Any], grants: Grants) -> dict[str, Any]:
    line = next(one for one in entity.lines if one.name == part["entity"])
    rows = part["rows"]
    names = [
        n for n, spec in line.fields.items()
        if n in rows[0]["values"] and n != "parent_id" and not spec.system and any(r["values"][n] is not None for r in rows)
    ]  # fmt: skip
    return {
        "label": part["label"],
        "columns": [
            {"label": str(line.fields[n].label), "number": line.fields[n].type.numeric} for n in names
        ],
        "rows": [[display(line.fields[n], r["values"][n], r["titles"].get(n)) for n in names] for r in rows],
    }

"""What the record page shows, as ready texts: title, sections, lines, history, and what the reader may do."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, Field
from app.fab.attachments import files_of
from app.fab.history_json import cells_of
from app.jobs.schedule import scheduled
from app.query.display import color, display, when
from app.query.rows import records, visible_names

MAX_LINES = 500
MAX_FIGURES = 4


def record_page(
    entity: EntityType, record: dict[str, Any], history: list[dict[str, Any]], grants: Grants
) -> dict[str, Any]:
    """The context of ``taizhang/record.html`` (its head comment gives the shape)."""
    about, values, name = entity.about, record["values"], entity.name
    states = [n for n in (about.lifecycle.field if about.lifecycle else "",) if values.get(n)]
    chips = [
        {"text": display(entity.fields[n], values[n]), "color": color(entity.fields[n], values[n])}
        for n in states
    ]
    own = [n for n in values if not entity.fields[n].system]
    common = [n for n in values if entity.fields[n].system and values[n] is not None]
    key = " ".join(
        display(entity.fields[n], values.get(n), record["titles"].get(n)) for n in about.key if n in values
    )
    urls = {"sheet": f"/{name}/list/"}
    if grants.can("edit", name) and not record["locked"]:
        urls["edit"] = f"/{name}/edit/{record['id']}"
    if grants.can("delete", name) and not record["locked"]:
        urls["delete"] = f"/{name}/delete/{record['id']}"
    approval = record.get("approval")
    return {
        "title": display(
            entity.fields[about.title], values.get(about.title), record["titles"].get(about.title)
        )
        or key,
        "key": key if about.title not in about.key else "",
        "meta": str(entity.label),
        "locked": _("This record is being approved. Withdraw the request to change it.")
        if record["locked"]
        else "",
        "chips": chips,
        "steps": _steps(entity, record, grants),
        "figures": _figures(entity, record, grants),
        "approval": _approval(entity, record["id"], approval) if approval else None,
        "sections": [
            {"label": "", "fields": [_fact(entity, n, record, grants) for n in own]},
            {"label": _("Record"), "fields": [_fact(entity, n, record, grants) for n in common]},
        ],
        "lines": [
            _lines(line, record["id"], grants) for line in entity.lines if grants.can("list", line.name)
        ],
        "history": [_entry(entity, item, record["id"]) for item in history]
        if grants.can("history", name)
        else None,
        "history_url": f"/changelog/?entity={name}&record={record['id']}"
        if grants.can("history", name)
        else "",
        "urls": urls,
    }


def _steps(entity: EntityType, record: dict[str, Any], grants: Grants) -> list[dict[str, str]]:
    """The steps of the lifecycle the reader may take now."""
    lifecycle = entity.about.lifecycle
    if lifecycle is None or record["locked"]:
        return []
    state = record["values"].get(lifecycle.field)
    return [
        {"label": str(t.label), "look": "btn-primary" if t.case == "submit" else "",
         "url": f"/{entity.name}/action/{t.verb}/{record['id']}"}
        for t in lifecycle.transitions
        if t.case in ("", "submit") and state in t.source and grants.can(t.right, entity.name)
    ]  # fmt: skip


def _figures(entity: EntityType, record: dict[str, Any], grants: Grants) -> list[dict[str, Any]]:
    """What the sheet adds up at its foot, large; a line's record has no need of it."""
    names = [
        n for n, spec in entity.fields.items()
        if spec.total and spec.type.numeric and record["values"].get(n) is not None
        and grants.level(entity.name, n) != "masked"
    ] if entity.parent is None else []  # fmt: skip
    return [
        {"label": str(entity.fields[n].label), "text": display(entity.fields[n], record["values"][n]), "note": ""}
        for n in names[:MAX_FIGURES]
    ]  # fmt: skip


_DECISIONS = {
    "approve": "btn-primary",
    "reject": "btn-outline-danger",
    "return": "",
    "withdraw": "",
    "resubmit": "",
}
"""Decisions the page has a button for, and how it looks; the others need the case before one's eyes."""


def _approval(entity: EntityType, record_id: int, found: dict[str, Any]) -> dict[str, Any] | None:
    """The record's approval as the page shows it: times to read, a button for each decision the reader may take."""
    case = found["case"]
    if case is None:
        return (
            {**found, "earlier": _dated(found["earlier"], "ended_at"), "buttons": []}
            if found["earlier"]
            else None
        )
    route = [{**step, "people": _dated(step["people"], "at")} for step in case["route"]]
    shown = {
        **case, "route": route, "submitted_at": when(case["submitted_at"]),
        "opinions": _dated(case["opinions"], "at"),
    }  # fmt: skip
    buttons = [
        {"verb": one["verb"], "label": one["label"], "look": _DECISIONS[one["verb"]],
         "says_why": one["comment"] == "required",
         "url": f"/{entity.name}/action/{one['verb']}/{record_id}",
         "asks": _("Take the request back? It can be changed and submitted again.") if one["verb"] == "withdraw" else ""}
        for one in case["verbs"]
        # A record that was sent back is submitted again by its own step.
        if one["verb"] in _DECISIONS and (one["verb"] != "resubmit" or case["kind"] == "change")
    ]  # fmt: skip
    return {"case": shown, "earlier": _dated(found["earlier"], "ended_at"), "buttons": buttons}


def _dated(items: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{**item, name: when(item[name]) if item[name] else ""} for item in items]


def _held(spec: Field, cell: dict[str, Any] | None) -> dict[str, Any] | None:
    """The new value that waits for approval, and whose turn it is."""
    if cell is None:
        return None
    people = "、".join(cell["waits_for"])
    who = _("waits for %(people)s", people=people) if people else _("sent back to whoever asked")
    return {"text": display(spec, cell["new"], cell["title"]), "who": who, "case": cell["case"]}


def _fact(entity: EntityType, name: str, record: dict[str, Any], grants: Grants) -> dict[str, Any]:
    spec, wire = entity.fields[name], record["values"][name]
    url = (
        f"/{spec.target}/show/{wire}"
        if spec.kind == "link" and wire and grants.can("list", spec.target)
        else ""
    )
    return {
        "label": str(spec.label) + (f"({spec.unit})" if spec.unit else ""),
        "text": display(spec, wire, record["titles"].get(name)),
        "kind": spec.kind, "url": url, "masked": grants.level(entity.name, name) == "masked" and wire is not None,
        "color": color(spec, wire), "help": str(spec.help),
        "held": _held(spec, (record.get("held") or {}).get(name)),
        "files": files_of(db.session(), wire) if spec.kind == "attachment" and isinstance(wire, list) else [],
    }  # fmt: skip


def _lines(line: EntityType, parent_id: int, grants: Grants) -> dict[str, Any]:
    cls: Any = line.cls
    ids = db.session().execute(
        select(cls.id).where(cls.parent_id == parent_id).order_by(cls.position, cls.id).limit(MAX_LINES)
    )
    # The table counts its rows itself.
    counters = {"parent_id", *(n for n in line.about.key if line.fields[n].kind == "integer")}
    names = [n for n in visible_names(line, grants) if not line.fields[n].system and n not in counters]
    rows = records(db.session(), line, grants, [row[0] for row in ids], names)
    return {
        "label": str(line.label),
        "url": f"/{line.name}/list/?parent={parent_id}",
        "columns": [{"label": str(line.fields[n].label), "number": line.fields[n].type.numeric} for n in names],
        "rows": [
            {"url": f"/{line.name}/show/{r['id']}",
             "cells": [display(line.fields[n], r["values"][n], r["titles"].get(n)) for n in names]}
            for r in rows
        ],
    }  # fmt: skip


def _entry(entity: EntityType, item: dict[str, Any], record_id: int) -> dict[str, Any]:
    return {
        "at": when(item["at"]), "actor": item["actor"], "source": source_label(item["source"]), "reason": "",
        "op": item["op"], "cells": cells_of(entity, item["cells"]),
        "url": f"/{entity.name}/version/{record_id}/{item['log']}",
    }  # fmt: skip


def source_label(source: str) -> str:
    """Where a change came from, in words."""
    if source in scheduled():
        return str(_("Scheduled work"))
    known = {
        "sheet": _("Sheet"), "paste": _("Paste"), "fill": _("Fill"), "bulk": _("Bulk edit"), "form": _("Form"),
        "api": _("API"), "import": _("Import"), "undo": _("Undo"), "revert": _("Revert"), "action": _("Action"),
        "restore": _("Restore"),
        "seed": _("Demo data"), "erase": _("Erasure"), "system": _("System"), "cli": _("Command line"),
        "migrate": _("Migration"), "approval": _("Approval"),
        "web": _("Page"), "login": _("Sign-in"), "job": _("Job"), "rights": _("Rights"),
    }  # fmt: skip
    return str(known.get(source, source))

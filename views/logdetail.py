"""One entry of the log looked at closely: every field before and after, the record's story."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.audit.asof import record_after
from app.audit.history import Entry, Filters, entries, entries_after, of_entity
from app.entity import registry
from app.fab.history_json import cells_of, history_json
from app.query.display import short_when
from views.logapprovals import case_behind

EARLIER, LATER = 3, 2
"""How many entries of the same record are told before and after the chosen one."""


def detail(session: Session, item: dict[str, Any], grants: Grants) -> dict[str, Any]:
    """What the pane beside the stream shows of an item of it."""
    found = {
        **item,
        "second": clock.local(clock.parse_instant(item["moment"])).strftime("%Y-%m-%d %H:%M:%S"),
        "change_set_url": f"/changelog/?change_set={item['change_set']}" if item["change_set"] else "",
        "cells": [{**cell, "changed": True} for cell in item["cells"]],
        "versions": (None, None),
        "story": [],
    }
    if not item["access"]:
        found["case"] = item.get("case") or case_behind(session, item["change_set"], item["reason"])
    if item["entity"] not in registry:
        return found
    entry = entries(session, Filters(), limit=1, before=item["id"] + 1)[0]
    found["cells"] = _cells(session, entry, grants)
    found["versions"] = (entry.old.get("version"), entry.new.get("version"))
    found["story"] = _story(session, entry, grants)
    found["restore_url"] = _restore_url(entry, found["story"], grants)
    if entry.op != "D":
        found["version_url"] = f"/{entry.tbl}/version/{entry.record_id}/{entry.id}"
    found["time"] = found["second"][11:16]
    found["story_url"] = f"/changelog/?entity={entry.tbl}&record={entry.record_id}"
    return found


def _cells(session: Session, entry: Entry, grants: Grants) -> list[dict[str, Any]]:
    """Every field the reader sees, those that changed first."""
    entity = registry.get(entry.tbl)
    after: dict[str, Any] = {}
    if entry.op == "U" and entry.record_id is not None:
        past, _later = record_after(session, entity, entry.record_id, entry.id)
        after = dict(past.values) if past else {}
    now = {entity.renamed.get(old, old): old for old in {*entry.old, *entry.new}}
    same = {name: value for name, value in after.items() if name not in now}
    whole = replace(entry, old={**entry.old, **same}, new={**entry.new, **same})
    changed = {name for name, was in now.items() if entry.touches(was)}
    shown = history_json(session, entity, [whole], grants)[0]["cells"]
    cells = [
        {**cell, "changed": raw["field"] in changed}
        for raw, cell in zip(shown, cells_of(entity, shown), strict=True)
        if raw["field"] in changed or not entity.fields[raw["field"]].system
    ]
    return sorted(cells, key=lambda cell: not cell["changed"])


def _story(session: Session, entry: Entry, grants: Grants) -> list[dict[str, Any]]:
    """The record's entries around this one, the latest first."""
    entity = registry.get(entry.tbl)
    if entry.record_id is None:
        return []
    mine = of_entity(entity, entry.record_id)
    told = [
        *entries_after(session, mine, entry.id, LATER),
        *entries(session, mine, limit=EARLIER + 1, before=entry.id + 1),
    ]
    items = history_json(session, entity, told, grants)
    return [
        {
            "at": short_when(one.at),
            "actor": item["actor"],
            "op": item["op"],
            "cells": cells_of(entity, item["cells"]),
            "here": one.id == entry.id,
            "url": f"/changelog/?entry={one.id}",
        }
        for one, item in zip(told, items, strict=True)
    ]


def _restore_url(entry: Entry, story: list[dict[str, Any]], grants: Grants) -> str:
    """Where to bring the record back to this entry; empty where it is so, or for who may not."""
    verb = "add" if entry.op == "D" else "edit"
    latest = bool(story) and story[0]["here"]
    possible = latest == (entry.op == "D") and grants.permits("can_post", "ChangeSet")
    return f"/changelog/restore/{entry.id}" if possible and grants.can(verb, entry.tbl) else ""

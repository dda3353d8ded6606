"""Change log entries as a reader may see them: titles, labels, and nothing outside their scope or rights."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.access.wall import visible_ids
from app.audit.log import ChangeLog
from app.audit.pii import is_erased, open_values
from app.entity import registry
from app.fab.history_json import OPS, cells_of, history_json
from app.fab.record_page import source_label
from app.query.display import actor_label, short_when, when
from app.query.titles import titles_of
from views.logapprovals import EVENTS, cases_of, may_tell, told
from views.platform import Names, platform_entry


def shown_entries(session: Session, found: Sequence[Any], grants: Grants) -> list[dict[str, Any]]:
    """Entries for pages, in the order given.

    An entry of a record out of scope is left out; of a deleted record what it was at last decides. A platform
    table's are for those who may see roles, book-keeping left out; an approval's for who sees what it is about.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in found:
        if entry.tbl in registry and entry.record_id is not None and grants.can("list", entry.tbl):
            wanted[entry.tbl].add(entry.record_id)
    cases = cases_of(session, found)
    for case in cases.values():
        if case.record_id is not None and case.entity in registry and grants.can("list", case.entity):
            wanted[case.entity].add(case.record_id)
    seen = {name: visible_ids(session, registry.get(name), ids) for name, ids in wanted.items()}
    gone = {name: _gone(session, name, ids - seen[name], grants) for name, ids in wanted.items()}
    titles = {name: titles_of(session, name, ids, grants) for name, ids in seen.items()}
    items = _items(session, [e for e in found if e.tbl in seen], grants)
    shown, names = [], Names(session)
    for entry in found:
        if entry.tbl == EVENTS:
            case = cases.get(entry.new["case_id"])
            if case is not None and may_tell(case, seen, grants):
                shown.append({**_common(entry), **told(session, entry, case, names)})
        elif entry.tbl not in registry:
            if grants.permits("can_list", "RoleModelView"):
                shown += [item] if (item := _platform(entry, names)) else []
        elif entry.record_id in seen.get(entry.tbl, ()):
            shown.append(_entry(entry, items[entry.id], titles[entry.tbl].get(entry.record_id), exists=True))
        elif entry.record_id in gone.get(entry.tbl, ()):
            shown.append(_entry(entry, items[entry.id], gone[entry.tbl][entry.record_id], exists=False))
    return shown


def _items(session: Session, found: Sequence[Any], grants: Grants) -> dict[int, dict[str, Any]]:
    """The cells of entries by the entry's number, read table by table and not entry by entry."""
    tables: dict[str, list[Any]] = defaultdict(list)
    for entry in found:
        tables[entry.tbl].append(entry)
    listed = (history_json(session, registry.get(name), group, grants) for name, group in tables.items())
    return {item["log"]: item for group in listed for item in group}


def _gone(session: Session, name: str, ids: set[int], grants: Grants) -> dict[int, str | None]:
    """The titles at last of records that are deleted, as far as they were in the reader's scope then."""
    if not ids:
        return {}
    entity, log = registry.get(name), ChangeLog.__table__
    there = session.execute(select(entity.table.c.id).where(entity.table.c.id.in_(ids))).scalars()
    query = select(log.c.id, log.c.record_id, log.c.old).where(
        log.c.tbl == name, log.c.record_id.in_(ids.difference(there)), log.c.op == "D"
    )
    entries = [(i, record, json.loads(text)) for i, record, text in session.execute(query.order_by(log.c.id))]
    open_values(session, ((log_id, image, {}) for log_id, _record, image in entries))
    images = [(record, image) for _log_id, record, image in entries]
    headers: set[int] = set()
    if entity.parent is not None:
        # A line is where its header is, whether that is still there or not.
        above = {image["parent_id"] for _record, image in images}
        headers = visible_ids(session, entity.parent, above) | set(
            _gone(session, entity.parent.name, above, grants)
        )
    found = {}
    for record, image in images:
        title = entity.about.title
        inside = (
            grants.reaches(name, image.get("owner_id"), image.get("department_id"))
            if entity.parent is None
            else image["parent_id"] in headers
        )
        if inside:
            known = image.get(title) is not None and not is_erased(image[title])
            shown = known and grants.level(name, title) in ("read", "edit") and title not in entity.links
            found[record] = str(image[title]) if shown else None
        else:
            found.pop(record, None)
    return found


def _entry(entry: Any, item: dict[str, Any], title: str | None, *, exists: bool) -> dict[str, Any]:
    entity = registry.get(entry.tbl)
    cells = cells_of(entity, item["cells"])
    shown = {c["field"]: c["new"] if c["new"] is not None else c["old"] for c in item["cells"]}
    if title is None and entity.about.title in entity.links:
        shown.clear()  # an id names nothing
    name = title or str(shown.get(entity.about.title) or f"#{entry.record_id}")
    labels = "、".join(c["label"] for c in cells)
    text = labels if entry.op == "U" else _("%(n)s fields", n=len(cells))
    return {
        **_common(entry), "op": item["op"], "entity_label": str(entity.label), "title": name, "record_title": name,
        "record_url": f"/{entry.tbl}/show/{entry.record_id}" if exists else "",
        "url": f"/{entry.tbl}/show/{entry.record_id}" if exists else "", "text": text, "fields_text": text,
        "cells": cells,
    }  # fmt: skip


def _platform(entry: Any, names: Names) -> dict[str, Any] | None:
    found = platform_entry(entry, names)
    if found is None:
        return None
    return {
        **_common(entry), "op": OPS.get(entry.op, "update"), "record_title": found["title"], "record_url": "",
        "url": "", "fields_text": found["text"], **found,
    }  # fmt: skip


def _common(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id, "key": entry.id, "number_text": f"{entry.id:,}", "access": False, "at": when(entry.at),
        "moment": entry.at, "short": short_when(entry.at), "actor": actor_label(entry.actor_name), "entity": entry.tbl,
        "source_label": source_label(entry.source), "reason": entry.reason or "", "change_set": entry.change_set,
        "selected": False,
    }  # fmt: skip

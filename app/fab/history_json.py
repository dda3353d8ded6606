"""History as a reader may see it: labels, titles, and only the fields their rights show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.audit.pii import is_erased
from app.entity import EntityType
from app.query.display import actor_label, display
from app.query.titles import file_names, titles_of

OPS = {"I": "insert", "U": "update", "D": "delete"}
_QUIET = ("updated_at", "updated_by_id", "created_at", "created_by_id")


def history_json(
    session: Session, entity: EntityType, entries: Iterable[Any], grants: Grants
) -> list[dict[str, Any]]:
    """Log entries of one entity (``app.audit.history``) with their cells old and new."""
    levels, fields = grants.levels(entity.name), entity.fields
    items = []
    for entry in entries:
        old, new = entry.old or {}, entry.new or {}
        cells = []
        for name in dict.fromkeys([*old, *new]):
            spec = fields.get(entity.renamed.get(name, name))
            if spec is None or levels[spec.name] == "hidden" or spec.name in _QUIET:
                continue
            before, after = old.get(name), new.get(name)
            if before is None and after is None:
                continue
            titles = [_("(erased)") if is_erased(v) else _choice(spec, v) for v in (before, after)]
            before, after = (None if is_erased(v) else v for v in (before, after))
            if levels[spec.name] == "masked":
                before, after = spec.masked(before), spec.masked(after)
            cells.append({"field": spec.name, "label": str(spec.label), "old": before, "new": after,
                          "old_title": titles[0], "new_title": titles[1]})  # fmt: skip
        items.append({"log": entry.id, "at": entry.at, "actor": actor_label(entry.actor_name), "source": entry.source,
                      "change_set": entry.change_set, "op": OPS.get(entry.op, entry.op), "cells": cells})  # fmt: skip
    _add_titles(session, entity, items, grants)
    return items


def cells_of(entity: EntityType, cells: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells of the history as texts: label, old and new."""
    return [
        {"label": c["label"], "old": display(entity.fields[c["field"]], c["old"], c["old_title"]),
         "new": display(entity.fields[c["field"]], c["new"], c["new_title"])}
        for c in cells
    ]  # fmt: skip


def _choice(spec: Any, value: Any) -> str | None:
    return next((str(c.label) for c in spec.choices if c.code == value), None) if value is not None else None


def _add_titles(session: Session, entity: EntityType, items: list[dict[str, Any]], grants: Grants) -> None:
    wanted: dict[str, set[int]] = defaultdict(set)
    cells = [c for i in items for c in i["cells"] if c["field"] in entity.links]
    for cell in cells:
        wanted[entity.links[cell["field"]].target] |= {
            v for v in (cell["old"], cell["new"]) if isinstance(v, int)
        }
    titles = {target: titles_of(session, target, ids, grants) for target, ids in wanted.items()}
    for cell in cells:
        known = titles[entity.links[cell["field"]].target]
        cell["old_title"], cell["new_title"] = known.get(cell["old"]), known.get(cell["new"])
    for cell in (c for i in items for c in i["cells"] if c["field"] in entity.file_fields):
        cell["old_title"], cell["new_title"] = file_names(session, [cell["old"], cell["new"]])

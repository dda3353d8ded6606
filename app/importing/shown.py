"""Staged rows and conflicts of an import as one person may read them: labels for codes, titles for ids, masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Conflict
from app.entity import EntityType
from app.query.display import display, when
from app.query.rows import records
from app.query.titles import titles_of


class Texts:
    """Wire values of one entity as texts. Name all values first, so that titles come in one query per target."""

    def __init__(
        self, session: Session, entity: EntityType, grants: Grants, values: Iterable[tuple[str, Any]]
    ) -> None:
        self._entity, self._levels = entity, grants.levels(entity.name)
        wanted: dict[str, set[int]] = {}
        for name, wire in values:
            if name in entity.links and isinstance(wire, int):
                wanted.setdefault(entity.links[name].target, set()).add(wire)
        self._titles = {target: titles_of(session, target, ids, grants) for target, ids in wanted.items()}

    def may(self, name: str) -> bool:
        """Whether the reader may see the field at all."""
        return self._levels.get(name, "hidden") != "hidden"

    def text(self, name: str, wire: Any, *, own: bool = False) -> str:
        """A value as text; what the reader's file holds (`own`) is never masked for them."""
        spec = self._entity.fields[name]
        if self._levels[name] == "masked" and not own:
            return str(spec.masked(wire) or "")
        return display(
            spec, wire, self._titles.get(spec.target, {}).get(wire) if isinstance(wire, int) else None
        )


def shown_rows(
    session: Session, entity: EntityType, grants: Grants, found: list[dict[str, Any]], columns: list[str]
) -> list[dict[str, Any]]:
    """Staged rows: `cells` ``{field: [old, new]}``, and of records that are there the `columns` as they are now."""
    ids = [row["record_id"] for row in found if row["op"] == "update" and row["record_id"]]
    now = {r["id"]: r["values"] for r in records(session, entity, grants, ids, columns)} if columns else {}
    pairs = [(n, v) for row in found for n, pair in (row["cells"] or {}).items() for v in pair]
    pairs += [(n, v) for values in now.values() for n, v in values.items()]
    texts = Texts(session, entity, grants, pairs)
    shown = []
    for row in found:
        cells = {
            name: [texts.text(name, old), texts.text(name, new, own=True)]
            for name, (old, new) in (row["cells"] or {}).items()
            if texts.may(name)
        }
        values = {
            n: texts.text(n, v, own=True) for n, v in now.get(row["record_id"], {}).items() if n not in cells
        }
        shown.append({"seq": row["seq"], "line": row["line"], "op": row["op"], "id": row["record_id"],
                      "state": row["state"], "cells": cells, "values": values, "errors": row["error"] or []})  # fmt: skip
    return shown


def shown_conflicts(
    session: Session, entity: EntityType, grants: Grants, found: list[Conflict]
) -> list[dict[str, Any]]:
    """Cells somebody else changed meanwhile: which record, both values, who and when."""
    texts = Texts(session, entity, grants, [(c.field, v) for c in found for v in (c.yours, c.theirs)])
    titles = titles_of(session, entity.name, {c.id for c in found}, grants)
    return [
        {"row": c.line, "id": c.id, "title": titles.get(c.id) or f"#{c.id}", "field": c.field,
         "label": str(entity.fields[c.field].label), "yours": texts.text(c.field, c.yours, own=True),
         "theirs": texts.text(c.field, c.theirs), "by": c.by, "at": when(c.at) if c.at else None}
        for c in found if c.field in entity.fields and texts.may(c.field)
    ]  # fmt: skip

"""Staged rows and conflicts of an import as one person may read them: labels for codes, titles for ids, masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Conflict, staging
from app.entity import EntityType, Field, registry
from app.entity.sentences import to_keep, told
from app.importing.tally import spec_of
from app.query.display import display, when
from app.query.rows import records
from app.query.titles import titles_of


class Texts:
    """Wire values as texts. Name all values first, so that titles come in one query per target.

    A name is that of a field of `entity`, or ``entity.field`` of another. `made` are the titles of records that
    are still to be made, by reference.
    """

    def __init__(
        self, session: Session, entity: EntityType, grants: Grants, values: Iterable[tuple[str, Any]],
        made: Mapping[str, str] = {},
    ) -> None:  # fmt: skip
        self._entity, self._grants, self._made = entity, grants, made
        wanted: dict[str, set[int]] = {}
        for name, wire in values:
            spec = self._spec(name)
            if spec is not None and spec.is_link and isinstance(wire, int):
                wanted.setdefault(spec.target, set()).add(wire)
        self._titles = {target: titles_of(session, target, ids, grants) for target, ids in wanted.items()}

    def _spec(self, name: str) -> Field | None:
        found: Field | None = spec_of(self._entity, name)[1]
        return found

    def _level(self, name: str) -> str:
        owner, spec = spec_of(self._entity, name)
        return self._grants.levels(owner.name).get(spec.name, "hidden") if spec is not None else "hidden"

    def may(self, name: str) -> bool:
        """Whether the reader may see the field at all."""
        return self._level(name) != "hidden"

    def text(self, name: str, wire: Any, *, own: bool = False) -> str:
        """A value as text; what the reader's file holds (`own`) is never masked for them."""
        spec = self._spec(name)
        assert spec is not None
        if isinstance(wire, dict) and "ref" in wire:
            return self._made.get(wire["ref"]) or str(wire["ref"]).rpartition(":")[2]
        if self._level(name) == "masked" and not own:
            return str(spec.masked(wire) or "")
        return display(
            spec, wire, self._titles.get(spec.target, {}).get(wire) if isinstance(wire, int) else None
        )


def shown_rows(
    session: Session, entity: EntityType, grants: Grants, found: list[dict[str, Any]], columns: list[str]
) -> list[dict[str, Any]]:
    """Staged rows: `cells` ``{field: [old, new]}``, and of records that are there the `columns` as they are now."""
    made = _made(found)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row["entity"] if row["entity"] in registry else entity.name].append(row)
    shown: dict[int, dict[str, Any]] = {}
    for name, group in groups.items():
        own = registry.get(name)
        prefix = "" if name == entity.name else f"{name}."
        wanted = [
            n.removeprefix(prefix)
            for n in columns
            if n.startswith(prefix) and "." not in n.removeprefix(prefix)
        ]
        for row in _group(session, own, grants, group, wanted, made):
            shown[row["seq"]] = row
    return [shown[row["seq"]] for row in found]


def _made(found: list[dict[str, Any]]) -> dict[str, str]:
    """The titles of records still to be made that rows link to."""
    refs = {
        pair[1]["ref"]
        for row in found
        for pair in (row["cells"] or {}).values()
        if isinstance(pair[1], dict) and "ref" in pair[1]
    }
    if not refs:
        return {}
    titles = {}
    for row in staging.picked(found[0]["set_id"], refs=refs):
        about = registry.get(row["entity"]).about
        cells = row["cells"] or {}
        named = (cells[n][1] for n in (about.title, *about.key) if n in cells)
        titles[row["ref"]] = str(next((v for v in named if v is not None), row["ref"].rpartition(":")[2]))
    return titles


def _group(
    session: Session, entity: EntityType, grants: Grants, found: list[dict[str, Any]], columns: list[str],
    made: Mapping[str, str],
) -> Iterable[dict[str, Any]]:  # fmt: skip
    columns = [n for n in columns if n in entity.fields]
    ids = [row["record_id"] for row in found if row["op"] in ("update", "delete") and row["record_id"]]
    now = {r["id"]: r["values"] for r in records(session, entity, grants, ids, columns)} if columns else {}
    pairs = [(n, v) for row in found for n, pair in (row["cells"] or {}).items() for v in pair]
    pairs += [(n, v) for values in now.values() for n, v in values.items()]
    texts = Texts(session, entity, grants, pairs, made)
    for row in found:
        cells = {
            name: [texts.text(name, old), texts.text(name, new, own=True)]
            for name, (old, new) in (row["cells"] or {}).items()
            if texts.may(name)
        }
        values = {
            n: texts.text(n, v, own=True) for n, v in now.get(row["record_id"], {}).items() if n not in cells
        }
        yield {"seq": row["seq"], "line": row["line"], "entity": entity.name, "op": row["op"],
               "id": row["record_id"], "state": row["state"], "cells": cells, "values": values,
               "errors": [_problem(texts, e) for e in row["error"] or []]}  # fmt: skip


def _problem(texts: Texts, error: dict[str, Any]) -> dict[str, Any]:
    """An error as it is shown; of a conflict the value in force, as text."""
    shown = {n: v for n, v in error.items() if n not in ("read", "column") and v is not None}
    shown["message"] = told(error["message"])
    if error["code"] == "CONFLICT" and not (error["field"] and texts.may(error["field"])):
        shown.pop("theirs", None)
    elif error["code"] == "CONFLICT":
        shown["theirs"] = texts.text(error["field"], error.get("theirs"))
        shown["at"] = when(error["at"]) if error.get("at") else None
    return shown


def shown_conflicts(
    session: Session, entity: EntityType, grants: Grants, found: list[Conflict]
) -> list[dict[str, Any]]:
    """Cells somebody else changed meanwhile: which record, both values, who and when."""
    texts = Texts(session, entity, grants, [(c.field, v) for c in found for v in (c.yours, c.theirs)])
    titles = titles_of(session, entity.name, {c.id for c in found}, grants)
    return [
        {"row": c.line, "id": c.id, "title": titles.get(c.id) or f"#{c.id}", "field": c.field,
         "label": to_keep(entity.fields[c.field].label), "yours": texts.text(c.field, c.yours, own=True),
         "theirs": texts.text(c.field, c.theirs), "by": c.by, "at": when(c.at) if c.at else None}
        for c in found if c.field in entity.fields and texts.may(c.field)
    ]  # fmt: skip

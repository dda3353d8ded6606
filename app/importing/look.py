"""A first look at an uploaded file: its sheets, the header, how its columns map, what was remembered of such files."""

from __future__ import annotations

import dataclasses
from typing import Any

from app.access.grants import Grants
from app.change import staging
from app.db import db
from app.entity import EntityType, Field, registry
from app.excel.contract import FileRefused
from app.excel.manifest import HIDDEN, ID, Manifest
from app.excel.manifest import SHEET as MANIFEST
from app.excel.read import open_workbook, read_sheet
from app.importing import guess, history, layout, profiles, trip
from app.importing.dates import date_orders
from app.importing.imported import refuse_what_is_behind
from app.importing.links import creatable
from app.importing.mapping import ColumnMap, field_specs, header_words, map_columns
from app.importing.match import usual_key
from app.importing.options import Lines, Options, Treatment, options_from
from app.importing.run import file_facts, limits
from app.importing.treat import cell_text
from app.importing.uploads import Upload

SAMPLE = 8
READ_WHOLE = 20_000
"""Rows up to which the look reads on to the rows of sums below the data."""


def look(
    entity: EntityType, kept: Upload, sheet: str | None, header_row: int | None, grants: Grants
) -> dict[str, Any]:
    """What the wizard shows before anything is checked. Raises FileRefused."""
    allowed = limits()
    book = open_workbook(kept.path, allowed)
    if sheet is not None and sheet not in [s.name for s in book.sheets]:
        raise FileRefused("NO_SHEET", sheet=sheet)
    words = header_words(field_specs(entity, grants), Options())
    table = read_sheet(kept.path, sheet, header_row, allowed, words)
    shown = table.sheet
    info = next(s for s in book.sheets if s.name == shown)
    first: list[dict[str, Any]] = []
    try:
        for number, cells in table.rows:
            if len(first) < guess.ROWS:
                first.append({"row": number, "cells": [cell_text(c) for c in cells]})
            elif info.rows > READ_WHOLE:
                break
    finally:
        table.close()
    ours = any(s.name == MANIFEST for s in book.sheets)
    manifest = trip.manifest_of(kept.path, allowed, shown) if ours else None
    if manifest is not None and manifest.entity != entity.name:
        manifest = None
    refuse_what_is_behind(manifest, entity)
    by_id = manifest is not None and ID in table.headers
    known = trip.columns_of(manifest, entity, table.headers) if manifest and by_id else None
    sums = {row for row, _text in table.marked}
    first = [row for row in first if row["row"] not in sums]
    texts = [row["cells"] for row in first]
    columns = map_columns(entity, table.headers, grants, known=known)
    guessed = {} if known else guess.guesses(db.session(), entity, table.headers, columns, texts, grants)
    lines = None
    for line in () if known else entity.lines:
        with_lines = _lines(entity, line, table.headers, texts, grants)
        if with_lines is not None:
            lines, columns, guessed = with_lines
            break
    mapped = {table.headers[i]: n for i, n in columns.fields.items()} | guessed
    proposed = Options(
        sheet=shown, header_row=table.header_row, columns={h: Treatment(n) for h, n in mapped.items()},
        match="id" if by_id else "key", key=tuple(usual_key(entity, mapped.values())), hidden="import",
        lines=lines,
    )  # fmt: skip
    remembered = profiles.remembered(entity, [h for h in table.headers if h not in HIDDEN], grants)
    own = _earlier(manifest, grants)
    if own is None and remembered and not (remembered["added"] or remembered["gone"] or manifest):
        own = options_from(remembered["options"])
    if own is not None:
        guessed = {}
        proposed = dataclasses.replace(own, sheet=shown, header_row=table.header_row, hidden="import")
        if by_id:
            proposed = dataclasses.replace(proposed, match="id", key=())
    return {
        "ticket": kept.ticket, "name": kept.name, "kind": book.kind, "ignored_contents": book.ignored,
        "sheets": [{"name": s.name, "rows": s.rows, "hidden": s.hidden} for s in book.sheets],
        "sheet": shown, "header_row": table.header_row, "headers": table.headers,
        "rows": max(0, info.rows - table.header_row), "hidden_rows": info.hidden_row_count,
        "hidden_columns": sum(b - a + 1 for a, b in info.hidden_columns),
        "merged": layout.merged(info, table.header_row, len(table.headers), sums),
        "duplicate_headers": table.duplicate_headers,
        "titles": [{"row": row, "text": text} for row, text in table.titles],
        "totals": [{"row": row, "text": text} for row, text in table.marked],
        "mapping": mapped, "guessed": list(guessed), "locked": list(columns.locked), "sample": first[:SAMPLE],
        "examples": [_examples(texts, index) for index in range(len(table.headers))],
        "ignored": [h for h in columns.ignored if h not in guessed],
        "missing": [n for n in columns.missing if n not in guessed.values()],
        "fields": _fields(entity, grants),
        "lines": [{"entity": line.name, "label": str(line.label),
                   "fields": _fields(line, grants, f"{line.name}.")}
                  for line in entity.lines if grants.can("import", line.name)],
        "date_orders": date_orders(table.headers, texts),
        "key": list(proposed.key), "options": proposed.as_json(),
        "profiles": profiles.listed(entity, grants), "remembered": remembered,
        "seen": history.seen(db.session(), file_facts(kept.path)["sha256"], entity.name, shown, grants),
        "trip": {"kind": manifest.kind, "at": manifest.at, "by": manifest.by} if manifest else None,
    }  # fmt: skip


def _examples(texts: list[list[str]], index: int) -> list[str]:
    """What the cells of a column say, each once, of the first that say anything."""
    said = dict.fromkeys(text for row in texts for text in row[index : index + 1] if text)
    return list(said)[:SAMPLE]


def _lines(
    entity: EntityType, line: EntityType, headers: list[str], texts: list[list[str]], grants: Grants
) -> tuple[Lines, ColumnMap, dict[str, str]] | None:
    """The lines that a flat sheet holds beside their headers, with its columns and what is guessed of them: two columns
    at least are called like fields of the lines, and all that a line must have is there."""
    if not grants.can("import", line.name):
        return None
    columns = map_columns(entity, headers, grants, lines=line)
    named = set(columns.fields.values())
    own = {n for n in line.fields if f"{line.name}.{n}" in named}
    group = [n for n in entity.about.key if n in named]
    if len(own) < 2 or not group:
        return None
    guessed = guess.guesses(db.session(), entity, headers, columns, texts, grants, line)
    needed = {n for n, f in line.fields.items() if f.required and f.written_by_people and n != "parent_id"}
    if not {f"{line.name}.{n}" for n in needed} <= {*named, *guessed.values()}:
        return None
    by = "number" if own & set(line.about.key) else "order"
    return Lines(line.name, tuple(group), by=by), columns, guessed


def _earlier(said: Manifest | None, grants: Grants) -> Options | None:
    """How the file of an error workbook was read, for whose it was: it is read alike again."""
    head = staging.header(said.set) if said is not None and said.kind == "errors" and said.set else None
    if head is None or head["actor_id"] != grants.user_id or head["source"] != "import":
        return None
    kept = (head["file"] or {}).get("options")
    return options_from(kept) if kept else None


def _fields(entity: EntityType, grants: Grants, prefix: str = "") -> list[dict[str, Any]]:
    return [
        _field(entity, name, grants) | {"name": prefix + name}
        for name in grants.visible_fields(entity.name)
        if entity.fields[name].kind not in ("json", "attachment")
        and not (prefix and (name == "parent_id" or entity.fields[name].system))
    ]


def target_of(spec: Field, grants: Grants, *, far: bool = False) -> dict[str, Any] | None:
    """What a link names, and what a new record there would need (not told of `far` fields, those of new records)."""
    if not spec.is_link:
        return None
    needed = None if far else creatable(spec.target, grants)
    return {
        "entity": spec.target, "label": str(spec.label), "may_add": needed is not None,
        "required": [_field(registry.get(spec.target), n, grants, far=True) for n in needed or ()],
    }  # fmt: skip


def _field(entity: EntityType, name: str, grants: Grants, *, far: bool = False) -> dict[str, Any]:
    """What a column can be."""
    spec = entity.fields[name]
    return {
        "name": name, "label": str(spec.label), "required": spec.required, "kind": spec.kind,
        "auto": spec.auto or spec.default_value() is not None,
        "editable": name in grants.editable_fields(entity.name), "unit": spec.unit,
        "key": name in grants.open_fields(entity.name) and spec.kind not in ("long_text", "multi_choice"),
        "choices": [{"code": c.code, "label": str(c.label)} for c in spec.choices if not c.retired],
        "target": target_of(spec, grants, far=far),
    }  # fmt: skip

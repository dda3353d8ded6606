"""The preview of an import: read, planned and staged stretch by stretch, so that its first rows are soon to be seen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _l

from app.access.context import current_grants
from app.access.grants import Grants
from app.change import ChangeSet, Plan, progress, staging
from app.change.contract import Change, Draft
from app.change.long import plan_long
from app.change.staging import NEW, Row
from app.db import db
from app.entity import EntityType, registry
from app.entity.sentences import to_keep, told
from app.importing import source
from app.importing.contract import RowError
from app.importing.corrected import NONE, Corrected, as_kept
from app.importing.look import target_of
from app.importing.options import Options
from app.importing.reading import Reading
from app.importing.tally import Tally, spec_of
from app.importing.uploads import Upload
from app.query.display import display

SOON = 200
"""Rows of the first stretch."""


def make(
    entity: EntityType, kept: Upload, options: Options, grants: Grants, reason: str, key: str,
    corrected: Corrected = NONE,
) -> dict[str, Any]:  # fmt: skip
    """Read, plan and stage a file; answers with the summary. Raises FileRefused.

    `key` is the job's: one that is done again begins again. `corrected` are cells that were corrected before.
    """
    begun = time.monotonic()
    reading = source.read(entity, kept, options, grants, corrected)
    try:
        asked = ChangeSet([], "import", reason, partial=True, parsed=True, confirmed=options.confirmed)
        # The file's facts first: who looks while it is read shall know the columns.
        facts = source.facts(kept, reading) | ({"mended": as_kept(corrected)} if corrected else {})
        set_id = staging.begin(asked, entity.name, facts, key)
        try:
            tally, cuts, held = _stage(set_id, asked, reading, grants)
        except BaseException:
            staging.discard(set_id)
            raise
        facts |= {"cuts": cuts, "held": held, "tally": tally.as_json(), "about": source.about(reading)}
        facts["seconds"] = round(time.monotonic() - begun, 3)
        staging.ready(set_id, facts, header_counts(tally))
    finally:
        reading.close()
    return summary(set_id, facts)


def _stage(set_id: int, asked: ChangeSet, reading: Reading, grants: Grants) -> tuple[Tally, list[int], bool]:
    """Plan and keep the rows; where the stretches begin, and whether the whole waits for an approval."""
    tally, cuts, held, seq, rows = Tally(reading.entity.name), list[int](), False, 0, 0
    tally.unchanged(reading.untouched)
    refused = _refused(reading)
    for planned in plan_long(asked, _soon(reading), grants):
        held = held or planned.held is not None
        found, same = kept_rows(planned)
        if reading.options.lines is not None:
            hold_together(found)
        tally.unchanged(len(same))
        last = max((row["line"] or 0 for row in found), default=0)
        # The rows that could not be read stand among the others, where the file has them.
        part = sorted([*found, *refused.take(last)], key=lambda row: row["line"] or 0)
        cuts.append(seq)
        seq = _keep(set_id, part, seq, tally)
        if same:
            staging.add(set_id, [{"seq": seq, **_same_row(reading, same)}])
            seq += 1
        rows += len(planned.drafts)
        progress.report(min(rows, reading.rows), reading.rows, "plan")
    while part := refused.some():
        cuts.append(seq)
        seq = _keep(set_id, part, seq, tally)
    return tally, cuts, held


def _soon(reading: Reading) -> Iterator[list[Change]]:
    """The stretches, the first of them short, so that something is soon to be seen; documents stay whole."""
    stretches = reading.stretches()
    first = next(stretches, [])
    if reading.options.lines is None:
        yield first[:SOON]
        first = first[SOON:]
    yield first
    yield from stretches


def _keep(set_id: int, part: list[Row], seq: int, tally: Tally) -> int:
    numbered = [{"seq": seq + at, **row} for at, row in enumerate(part)]
    for row in numbered:
        tally.add(row)
    staging.add(set_id, numbered)
    return seq + len(part)


def kept_rows(planned: Plan) -> tuple[list[Row], list[Draft]]:
    """The rows of a plan to keep, errors with the text of their cell, and those that change nothing."""
    rows = [with_texts(row) for row in staging.drafted(planned)]
    same = [d for d in planned.drafts if d.ok and d.op == "update" and not d.touched and not d.added]
    return rows, same


def hold_together(rows: list[Row]) -> None:
    """Of a new document with a refused row the other rows are refused too, and say so: it goes in whole or not at all."""
    wrong: dict[str, int | None] = {}
    for row in rows:
        if row["state"] in ("error", "conflict") and (ref := document_ref(row)) is not None:
            wrong.setdefault(ref, row["line"])
    for row in rows:
        ref = document_ref(row)
        if ref in wrong and row["state"] in ("ready", "ask"):
            message = _l("Row %(row)s of the same document is wrong. A document is imported as a whole or not "
                        "at all.", row=wrong[ref])  # fmt: skip
            problem = {"row": row["line"], "field": None, "code": "DOCUMENT", "message": to_keep(message)}
            row |= {"state": "error", "error": [problem]}


def document_ref(row: Row) -> str | None:
    """The reference of the new header that a row is, or is a line of."""
    if row["ref"] and not row["ref"].startswith(NEW):
        return str(row["ref"])
    parent = (row["cells"] or {}).get("parent_id", [None, None])[1]
    return str(parent["ref"]) if isinstance(parent, dict) else None


def _same_row(reading: Reading, same: list[Draft]) -> Row:
    """Which records the rows are (or hang on) that change nothing, so that an error workbook can name them."""
    entity, apart = reading.entity.name, reading.options.apart
    mine = [d for d in same if entity in (d.entity.name, d.entity.about.parent) and d.entity.name != apart
            and d.change.line is not None]  # fmt: skip
    cells = {
        "lines": [d.change.line for d in mine],
        "ids": [d.id if d.entity.name == entity else d.before.get("parent_id") for d in mine],
        "versions": [d.version for d in mine],
    }
    return {
        "entity": entity, "record_id": None, "ref": None, "op": staging.SAME, "base_version": None, "cells": cells,
        "error": None, "line": None, "state": "same",
    }  # fmt: skip


def with_texts(row: Row) -> Row:
    """What the gate refuses with the cell as people read it."""
    entity = registry.get(row["entity"])
    for problem in row["error"] or []:
        spec = entity.fields.get(problem["field"] or "")
        value = (row["cells"] or {}).get(problem["field"] or "", [None, None])[1]
        if spec is not None and value is not None and not spec.is_link and problem["code"] != "CONFLICT":
            problem["text"] = display(spec, value)
    return row


class _Rows:
    """Rows in the order of the file, handed out up to a line."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def take(self, line: int) -> Iterator[Row]:
        """All up to a line."""
        while self._next is not None and (self._next["line"] or 0) <= line:
            yield self._next
            self._next = next(self._rows, None)

    def some(self, size: int = 2000) -> list[Row]:
        """The next ones, however far."""
        found: list[Row] = []
        while self._next is not None and len(found) < size:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _refused(reading: Reading) -> _Rows:
    return _Rows(refused_row(reading.entity.name, one) for one in reading.refused())


def refused_row(entity: str, row: dict[str, Any]) -> Row:
    """A row that the reader refused, as it is kept: what could be read, under the names of the file's columns."""
    return {
        "entity": entity, "record_id": None, "ref": None, "op": "error", "base_version": None,
        "cells": {n: [None, v] for n, v in row["cells"].items()}, "state": "error", "line": row["line"],
        "error": [problem(e) for e in row["errors"]],
    }  # fmt: skip


def problem(error: RowError) -> dict[str, Any]:
    """An error of the reader as it is kept and answered."""
    found: dict[str, Any] = {
        "field": error.field, "column": error.column, "code": error.code, "message": to_keep(error.message),
        "text": error.text, "read": True,
    }  # fmt: skip
    if error.suggest:
        found["suggest"] = error.suggest
    if error.candidates:
        found["candidates"] = list(error.candidates)
    if error.sheet:
        found["sheet"] = error.sheet
    return found


def header_counts(tally: Tally) -> dict[str, int]:
    """What the header of the staged set counts."""
    counts = tally.counts
    return {"inserted": counts["inserted"], "updated": counts["updated"], "deleted": counts["deleted"],
            "unchanged": counts["unchanged"],
            "refused": counts["error_rows"] + counts["ask_rows"] + counts["conflict_rows"]}  # fmt: skip


def summary(set_id: int, facts: dict[str, Any]) -> dict[str, Any]:
    """What a preview answers; counts as they are now, after whatever was mended."""
    tally = Tally.of(facts["entity"], facts["tally"])
    shown, main = tally.shown(), registry.get(facts["entity"])
    rounded = facts["about"].pop("rounded", {})
    return {
        "set": set_id, "name": facts["name"], "sheet": facts["sheet"], **shown, **told(facts["about"]),
        "held": facts["held"], "held_rows": shown["inserted"] + shown["updated"] if facts["held"] else 0,
        "rounded": [{"field": n, "label": tally.label(n), "count": c} for n, c in rounded.items() if c],
        "columns": [_column(tally, main, n, current_grants()) for n in facts["columns"]],
    }  # fmt: skip


def _column(tally: Tally, main: EntityType, name: str, grants: Grants) -> dict[str, Any]:
    entity, spec = spec_of(main, name)
    return {
        "name": name, "entity": entity.name, "label": tally.label(name), "kind": spec.kind,
        "choices": [{"code": c.code, "label": str(c.label)} for c in spec.choices if not c.retired],
        "target": target_of(spec, grants),
    }  # fmt: skip


def reset() -> None:
    """End the request's own reading before others write."""
    db.session.rollback()

"""The jobs of an import in the browser: the preview is staged, the commit writes what was staged."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_babel import gettext as _

from app.access.context import current_grants
from app.change import Plan, commit, progress, staging
from app.db import db
from app.entity import registry
from app.excel.contract import FileRefused
from app.importing import uploads
from app.importing.options import options_from
from app.importing.reading import Reading
from app.importing.run import read_and_plan
from app.importing.shown import shown_conflicts
from app.jobs.queue import kind
from app.jobs.worker import JobFailed

KINDS = 30
SHOWN = 200


@kind("import_preview")
def preview(args: dict[str, Any]) -> dict[str, Any]:
    """Read, plan and stage; answers with the staged set and its counts."""
    grants = current_grants()
    kept = uploads.find(args["ticket"], grants.user_id)
    try:
        reading, planned = read_and_plan(
            registry.get(args["entity"]),
            kept.path,
            grants,
            options_from(args["options"]),
            reason=args["reason"],
            name=kept.name,
        )
    except FileRefused as refused:
        raise JobFailed(refused.message) from None
    progress.report(reading.rows, reading.rows, "stage")
    entity = reading.entity
    facts = {**(planned.change_set.file or {}), "entity": entity.name, "columns": _columns(reading)}
    set_id = staging.stage(planned, _refused(reading), facts)
    return {"set": set_id, "name": kept.name, **_summary(reading, planned)}


def _columns(reading: Reading) -> list[str]:
    """The fields a preview shows: what names a record first, then the file's columns."""
    about = reading.entity.about
    return list(dict.fromkeys([*about.key, about.title, *reading.columns.fields.values()]))


def _refused(reading: Reading) -> list[dict[str, Any]]:
    """The rows that could not even be read, with all their errors."""
    rows: dict[int, dict[str, Any]] = {}
    for e in reading.errors:
        row = rows.setdefault(e.row, {"line": e.row, "cells": reading.wrong.get(e.row, {}), "errors": []})
        row["errors"].append({"row": e.row, "column": e.column, "field": e.field, "code": e.code,
                              "message": str(e.message), "text": e.text})  # fmt: skip
    return list(rows.values())


def _summary(reading: Reading, planned: Plan) -> dict[str, Any]:
    """What the preview counts: rows by what would become of them, errors by kind, changed cells by column."""
    entity, lines = reading.entity, {e.row for e in reading.errors}
    kinds = Counter((e.field, str(e.message)) for e in reading.errors)
    kinds.update((e.field, str(e.message)) for e in planned.errors)
    asks = Counter((e.field, str(e.message)) for e in planned.confirms)
    touched = Counter(n for d in planned.drafts if d.ok and d.op == "update" for n in d.touched)
    labels = {n: str(f.label) for n, f in entity.fields.items()}
    open_drafts = [d for d in planned.drafts if not d.added]
    blocked = {d.change.line for d in open_drafts if d.errors or d.conflicts}
    return {
        "sheet": reading.sheet, "rows": reading.rows, "blank_rows": reading.blank_rows,
        "inserted": sum(d.ok and d.op == "insert" for d in open_drafts),
        "updated": sum(d.ok and d.op == "update" and bool(d.touched) for d in open_drafts),
        "unchanged": sum(d.ok and d.op == "update" and not d.touched for d in open_drafts),
        "cells": sum(touched.values()),
        "error_rows": len(lines | blocked), "errors": sum(kinds.values()),
        "ask_rows": sum(bool(d.confirms) and d.change.line not in blocked for d in open_drafts),
        "headers": len([h for h in reading.headers if h]), "mapped": len(reading.columns.fields),
        "held": planned.held is not None,
        "ignored": reading.columns.ignored,
        "columns": [
            {"name": n, "label": labels[n], "kind": entity.fields[n].kind} for n in _columns(reading)
        ],
        "kinds": [_kind(labels, f, m, n) for (f, m), n in kinds.most_common(KINDS)],
        "more_kinds": max(0, len(kinds) - KINDS),
        "asks": [_kind(labels, f, m, n) for (f, m), n in asks.most_common(KINDS)],
        "fields": [{"field": n, "label": labels[n], "count": c} for n, c in touched.most_common()],
    }  # fmt: skip


def _kind(labels: dict[str, str], name: str | None, message: str, count: int) -> dict[str, Any]:
    return {"name": name, "field": labels.get(name or "", name or ""), "message": message, "count": count}


@kind("import_commit")
def commit_staged(args: dict[str, Any]) -> dict[str, Any]:
    """Commit a staged set. The set's id is in the key, so that a job run twice writes once."""
    key, grants = f"import-{args['set']}", current_grants()
    confirmed = bool(args.get("confirmed"))
    asked = staging.staged(args["set"], partial=args["partial"], key=key, confirmed=confirmed)
    # The worker that wrote it may have died before it could say so.
    asked = asked or staging.carried_out(args["set"], key)
    if asked is None:
        raise JobFailed(_("This import was already finished or given up."))
    kept = staging.waiting(args["set"])
    left_out = kept.get("error", 0) + (0 if confirmed else kept.get("ask", 0))
    progress.report(0, len(asked.changes), "apply")
    result = commit(asked, grants)
    if result.change_set is not None or result.state == "unchanged":
        staging.discard(args["set"], "applied" if result.change_set else "refused")
    file = asked.file or {}
    conflicts = shown_conflicts(db.session(), registry.get(file["entity"]), grants, result.conflicts[:SHOWN])
    return {
        "change_set": result.change_set, "state": result.state, "inserted": result.inserted,
        "updated": result.updated, "unchanged": result.unchanged,
        "rows": len(asked.changes) or result.inserted + result.updated, "left_out": left_out,
        "name": file.get("name"), "sheet": file.get("sheet"), "conflicts": conflicts,
        "errors": [{"row": e.line, "field": e.field, "message": str(e.message)}
                   for e in [*result.errors, *result.confirms][:SHOWN]],
        "conflict_count": len(result.conflicts), "error_count": len(result.errors) + len(result.confirms),
        "conflict_rows": len({c.row for c in result.conflicts}), "cases": result.cases,
    }  # fmt: skip

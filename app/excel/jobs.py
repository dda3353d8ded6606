"""The jobs of an import in the browser: the preview is staged, the commit writes what was staged."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_babel import gettext as _

from app.access.context import current_grants
from app.change import commit, progress, staging
from app.entity import registry
from app.excel.contract import FileRefused
from app.excel.run import conflict_json, read_and_plan
from app.fab import uploads
from app.jobs.queue import kind
from app.jobs.worker import JobFailed


@kind("import_preview")
def preview(args: dict[str, Any]) -> dict[str, Any]:
    """Read, plan and stage; answers with the staged set and its counts."""
    grants = current_grants()
    kept = uploads.find(args["ticket"], grants.user_id)
    try:
        reading, planned = read_and_plan(
            registry.get(args["entity"]), kept.path, grants, sheet=args["sheet"], mapping=args["mapping"],
            key=args["key"], reason=args["reason"], name=kept.name, header_row=args.get("header_row"),
        )  # fmt: skip
    except FileRefused as refused:
        raise JobFailed(refused.message) from None
    progress.report(reading.rows, reading.rows, "stage")
    extra = [
        {"row": e.row, "column": e.column, "field": e.field, "code": e.code, "message": str(e.message)}
        for e in reading.errors
    ]
    set_id = staging.stage(planned, extra, {**(planned.change_set.file or {}), "entity": args["entity"]})
    errors = [*reading.errors, *planned.errors, *planned.confirms]
    kinds = Counter((e.field, str(e.message)) for e in errors)
    touched = Counter(n for d in planned.drafts if d.ok and d.op == "update" for n in d.touched)
    labels = {n: str(f.label) for n, f in registry.get(args["entity"]).fields.items()}
    return {
        "set": set_id, "rows": reading.rows, "blank_rows": reading.blank_rows,
        "inserted": planned.count("insert"), "updated": planned.count("update"),
        "unchanged": planned.count("unchanged"), "cells": sum(touched.values()),
        "error_rows": len({e.row for e in reading.errors} | {d.change.line for d in planned.drafts if not d.ok}),
        "errors": len(errors), "ignored": reading.columns.ignored,
        "kinds": [{"field": labels.get(f or "", f or ""), "message": m, "count": n} for (f, m), n in kinds.most_common(30)],
        "fields": [{"field": n, "label": labels[n], "count": c} for n, c in touched.most_common()],
    }  # fmt: skip


@kind("import_commit")
def commit_staged(args: dict[str, Any]) -> dict[str, Any]:
    """Commit a staged set. The set's id is in the key, so that a job run twice writes once."""
    key = f"import-{args['set']}"
    asked = staging.staged(args["set"], partial=args["partial"], key=key)
    if asked is None:
        raise JobFailed(_("This import was already finished or given up."))
    progress.report(0, len(asked.changes), "apply")
    result = commit(asked, current_grants())
    if result.change_set is not None or result.state == "unchanged":
        staging.discard(args["set"], "applied" if result.change_set else "refused")
    return {
        "change_set": result.change_set, "state": result.state, "inserted": result.inserted,
        "updated": result.updated, "unchanged": result.unchanged,
        "errors": [{"row": e.line, "field": e.field, "message": str(e.message)} for e in result.errors[:200]],
        "conflicts": [conflict_json(c) for c in result.conflicts[:200]],
        "conflict_count": len(result.conflicts), "error_count": len(result.errors),
    }  # fmt: skip

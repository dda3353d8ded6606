"""The jobs of an import in the browser: the preview is staged, the commit writes what was staged."""

from __future__ import annotations

import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError

from app.access.context import current_grants
from app.change import ChangeSet, Result, staging
from app.change.contract import CellError, Conflict
from app.change.long import commit_long
from app.db import db
from app.entity import registry
from app.entity.sentences import to_keep
from app.excel.contract import FileRefused
from app.importing import preview as previews
from app.importing import profiles, uploads
from app.importing.corrected import corrections
from app.importing.options import OptionsRefused, options_from
from app.importing.run import file_facts
from app.importing.shown import shown_conflicts
from app.importing.tally import Tally
from app.jobs.queue import kind
from app.jobs.worker import Cancelled, JobFailed

SHOWN = 200


@kind("import_preview")
def preview(args: dict[str, Any]) -> dict[str, Any]:
    """Read, plan and stage; answers with the staged set and its counts."""
    grants = current_grants()
    _may_still(args["entity"])
    kept = uploads.find(args["ticket"], grants.user_id)
    try:
        # The page has said how many rows are hidden and that they come along.
        options = options_from({"hidden": "import", **args["options"]})
        entity = registry.get(args["entity"])
        before = staging.header(args["corrected"]) if args.get("corrected") else None
        corrected = corrections(before["file"] or {}) if before is not None else {}
        return previews.make(
            entity, kept, options, grants, args["reason"], staged_key(args["job"]), corrected
        )
    except (FileRefused, OptionsRefused) as refused:
        _note(kept, args, refused.message)
        raise JobFailed(refused.message) from None
    except (Cancelled, OperationalError):
        raise
    except Exception:
        _note(kept, args, _l("The check ended unexpectedly. Please check the file again."))
        raise


def _note(kept: uploads.Upload, args: dict[str, Any], why: Any) -> None:
    """Let the history tell of a file that could not be checked, and why."""
    facts = {
        **file_facts(kept.path, kept.name),
        "stored": kept.path.name,
        "entity": args["entity"],
        "why": to_keep(why),
    }
    asked = ChangeSet([], "import", args["reason"])
    staging.discard(staging.begin(asked, args["entity"], facts, staged_key(args["job"])))


def _may_still(entity: str) -> None:
    """A job may run long after it was asked for: whoever lost the right meanwhile imports nothing."""
    if entity not in registry or not current_grants().can("import", entity):
        raise JobFailed(_("Your role may not import here."))


def staged_key(job: int) -> str:
    """The key of the set that a preview stages: where it can be found while the job still runs."""
    return f"import-preview-{job}"


@kind("import_commit")
def commit_staged(args: dict[str, Any]) -> dict[str, Any]:
    """Commit a staged set. The set's id is in the key, so that a job run twice writes once."""
    set_id, grants, begun = args["set"], current_grants(), time.monotonic()
    _may_still(args["entity"])
    confirmed = bool(args.get("confirmed"))
    # The worker that wrote it may have died before it could say so: then this answers with what was written.
    asked = staging.staged(set_id, partial=args["partial"], key=f"import-{set_id}", confirmed=confirmed)
    if asked is None:
        raise JobFailed(_("This import was already finished or given up."))
    head = staging.header(set_id) or {}
    try:
        result = commit_long(asked.asked, asked.stretches, grants, asked.rows)
    except staging.GivenUp:
        raise JobFailed(_("This import was already finished or given up.")) from None
    seconds = round(time.monotonic() - begun + (head["file"] or {}).get("seconds", 0), 3)
    created = _mark(set_id, result)
    done = result.change_set is not None or result.state == "unchanged"
    left = _close(set_id, result, seconds) if done else sum(staging.waiting(set_id).values())
    if done:
        profiles.remember(head["file"] or {}, grants)
    file, entity = head["file"] or {}, registry.get(head["entity"])
    conflicts = shown_conflicts(db.session(), entity, grants, result.conflicts[:SHOWN])
    return {
        "change_set": result.change_set, "state": result.state, "inserted": result.inserted,
        "updated": result.updated, "deleted": result.deleted, "unchanged": result.unchanged, "created": created,
        "rows": result.inserted + result.updated + result.deleted or asked.rows,
        "left_out": left if done else 0, "errors_left": left > 0, "seconds": seconds, "staged": set_id,
        "name": file.get("name"), "sheet": file.get("sheet"), "conflicts": conflicts,
        "errors": [{"row": e.line, "field": e.field, "message": to_keep(e.message)}
                   for e in [*result.errors, *result.confirms][:SHOWN]],
        "conflict_count": len(result.conflicts), "error_count": len(result.errors) + len(result.confirms),
        "conflict_rows": len({c.row for c in result.conflicts}), "cases": result.cases,
    }  # fmt: skip


def _close(set_id: int, result: Result, seconds: float) -> int:
    head = staging.header(set_id) or {}
    # Rows that change nothing are not sent to the gate: what was written cannot count them.
    same = ((head["file"] or {}).get("tally") or {}).get("counts", {}).get("unchanged", 0)
    facts = {"seconds": seconds, "left": sum(staging.waiting(set_id).values()), "same": same}
    return staging.close(set_id, result.change_set, facts)


def _mark(set_id: int, result: Result) -> int:
    """Put what the commit found on the rows of the preview; answers how many linked records were to be created."""
    head = staging.header(set_id) or {}
    facts = dict(head["file"] or {})
    tally = Tally.of(head["entity"], facts["tally"]) if "tally" in facts else None
    created = sum(made["count"] for made in tally.created.values()) if tally else 0
    found: dict[int, list[CellError | Conflict]] = {}
    told: list[CellError | Conflict] = [*result.errors, *result.conflicts]
    for error in told:
        if error.line is not None:
            found.setdefault(error.line, []).append(error)
    if not found or tally is None or head["state"] != "planned":
        return created
    marked = []
    for row in staging.lying(set_id, found):
        # A record to be made stands on the line of the first row that asks for it: the row tells what is wrong.
        if row["state"] not in ("ready", "ask") or (row["ref"] or "").startswith(staging.NEW):
            continue
        problems = [_problem(error) for error in found[row["line"]] if _is_of(error, row)]
        if not problems:
            continue
        tally.add(row, -1)
        conflict = all(p["code"] == "CONFLICT" for p in problems)
        row |= {"state": "conflict" if conflict else "error", "error": problems}
        tally.add(previews.with_texts(row))
        marked.append(row)
    staging.replace_rows(set_id, marked, {**facts, "tally": tally.as_json()})
    return created


def _is_of(error: CellError | Conflict, row: dict[str, Any]) -> bool:
    """Whether an error is of a row, of all those of its number: header and line, or rows of two sheets."""
    known = error.field is None or error.field in registry.get(row["entity"]).fields
    return known and (error.id is None or row["record_id"] in (None, error.id))


def _problem(error: CellError | Conflict) -> dict[str, Any]:
    if isinstance(error, Conflict):
        return {"field": error.field, "code": "CONFLICT", "message": "", "theirs": error.theirs,
                "by": error.by, "at": error.at}  # fmt: skip
    return {"field": error.field, "code": error.code, "message": to_keep(error.message)}


@kind("import_errors")
def errors(args: dict[str, Any]) -> dict[str, Any]:
    """Write the error workbook of a staged set."""
    from app.importing import errorbook

    try:
        return errorbook.make(args["set"], current_grants(), args["job"])
    except FileRefused as refused:
        raise JobFailed(refused.message) from None

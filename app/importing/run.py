"""Importing and exporting whole files: what the command line, the API and the jobs call."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.access.grants import Grants
from app.change import ChangeSet, Conflict, Plan, Result, apply, plan
from app.db import db
from app.entity import EntityType
from app.excel.contract import Limits
from app.importing.contract import RowError
from app.importing.options import Options, Treatment
from app.importing.reading import Reading, read_changes

DEFAULTS = Options()


@dataclass(slots=True)
class ImportReport:
    """What an import did or would do. Rows are numbered as Excel shows them."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    change_set: int | None = None
    cases: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False
    partial: bool = False
    ignored: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether what was asked is done: without errors, or partly where that was asked."""
        return not (self.errors or self.conflicts) or (self.partial and self.change_set is not None)

    def as_json(self) -> dict[str, Any]:
        """The answer for machines."""
        return {
            "rows": self.rows, "inserted": self.inserted, "updated": self.updated, "unchanged": self.unchanged,
            "errors": [
                {"row": e.row, "column": e.column, "field": e.field, "code": e.code, "message": str(e.message)}
                for e in self.errors
            ],
            "conflicts": self.conflicts, "change_set": self.change_set, "ignored_columns": self.ignored,
            "cases": self.cases,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The answer for people; at most 20 errors, counted by kind."""
        head = _("Rows %(rows)s: new %(new)s, changed %(changed)s, unchanged %(same)s, errors %(errors)s",
                 rows=self.rows, new=self.inserted, changed=self.updated, same=self.unchanged,
                 errors=len(self.errors) + len(self.conflicts))  # fmt: skip
        lines = [head, *(f"  {e.row} {e.column or ''}: {e.message}" for e in self.errors[:20])]
        if len(self.errors) > 20:
            kinds = Counter(e.code for e in self.errors)
            lines.append("  … " + ", ".join(f"{code} × {n}" for code, n in kinds.most_common()))
        lines += [f"  {c['row']} {c['field']}: {c['theirs']} ({c['by']})" for c in self.conflicts[:20]]
        if self.change_set:
            lines.append(_("Change set %(id)s", id=self.change_set))
        for case in self.cases:
            names = "、".join(case["waits_for"])
            lines.append(
                _("It waits for approval as %(number)s: %(names)s", number=case["number"], names=names)
            )
        return lines


def limits() -> Limits:
    """The configured limits of a workbook."""
    settings = current_app.config["TAIZHANG"]
    return Limits(max_bytes=settings.max_upload, max_rows=settings.max_rows)


def file_facts(path: Path, name: str = "") -> dict[str, Any]:
    """What is kept of an imported file: name, size, SHA-256."""
    return {"name": name or path.name, "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}  # fmt: skip


def key_fields(
    entity: EntityType, wanted: Sequence[str], columns: Mapping[str, Treatment | None]
) -> tuple[str, ...]:
    """Field names of a key given as names, labels or headers. Unknown words stay, and are reported as a missing column."""
    if not wanted:
        return ()
    from app.entity.labels import in_every_language
    from app.excel.headers import header_form

    names = {header_form(t): n for n, f in entity.fields.items() for t in (n, *in_every_language(f.label))}
    mapped = {header: treatment.field for header, treatment in columns.items() if treatment}
    return tuple(mapped.get(w) or names.get(header_form(w), w) for w in wanted)


def read_and_plan(
    entity: EntityType, path: Path, grants: Grants, options: Options = DEFAULTS, *, reason: str = "",
    partial: bool = False, name: str = "",
) -> tuple[Reading, Plan]:  # fmt: skip
    """Read a file and plan its change set: nothing is written."""
    options = replace(options, key=key_fields(entity, options.key, options.columns))
    reading = read_changes(db.session(), entity, path, grants, options, limits())
    db.session.rollback()
    asked = ChangeSet(reading.changes, "import", reason, key=str(uuid.uuid4()), partial=partial,
                      confirmed=options.confirmed, file={**file_facts(path, name), "sheet": reading.sheet})  # fmt: skip
    return reading, plan(asked, grants)


def import_file(
    entity: EntityType, path: Path, grants: Grants, options: Options = DEFAULTS, *, dry_run: bool = False,
    partial: bool = False, reason: str = "",
) -> ImportReport:  # fmt: skip
    """Import a file as one change set. Raises FileRefused; everything else is in the report."""
    reading, planned = read_and_plan(entity, path, grants, options, reason=reason, partial=partial)
    report = report_of(reading, planned)
    report.dry_run, report.partial = dry_run, partial
    if dry_run or (reading.errors and not partial):
        return report
    result = apply(planned, grants)
    return add_result(report, reading, result)


def report_of(reading: Reading, planned: Plan) -> ImportReport:
    """The report of a plan."""
    return ImportReport(
        rows=reading.rows, inserted=planned.count("insert"), updated=planned.count("update"),
        unchanged=planned.count("unchanged"), ignored=list(reading.columns.ignored),
        errors=[*reading.errors, *gate_errors(reading, planned)],
        conflicts=[conflict_json(c) for c in planned.conflicts],
    )  # fmt: skip


def gate_errors(reading: Reading, planned: Plan | Result) -> list[RowError]:
    """What the gate refused, at the rows and columns of the file."""
    return [
        RowError(e.line or 0, reading.header_of(e.field), e.field, e.code, e.message)
        for e in [*planned.errors, *planned.confirms]
    ]


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """A conflict as the import answers it."""
    return {"row": conflict.line, "id": conflict.id, "field": conflict.field, "yours": conflict.yours,
            "theirs": conflict.theirs, "by": conflict.by, "at": conflict.at}  # fmt: skip


def add_result(report: ImportReport, reading: Reading, result: Result) -> ImportReport:
    """What was really written takes the place of what was planned."""
    report.change_set = result.change_set
    report.errors = [*reading.errors, *gate_errors(reading, result)]
    report.conflicts = [conflict_json(c) for c in result.conflicts]
    report.cases = result.cases
    report.inserted, report.updated, report.unchanged = result.inserted, result.updated, result.unchanged
    return report

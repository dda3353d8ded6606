"""Importing whole files: what the command line, the API and the jobs call."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.access.grants import Grants
from app.change import ChangeSet, Conflict, Plan, Result, plan
from app.change.contract import CellError
from app.change.long import commit_long, plan_long
from app.db import db
from app.entity import EntityType, registry
from app.excel.contract import Limits
from app.importing import uploads
from app.importing.contract import RowError
from app.importing.options import Options
from app.importing.reading import Reading, read_changes

DEFAULTS = Options()
_SHOWN = 20


@dataclass(slots=True)
class ImportReport:
    """What an import did or would do. Rows are numbered as Excel shows them.

    `titles` and `totals` are rows that are no records, `rounded` counts altered cells by label, `created` are the
    records made because links named them, `unchanged` rows nobody touched included. `ignored` are the columns that were
    left out, `locked` those of them whose field this person may not edit, `guessed` what was guessed: label by header.
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    already: int = 0
    errors: list[RowError] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    change_set: int | None = None
    cases: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False
    partial: bool = False
    ignored: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    guessed: dict[str, str] = field(default_factory=dict)
    titles: list[tuple[int, str]] = field(default_factory=list)
    totals: list[tuple[int, str]] = field(default_factory=list)
    totals_skipped: bool = True
    rounded: dict[str, int] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether what was asked is done: without errors, or partly where that was asked."""
        return not (self.errors or self.conflicts) or (self.partial and self.change_set is not None)

    def as_json(self) -> dict[str, Any]:
        """The answer for machines."""
        return {
            "rows": self.rows, "inserted": self.inserted, "updated": self.updated, "deleted": self.deleted,
            "unchanged": self.unchanged,
            "already": self.already, "errors": [
                {"row": e.row, "column": e.column, "field": e.field, "code": e.code, "message": str(e.message)}
                | ({"suggest": e.suggest} if e.suggest else {}) | ({"sheet": e.sheet} if e.sheet else {})
                for e in self.errors
            ],
            "conflicts": self.conflicts, "change_set": self.change_set, "ignored_columns": self.ignored,
            "locked_columns": self.locked, "guessed_columns": self.guessed,
            "cases": self.cases, "rounded": self.rounded, "created": self.created,
            "titles": [{"row": row, "text": text} for row, text in self.titles],
            "totals": [{"row": row, "text": text} for row, text in self.totals],
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The answer for people; at most 20 errors, counted by kind."""
        head = _("Rows %(rows)s: new %(new)s, changed %(changed)s, unchanged %(same)s, errors %(errors)s",
                 rows=self.rows, new=self.inserted, changed=self.updated, same=self.unchanged,
                 errors=len(self.errors) + len(self.conflicts))  # fmt: skip
        lines = [head, *(f"  {e.row} {e.column or ''}: {e.message}" for e in self.errors[:_SHOWN])]
        if len(self.errors) > _SHOWN:
            kinds = Counter(e.code for e in self.errors)
            lines.append("  … " + ", ".join(f"{code} × {n}" for code, n in kinds.most_common()))
        lines += [f"  {c['row']} {c['field']}: {c['theirs']} ({c['by']})" for c in self.conflicts[:_SHOWN]]
        if self.deleted:
            lines.append(_("Removed, because they are not in the file: %(n)s", n=self.deleted))
        lines += self._columns_said()
        if self.already:
            lines.append(_("Already imported, left out: %(n)s rows", n=self.already))
        if self.titles:
            lines.append(_("Above the header: %(rows)s", rows=_listed(self.titles)))
        if self.totals:
            rows = _listed(self.totals)
            left_out = _("Left out as sums or notes: %(rows)s", rows=rows)
            lines.append(
                left_out if self.totals_skipped else _("Look like sums or notes: %(rows)s", rows=rows)
            )
        lines += [
            _("“%(label)s”: %(n)s cells were rounded", label=label, n=n) for label, n in self.rounded.items()
        ]
        lines += [
            _(
                "New in “%(label)s”: %(titles)s",
                label=made["label"],
                titles="、".join(made["titles"][:_SHOWN]),
            )
            for made in self.created
        ]
        if self.change_set:
            lines.append(_("Change set %(id)s", id=self.change_set))
        for case in self.cases:
            names = "、".join(case["waits_for"])
            lines.append(
                _("It waits for approval as %(number)s: %(names)s", number=case["number"], names=names)
            )
        return lines

    def _columns_said(self) -> list[str]:
        said: list[str] = []
        if self.guessed:
            pairs = "、".join(f"{header} → {label}" for header, label in self.guessed.items())
            said.append(_("Guessed, please check: %(columns)s", columns=pairs))
        others = "、".join(header for header in self.ignored if header not in self.locked)
        if others:
            said.append(_("Columns left out: %(columns)s", columns=others))
        if self.locked:
            said.append(_("Not yours to edit, left out: %(columns)s", columns="、".join(self.locked)))
        return said


def _listed(rows: list[tuple[int, str]]) -> str:
    more = "…" if len(rows) > _SHOWN else ""
    return "; ".join(f"{row} {text}" for row, text in rows[:_SHOWN]) + more


def limits() -> Limits:
    """The configured limits of a workbook."""
    settings = current_app.config["TAIZHANG"]
    return Limits(max_bytes=settings.max_upload, max_rows=settings.max_rows)


def file_facts(path: Path, name: str = "") -> dict[str, Any]:
    """What is kept of an imported file: name, size, SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": name or path.name, "size": path.stat().st_size, "sha256": digest}


def asked_of(
    reading: Reading, path: Path, *, reason: str = "", partial: bool = False, name: str = ""
) -> ChangeSet:
    """The change set a reading asks for; its changes come in stretches."""
    file = {**file_facts(path, name), "sheet": reading.sheet}
    return ChangeSet([], "import", reason, key=str(uuid.uuid4()), partial=partial, parsed=True,
                     confirmed=reading.options.confirmed, file=file)  # fmt: skip


def read_and_plan(
    entity: EntityType, path: Path, grants: Grants, options: Options = DEFAULTS, *, reason: str = "",
    partial: bool = False, name: str = "",
) -> tuple[Reading, Plan]:  # fmt: skip
    """Read a small file and plan it as one: nothing is written."""
    reading = read_changes(db.session(), entity, path, grants, options, limits())
    db.session.rollback()
    asked = asked_of(reading, path, reason=reason, partial=partial, name=name)
    asked.changes = [change for changes in reading.stretches() for change in changes]
    return reading, plan(asked, grants)


def import_file(
    entity: EntityType, path: Path, grants: Grants, options: Options = DEFAULTS, *, dry_run: bool = False,
    partial: bool = False, reason: str = "",
) -> ImportReport:  # fmt: skip
    """Import a file as one change set. Raises FileRefused; everything else is in the report."""
    with read_changes(db.session(), entity, path, grants, options, limits()) as reading:
        db.session.rollback()
        asked = asked_of(reading, path, reason=reason, partial=partial)
        report = report_of(reading)
        report.dry_run, report.partial = dry_run, partial
        if dry_run or (reading.errors and not partial):
            for planned in plan_long(asked, reading.stretches(), grants):
                add_plan(report, reading, planned)
        else:
            kept = uploads.copied(path)
            try:
                facts = {"entity": entity.name, "rows": reading.rows, "stored": kept.name}
                asked.file = {**(asked.file or {}), **facts}
                result = commit_long(asked, reading.stretches, grants, reading.rows)
                add_result(report, reading, result)
            finally:
                if report.change_set is None:
                    kept.unlink()
        return report


def report_of(reading: Reading) -> ImportReport:
    """What the reading itself says."""
    labels = {name: str(spec.label) for name, spec in reading.columns.specs.items()}
    return ImportReport(
        rows=reading.rows, errors=list(reading.errors),
        ignored=list(map(str, reading.ignored)), locked=list(reading.columns.locked),
        unchanged=reading.untouched, already=reading.already, titles=reading.titles, totals=reading.totals,
        totals_skipped=reading.options.totals == "skip", created=created_of(reading),
        rounded={labels.get(name, name): count for name, count in reading.rounded.items()},
    )  # fmt: skip


def created_of(reading: Reading) -> list[dict[str, Any]]:
    """The records that links would make, by entity: ``{"entity", "label", "count", "titles"}``."""
    titles: dict[str, list[str]] = {}
    for change in reading.created:
        title = registry.get(change.entity).about.title
        titles.setdefault(change.entity, []).append(str(change.values[title]))
    return [
        {"entity": name, "label": str(registry.get(name).label), "count": len(found), "titles": found}
        for name, found in titles.items()
    ]


def add_plan(report: ImportReport, reading: Reading, planned: Plan) -> None:
    """Count what would become of one stretch. Records that links make are told apart."""
    made = sum(d.ok and (d.change.ref or "").startswith("new:") for d in planned.drafts)
    report.inserted += planned.count("insert") - made
    report.updated += planned.count("update")
    report.deleted += planned.count("delete")
    report.unchanged += planned.count("unchanged")
    report.errors += gate_errors(reading, [*planned.errors, *planned.confirms])
    report.conflicts += map(conflict_json, planned.conflicts)


def gate_errors(reading: Reading, errors: Iterable[CellError]) -> list[RowError]:
    """What the gate refused, at the rows and columns of the file."""
    return [RowError(e.line or 0, reading.header_of(e.field), e.field, e.code, e.message) for e in errors]


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """A conflict as the import answers it."""
    return {"row": conflict.line, "id": conflict.id, "field": conflict.field, "yours": conflict.yours,
            "theirs": conflict.theirs, "by": conflict.by, "at": conflict.at}  # fmt: skip


def add_result(report: ImportReport, reading: Reading, result: Result) -> None:
    """What was really written."""
    report.change_set, report.cases = result.change_set, result.cases
    report.errors += gate_errors(reading, [*result.errors, *result.confirms])
    report.conflicts = [conflict_json(c) for c in result.conflicts]
    made = len(reading.created) if result.inserted else 0
    report.inserted, report.updated = result.inserted - made, result.updated
    report.deleted = result.deleted
    report.unchanged += result.unchanged

"""The user's own file back, with its errors marked: cells coloured, reasons as comments, all of them on a list.

Cells that were corrected in the preview hold the correction. After a partial commit the rows that were written carry
their ids in hidden columns: corrected and uploaded again, only what was corrected is applied.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app import clock
from app.access.grants import Grants
from app.audit.actor import current_actor
from app.change import staging
from app.change.staging import Row
from app.db import db
from app.entity import EntityType, registry
from app.entity.sentences import told
from app.excel import manifest
from app.excel.contract import FileRefused, WorkbookInfo, column_letters
from app.excel.manifest import DOCUMENT, ID, IMPORT, VERSION, Manifest
from app.excel.patch import Line, Marks, mark
from app.excel.read import open_workbook, read_sheet
from app.excel.sheetout import sheet_name
from app.importing import history, imported, plainbook, trip
from app.importing.again import Again
from app.importing.contract import ReadRow
from app.importing.options import options_from
from app.importing.run import limits
from app.importing.shown import Texts
from app.jobs.worker import JobFailed
from app.query.rows import records

KEPT = 7 * 24 * 3600
WRONG = ("error", "conflict", "ask")


def staged_of(set_id: int, grants: Grants) -> int | None:
    """The staged set whose rows an import left out; None when there is none this person may have."""
    row = history.find(db.session(), set_id, grants)
    if row is None or row["state"] in ("reading", "refused"):
        return None
    return history.staged_of(row)


def folder() -> Path:
    """Where error workbooks lie until they are fetched."""
    found: Path = current_app.config["TAIZHANG"].home / "files" / "errors"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def file_of(job: int) -> Path | None:
    """The workbook that a job has written."""
    path = folder() / f"{job}.xlsx"
    return path if path.exists() else None


def tidy() -> None:
    """Workbooks of more than a week ago go; they can be made again."""
    for path in folder().iterdir():
        if path.stat().st_mtime < time.time() - KEPT:
            path.unlink(missing_ok=True)


def make(set_id: int, grants: Grants, job: int) -> dict[str, Any]:
    """Write the workbook. Raises FileRefused and JobFailed."""
    head = staging.header(set_id)
    source = history.path_of(head) if head is not None else None
    if head is None or source is None:
        raise JobFailed(_("The imported file is no longer kept, so its errors cannot be marked in it."))
    book = _Book(head, source, grants)
    out = folder() / f"{job}.xlsx"
    part = out.with_suffix(".part")
    book.write(part)
    part.chmod(0o600)
    part.replace(out)
    name = Path(head["file"]["name"]).stem
    return {"name": f"{name} {_('errors')}.xlsx", "marked": book.marked}


@dataclass
class _Wrong:
    """One wrong cell: where it is, what it shows, why."""

    sheet: str
    row: int
    column: int | None
    header: str
    text: str
    reason: str


@dataclass
class _Book:
    """One workbook being made."""

    head: dict[str, Any]
    source: Path
    grants: Grants
    marked: int = 0
    _columns: dict[str, dict[str, int]] = field(default_factory=dict)
    _places: dict[str, dict[str, int]] = field(default_factory=dict)
    _plain: bool = False
    _odd: bool = False

    def write(self, out: Path) -> None:
        """Mark the file, or a copy of its values where it is no .xlsx or written as none that can be cut."""
        info = open_workbook(self.source, limits())
        if info.kind == "xlsx":
            try:
                return self._write(out, info)
            except FileRefused:
                self._odd = True
        self._plain = True
        self._write(out, info)

    def _write(self, out: Path, info: WorkbookInfo) -> None:
        facts = self.head["file"]
        sheet, header_row = facts["sheet"], facts["header_row"]
        sheets = {sheet: header_row} | self._second
        headers = {name: self._headers(name, row) for name, row in sheets.items()}
        self._columns = {
            name: {h: at for at, h in reversed(list(enumerate(found, 1))) if h}
            for name, found in headers.items()
        }
        self._places = {name: self._fed(name) for name in sheets}
        wrong = list(self._wrong(sheet))
        ids = self._ids() if self.head["state"] == "committed" else {}
        hidden = self._hidden(info, sheet, headers[sheet]) if ids else None
        names = self._names()
        fresh, texts = self._is_fresh(headers[sheet]), self._mended(sheet)
        marks = [
            Marks(name, row, _cells(wrong, name), ids if name == sheet else {}, hidden if name == sheet else None,
                  names, fresh, texts[name])
            for name, row in sheets.items()
        ]  # fmt: skip
        self.marked = sum(len(cells) for one in marks for cells in one.cells.values())
        listed = self._list_name(info, fresh), self._lines(wrong, mended=any(texts.values()))
        source = self.source
        copy = out.with_suffix(".copy")
        try:
            if self._plain:
                plainbook.write(source, copy, list(sheets.items()), limits())
                source = copy
            mark(source, out, marks, listed, manifest.sign(self._manifest(sheet, headers[sheet], hidden)))
        finally:
            copy.unlink(missing_ok=True)

    # what is wrong

    def _wrong(self, main: str) -> Iterator[_Wrong]:
        for part in staging.in_parts(self.head["id"], WRONG):
            texts = self._texts(part)
            for row in part:
                for problem in row["error"] or []:
                    yield self._place(main, row, problem, texts)

    def _place(self, main: str, row: Row, problem: dict[str, Any], texts: Texts) -> _Wrong:
        entity = self.head["entity"]
        name = problem["field"] or ""
        if name and row["entity"] != entity and "." not in name:
            name = f"{row['entity']}.{name}"
        sheet = problem.get("sheet") or (main if row["entity"] != self._apart else next(iter(self._second)))
        header = problem.get("column") or self.head["file"]["fed"].get(name) or ""
        column = self._columns.get(sheet, {}).get(header)
        if column is None and problem["code"] != "DOCUMENT":
            column = min(self._places[sheet].values(), default=1)
        text, reason = problem.get("text") or "", told(problem["message"])
        if problem["code"] == "CONFLICT":
            theirs = texts.text(name, problem.get("theirs")) if texts.may(name) else "****"
            reason = _("Somebody else changed this cell meanwhile, to “%(theirs)s” (%(by)s).",
                       theirs=theirs, by=problem.get("by") or "?")  # fmt: skip
        value = (row["cells"] or {}).get(problem["field"] or "", [None, None])[1]
        if not text and value is not None and texts.may(name):
            text = texts.text(name, value, own=True)
        return _Wrong(sheet, row["line"] or 0, column, header, text, reason)

    def _texts(self, rows: list[Row]) -> Texts:
        entity = registry.get(self.head["entity"])
        pairs = [
            (self._dotted(row, n), v)
            for row in rows
            for n, pair in (row["cells"] or {}).items()
            for v in pair
        ]
        return Texts(db.session(), entity, self.grants, pairs)

    def _dotted(self, row: Row, name: str) -> str:
        return name if row["entity"] == self.head["entity"] or "." in name else f"{row['entity']}.{name}"

    # what was corrected

    def _mended(self, main: str) -> dict[str, dict[int, dict[int, str]]]:
        """The texts that cells were corrected to in the preview, by sheet, row and column."""
        facts, found = self.head["file"], defaultdict[str, dict[int, dict[int, str]]](dict)
        lines = next(iter(self._second), main)
        for line, one in (facts.get("mended") or {}).items():
            for name, text in one["texts"].items():
                sheet = lines if "." in name else main
                column = self._places[sheet].get(name)
                if column is not None:
                    found[sheet].setdefault(int(line), {})[column] = text
        return found

    # which rows are which records

    def _names(self) -> tuple[str, str]:
        """What the hidden columns are called. Of documents a row says which it went to: whole ones are imported."""
        return (DOCUMENT, IMPORT) if self.head["file"]["options"].get("lines") else (ID, VERSION)

    def _ids(self) -> dict[int, tuple[int | None, int | None]]:
        """What the hidden columns hold by row, of all rows of the file that are a record by now."""
        facts, entity = self.head["file"], registry.get(self.head["entity"])
        if not facts.get("applied"):
            return {}
        if facts["options"].get("lines"):
            return dict(imported.marks(self.head))
        found: dict[int, tuple[int | None, int | None]] = {}
        for row in staging.same_rows(self.head["id"]):
            kept = row["cells"]
            found |= {
                line: (i, v) for line, i, v in zip(kept["lines"], kept["ids"], kept["versions"], strict=True)
            }
        found |= imported.mended(facts)
        found |= {
            line: (record, version)
            for line, record, version in staging.written(facts["applied"], entity.name)
        }
        for line, name, record in staging.filed(facts["applied"]):
            if name == entity.name and record is None:
                found[line] = imported.WAITING, facts["applied"]
        refused: list[ReadRow] = []
        for part in staging.in_parts(self.head["id"]):
            for row in part:
                if row["op"] == "update" and row["line"] and row["record_id"]:
                    found[row["line"]] = row["record_id"], row["base_version"]
                elif row["op"] == "error" and row["line"]:
                    cells = {n: pair[1] for n, pair in (row["cells"] or {}).items()}
                    refused.append(ReadRow(row["line"], cells))
        found |= self._matched(entity, refused)
        return found

    def _matched(self, entity: EntityType, rows: list[ReadRow]) -> dict[int, tuple[int, int | None]]:
        """The records of rows that could not be read, where their key could."""
        facts = self.head["file"]
        given = [(row, row.values.get(ID), row.values.get(VERSION)) for row in rows]
        known = {row.line: (int(i), v) for row, i, v in given if isinstance(i, int)}
        again = Again(entity, self.grants, options_from({**facts["options"], "match": "key"}), facts["fed"])
        again.match([row for row in rows if row.line not in known], ())
        ids = {c.line: c.id for c in again.changes if c.id is not None and c.line is not None}
        versions = {
            r["id"]: r["version"] for r in records(db.session(), entity, self.grants, list(ids.values()), [])
        }
        return known | {line: (i, versions.get(i)) for line, i in ids.items() if i in versions}

    # the sheets

    @cached_property
    def _apart(self) -> str | None:
        """The entity of lines on a sheet of their own."""
        return options_from(self.head["file"]["options"]).apart

    def _fed(self, sheet: str) -> dict[str, int]:
        """The columns of a sheet that feed fields; a header that both sheets have is a column of either."""
        second, columns = self._second, self._columns[sheet]
        fed = {n: columns[h] for n, h in self.head["file"]["fed"].items() if h in columns}
        return {n: at for n, at in fed.items() if not second or ("." in n) == (sheet in second)}

    @cached_property
    def _second(self) -> dict[str, int]:
        """The sheet of the lines, with the row of its header."""
        lines = self.head["file"]["options"].get("lines") or {}
        sheet = lines.get("sheet")
        return {sheet["sheet"]: sheet.get("header_row") or 1} if sheet else {}

    def _headers(self, sheet: str, header_row: int) -> list[str]:
        table = read_sheet(self.source, sheet, header_row, limits())
        table.close()
        return table.headers

    def _hidden(self, info: WorkbookInfo, sheet: str, headers: list[str]) -> tuple[int, int]:
        first, second = self._names()
        if first in headers and second in headers:
            return headers.index(first) + 1, headers.index(second) + 1
        wide = max(len(headers), *(s.columns for s in info.sheets if s.name == sheet))
        return wide + 1, wide + 2

    def _is_fresh(self, headers: list[str]) -> bool:
        if ID in headers:
            return False
        return self._plain or not any(one.kind == "errors" for one in trip.manifests(self.source, limits()))

    def _manifest(self, sheet: str, headers: list[str], hidden: tuple[int, int] | None) -> Manifest:
        fields = {at: name for name, at in self._places[sheet].items()}
        columns: list[str | None] = [fields.get(at) for at in range(1, len(headers) + 1)]
        if hidden is not None:
            columns += [None] * (max(hidden) - len(columns))
            columns[hidden[0] - 1], columns[hidden[1] - 1] = self._names()
        actor = current_actor()
        return Manifest("errors", self.head["entity"], sheet, self.head["file"]["header_row"], columns,
                        clock.instant_text(clock.now()), actor.name if actor else "", self.head["id"])  # fmt: skip

    def _list_name(self, info: WorkbookInfo, fresh: bool) -> str:
        wanted = _("Import result")
        taken = [] if self._plain or not fresh else [s.name for s in info.sheets]
        return sheet_name(wanted, taken)

    def _lines(self, wrong: list[_Wrong], *, mended: bool) -> list[Line]:
        """The list: what became of the file, what to do, then every wrong cell with a link to it."""
        head, rows = self.head, len({(w.sheet, w.row) for w in wrong})
        lines: list[Line] = [[("title", _("Import result: %(name)s", name=head["file"]["name"]), "")]]
        if head["state"] == "committed":
            said = _("%(n)s rows were imported. %(rows)s rows were not: %(cells)s cells must be corrected.",
                     n=max(0, head["file"]["rows"] - rows), rows=rows, cells=self.marked)  # fmt: skip
        else:
            said = _("Nothing has been imported yet. %(cells)s cells in %(rows)s rows must be corrected.",
                     cells=self.marked, rows=rows)  # fmt: skip
        todo = _(
            "Correct the red cells and upload this file again: rows that were imported are not imported twice."
        )
        lines += [[("text", said, "")], [("text", todo, "")]]
        if mended:
            kept = _("Green cells hold what they were corrected to in the preview.")
            lines.append([("text", kept, "")])
        if self._plain:
            said = (
                _("The original's form lets no marks in, so this copy holds its values without formats.")
                if self._odd
                else _("The original is no .xlsx file, so this copy holds its values without formats.")
            )
            lines.append([("text", said, "")])
        lines += [
            [],
            [("head", text, "") for text in (_("Row"), _("Cell"), _("Column"), _("Cell value"), _("Reason"))],
        ]
        for one in sorted(wrong, key=lambda w: (w.sheet, w.row, w.column or 0)):
            cell = f"{column_letters(one.column or 1)}{one.row}"
            target = f"'{one.sheet.replace(chr(39), chr(39) * 2)}'!{cell}"
            lines.append([("text", str(one.row), ""), ("link", cell, target), ("text", one.header, ""),
                          ("text", one.text, ""), ("text", one.reason, "")])  # fmt: skip
        return lines


def _cells(wrong: list[_Wrong], sheet: str) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for one in wrong:
        if one.sheet == sheet and one.column is not None and one.row:
            said = found[one.row].get(one.column)
            found[one.row][one.column] = f"{said}\n{one.reason}" if said else one.reason
    return dict(found)

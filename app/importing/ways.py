"""The three ways from rows to changes: matched by key, by the id of our own workbooks, or as documents with lines.

A way finds all errors when it is made; its stretches may be asked for more than once and leave out wrong rows.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Change, staging
from app.entity import EntityType
from app.excel.manifest import ID, VERSION, Manifest
from app.excel.wire import decode_cell
from app.importing import trip
from app.importing.contract import ReadRow, RowError, TripRow
from app.importing.documents import Documents
from app.importing.imported import Imported
from app.importing.links import WrongLink
from app.importing.match import NEW, WRONG, against_mode, ids_of, key_forms, key_problem, usual_key
from app.importing.options import Options
from app.importing.sheet import SheetReading, by_line, link_error
from app.importing.spill import Spill


class Way(Protocol):
    """How rows become changes."""

    errors: list[RowError]
    untouched: int
    """Rows of our own workbooks that nobody has touched: they make no change."""
    settled: Set[tuple[int, bool]]
    """Rows (and whether they are in the lines' own sheet) of documents that were imported already: they are left out."""

    def stretches(self, size: int) -> Iterator[list[Change]]:
        """The changes of the rows without an error."""

    def close(self) -> None:
        """Let go of what was kept."""


class ByKey:
    """Rows are records by a key: the usual one, or the fields that were chosen."""

    untouched = 0
    settled: Set[tuple[int, bool]] = frozenset()

    def __init__(
        self, session: Session, sheet: SheetReading, entity: EntityType, grants: Grants, options: Options,
        key: Sequence[str], forms: dict[str, list[Any]], wrong: Collection[int],
    ) -> None:  # fmt: skip
        self._sheet, self._entity = sheet, entity
        fed = set(sheet.names)
        problem = key_problem(entity, key, fed, grants)
        if problem is not None:
            self.errors = [RowError(0, None, problem[0], "NO_KEY", problem[1])]
            self._ids = array("q", [WRONG]) * len(sheet.lines)
            return
        usable = list(key) if fed >= set(key) else []
        raw = (sheet.ids_of(n) if n in sheet.links else forms[n] for n in usable)
        columns = [key_forms(entity, n, column) for n, column in zip(usable, raw, strict=True)]
        self._ids, self.errors = ids_of(
            session, entity, usable, columns, sheet.lines, sheet.header_of(usable[0] if usable else None),
            mode=options.mode, wrong=set(wrong),
        )  # fmt: skip

    def stretches(self, size: int) -> Iterator[list[Change]]:
        """The changes in the order of the file."""
        entity, names, at = self._entity.name, self._sheet.names, 0
        ready: list[Change] = []
        for rows in self._sheet.rows() if names else ():
            ids = self._ids[at : at + len(rows.lines)]
            at += len(rows.lines)
            for line, record, values in zip(rows.lines, ids, zip(*rows.columns, strict=True), strict=True):
                if record == NEW:
                    given = {n: v for n, v in zip(names, values, strict=True) if v is not None}
                    ready.append(Change(entity, "insert", given, line=line))
                elif record != WRONG:
                    ready.append(
                        Change(entity, "update", dict(zip(names, values, strict=True)), record, line=line)
                    )
            if len(ready) >= size:
                yield ready
                ready = []
        if ready:
            yield ready

    def close(self) -> None:
        """Nothing was kept."""


class ById:
    """Rows of a workbook of ours are records by their hidden ids; only what the user touched becomes a change."""

    def __init__(
        self, session: Session, sheet: SheetReading, entity: EntityType, grants: Grants, options: Options,
        said: Manifest, wrong: Collection[int],
    ) -> None:  # fmt: skip
        self._sheet, self._entity, self._options = sheet, entity, options
        self._trip = trip.Trip(session, entity, grants, said.at)
        self._derived = trip.given_by_system(entity, grants)
        self._spill, self.untouched = Spill(), 0
        self._imported = Imported()
        self._waiting: set[tuple[int, bool]] = set()
        self.errors: list[RowError] = []
        self._cell_errors = by_line(sheet.cell_errors)
        self._known = {name: link.found for name, link in sheet.links.items()}
        self._filled = filled(entity) if said.kind == "errors" else frozenset()
        self._key = _key_before(said, entity)
        seen: list[tuple[int, int]] = []
        new_keys: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for known, new in self._rows(seen):
            gone = self._trip.settle(known)
            self.errors += gone
            again = self._by_key(session, new)
            seen += [(line, record) for line, record in again.items() if record != WRONG]
            trip.drop_copied(session, entity, grants, [row for row in new if row.line not in again])
            lost = {error.row for error in gone}
            there = (row for row in known if row.line not in lost)
            kept = [change for row in there if (change := self._settled(row)) is not None]
            kept += [
                change for row in new if (change := self._new(row, new_keys, again.get(row.line))) is not None
            ]
            if kept:
                kept.sort(key=lambda change: change.line or 0)
                self._spill.add([[c.op, c.values, c.id, c.version, c.base, c.line] for c in kept])
        self.settled: Set[tuple[int, bool]] = self._waiting
        self.untouched += len(self.settled)
        self.errors += trip.doubled(seen)
        for lines in new_keys.values():
            self._refuse_doubles(lines)
        self._wrong = {*wrong, *(e.row for e in self.errors)}

    def _rows(self, seen: list[tuple[int, int]]) -> Iterator[tuple[list[TripRow], list[ReadRow]]]:
        """The rows with an id and those without, stretch by stretch; `seen` gets row and id."""
        names = self._sheet.names
        for rows in self._sheet.rows(texts=True):
            known, new = list[TripRow](), list[ReadRow]()
            for line, cells in zip(rows.lines, zip(*rows.columns, strict=True), strict=True):
                values = dict(zip(names, cells, strict=True))
                record, version = decode_cell(values.pop(ID)), decode_cell(values.pop(VERSION, None))
                if self._imported.waits(record, version):
                    self._waiting.add((line, False))
                    continue
                record = record or None  # the import it waited with was refused: it is new again
                whose = trip.whose(line, record, version)
                texts = {e.field: e.text for e in self._cell_errors.get(line, ()) if e.field}
                for name in texts:
                    values.pop(name, None)
                values = {n: v for n, v in values.items() if v is not None or n not in self._filled}
                if isinstance(whose, RowError):
                    self.errors.append(whose)
                elif whose is None:
                    new.append(ReadRow(line, values))
                else:
                    seen.append((line, whose[0]))
                    known.append(TripRow(line, values, id=whose[0], version=whose[1], texts=texts))
            yield known, new

    def _by_key(self, session: Session, rows: Sequence[ReadRow]) -> dict[int, int]:
        """The records of rows that an error workbook brings without an id, by line: while two rows had one key nobody
        could say which of them was the record. `WRONG` where two still have one."""
        key = self._key
        keyed = [row for row in rows if all(row.values.get(n) is not None for n in key)]
        forms = [key_forms(self._entity, n, [row.values[n] for row in keyed]) for n in key]
        lines = [row.line for row in keyed]
        if not key or not keyed:
            return {}
        ids, errors = ids_of(
            session, self._entity, key, forms, lines, self._sheet.header_of(key[0]), mode="both", wrong=set()
        )
        self.errors += errors
        return {line: record for line, record in zip(lines, ids, strict=True) if record != NEW}

    def _settled(self, row: TripRow) -> Change | None:
        for error in self._cell_errors.get(row.line, ()):
            if error.field in row.texts:
                self.errors.append(error)
        if not self._look_up(row) or row.texts:
            return None
        change = self._trip.change(row)
        if change is None:
            self.untouched += 1
        elif self._options.mode == "new":
            self.errors.append(against_mode(row.line, "new"))
        return change

    def _new(
        self, row: ReadRow, keys: dict[tuple[Any, ...], list[int]], known: int | None = None
    ) -> Change | None:
        wrong = [e for e in self._cell_errors.get(row.line, ()) if e.field not in self._derived]
        self.errors += wrong
        if not self._look_up(row) or wrong or known == WRONG:
            return None
        if self._options.mode == ("update" if known is None else "new"):
            self.errors.append(against_mode(row.line, self._options.mode))
        key = tuple(key_forms(self._entity, n, [row.values.get(n)])[0] for n in self._entity.about.key)
        if None not in key:
            keys[key].append(row.line)
        if known is not None:
            return Change(self._entity.name, "update", row.values, known, line=row.line)
        given = {n: v for n, v in row.values.items() if v is not None}
        return Change(self._entity.name, "insert", given, line=row.line) if given else None

    def _look_up(self, row: ReadRow) -> bool:
        """Make the texts of links ids; False where one names no record."""
        fine = True
        for name, known in self._known.items():
            text = row.values.get(name)
            if isinstance(text, str):
                found = known[text]
                if isinstance(found, WrongLink):
                    self.errors.append(link_error(row.line, self._sheet.header_of(name), name, found))
                    fine = False
                row.values[name] = found
        return fine

    def _refuse_doubles(self, lines: list[int]) -> None:
        if len(lines) > 1:
            text = "、".join(map(str, lines[:10])) + ("…" if len(lines) > 10 else "")
            message = _l("The key occurs more than once in this file: rows %(rows)s.", rows=text)
            name = self._entity.about.key[0]
            self.errors += [
                RowError(line, self._sheet.header_of(name), name, "DUPLICATE_IN_FILE", message)
                for line in lines
            ]

    def stretches(self, size: int) -> Iterator[list[Change]]:
        """The changes of what was touched."""
        ready: list[Change] = []
        for frame in self._spill:
            for op, values, record, version, base, line in frame:
                if line not in self._wrong:
                    ready.append(Change(self._entity.name, op, values, record, version, base, line=line))
            if len(ready) >= size:
                yield ready
                ready = []
        if ready:
            yield ready

    def close(self) -> None:
        """Let go of the changes kept."""
        self._spill.close()


def filled(entity: EntityType) -> frozenset[str]:
    """The fields that get a value where a file has none: in an error workbook their empty cells say nothing."""
    return frozenset(
        n for n, f in entity.fields.items()
        if f.kind == "number" or f.auto or f.system or not f.written_by_people or f.default_value() is not None
    )  # fmt: skip


def _key_before(said: Manifest, entity: EntityType) -> list[str]:
    """What the rows of an error workbook were matched by when the file was first read; empty where by their ids."""
    head = staging.header(said.set) if said.kind == "errors" and said.set else None
    options = (head["file"] or {}).get("options") if head is not None else None
    if not options or options.get("match") == "id" or head is None:
        return []
    key = options.get("key") or usual_key(entity, head["file"].get("fed", ()))
    return [] if any(n not in entity.fields or entity.fields[n].is_link for n in key) else list(key)


class AsDocuments:
    """Rows are lines of documents, with their header beside them or on a sheet of its own."""

    def __init__(
        self, session: Session, sheet: SheetReading, lines: SheetReading | None, entity: EntityType, grants: Grants,
        options: Options, errors: Sequence[RowError],
    ) -> None:  # fmt: skip
        self._sheet, self._lines = sheet, lines
        headers = {name: sheet.headers[index] for index, name in sheet.columns.fields.items()}
        if lines is not None:
            headers |= {name: lines.headers[index] for index, name in lines.columns.fields.items()}
        self._wrong = by_line([e for e in errors if e.sheet is None])
        self._wrong_lines = by_line([e for e in errors if e.sheet is not None])
        self._documents = Documents(session, entity, grants, options, headers)
        self._documents.gather(*self._rows(), wrong=self._wrong.keys(), wrong_lines=self._wrong_lines.keys())
        self.errors = self._documents.errors
        self.settled: Set[tuple[int, bool]] = self._documents.settled
        self.untouched = len(self.settled)

    def _rows(self) -> tuple[Iterable[ReadRow], Iterable[ReadRow]]:
        second = read_rows(self._lines, self._wrong_lines) if self._lines is not None else ()
        return read_rows(self._sheet, self._wrong), second

    def stretches(self, size: int) -> Iterator[list[Change]]:
        """The changes, each document whole."""
        return self._documents.stretches(*self._rows(), size)

    def close(self) -> None:
        """Nothing was kept."""


def read_rows(sheet: SheetReading, wrong: dict[int, list[RowError]]) -> Iterator[ReadRow]:
    """The rows of a sheet without their wrong cells."""
    for rows in sheet.rows():
        for line, cells in zip(rows.lines, zip(*rows.columns, strict=True), strict=True):
            values = dict(zip(sheet.names, cells, strict=True))
            for error in wrong.get(line, ()):
                values.pop(error.field or "", None)
            yield ReadRow(line, values)

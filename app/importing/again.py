"""Rows of a file once more: what could be read of them is matched again, as if the file held them so from the start."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from app.access.grants import Grants
from app.change import Change
from app.db import db
from app.entity import EntityType
from app.excel.manifest import ID, VERSION
from app.excel.wire import decode_cell
from app.importing import trip
from app.importing.contract import ReadRow, RowError, TripRow
from app.importing.documents import Documents
from app.importing.match import NEW, WRONG, ids_of, key_forms, key_problem, usual_key
from app.importing.options import Options


@dataclass
class Again:
    """How rows are to be matched. `headers` are the file's headers by field, `at` the moment of our own workbook,
    `filled` the fields whose empty cells say nothing in it."""

    entity: EntityType
    grants: Grants
    options: Options
    headers: dict[str, str]
    at: str | None = None
    filled: frozenset[str] = frozenset()
    changes: list[Change] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def match(
        self, rows: Sequence[ReadRow], wrong: Collection[int], second: Sequence[ReadRow] = (),
        wrong_second: Collection[int] = (),
    ) -> None:  # fmt: skip
        """Fill `changes` and `errors`. `second` are rows of a sheet of lines, `wrong` those that have an error already."""
        if self.options.lines is not None:
            self._documents(rows, wrong, second, wrong_second)
        elif self.at is not None:
            self._by_id(rows, wrong)
        else:
            self._by_key(rows, wrong)

    def _documents(
        self, rows: Sequence[ReadRow], wrong: Collection[int], second: Sequence[ReadRow], wrong_second: Collection[int]
    ) -> None:  # fmt: skip
        found = Documents(db.session(), self.entity, self.grants, self.options, self.headers)
        found.gather(rows, second, wrong=wrong, wrong_lines=wrong_second)
        self.errors += found.errors
        for changes in found.stretches(rows, second):
            self.changes += changes

    def _by_id(self, rows: Sequence[ReadRow], wrong: Collection[int]) -> None:
        settling = trip.Trip(db.session(), self.entity, self.grants, self.at)
        known: list[TripRow] = []
        fresh: list[ReadRow] = []
        for row in rows:
            values = dict(row.values)
            said = trip.whose(
                row.line, decode_cell(values.pop(ID, None)), decode_cell(values.pop(VERSION, None))
            )
            if isinstance(said, RowError):
                self.errors.append(said)
            elif said is None:
                fresh.append(ReadRow(row.line, values))
            else:
                given = {n: v for n, v in values.items() if v is not None or n not in self.filled}
                known.append(TripRow(row.line, given, id=said[0], version=said[1]))
        self.errors += [*settling.settle(known), *trip.doubled((row.line, row.id) for row in known)]
        refused = {e.row for e in self.errors} | set(wrong)
        for row in known:
            change = settling.change(row) if row.line not in refused else None
            if change is not None:
                self.changes.append(change)
        trip.drop_copied(db.session(), self.entity, self.grants, fresh)
        self._by_key(fresh, wrong)

    def _by_key(self, rows: Sequence[ReadRow], wrong: Collection[int]) -> None:
        entity = self.entity
        fed = {*self.headers, *self.options.constants}
        key = list(self.options.key or usual_key(entity, fed))
        if key_problem(entity, key, fed, self.grants) is not None or not rows:
            return
        usable = key if fed >= set(key) else []
        forms = [key_forms(entity, n, [row.values.get(n) for row in rows]) for n in usable]
        header = self.headers.get(usable[0]) if usable else None
        ids, errors = ids_of(
            db.session(), entity, usable, forms, [row.line for row in rows], header,
            mode=self.options.mode, wrong=set(wrong),
        )  # fmt: skip
        self.errors += errors
        for row, record in zip(rows, ids, strict=True):
            if record == NEW:
                given = {n: v for n, v in row.values.items() if v is not None}
                self.changes.append(Change(entity.name, "insert", given, line=row.line))
            elif record != WRONG:
                self.changes.append(Change(entity.name, "update", row.values, record, line=row.line))

"""Our own workbooks back: what the user touched in them, against what the records held when they were written.

A cell that shows what its record held at the row's version was not touched and is left out; for the others that
value is the base, so that the gate compares three ways (docs/importing.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeGuard

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.audit.asof import first_after
from app.audit.history import Entry, Filters, entries_after
from app.change import Change
from app.change.contract import chunks
from app.entity import EntityType, registry
from app.entity.field import PERSON
from app.entity.keys import normal_form
from app.entity.kinds import MAX_INTEGER
from app.entity.labels import in_every_language
from app.entity.sentences import filled
from app.excel import cells, manifest
from app.excel.contract import FileRefused, Limits
from app.excel.headers import header_form
from app.excel.manifest import ID, VERSION, Manifest
from app.excel.read import read_sheet
from app.importing.alike import comparison
from app.importing.contract import ReadRow, RowError, TripRow
from app.importing.links import named_by, resolve
from app.query.rows import records, visible_names
from app.query.titles import titles_of

# Servers' clocks differ a little, and an export reads for some minutes after the moment in its manifest.
_SLACK = timedelta(hours=1)
_MOST_ENTRIES = 1_000_000


def manifests(path: Path, limits: Limits) -> list[Manifest]:
    """What the workbook says of its sheets; nothing when it is not ours, altered, or of another system."""
    try:
        table = read_sheet(path, manifest.SHEET, 1, limits)
    except FileRefused:
        return []
    try:
        rows: list[list[Any]] = [list(table.headers), *(row for _number, row in table.rows)]
    except FileRefused:
        return []
    finally:
        table.close()
    found = (manifest.read(str(row[1])) for row in rows if len(row) > 1 and row[0] == manifest.MARK)
    return [one for one in found if one is not None]


def manifest_of(path: Path, limits: Limits, sheet: str | None = None) -> Manifest | None:
    """The manifest of a sheet, or of the workbook's first one of ours: a sheet that was renamed is known by its
    hidden columns."""
    found = manifests(path, limits)
    return next((one for one in found if one.sheet == sheet), found[0] if found else None)


def columns_of(said: Manifest, entity: EntityType, headers: Sequence[str]) -> dict[int, str]:
    """Field, `ID` or `VERSION` by column, known by header in either language; columns may be moved or removed.

    Fields that share a label are told apart by the order in which they were written.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for index, header in enumerate(headers):
        if header:
            places[header_form(header)].append(index)
    found: dict[int, str] = {}
    for name in filter(None, said.columns):
        spec = entity.fields.get(entity.renamed.get(name, name))
        if name in (ID, VERSION):
            texts = [name]
        elif spec is not None:
            texts = [spec.name, *in_every_language(spec.label), *spec.was]
            texts += [f"{text}({spec.unit})" for text in texts] if spec.unit else []
        else:
            continue
        at = next((i for text in texts for i in places.get(header_form(text), ()) if i not in found), None)
        if at is not None:
            found[at] = spec.name if spec is not None else name
    return found


def whose(row: int, record: Any, version: Any) -> tuple[int, int | None] | RowError | None:
    """The id and the version of the hidden cells, or what is wrong there; None for a row added by hand."""
    number, seen = cells.to_integer(record), cells.to_integer(version)
    if number is None:
        return None
    if not is_number(number):
        return _not_so(row, ID, record, "BAD_ID", _l(
            "“%(text)s” in the hidden column %(column)s is no record's number. Clear it for a new record, or export again."
        ))  # fmt: skip
    if seen is not None and not is_number(seen):
        # Taken for no version it would say that what others changed meanwhile is to go.
        return _not_so(row, VERSION, version, "BAD_VERSION", _l(
            "“%(text)s” in the hidden column %(column)s is no version of a record. Please export again."
        ))  # fmt: skip
    return number, seen


def is_number(value: Any) -> TypeGuard[int]:
    """Whether a hidden cell holds what an id or a version can be."""
    return isinstance(value, int) and 0 < value <= MAX_INTEGER


def _not_so(row: int, column: str, cell: Any, code: str, sentence: LazyString) -> RowError:
    shown = str(getattr(cell, "text", cell))
    return RowError(row, column, None, code, filled(sentence, {"text": shown[:40], "column": column}), shown)


def doubled(ids: Iterable[tuple[int, int]]) -> list[RowError]:
    """The errors of records that occur in several rows, from pairs of row and id: at each of the rows."""
    places: dict[int, list[int]] = defaultdict(list)
    for row, record in ids:
        places[record].append(row)
    found = []
    for record, rows in places.items():
        if len(rows) > 1:
            text = "、".join(str(row) for row in rows[:10]) + ("…" if len(rows) > 10 else "")
            message = _l(
                "Rows %(rows)s are the same record: a row was copied with its hidden %(column)s. "
                "Clear it in the new row.",
                rows=text, column=ID,
            )  # fmt: skip
            found += [RowError(row, ID, None, "ID_TWICE", message, str(record)) for row in rows]
    return found


def given_by_system(entity: EntityType, grants: Grants) -> frozenset[str]:
    """The fields that nobody fills in by hand: in a new row they were copied along from another."""
    editable = set(grants.editable_fields(entity.name))
    found = (
        n for n, f in entity.fields.items() if not f.written_by_people or (f.system and n not in editable)
    )
    return frozenset(found)


def drop_copied(session: Session, entity: EntityType, grants: Grants, rows: Sequence[ReadRow]) -> None:
    """Leave in new rows only what their user can have meant: of the row they were copied from, neither what the
    system gives nor the number of the record, which is there already."""
    derived, fields = given_by_system(entity, grants), entity.fields
    for row in rows:
        row.values = {n: v for n, v in row.values.items() if n not in derived}
    for name in (
        n for n in named_by(entity) if fields[n].kind == "number" and n in grants.open_fields(entity.name)
    ):
        numbers = {str(row.values[name]) for row in rows if row.values.get(name) is not None}
        known = resolve(session, entity.name, numbers, [name]) if numbers else {}
        for row in rows:
            if normal_form(str(row.values.get(name) or "")) in known:
                del row.values[name]


class Trip:
    """The rows of one workbook of ours, settled stretch by stretch; titles are kept from one to the next.

    `at` is the moment in its manifest: what happened long before is not looked at.
    """

    def __init__(self, session: Session, entity: EntityType, grants: Grants, at: str | None = None) -> None:
        self._session, self._entity, self._grants = session, entity, grants
        self._at = at
        self._after = first_after(session, clock.parse_instant(at) - _SLACK) - 1 if at else 0
        self._titles: dict[str, dict[int, str | None]] = defaultdict(dict)
        self._former: dict[str, dict[int, set[str]]] = defaultdict(dict)
        seen = visible_names(entity, grants)
        self._masked = {n for n in seen if grants.level(entity.name, n) == "masked"}
        self._shows = {
            n: comparison(spec := entity.fields[n], self._titles[spec.target], masked=n in self._masked)
            for n in seen
        }

    def settle(self, rows: Sequence[TripRow]) -> list[RowError]:
        """Leave in each row only what its user touched, with the bases; the errors are rows whose record is gone."""
        names = sorted({n for row in rows for n in (*row.values, *row.texts)} & self._shows.keys())
        found = records(self._session, self._entity, self._grants, [row.id for row in rows], names)
        now = {record["id"]: record for record in found}
        self._learn_titles(names, (record["values"] for record in found))
        errors, doubtful = list[RowError](), list[TripRow]()
        for row in rows:
            record = now.get(row.id)
            touched = self._touched(row, record["values"]) if record else []
            if record is None:
                errors.append(_gone(row))
            if not touched:
                row.values, row.texts = {}, {}
            elif record and self._moved(row, record["version"], touched):
                doubtful.append(row)
            elif record:
                _keep(row, touched, record["values"])
        if doubtful:
            past = self._earlier(doubtful, names)
            self._learn_titles(names, past.values())
            for row in doubtful:
                was = {**now[row.id]["values"], **past[row.id]}
                _keep(row, self._touched(row, was), was)
                if row.version is not None and row.version > now[row.id]["version"]:
                    row.base = None  # nobody can have seen that version: the gate lets nothing of it pass
        self._drop_renamed([row for row in rows if row.base])
        return errors

    def change(self, row: TripRow) -> Change | None:
        """The change a settled row asks for, its links looked up; None when nothing was touched."""
        base = row.base or {}
        given = {n: v for n, v in row.values.items() if n not in base or base[n] != v}
        if not given:
            return None
        return Change(self._entity.name, "update", given, row.id, row.version, row.base, line=row.line)

    def _touched(self, row: TripRow, was: Mapping[str, Any]) -> list[str]:
        """The fields whose cells do not show what the record held."""
        shows, found = self._shows, list[str]()
        for cells_read in (row.values, row.texts):
            for name, value in cells_read.items():
                held = was.get(name)
                if value != held and (value is None or held is None or not shows[name](value, held)):
                    found.append(name)
        return found

    def _moved(self, row: TripRow, version: int, touched: list[str]) -> bool:
        """Whether the log has to say what the record held; what is computed may move without a new version."""
        fields = self._entity.fields
        if row.version is None:
            return self._at is not None
        return row.version != version or any(n in fields and not fields[n].written_by_people for n in touched)

    def _earlier(self, rows: list[TripRow], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """What records held at the versions of their rows, by id, in the fields that have moved since."""
        wanted = {row.id: row for row in rows}
        past: dict[int, dict[str, Any]] = {record: {} for record in wanted}
        settled: set[int] = set()
        entity = self._entity
        for entry in self._entries((entity.name, *entity.about.was), wanted):
            row = wanted[entry.record_id or 0]
            seen = row.version or 0
            # Where only derived cells moved, the version did not. Without a version the file's own moment says it.
            before = (
                self._at is not None and entry.at <= self._at
                if row.version is None
                else entry.new.get("version", seen + 1) <= seen
            )
            if row.id in settled or before:
                settled.add(row.id)
                continue
            was = past[row.id]
            for former, value in entry.old.items():
                name = entity.renamed.get(former, former)
                if name not in names:
                    continue
                if name in self._masked:
                    value = entity.fields[name].masked(value)
                # A derived cell may show any of its values since: the file was written between two versions.
                if (
                    name in was
                    and not entity.fields[name].written_by_people
                    and not self._touched(_part(row, name), was)
                ):
                    continue
                was[name] = value
        return past

    def _entries(self, tables: tuple[str, ...], ids: Iterable[int]) -> Iterator[Entry]:
        for part in chunks(sorted(ids)):
            wanted = Filters(tables=tables, records=tuple(part))
            yield from entries_after(self._session, wanted, self._after, _MOST_ENTRIES)

    def _learn_titles(self, names: Iterable[str], records_held: Iterable[Mapping[str, Any]]) -> None:
        links = [(n, self._entity.links[n].target) for n in names if n in self._entity.links]
        wanted: dict[str, set[int]] = defaultdict(set)
        for values in records_held:
            for name, target in links:
                value = values.get(name)
                if isinstance(value, int) and value not in self._titles[target]:
                    wanted[target].add(value)
        for target, ids in wanted.items():
            self._titles[target] |= dict.fromkeys(ids)
            self._titles[target] |= titles_of(self._session, target, ids, self._grants)

    def _drop_renamed(self, rows: list[TripRow]) -> None:
        """A link whose record has another title since then was not touched if it shows the former one."""
        places: dict[str, list[tuple[TripRow, str, int]]] = defaultdict(list)
        for row in rows:
            for name in [n for n, v in row.values.items() if isinstance(v, str) and n in self._entity.links]:
                target, held = self._entity.links[name].target, (row.base or {}).get(name)
                if isinstance(held, int) and self._titles[target].get(held) is not None:
                    places[target].append((row, name, held))
        for target, found in places.items():
            former = self._former[target]
            former |= self._former_titles(target, {held for _r, _n, held in found} - former.keys())
            for row, name, held in found:
                if normal_form(row.values[name]) in former[held]:
                    del row.values[name]

    def _former_titles(self, target: str, ids: set[int]) -> dict[int, set[str]]:
        """The titles that records have had since the file was written, in normal form."""
        found: dict[int, set[str]] = {record: set() for record in ids}
        names: tuple[str, ...] = ("last_name", "first_name")
        tables: tuple[str, ...] = ("ab_user",)
        now: dict[int, dict[str, Any]] = {}
        if target == PERSON:
            user = registry.target_class(PERSON)
            for part in chunks(sorted(ids)):
                query = select(user.id, user.last_name, user.first_name).where(user.id.in_(part))
                now |= {r[0]: dict(zip(names, r[1:], strict=True)) for r in self._session.execute(query)}
        else:
            entity = registry.get(target)
            names, tables = (entity.about.title,), (entity.name, *entity.about.was)
        for entry in self._entries(tables, ids):
            record = entry.record_id or 0
            was = now.setdefault(record, {})
            was |= {n: entry.old[n] for n in names if n in entry.old}
            found[record].add(normal_form("".join(str(was.get(n) or "") for n in names)))
        return found


def _keep(row: TripRow, touched: Sequence[str], was: Mapping[str, Any]) -> None:
    row.values = {n: row.values[n] for n in touched if n in row.values}
    row.texts = {n: row.texts[n] for n in touched if n in row.texts}
    row.base = {n: was.get(n) for n in row.values}


def _part(row: TripRow, name: str) -> TripRow:
    """One cell of a row."""
    values, texts = (
        {name: cells_read[name]} if name in cells_read else {} for cells_read in (row.values, row.texts)
    )
    return TripRow(row.line, values, texts=texts)


def _gone(row: TripRow) -> RowError:
    message = _l(
        "This record was deleted since the file was written, or you may no longer see it. "
        "Leave out the row, or clear its hidden %(column)s to add it again.",
        column=ID,
    )  # fmt: skip
    return RowError(row.line, ID, None, "NOT_FOUND", message, str(row.id))

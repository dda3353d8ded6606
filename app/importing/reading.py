"""From a file to a change set: map columns, read cells exactly, resolve links by name, match records by key.

Nothing is written here: the change set goes through the gate like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.change import Change, progress
from app.entity import EntityType, Field, FieldError, registry
from app.entity.field import PERSON
from app.entity.keys import normal_form, text_key
from app.excel import cells
from app.excel.contract import Cell, CellProblem, Limits
from app.excel.read import open_workbook, read_sheet
from app.importing import layout
from app.importing.contract import RowError
from app.importing.mapping import ColumnMap, map_columns
from app.importing.options import Options
from app.query.rows import visible_names


@dataclass(slots=True)
class Reading:
    """A file made into changes: `rows` data rows were read, `changes` are those without an error of their own.

    `wrong` holds what could be read of the others: wire values by row number and field.
    """

    entity: EntityType
    sheet: str
    headers: list[str]
    columns: ColumnMap
    rows: int = 0
    changes: list[Change] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    wrong: dict[int, dict[str, Any]] = field(default_factory=dict)
    blank_rows: int = 0

    def header_of(self, name: str | None) -> str | None:
        """The header of the column a field came from."""
        return next((self.headers[i] for i, n in self.columns.fields.items() if n == name), None)


def read_changes(
    session: Session, entity: EntityType, path: Path, grants: Grants, options: Options, limits: Limits
) -> Reading:
    """Read a file into changes. Raises FileRefused when the file itself cannot be read."""
    book = open_workbook(path, limits)
    table = read_sheet(path, options.sheet, options.header_row, limits)
    try:
        columns = map_columns(entity, table.headers, grants, options.columns)
        reading = Reading(entity, table.sheet, table.headers, columns)
        info = next(s for s in book.sheets if s.name == table.sheet)
        for row, code, message in layout.problems(info, table.header_row, len(table.headers), options.hidden):
            reading.errors.append(RowError(row, None, None, code, message))
        for header, letters in table.duplicate_headers.items():
            message = _l(
                "Columns %(letters)s have the same header “%(header)s”. Rename all but one.",
                letters="、".join(letters),
                header=header,
            )
            reading.errors.append(RowError(table.header_row, header, None, "DUPLICATE_HEADER", message))
        skipped = layout.hidden_rows(info) if options.hidden == "skip" else set()
        raw = _read_rows(reading, (row for row in table.rows if row[0] not in skipped), grants)
        reading.blank_rows = table.notes.blank_rows
    finally:
        table.close()
    _resolve_links(session, reading, raw, grants)
    _match(session, reading, raw, list(options.key or usual_key(entity, columns.fields.values())), grants)
    reading.wrong = {e.row: raw[e.row] for e in reading.errors if e.row in raw}
    return reading


def _read_rows(reading: Reading, rows: Any, grants: Grants) -> dict[int, dict[str, Any]]:
    entity = reading.entity
    readers = [(i, entity.fields[name]) for i, name in reading.columns.fields.items()]
    found: dict[int, dict[str, Any]] = {}
    for number, row in rows:
        reading.rows += 1
        values: dict[str, Any] = {}
        for index, spec in readers:
            cell = row[index]
            if cell is None:
                values[spec.name] = None
                continue
            try:
                values[spec.name] = read_cell(spec, cell)
            except FieldError as problem:
                header, shown = reading.headers[index], cell_text(cell)
                reading.errors.append(
                    RowError(number, header, spec.name, problem.code, problem.message, shown)
                )
        found[number] = values
        if reading.rows % 2000 == 0:
            progress.report(reading.rows, 0, "read")
    return found


def cell_text(cell: Cell) -> str:
    """A cell as the file shows it, for people to recognise."""
    if cell is None:
        return ""
    if isinstance(cell, CellProblem):
        return cell.text
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes").removesuffix(" 00:00")
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def read_cell(spec: Field, cell: Cell) -> Any:
    """The wire value of a cell (for a link: its text). Raises FieldError."""
    coerced: Any
    if spec.kind == "percent":
        coerced = cells.to_percent(cell, spec.scale)
    elif spec.digits:
        coerced = cells.to_decimal(cell, spec.scale)
    elif spec.kind == "number" or (spec.kind == "text" and spec.pattern):
        coerced = cells.to_code(cell)
    elif spec.kind in ("link", "person", "choice", "multi_choice", "json", "attachment"):
        coerced = cells.to_text(cell)
    else:
        coerced = cells.COERCIONS[spec.kind](cell)
    if isinstance(coerced, CellProblem):
        raise FieldError(coerced.code, coerced.message)
    if coerced is None or spec.is_link:
        return coerced
    if isinstance(coerced, datetime):
        coerced = coerced.replace(tzinfo=clock.zone())
    return spec.parse(coerced)


def _resolve_links(
    session: Session, reading: Reading, rows: dict[int, dict[str, Any]], grants: Grants
) -> None:
    for index, name in reading.columns.fields.items():
        spec = reading.entity.fields[name]
        if not spec.is_link:
            continue
        texts = {v[name] for v in rows.values() if isinstance(v.get(name), str)}
        known = resolve(session, spec.target, texts)
        for number, values in rows.items():
            text = values.get(name)
            if not isinstance(text, str):
                continue
            ids = known.get(normal_form(text), [])
            if len(ids) == 1:
                values[name] = ids[0]
                continue
            del values[name]
            label = _l("Person") if spec.target == PERSON else registry.get(spec.target).label
            message = (
                _l(
                    "There is no “%(text)s” in “%(label)s”. Correct it, or add it there first.",
                    text=text[:60],
                    label=label,
                )
                if not ids
                else _l("“%(text)s” fits several records. Use the code instead.", text=text[:60])
            )
            code = "AMBIGUOUS" if ids else "LINK_NOT_FOUND"
            reading.errors.append(RowError(number, reading.headers[index], name, code, message, text))


def resolve(session: Session, target: str, texts: set[str]) -> dict[str, list[int]]:
    """Ids by normal form of the texts that name them: key, title or, for people, login name. Passes the wall."""
    found: dict[str, list[int]] = defaultdict(list)
    if target == PERSON:
        user = registry.target_class(PERSON)
        for row in session.execute(select(user.id, user.username, user.last_name, user.first_name)):
            for text in {normal_form(row[1]), normal_form(f"{row[2] or ''}{row[3] or ''}")}:
                found[text].append(row[0])
        return found
    entity = registry.get(target)
    cls: Any = entity.cls
    names = [n for n in dict.fromkeys([*entity.about.key, entity.about.title]) if n in entity.key_columns]
    columns = [getattr(cls, entity.key_columns[n]) for n in names]
    by_key = {text_key(t): normal_form(t) for t in texts}
    ordered = sorted(by_key)
    for start in range(0, len(ordered), 200):
        part = ordered[start : start + 200]
        for row in session.execute(select(cls.id, *columns).where(or_(*(c.in_(part) for c in columns)))):
            for value in set(row[1:]):
                if value in by_key:
                    found[by_key[value]].append(row[0])
    return found


def usual_key(entity: EntityType, fed: Collection[str]) -> list[str]:
    """The declared key; that of a line is told apart within its header, where the file names the header."""
    key = entity.about.key
    within = entity.about.parent and "parent_id" in fed and "parent_id" not in key
    return ["parent_id", *key] if within else list(key)


def _match(
    session: Session, reading: Reading, rows: dict[int, dict[str, Any]], key: list[str], grants: Grants
) -> None:
    entity = reading.entity
    fed = set(reading.columns.fields.values())
    absent = [n for n in key if n not in fed]
    lacking = (entity.fields[n] for n in absent if n in entity.fields)
    if any(spec.kind != "number" and not spec.auto for spec in lacking):
        labels = "、".join(str(entity.fields[n].label) if n in entity.fields else n for n in absent)
        reading.errors.append(
            RowError(
                0,
                None,
                absent[0],
                "NO_KEY",
                _l("The file has no column for the key “%(labels)s”.", labels=labels),
            )
        )
        return
    veiled = [n for n in key if n in entity.fields and n not in grants.open_fields(entity.name)]
    if veiled:
        labels = "、".join(str(entity.fields[n].label) for n in veiled)
        message = _l("You may not see “%(labels)s” in full, so it cannot be the key.", labels=labels)
        reading.errors.append(RowError(0, None, veiled[0], "NO_KEY", message))
        return
    wrong = {e.row for e in reading.errors}
    usable = [] if absent else key
    places: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, values in rows.items():
        parts = tuple(_key_part(entity, n, values.get(n)) for n in usable)
        if usable and all(p is not None for p in parts):
            places[parts].append(number)
    for numbers in places.values():
        if len(numbers) > 1:
            text = "、".join(str(n) for n in numbers[:10]) + ("…" if len(numbers) > 10 else "")
            for number in numbers:
                wrong.add(number)
                reading.errors.append(
                    RowError(number, reading.header_of(key[0]), key[0], "DUPLICATE_IN_FILE",
                                 _l("The key occurs more than once in this file: rows %(rows)s.", rows=text))
                )  # fmt: skip
    existing = _find(session, entity, usable, list(places)) if usable else {}
    for parts, numbers in places.items():
        if len(existing.get(parts, [])) > 1 and len(numbers) == 1:
            for number in numbers:
                wrong.add(number)
                reading.errors.append(
                    RowError(number, reading.header_of(key[0]), key[0], "SEVERAL_RECORDS",
                                 _l("Several records have this key. Choose a key that names one record."))
                )  # fmt: skip
    ids = {
        number: existing[parts][0]
        for parts, numbers in places.items()
        if parts in existing
        for number in numbers
    }
    editable = set(visible_names(entity, grants))
    for number, values in rows.items():
        if number in wrong:
            continue
        given = {n: v for n, v in values.items() if n in editable}
        if number in ids:
            reading.changes.append(Change(entity.name, "update", given, id=ids[number], line=number))
        else:
            given = {n: v for n, v in given.items() if v is not None}
            reading.changes.append(Change(entity.name, "insert", given, line=number))


def _key_part(entity: EntityType, name: str, value: Any) -> Any:
    return text_key(value) if isinstance(value, str) and name in entity.key_columns else value


def _find(
    session: Session, entity: EntityType, key: list[str], wanted: list[tuple[Any, ...]]
) -> dict[tuple[Any, ...], list[int]]:
    """Ids of the records in scope by key. Looked up by the first part of the key, compared by all."""
    cls: Any = entity.cls
    columns = [getattr(cls, entity.key_columns.get(n, n)) for n in key]
    specs = [None if n in entity.key_columns else entity.fields[n] for n in key]
    keys, found = set(wanted), defaultdict[tuple[Any, ...], list[int]](list)
    heads = sorted({k[0] for k in wanted}, key=repr)
    for start in range(0, len(heads), 500):
        part = [specs[0].to_stored(h) if specs[0] else h for h in heads[start : start + 500]]
        for row in session.execute(select(cls.id, *columns).where(columns[0].in_(part))):
            parts = tuple(s.to_wire(v) if s else v for s, v in zip(specs, row[1:], strict=True))
            if parts in keys:
                found[parts].append(row[0])
    return found

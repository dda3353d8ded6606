"""From a file to stretches of changes: the file is read once, every error is found, nothing is written.

The change set goes through the gate like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Change
from app.change.sweep import swept_lightly
from app.entity import EntityType, keys
from app.excel.contract import FileRefused, Limits, Table
from app.excel.headers import header_form
from app.excel.manifest import DOCUMENT, ID, IMPORT, VERSION, Manifest
from app.excel.read import read_sheet
from app.importing import trip
from app.importing.contract import LINK, TOGETHER, RowError
from app.importing.corrected import NONE, Corrected, put
from app.importing.links import Links, WrongLink
from app.importing.mapping import (
    ColumnMap,
    field_specs,
    header_words,
    key_names,
    leave_locked,
    line_specs,
    line_writable,
    lines_entity,
    map_columns,
    map_headers,
)
from app.importing.match import usual_key
from app.importing.options import Lines, LinesSheet, Options, Treatment
from app.importing.sheet import SheetReading, by_line
from app.importing.treat import ColumnReader, Wrong
from app.importing.ways import AsDocuments, ById, ByKey, Way

STRETCH = 2000


class Reading:
    """A file made into changes. `rows` data rows were read; `errors` are all that is wrong with them.

    `created` are the records that links would be made to, `rounded` counts altered cells by field, `titles` and
    `totals` are the rows above and below the data that are no records, `untouched` rows of our own workbooks that
    nobody changed, `already` those of documents that were imported before. `trip` is the manifest of such a workbook.
    Close it when done.
    """

    def __init__(
        self, entity: EntityType, options: Options, sheet: SheetReading, lines: SheetReading | None,
        way: Way, links: Links, errors: list[RowError], said: Manifest | None,
    ) -> None:  # fmt: skip
        self.entity, self.options, self.errors, self.trip = entity, options, errors, said
        self.sheet, self.headers, self.columns = sheet.sheet, sheet.headers, sheet.columns
        self.header_row = sheet.header_row
        self.rows, self.blank_rows = len(sheet.lines), sheet.blank_rows
        self.titles, self.totals = sheet.titles, sheet.totals
        self.rounded = sheet.rounded | (lines.rounded if lines is not None else {})
        self.untouched, self.already = way.untouched, len(way.settled)
        self._sheet, self._lines, self._way, self._links = sheet, lines, way, links
        self.created = self._used(links)

    @property
    def fields(self) -> dict[str, str]:
        """The header that feeds each field, those of lines as ``entity.field``: two sheets may share headers."""
        sheets = [sheet for sheet in (self._lines, self._sheet) if sheet is not None]
        return {
            name: sheet.headers[index] for sheet in sheets for index, name in sheet.columns.fields.items()
        }

    @property
    def ignored(self) -> list[Any]:
        """The columns that were left out, by their headers; such as hold something and have none are named as well."""
        sheets = [sheet for sheet in (self._sheet, self._lines) if sheet is not None]
        return [*self.columns.ignored, *(name for sheet in sheets for name in sheet.unnamed)]

    def header_of(self, name: str | None) -> str | None:
        """The header of the column a field came from; a field of a line may be named without its entity."""
        dotted = f"{self.options.lines.entity}.{name}" if self.options.lines is not None else None
        sheets = [sheet for sheet in (self._sheet, self._lines) if sheet is not None]
        headers = (sheet.header_of(n) for n in (name, dotted) if n for sheet in sheets)
        return next((header for header in headers if header is not None), None)

    def stretches(self, size: int = STRETCH) -> Iterator[list[Change]]:
        """The changes of the rows without an error, about `size` at a time; what links need comes first."""
        first = [replace(change) for change in self.created]
        for changes in self._way.stretches(size):
            yield first + changes
            first = []

    def refused(self) -> Iterator[dict[str, Any]]:
        """The rows with errors: ``{"line", "sheet", "cells", "errors"}``, `cells` the wire values that could be read.

        Also those of the hidden columns, under their own names (``@id``, ``@link``).
        """
        for sheet, name in ((self._sheet, None), (self._lines, self._lines and self._lines.sheet)):
            if sheet is None:
                continue
            wrong = by_line([e for e in self.errors if e.sheet == name])
            for line in sorted(wrong.keys() - set(sheet.lines)):
                yield {"line": line, "sheet": name, "cells": {}, "errors": wrong.pop(line)}
            for rows in sheet.rows() if wrong else ():
                for at, line in enumerate(rows.lines):
                    if line in wrong:
                        bad = {error.field for error in wrong[line] if error.code not in TOGETHER}
                        cells = {n: column[at] for n, column in zip(sheet.names, rows.columns, strict=True)
                                 if n not in bad}  # fmt: skip
                        yield {"line": line, "sheet": name, "cells": cells, "errors": wrong[line]}

    def close(self) -> None:
        """Remove what was kept aside."""
        self._way.close()
        self._sheet.close()
        if self._lines is not None:
            self._lines.close()

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _used(self, links: Links) -> list[Change]:
        """The records to be made that a row without an error links to, each with the first such row."""
        if not links.made:
            return []
        used: dict[str, int | None] = {}
        for changes in self._way.stretches(STRETCH):
            for change in changes:
                for value in change.values.values():
                    if isinstance(value, dict) and value.get("ref") in links.made:
                        used.setdefault(value["ref"], change.line)
        return [replace(change, line=used[ref]) for ref, change in links.made.items() if ref in used]


@swept_lightly()
def read_changes(
    session: Session, entity: EntityType, path: Path, grants: Grants, options: Options, limits: Limits,
    corrected: Corrected = NONE,
) -> Reading:  # fmt: skip
    """Read a file into changes, with some cells as they were corrected. Raises FileRefused when the file itself cannot
    be read."""
    lines = lines_entity(options.lines.entity, entity) if options.lines is not None else None
    if lines is None and options.lines is not None:
        options = replace(options, lines=None)
    flat = lines if options.lines is not None and options.lines.sheet is None else None
    words = header_words(field_specs(entity, grants, flat), options)
    Thread(target=keys.prepare).start()
    table = read_sheet(path, options.sheet, options.header_row, limits, words)
    opened: list[SheetReading] = []
    try:
        said = _manifest(path, table, entity, options, limits)
        known = trip.columns_of(said, entity, table.headers) if said is not None else None
        columns = map_columns(
            entity, table.headers, grants, options.columns, lines=flat, known=known, key=options.key
        )
        key = key_names(options.key, columns, table.headers) or usual_key(entity, columns.fields.values())
        options = replace(options, key=tuple(key) if options.key else ())
        extra = _hidden_columns(table, said) or _marks(path, table, entity, options, limits)
        sheet = SheetReading(table, columns, options, extra, key)
        opened.append(sheet)
        forms: dict[str, list[Any]] = defaultdict(list)
        put(table, columns, corrected)
        sheet.read(table, lambda name, column: forms[name].extend(column), key)
        second = None
        if lines is not None and options.lines is not None and options.lines.sheet is not None:
            second = _read_lines(
                path, lines, grants, options.lines, options.lines.sheet, options, limits, corrected
            )
            opened.append(second)
        return _matched(session, entity, grants, options, key, forms, sheet, second, said)
    except BaseException:
        for each in opened:
            each.close()
        raise
    finally:
        table.close()


def _matched(
    session: Session, entity: EntityType, grants: Grants, options: Options, key: list[str],
    forms: dict[str, list[Any]], sheet: SheetReading, second: SheetReading | None, said: Manifest | None,
) -> Reading:  # fmt: skip
    """Look links up and find the records."""
    links = Links(session, grants)
    errors: list[RowError] = []
    for each in (sheet, second):
        if each is None:
            continue
        each.look_up(links, options.create)
        found = list(each.errors)
        if said is None:
            found += [*each.cell_errors, *each.link_errors()]
        for error in found:
            error.sheet = second.sheet if second is each and second is not None else None
        errors += found
    way: Way
    if said is not None:
        way = ById(session, sheet, entity, grants, options, said, {e.row for e in errors})
    elif options.lines is not None:
        way = AsDocuments(session, sheet, second, entity, grants, options, errors)
    else:
        wrong = {e.row for e in errors}
        if options.match == "id":
            message = _l("This file does not say which records its rows are: match them by a key instead.")
            errors.append(RowError(0, None, None, "NOT_OURS", message))
            wrong |= set(sheet.lines)
        way = ByKey(session, sheet, entity, grants, options, key, forms, wrong)
    errors = [e for e in [*errors, *way.errors] if (e.row, e.sheet is not None) not in way.settled]
    errors.sort(key=lambda error: error.row)
    return Reading(entity, options, sheet, second, way, links, errors, said)


def _manifest(
    path: Path, table: Table, entity: EntityType, options: Options, limits: Limits
) -> Manifest | None:
    """The manifest of a workbook of ours, unless the rows are to be matched in another way."""
    asked = options.match == "id" or (options.match == "key" and not options.key)
    if not asked or options.lines is not None or ID not in table.headers:
        return None
    with suppress(FileRefused):
        found = trip.manifest_of(path, limits, table.sheet)
        return found if found is not None and found.entity == entity.name else None
    return None


def _hidden_columns(table: Table, said: Manifest | None) -> dict[str, int]:
    if said is None:
        return {}
    return {name: table.headers.index(name) for name in (ID, VERSION) if name in table.headers}


def _marks(path: Path, table: Table, entity: EntityType, options: Options, limits: Limits) -> dict[str, int]:
    """The columns of an error workbook that say which rows of documents were imported already."""
    names = [name for name in (DOCUMENT, IMPORT) if name in table.headers]
    if options.lines is None or IMPORT not in names:
        return {}
    with suppress(FileRefused):
        ours = any(one.kind == "errors" and one.entity == entity.name for one in trip.manifests(path, limits))
        return {name: table.headers.index(name) for name in names} if ours else {}
    return {}


def _read_lines(
    path: Path,
    lines: EntityType,
    grants: Grants,
    asked: Lines,
    where: LinesSheet,
    options: Options,
    limits: Limits,
    corrected: Corrected,
) -> SheetReading:
    """The sheet of the lines; its column `where.link` names the header record."""
    specs = line_specs(lines, grants)
    words = {*header_words(specs, options), header_form(where.link)}
    table = read_sheet(path, where.sheet, where.header_row, limits, words)
    try:
        # What is said of a header that both sheets have is said of the other one, unless it names a field of lines.
        said = {h: t for h, t in options.columns.items() if t is None or t.field in specs}
        given: dict[str, Treatment | None] = {**said, where.link: None}
        columns: ColumnMap = map_headers(table.headers, specs, given)
        leave_locked(columns, table.headers, line_writable(lines, grants), given)
        columns.ignored = [header for header in columns.ignored if header != where.link]
        extra = {LINK: table.headers.index(where.link)} if where.link in table.headers else {}
        own = replace(options, constants={n: t for n, t in options.constants.items() if n in specs})
        key = [f"{asked.entity}.{name}" for name in lines.about.key]
        sheet = SheetReading(table, columns, own, extra, key)
        if not extra:
            message = _l(
                "The sheet “%(sheet)s” has no column “%(header)s”.", sheet=where.sheet, header=where.link
            )
            sheet.errors.append(RowError(0, where.link, None, "NO_LINK", message))
        put(table, columns, corrected)
        sheet.read(table, lambda _name, _column: None, ())
        return sheet
    finally:
        table.close()


def read_texts(
    session: Session, entity: EntityType, grants: Grants, options: Options, texts: Mapping[str, str]
) -> tuple[dict[str, Any], list[RowError]]:
    """Read cells that were corrected by hand, by field, as their columns are read: wire values, and what is wrong."""
    lines = lines_entity(options.lines.entity, entity) if options.lines is not None else None
    specs = field_specs(entity, grants, lines)
    asked = {t.field: (header, t) for header, t in options.columns.items() if t is not None}
    links, values, errors = Links(session, grants), dict[str, Any](), list[RowError]()
    for name, text in texts.items():
        spec = specs.get(name)
        if spec is None:
            message = _l("There is no field “%(name)s”.", name=name[:60])
            errors.append(RowError(0, None, name, "NO_FIELD", message, text))
            continue
        header, treatment = asked.get(name, (None, None))
        value = ColumnReader(spec, treatment, header or "").read_one(text or None)
        if spec.is_link and isinstance(value, str):
            value = links.look_up(spec, [value], create=options.create.get(name))[value]
        if isinstance(value, Wrong):
            among = value.candidates if isinstance(value, WrongLink) else ()
            errors.append(RowError(0, header, name, value.code, value.message, text, value.suggest, among))
        else:
            values[name] = value
    return values, errors

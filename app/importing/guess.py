"""A guess at columns whose headers nobody has called a field before: proposed, to be looked at, never simply done.

A header that ends in what a field is called, or that such a name begins or ends with; else cells that are all options
of one field, or all name records of one kind. Only where exactly one free field fits, and its first cells can be read
as it; never a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.entity import EntityType, Field
from app.entity.keys import normal_form
from app.entity.labels import in_every_language
from app.excel.contract import Limits
from app.excel.headers import header_form
from app.excel.manifest import HIDDEN, ID
from app.excel.read import read_sheet
from app.importing import trip
from app.importing.links import open_names, resolve
from app.importing.mapping import ColumnMap, field_specs, header_words, lines_entity, map_columns
from app.importing.options import Options, Treatment
from app.importing.synonyms import synonyms
from app.importing.treat import ColumnReader, Wrong, cell_text

ROWS = 100
"""The first rows, whose cells are looked at."""
_FEW = 2
_SHORT, _WORD = 2, 4
"""The fewest characters that say something: of Chinese, and of letters."""


def guesses(
    session: Session, entity: EntityType, headers: Sequence[str], columns: ColumnMap, texts: Sequence[Sequence[str]],
    grants: Grants, lines: EntityType | None = None,
) -> dict[str, str]:  # fmt: skip
    """Field by header for the columns that `columns` leaves out, those of `lines` as ``entity.field``; `texts` are the
    first rows."""
    fed = set(columns.fields.values())
    free = {n: spec for n, spec in _free(entity, grants).items() if n not in fed}
    if lines is not None:
        own = {f"{lines.name}.{n}": spec for n, spec in _free(lines, grants).items() if n != "parent_id"}
        free |= {n: spec for n, spec in own.items() if n not in fed}
    seen = _Seen(session, grants)
    found: dict[str, str] = {}
    for index, header in enumerate(headers):
        if header in columns.ignored and header not in columns.locked and header not in HIDDEN:
            cells = list(dict.fromkeys(t for row in texts for t in row[index : index + 1] if t))
            name = _one(header, cells, free, seen)
            if name is not None:
                found[header] = name
    # Two columns that look like one field are both left to the reader.
    twice = [name for name in found.values() if list(found.values()).count(name) > 1]
    return {header: name for header, name in found.items() if name not in twice}


def _free(entity: EntityType, grants: Grants) -> dict[str, Field]:
    """The fields that may be guessed at all."""
    return {
        n: spec
        for n in grants.editable_fields(entity.name)
        if n not in entity.about.key and not (spec := entity.fields[n]).system
        and spec.kind not in ("number", "attachment", "json")
    }  # fmt: skip


def with_guesses(
    session: Session, entity: EntityType, path: Path, grants: Grants, options: Options, limits: Limits
) -> tuple[Options, dict[str, str]]:
    """Options that name the guessed columns as well, and which these are. Raises FileRefused."""
    asked = options.lines if options.lines is not None and not options.apart else None
    lines = lines_entity(asked.entity, entity) if asked is not None else None
    words = header_words(field_specs(entity, grants, lines), options)
    table = read_sheet(path, options.sheet, options.header_row, limits, words)
    texts: list[list[str]] = []
    try:
        for _number, cells in table.rows:
            texts.append([cell_text(cell) for cell in cells])
            if len(texts) == ROWS:
                break
    finally:
        table.close()
    if ID in table.headers and trip.manifest_of(path, limits, table.sheet) is not None:
        return options, {}
    columns = map_columns(entity, table.headers, grants, options.columns, lines=lines, key=options.key)
    columns.ignored = [header for header in columns.ignored if header not in options.columns]
    columns.fields |= {-1 - at: name for at, name in enumerate(options.constants)}
    found = guesses(session, entity, table.headers, columns, texts, grants, lines)
    guessed = {header: Treatment(name) for header, name in found.items()}
    return replace(options, columns={**options.columns, **guessed}), found


def _one(header: str, cells: Sequence[str], free: Mapping[str, Field], seen: _Seen) -> str | None:
    """The one field that fits: by its labels, else by their synonyms, else by what the cells hold."""
    form = header_form(header)
    for words in (_labels, _synonyms):
        named = [n for n, spec in free.items() if any(_akin(form, word) for word in words(spec))]
        fits = [n for n in named if not cells or seen.some(free[n], cells)]
        if named:
            return fits[0] if len(fits) == 1 else None
    if len(cells) < _FEW:
        return None
    held = [n for n, spec in free.items() if (spec.choices or spec.is_link) and seen.all(spec, cells)]
    return held[0] if len(held) == 1 else None


def _labels(spec: Field) -> Iterator[str]:
    return (header_form(label) for label in (*in_every_language(spec.label), *spec.was))


def _synonyms(spec: Field) -> Iterable[str]:
    return (word for label in in_every_language(spec.label) for word in synonyms(label))


def _akin(header: str, word: str) -> bool:
    """What is told last is what a thing is: “客户备注” are remarks, “备注人” is a person."""
    least = _WORD if min(header, word, key=len).isascii() else _SHORT
    if min(len(header), len(word)) < least:
        return False
    return header.endswith(word) or word.endswith(header) or word.startswith(header)


class _Seen:
    """Whether cells can be values of a field; the records that texts name are asked for once."""

    def __init__(self, session: Session, grants: Grants) -> None:
        self._session, self._grants = session, grants

    def some(self, spec: Field, cells: Sequence[str]) -> bool:
        """Whether at least one can be read as the field."""
        return any(self._read(spec, cells))

    def all(self, spec: Field, cells: Sequence[str]) -> bool:
        """Whether each can."""
        return all(self._read(spec, cells))

    def _read(self, spec: Field, cells: Sequence[str]) -> list[bool]:
        if spec.is_link:
            ids = resolve(self._session, spec.target, cells, open_names(spec.target, self._grants))
            return [len(set(ids.get(normal_form(cell), ()))) == 1 for cell in cells]
        reader = ColumnReader(spec)
        return [not isinstance(reader.read_one(cell), Wrong) for cell in cells]

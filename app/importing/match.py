"""Which rows of a file are which records: by the key, or by the fields that were chosen. Doubles are named, not guessed."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.context import current_grants
from app.access.grants import Grants
from app.entity import EntityType
from app.entity.keys import normal_form, text_key
from app.entity.sentences import listed
from app.importing.contract import RowError
from app.importing.options import Lines
from app.query.titles import titles_of

NEW, WRONG = 0, -1
"""In place of an id: the row is a new record; the row has an error."""
_NAMED = 10
_RECORDS = 5
_PART = 500

Key = tuple[Any, ...]


def usual_key(entity: EntityType, fed: Collection[str]) -> list[str]:
    """The declared key; that of a line is told apart within its header, where the file names the header."""
    key = entity.about.key
    within = entity.about.parent and "parent_id" in fed and "parent_id" not in key
    return ["parent_id", *key] if within else list(key)


def key_problem(
    entity: EntityType, key: Sequence[str], fed: Collection[str], grants: Grants, lines: Lines | None = None
) -> tuple[str, Any] | None:
    """What stands against matching by these fields, and lines within their headers, as a field and a sentence."""
    if lines and lines.gone == "remove" and not any(n.startswith(f"{lines.entity}.") for n in fed):
        message = _l(
            "No column of this file is one of the lines, so all of them would go. Keep lines it lacks."
        )
        return key[0], message
    if not fed:
        return key[0], _l("No column of this file is a field of the sheet. Say which column is which field.")
    absent = [n for n in key if n not in fed]
    lacking = (entity.fields[n] for n in absent if n in entity.fields)
    unknown = [n for n in absent if n not in entity.fields]
    if unknown or any(spec.kind != "number" and not spec.auto for spec in lacking):
        labels = listed(entity.fields[n].label if n in entity.fields else n for n in absent)
        return absent[0], _l("The file has no column for the key “%(labels)s”.", labels=labels)
    veiled = [n for n in key if n in entity.fields and n not in grants.open_fields(entity.name)]
    if veiled:
        labels = listed(entity.fields[n].label for n in veiled)
        return veiled[0], _l("You may not see “%(labels)s” in full, so it cannot be the key.", labels=labels)
    return None


def key_forms(entity: EntityType, name: str, column: Sequence[Any]) -> Sequence[Any]:
    """A key column's values as they are compared; what the file would create is no part of a known key."""
    if name not in entity.key_columns:
        return [value if value.__class__ is not dict else None for value in column]
    if "".join(filter(None, column)).isascii():
        return [value and " ".join(value.lower().split()) for value in column]
    return [value and normal_form(value) for value in column]


def ids_of(
    session: Session, entity: EntityType, names: Sequence[str], forms: Sequence[Sequence[Any]],
    lines: Sequence[int], header: str | None, *, mode: str, wrong: set[int],
) -> tuple[array[int], list[RowError]]:  # fmt: skip
    """For each row the id of its record, `NEW`, or `WRONG`; and the errors. `wrong` are rows that have one already.

    `forms` are the key columns `names` as of `key_forms`; a row with an empty part of its key is new.
    """
    places: dict[Key, int] = {}
    doubled: dict[Key, list[int]] = {}
    for at, form in enumerate(zip(*forms, strict=True)):
        if None not in form:
            first = places.setdefault(form, at)
            if first != at:
                doubled.setdefault(form, [first]).append(at)
    found = _find(session, entity, names, places) if places else {}
    ids = array("q", bytes(8 * len(lines)))
    for form, record in found.items():
        ids[places[form]] = record if isinstance(record, int) else WRONG
    said: dict[int, tuple[str, Any]] = {}
    for form, record in found.items():
        if not isinstance(record, int) and form not in doubled:
            said[places[form]] = ("SEVERAL_RECORDS", _several(session, entity, record))
    for positions in doubled.values():
        rows = [lines[at] for at in positions]
        text = "、".join(map(str, rows[:_NAMED])) + ("…" if len(rows) > _NAMED else "")
        message = _l("The key occurs more than once in this file: rows %(rows)s.", rows=text)
        said.update(dict.fromkeys(positions, ("DUPLICATE_IN_FILE", message)))
    errors = [
        against_mode(lines[at], mode, header, names[0] if names else None)
        for at, record in enumerate(ids if mode != "both" else ())
        if at not in said and record != WRONG and (record > NEW) == (mode == "new")
    ]
    wrong |= {error.row for error in errors}
    for at, (code, message) in sorted(said.items()):
        errors.append(RowError(lines[at], header, names[0] if names else None, code, message))
        wrong.add(lines[at])
    for at, line in enumerate(lines):
        if line in wrong:
            ids[at] = WRONG
    return ids, errors


def against_mode(line: int, mode: str, header: str | None = None, name: str | None = None) -> RowError:
    """The error of a row that is known where only new ones were asked for, or the other way round."""
    if mode == "new":
        message = _l("This record is there already. Leave it out, or import changes as well.")
        return RowError(line, header, name, "KNOWN_RECORD", message)
    message = _l("There is no such record to update. Correct the key, or import new records as well.")
    return RowError(line, header, name, "UNKNOWN_RECORD", message)


def _several(session: Session, entity: EntityType, ids: list[int]) -> Any:
    """Which records have the key, up to five of them, by titles that the asker may know."""
    titles = titles_of(session, entity.name, ids[:_RECORDS], current_grants())
    text = "、".join(f"#{record} {titles.get(record) or ''}".rstrip() for record in ids[:_RECORDS])
    return _l("Several records have this key: %(records)s. Choose a key that names one record.",
              records=text + ("…" if len(ids) > _RECORDS else ""))  # fmt: skip


def _find(
    session: Session, entity: EntityType, names: Sequence[str], wanted: Collection[Key]
) -> dict[Key, int | list[int]]:
    """The records in scope by key: an id, or all of several. Looked up by one part of the key, compared by all."""
    cls: Any = entity.cls
    columns = [getattr(cls, entity.key_columns.get(n, n)) for n in names]
    specs = [None if n in entity.key_columns else entity.fields[n] for n in names]
    # The part that tells most keys apart makes the shortest lists.
    lead = max(range(len(names)), key=lambda at: len({key[at] for key in wanted}), default=0)
    spec, heads = specs[lead], list({key[lead] for key in wanted})
    found: dict[Key, list[int]] = defaultdict(list)
    for start in range(0, len(heads), _PART):
        part = [spec.to_stored(head) if spec else text_key(head) for head in heads[start : start + _PART]]
        for row in session.execute(select(cls.id, *columns).where(columns[lead].in_(part))):
            key = tuple(
                s.to_wire(v) if s else None if v is None else v.rpartition("\x1f")[2]
                for s, v in zip(specs, row[1:], strict=True)
            )
            if key in wanted:
                found[key].append(row[0])
    return {key: records[0] if len(records) == 1 else sorted(records) for key, records in found.items()}

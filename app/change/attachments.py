"""Attachments in the gate: who may name which file in a record, and the file becoming that record's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, RowMapping, Table, select, update

from app.access.grants import Grants
from app.change.contract import Draft, chunks
from app.entity.attachments import Attachment

_TABLE: Table = Attachment.__table__


def check(connection: Connection, drafts: Iterable[Draft], grants: Grants) -> None:
    """A file newly named in a record must be an upload of the actor's own that no record has yet, made for this
    field; or one that belonged to this very record before."""
    places: dict[int, list[tuple[Draft, str]]] = {}
    for draft, name, number in _given(drafts):
        places.setdefault(number, []).append((draft, name))
    found: dict[int, RowMapping | None] = {}
    for part in chunks(sorted(places)):
        for one in connection.execute(select(_TABLE).where(_TABLE.c.id.in_(part))).mappings():
            found[one["id"]] = one
    for number, claims in places.items():
        row = found.get(number)
        for draft, name in claims:
            ours = row is not None and (row["entity"], row["field"]) == (draft.entity.name, name)
            if row is not None and ours and row["record_id"] is None:
                ours = (grants.system or row["created_by_id"] == grants.user_id) and len(claims) == 1
            elif row is not None and ours:
                ours = draft.id is not None and row["record_id"] == draft.id
            if not ours:
                message = _l("This file is not there any more, or is not yours. Please choose it again.")
                draft.error(name, "FILE_NOT_FOUND", message)


def bind(connection: Connection, drafts: Iterable[Draft]) -> None:
    """Make the files named in written records theirs. Under the write lock, once the records have their ids."""
    for draft, _name, number in _given(drafts):
        mine = update(_TABLE).where(_TABLE.c.id == number, _TABLE.c.record_id.is_(None))
        connection.execute(mine.values(record_id=draft.id))


def _given(drafts: Iterable[Draft]) -> Iterator[tuple[Draft, str, int]]:
    """Every file id a draft adds to a field, with its place."""
    for draft in drafts:
        if draft.op == "delete" or draft.missing:
            continue
        for name in draft.entity.file_fields:
            if draft.op == "insert" or name in draft.touched:
                before = set(draft.before.get(name) or ())
                yield from ((draft, name, n) for n in draft.after.get(name) or () if n not in before)

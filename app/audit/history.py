"""Reading the change log. What a reader may see of an entry, by scope and by field, the caller decides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, or_, select, table
from sqlalchemy.orm import Session

from app import clock
from app.audit.log import ChangeLog
from app.audit.pii import open_values
from app.entity import EntityType

_log = ChangeLog.__table__
# The gate's table, of which this room may only know the name.
_sets = table("change_set", column("id"), column("reason"))


@dataclass(frozen=True)
class Entry:
    """One row of the log: `at` as wire text, `op` I, U or D, `old` and `new` wire values by column name.

    In place of an erased personal value stands what `app.audit.pii.is_erased` tells.
    """

    id: int
    at: str
    actor_id: int | None
    actor_name: str
    source: str
    request: str | None
    change_set: int | None
    reason: str | None
    tbl: str
    record_id: int | None
    record_key: str | None
    op: str
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)

    def touches(self, name: str) -> bool:
        """Whether the column's value was set, changed or lost."""
        return self.old.get(name) != self.new.get(name)


@dataclass(frozen=True)
class Filters:
    """Which entries are wanted; None means any. `person` is a user id, or the name of a system actor.

    `since` is included, `until` is not. `fields` are alternatives: the names a field has or has had. Entries of
    the change sets `without` are left out; `others_than` asks for what people but this one did. `ops` are I, U, D.
    `records` are alternatives too, few enough for an IN list; `also` names rows of another table that are wanted
    beside the record's own.
    """

    person: int | str | None = None
    tables: tuple[str, ...] = ()
    record_id: int | None = None
    fields: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    change_set: int | None = None
    without: tuple[int, ...] = ()
    others_than: int | None = None
    ops: tuple[str, ...] = ()
    records: tuple[int, ...] = ()
    also: tuple[str, tuple[int, ...]] | None = None


def of_entity(entity: EntityType, record_id: int | None = None, name: str = "") -> Filters:
    """The entries of an entity, of one record, of one field of it, under former names too."""
    former = tuple(old for old, new in entity.renamed.items() if new == name)
    return Filters(
        tables=(entity.name, *entity.about.was), record_id=record_id, fields=(name, *former) if name else ()
    )


def record_history(
    session: Session, entity: EntityType, record_id: int, limit: int = 100, before: int | None = None
) -> list[Entry]:
    """What happened to a record, the latest first; `before` is the last entry's id of the page before."""
    return entries(session, of_entity(entity, record_id), limit=limit, before=before)


def entries(
    session: Session, filters: Filters | None = None, *, limit: int = 100, before: int | None = None
) -> list[Entry]:
    """Entries that pass the filters, the latest first; `before` is the last entry's id of the page before."""
    filters = filters or Filters()
    found: list[Entry] = []
    while len(found) < limit:
        rows = session.execute(_query(filters, before).limit(limit)).mappings().all()
        read = _read(session, rows)
        # The text search in the database also finds a name inside a JSON value.
        found += [e for e in read if not filters.fields or any(e.touches(name) for name in filters.fields)]
        if len(rows) < limit:
            break
        before = rows[-1]["id"]
    return found[:limit]


def entries_after(session: Session, filters: Filters, after: int, limit: int) -> list[Entry]:
    """The entries that follow one, the latest first; filters by field are not for this."""
    rows = session.execute(
        _query(filters, None).where(_log.c.id > after).order_by(None).order_by(_log.c.id).limit(limit)
    )
    return _read(session, rows.mappings())[::-1]


def _query(filters: Filters, before: int | None) -> Select[Any]:
    query = select(*_log.c, _sets.c.reason).outerjoin(_sets, _sets.c.id == _log.c.change_set)
    return query.where(*_conditions(filters, before)).order_by(_log.c.id.desc())


def _conditions(filters: Filters, before: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if before is not None:
        wanted.append(_log.c.id < before)
    if isinstance(filters.person, int):
        wanted.append(_log.c.actor_id == filters.person)
    elif filters.person is not None:
        wanted.append(_log.c.actor_name == filters.person)
    wanted += _of_what(filters)
    if filters.fields:
        wanted.append(
            or_(*(_names(side, name) for name in filters.fields for side in (_log.c.old, _log.c.new)))
        )
    if filters.ops:
        wanted.append(_log.c.op.in_(filters.ops))
    if filters.since is not None:
        wanted.append(_log.c.at >= filters.since)
    if filters.until is not None:
        wanted.append(_log.c.at < filters.until)
    if filters.source is not None:
        wanted.append(_log.c.source == filters.source)
    if filters.change_set is not None:
        wanted.append(_log.c.change_set == filters.change_set)
    if filters.others_than is not None:
        wanted.append(_log.c.actor_id != filters.others_than)
    if filters.without:
        wanted.append(or_(_log.c.change_set.is_(None), _log.c.change_set.not_in(filters.without)))
    return wanted


def _of_what(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.tables:
        wanted.append(_log.c.tbl.in_(filters.tables))
    if filters.record_id is not None:
        wanted.append(_log.c.record_id == filters.record_id)
    if filters.records:
        wanted.append(_log.c.record_id.in_(filters.records))
    if filters.also is not None:
        table, ids = filters.also
        return [or_(and_(*wanted), and_(_log.c.tbl == table, _log.c.record_id.in_(ids)))]
    return wanted


def _names(side: Any, name: str) -> ColumnElement[bool]:
    return or_(side.contains(f'{{"{name}":', autoescape=True), side.contains(f',"{name}":', autoescape=True))


def _read(session: Session, rows: Iterable[Any]) -> list[Entry]:
    found = [_entry(row) for row in rows]
    open_values(session, ((e.id, e.old, e.new) for e in found))
    return found


def _entry(row: Any) -> Entry:
    values = {name: row[name] for name in Entry.__dataclass_fields__ if name not in ("at", "old", "new")}
    old, new = (json.loads(text) if text else {} for text in (row["old"], row["new"]))
    return Entry(**values, at=clock.instant_text(row["at"]), old=old, new=new)

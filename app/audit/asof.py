"""Records as they were: from the rows of now, whatever the log says came later is taken back.

A moment includes every change set written up to it, whole. What a reader may see of the past the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.audit.history import Entry, Filters, entries_after, of_entity
from app.audit.log import ChangeLog
from app.audit.pii import is_erased
from app.entity import EntityType

MAX_ENTRIES = 100_000
"""How many log entries of an entity are taken back at most to look at the whole of it."""
_PORTION = 500
_NONE = 2**53
TICK = timedelta(microseconds=1)
"""The smallest step of the clock."""


class TooFarBack(ValueError):
    """More has happened since the moment than can be taken back at once."""

    message = _l("Too much has changed since then to show the whole sheet. Choose a later moment.")


@dataclass(slots=True)
class Past:
    """A record as it was: wire values by field name, with the version it had.

    Personal values that were erased are empty; `erased` names them.
    """

    id: int
    version: int
    values: dict[str, Any]
    erased: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Later:
    """What has become of a record since: `then` as it was (None: it was not there), `by` who last changed a field.

    `first` and `last` are the earliest and the latest entry taken back.
    """

    then: Past | None
    first: Entry
    last: Entry
    by: dict[str, Entry] = field(default_factory=dict)


def record_at(session: Session, entity: EntityType, record_id: int, at: datetime) -> Past | None:
    """A record at a moment; None when it was not there."""
    return records_at(session, entity, [record_id], at).get(record_id)


def records_at(session: Session, entity: EntityType, ids: Sequence[int], at: datetime) -> dict[int, Past]:
    """Records at a moment by id, those that were there."""
    found = current(session, entity, ids)
    for start in range(0, len(ids), _PORTION):
        part = tuple(ids[start : start + _PORTION])
        wanted = Filters(tables=_tables(entity), records=part, since=at + TICK)
        for record, later in _taken_back(session, entity, _all(session, wanted, at)).items():
            found.pop(record, None)
            if later.then is not None:
                found[record] = later.then
    return found


def record_after(
    session: Session, entity: EntityType, record_id: int, log: int
) -> tuple[Past | None, Later | None]:
    """A record as the log entry `log` left it, and what has become of it since (None: nothing)."""
    following = entries_after(session, of_entity(entity, record_id), log, MAX_ENTRIES)
    later = _taken_back(session, entity, following).get(record_id)
    return (later.then if later else current(session, entity, [record_id]).get(record_id)), later


def changed_since(
    session: Session, entity: EntityType, at: datetime, record_id: int | None = None
) -> dict[int, Later]:
    """Every record of an entity (or the one asked for) that changed after a moment. Raises TooFarBack."""
    wanted = Filters(tables=_tables(entity), record_id=record_id, since=at + TICK)
    return _taken_back(session, entity, _all(session, wanted, at))


def lines_at(session: Session, line: EntityType, header_id: int, at: datetime) -> list[Past]:
    """The lines a header had at a moment, by id."""
    log, table = ChangeLog.__table__, line.table
    # The one text the log prints a header's id as, wherever the line was moved from.
    names = ["parent_id", *(old for old, new in line.renamed.items() if new == "parent_id")]
    belongs = or_(*(log.c.old.contains(f'"{name}":{header_id}{end}') for name in names for end in ",}"))
    ids = set(session.execute(select(table.c.id).where(table.c.parent_id == header_id)).scalars())
    past = select(log.c.record_id).where(log.c.tbl.in_(_tables(line)), log.c.at > at, belongs)
    ids.update(session.execute(past.distinct()).scalars())
    found = records_at(session, line, sorted(ids), at)
    return [one for _id, one in sorted(found.items()) if one.values.get("parent_id") == header_id]


def current(session: Session, entity: EntityType, ids: Iterable[int]) -> dict[int, Past]:
    """Records as they are now, by id."""
    table, wanted = entity.table, sorted(set(ids))
    readers = [(name, spec.to_wire) for name, spec in entity.fields.items()]
    query = select(table.c.id, table.c.version, *(table.c[name] for name, _read in readers))
    found = {}
    for start in range(0, len(wanted), _PORTION):
        for row in session.execute(query.where(table.c.id.in_(wanted[start : start + _PORTION]))):
            values = {name: read(value) for (name, read), value in zip(readers, row[2:], strict=True)}
            found[row[0]] = Past(row[0], row[1], values)
    return found


def _tables(entity: EntityType) -> tuple[str, ...]:
    return (entity.name, *entity.about.was)


def first_after(session: Session, at: datetime) -> int:
    """A number that no entry written after a moment is below: both databases find entries by number fastest."""
    log = ChangeLog.__table__
    # Clocks of several servers differ a little, so that the first by time need not be the first by number.
    early = select(log.c.id).where(log.c.at > at).order_by(log.c.at, log.c.id).limit(_PORTION).subquery()
    return session.execute(select(func.min(early.c.id))).scalar() or _NONE


def _all(session: Session, wanted: Filters, at: datetime) -> list[Entry]:
    found = entries_after(session, wanted, first_after(session, at) - 1, MAX_ENTRIES + 1)
    if len(found) > MAX_ENTRIES:
        raise TooFarBack
    return found


def _taken_back(session: Session, entity: EntityType, following: Sequence[Entry]) -> dict[int, Later]:
    """The records that entries are about, without them; the latest entry comes first."""
    now = current(session, entity, {e.record_id for e in following if e.record_id is not None})
    found: dict[int, Later] = {}
    for entry in following:
        if entry.record_id is None:
            continue
        later = found.setdefault(entry.record_id, Later(now.get(entry.record_id), entry, entry))
        later.first = entry
        old = {entity.renamed.get(name, name): value for name, value in entry.old.items()}
        for name in old if entry.op == "U" else ():
            later.by.setdefault(name, entry)
        if entry.op == "I":
            later.then = None
        elif entry.op == "D":
            later.then = _past(entity, entry.record_id, old)
        elif later.then is not None:
            later.then.version = old.get("version", later.then.version)
            back = _past(entity, entry.record_id, old)
            later.then.values |= {name: back.values[name] for name in old if name in entity.fields}
            later.then.erased = (later.then.erased - old.keys()) | back.erased
    return found


def _past(entity: EntityType, record_id: int, old: dict[str, object]) -> Past:
    version = old.get("version")
    erased = {name for name, value in old.items() if is_erased(value)}
    values = {name: None if name in erased else old.get(name) for name in entity.fields}
    return Past(record_id, version if isinstance(version, int) else 1, values, erased)

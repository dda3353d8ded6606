"""Erasing personal data of a record: the live cells through the gate, then every other place that holds a value.

The change log itself is not touched: it loses only what its commitments stand for (`app.audit.pii`). Entries written
before there were commitments hold plain values for ever; they are counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Text, false, func, insert, or_, select, type_coerce, update
from sqlalchemy.exc import OperationalError

from app.access.context import current_grants
from app.access.grants import SYSTEM_GRANTS, Grants
from app.audit.log import ChangeLog, ChangePii, Erasure
from app.audit.pii import (
    ERASED,
    PII_PLACES,
    PII_RECORDS,
    Subject,
    is_erased,
    open_values,
    pii_place,
    scrubbed,
)
from app.change.contract import Change, ChangeSet
from app.change.gate import commit, snapshot
from app.change.lock import write_lock
from app.change.model import ChangeRow
from app.db import canonical_json, db
from app.engine import make_engine
from app.entity import EntityType, registry
from config import Settings

SHOWN = 100
"""How many other records of an entity are named at most."""
_log, _pii, _rows = ChangeLog.__table__, ChangePii.__table__, ChangeRow.__table__


class EraseRefused(ValueError):
    """Nothing was erased; the message says why."""

    def __init__(self, code: str, message: Any) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


@dataclass
class Erased:
    """What was erased: the change set that emptied the cells (None: they were empty), values beside the log, other
    places by name. `plain` log entries are older than commitments and keep their values; `elsewhere` are other
    records with the same personal values, by entity: they are erased one by one, by whoever knows whose they are."""

    fields: list[str]
    change_set: int | None
    logged: int
    places: dict[str, int] = field(default_factory=dict)
    plain: int = 0
    elsewhere: dict[str, list[int]] = field(default_factory=dict)


def erase(
    entity: EntityType, record_id: int, reason: str, fields: Iterable[str] = (), grants: Grants | None = None
) -> Erased:
    """Erase a record's personal data (or the named fields of it) wherever it stands. Raises EraseRefused.

    Repeatable: what an interrupted erasure left behind, the next one finds.
    """
    grants = grants or current_grants()
    if not grants.permits("can_erase", "PersonalData"):
        raise EraseRefused("FORBIDDEN", _l("Your role may not erase personal data."))
    personal = [name for name, spec in entity.fields.items() if spec.pii]
    names = list(fields) or personal
    other = [name for name in names if name not in personal]
    if other or not names:
        raise EraseRefused("NOT_PERSONAL", _l("This is no personal data: %(names)s.", names=", ".join(other)))
    if not reason.strip():
        raise EraseRefused("NO_REASON", _l("Please say why it is to be erased."))
    with snapshot(db.engine) as connection:
        subject, plain, live = _subject(connection, entity, record_id, names)
    _empty_naming(subject, reason)
    set_id = _empty_cells(entity, record_id, reason, live) if live else None
    tables = (entity.name, *entity.about.was)
    with write_lock(), db.engine.begin() as connection:
        known = select(func.count()).where(_of_record(tables, record_id), _pii.c.field.in_(subject.fields))
        logged = connection.execute(
            known.select_from(_pii.join(_log, _log.c.id == _pii.c.log_id))
        ).scalar_one()
        row = {
            "record_id": record_id,
            "fields": [*names, *sorted(subject.fields - set(names))],
            "reason": reason,
        }
        connection.execute(insert(Erasure), [{"entity": name, **row} for name in tables])
        subject = replace(subject, sets=subject.sets | ({set_id} if set_id else set()))
        named = {name: _forget(connection, subject, registry.get(name)) for name in PII_RECORDS}
        places = {name: place(connection, subject) for name, place in PII_PLACES.items()} | named
        elsewhere = _elsewhere(connection, subject)
    return Erased(names, set_id, logged, places, plain, elsewhere)


def _of_record(tables: Iterable[str], record_id: int) -> Any:
    return _log.c.tbl.in_(tables) & (_log.c.record_id == record_id)


def _subject(
    connection: Connection, entity: EntityType, record_id: int, names: list[str]
) -> tuple[Subject, int, dict[str, Any]]:
    """Whose data it is, how many log entries hold it in the clear, and the cells that hold it now."""
    table = entity.table
    row = connection.execute(select(table).where(table.c.id == record_id)).mappings().first()
    live = {n: entity.fields[n].to_wire(row[n]) for n in names} if row else {}
    query = select(_log.c.id, _log.c.change_set, _log.c.old, _log.c.new)
    found = connection.execute(query.where(_of_record((entity.name, *entity.about.was), record_id))).all()
    if row is None and not found:
        raise EraseRefused("NOT_FOUND", _l("There is no such record, and never was."))
    every = frozenset((*names, *(old for old, new in entity.renamed.items() if new in names)))
    entries = [(e.id, _own(e.old, every), _own(e.new, every)) for e in found]
    plain = sum(any(not is_erased(v) for v in [*old.values(), *new.values()]) for _id, old, new in entries)
    open_values(connection, entries)
    values = [*live.values(), *(v for _id, old, new in entries for v in [*old.values(), *new.values()])]
    subject = Subject(entity, record_id, every, frozenset(v for v in values if isinstance(v, str)))
    sets = {e.change_set for e in found if e.change_set} | {r["set_id"] for r in _staged(connection, subject)}
    return replace(subject, sets=frozenset(sets)), plain, {n: v for n, v in live.items() if v is not None}


def _own(text: str | None, names: frozenset[str]) -> dict[str, Any]:
    return {n: v for n, v in json.loads(text or "{}").items() if n in names and v is not None}


def _empty_cells(entity: EntityType, record_id: int, reason: str, live: dict[str, Any]) -> int | None:
    about = entity.about
    # What a record is known by says that it was erased; everything else becomes empty.
    values = {
        n: _("erased %(id)s", id=record_id) if n == about.title or n in about.key else None for n in live
    }
    change = Change(entity.name, "update", values, id=record_id)
    asked = ChangeSet([change], "erase", reason, erasing=True, confirmed=frozenset({"*"}))
    result = commit(asked, SYSTEM_GRANTS)
    if not result.ok:
        message = next(
            (e.message for e in result.errors), _l("Somebody else changed this record. Please try again.")
        )
        raise EraseRefused("REFUSED", message)
    return result.change_set


def _empty_naming(subject: Subject, reason: str) -> None:
    """Records of others that name the person lose what does. Raises EraseRefused while one of them is locked."""
    with snapshot(db.engine) as connection:
        found = [(name, row) for name, naming in PII_RECORDS.items() for row in naming(connection, subject)]
    changes = [Change(name, "update", row, id=row.pop("id")) for name, row in found]
    asked = ChangeSet(changes, "erase", reason, erasing=True, confirmed=frozenset({"*"}))
    if not changes or (result := commit(asked, SYSTEM_GRANTS)).ok:
        return
    places = [changes[e.row] for e in result.errors]
    names = "、".join(f"{registry.get(c.entity).label} {c.id}" for c in places)
    message = _l("Other records name this person and cannot be changed yet: %(names)s. Let their approval end first.",
                 names=names)  # fmt: skip
    raise EraseRefused("REFUSED", message)


def _forget(connection: Connection, subject: Subject, entity: EntityType) -> int:
    """Erase in the log, and in changes as they were asked for, what records of an entity named the person by."""
    value = [
        _pii.c.value.contains(canonical_json(one)[1:-1], autoescape=True) for one in sorted(subject.telling)
    ]
    query = select(_log.c.record_id, _pii.c.field).join(_log, _log.c.id == _pii.c.log_id)
    fields: dict[int, set[str]] = {}
    for record, name in connection.execute(query.where(_log.c.tbl == entity.name, or_(false(), *value))):
        fields.setdefault(record, set()).add(name)
    for record, names in sorted(fields.items()):
        row = {"entity": entity.name, "record_id": record, "fields": sorted(names)}
        reason = _("It named personal data that was erased.")
        connection.execute(insert(Erasure), [{**row, "reason": reason}])
    asked = select(_rows).where(_rows.c.entity == entity.name)
    for change in connection.execute(asked).mappings().all():
        cells = scrubbed(change["cells"], subject)
        if cells != change["cells"]:
            here = (_rows.c.set_id == change["set_id"]) & (_rows.c.seq == change["seq"])
            connection.execute(update(_rows).where(here).values(cells=cells))
    return len(fields)


def _staged(connection: Connection, subject: Subject) -> Iterator[dict[str, Any]]:
    """The asked changes that hold the subject's values: of the record, and of rows that never got to be one."""
    text = type_coerce(_rows.c.cells, Text())
    told = [text.contains(canonical_json(value), autoescape=True) for value in sorted(subject.telling)]
    new = _rows.c.record_id.is_(None) & or_(false(), *told)
    tables = (subject.entity.name, *subject.entity.about.was)
    query = select(_rows).where(_rows.c.entity.in_(tables), (_rows.c.record_id == subject.record_id) | new)
    for row in connection.execute(query).mappings().all():
        cells = (row["cells"] or {}).items()
        given = {str(pair[1]) for n, pair in cells if n in subject.fields and pair[1] is not None}
        # One value may be another person's too, all of them are not.
        if row["record_id"] is not None or (given <= subject.values and given & subject.telling):
            yield dict(row)


def _elsewhere(connection: Connection, subject: Subject) -> dict[str, list[int]]:
    found = {}
    for entity in registry:
        table = entity.table
        texts = [table.c[n] for n, spec in entity.fields.items() if spec.pii and spec.kind == "text"]
        if texts and subject.telling:
            query = select(table.c.id).where(or_(*(column.in_(subject.telling) for column in texts)))
            ids = connection.execute(query.order_by(table.c.id).limit(SHOWN)).scalars().all()
            found[entity.name] = [i for i in ids if (entity, i) != (subject.entity, subject.record_id)]
    return {name: ids for name, ids in found.items() if ids}


@pii_place("change")
def erase_asked(connection: Connection, subject: Subject) -> int:
    """Changes as they were asked for, staged and held ones too; messages that quote a value go with it."""
    count = 0
    for row in _staged(connection, subject):
        cells = {n: _mark(pair) if n in subject.fields else pair for n, pair in (row["cells"] or {}).items()}
        seen = {n: ERASED if n in subject.fields else v for n, v in (row["seen"] or {}).items()}
        left = {"cells": cells or None, "seen": seen or None, "error": scrubbed(row["error"], subject)}
        if left != {name: row[name] for name in left}:
            here = (_rows.c.set_id == row["set_id"]) & (_rows.c.seq == row["seq"])
            connection.execute(update(_rows).where(here).values(left))
            count += 1
    return count


def _mark(pair: list[Any]) -> list[Any]:
    return [None if value is None else ERASED for value in pair]


def compact(settings: Settings) -> bool:
    """Write the database's file anew, so that it no longer holds what was erased; False while others use it.

    A server's own VACUUM does this for PostgreSQL in its time (see docs/audit.md).
    """
    if not settings.owner_url.startswith("sqlite"):
        return True
    db.engine.dispose()
    engine = make_engine(settings.owner_url, owner=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            return not busy
    except OperationalError:
        return False
    finally:
        engine.dispose()

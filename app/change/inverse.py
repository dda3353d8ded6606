"""The inverse of a change set, as the change log tells it: what takes each record back, a stretch at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.audit.pii import is_erased, open_values
from app.change.contract import Change, chunks
from app.change.gate import snapshot
from app.db import db
from app.entity import EntityType, registry

Place: TypeAlias = tuple[str, int]
"""A record: its entity and id."""

SIZE = 2000
_OWN = ("id", "version", "position", "vacated", "updated_at", "updated_by_id", "locked_by_case")
_log = ChangeLog.__table__


class Inverse:
    """The changes that take a set back, in the order of `places`, and those that must be `left` because others now
    hang on them or because there is nothing left to bring back.

    Each change carries what the set wrote as its base: where that is no longer so, the gate finds a conflict. For
    the places in `include` it carries none: they go back whatever has become of them.
    """

    def __init__(self, connection: Connection, set_id: int, include: Collection[Place] = ()) -> None:
        self._include = frozenset(include)
        query = select(_log.c.id, _log.c.tbl, _log.c.record_id, _log.c.op).where(_log.c.change_set == set_id)
        entries: dict[Place, list[int]] = {}
        oldest: dict[Place, str] = {}
        for log_id, table, record, op in connection.execute(query.order_by(_log.c.id.desc())):
            if table in registry:
                entries.setdefault((table, record), []).append(log_id)
                oldest[table, record] = op
        self._entries = entries
        doomed = {place for place, op in oldest.items() if op == "I"}
        self.left = _with_new_lines(connection, doomed, self._include)
        for item in self.left:
            del entries[item["entity"], item["id"]]
        # What nothing takes back (only derived cells moved) is no change.
        self._brought = {place for place, op in oldest.items() if op == "D"}
        self.places = sorted(entries, key=self._rank)
        self._erased: set[Place] = set()
        dropped = {place for place in self.places if oldest[place] == "U"}
        # Only what remains is remembered: the changes of a long set do not fit into memory at once.
        moving = self._changes(connection, [p for p in self.places if p in dropped])
        idle = dropped - {(c.entity, c.id) for changes in moving for c in changes}
        self.places = [place for place in self.places if place not in idle]
        for part in chunks([place for place in self.places if place in self._brought], SIZE):
            list(self._changes(connection, part))
        message = _l("Personal data was erased; it does not come back.")
        self.left += [
            {"entity": e, "id": i, "code": "ERASED", "reason": str(message)} for e, i in sorted(self._erased)
        ]

    def _rank(self, place: Place) -> bool:
        """Lines go before their headers, and come back after them."""
        return bool(registry.get(place[0]).about.parent) == (place in self._brought)

    def stretches(self) -> Iterator[list[Change]]:
        """The changes, some thousand at a time."""
        with snapshot(db.engine) as connection:
            yield from self._changes(connection, self.places)

    def _changes(self, connection: Connection, places: list[Place]) -> Iterator[list[Change]]:
        for part in chunks(places, SIZE):
            entries = self._read(connection, [log_id for place in part for log_id in self._entries[place]])
            made = (self._change(place, [entries[n] for n in self._entries[place]]) for place in part)
            yield [change for change in made if change is not None]

    def _read(
        self, connection: Connection, ids: list[int]
    ) -> dict[int, tuple[str, dict[str, Any], dict[str, Any]]]:
        found: dict[int, tuple[str, dict[str, Any], dict[str, Any]]] = {}
        for part in chunks(sorted(ids)):
            query = select(_log.c.id, _log.c.op, _log.c.old, _log.c.new).where(_log.c.id.in_(part))
            for log_id, op, old, new in connection.execute(query):
                found[log_id] = op, json.loads(old or "{}"), json.loads(new or "{}")
        open_values(connection, [(log_id, old, new) for log_id, (_op, old, new) in found.items()])
        return found

    def _change(
        self, place: Place, entries: list[tuple[str, dict[str, Any], dict[str, Any]]]
    ) -> Change | None:
        """What takes one record back; its entries are the latest first."""
        name, record = place
        entity, found = registry.get(name), None
        for op, was, became in entries:
            later: dict[str, Any] = (found.base or {}) if found is not None and found.op == "update" else {}
            if op == "I":
                found = Change(name, "delete", id=record, base={**_cells(entity, became), **later})
            elif op == "U":
                old, new = _cells(entity, was), _cells(entity, became)
                if found is not None and found.op == "update":
                    found.values |= old
                    found.base = {**new, **later}
                elif old:
                    found = Change(name, "update", id=record, values=old, base=new)
            elif op == "D":
                values = {n: v for n, v in _cells(entity, was).items() if v is not None}
                found = Change(name, "insert", id=record, values=values, version=was.get("version"))
            if any(is_erased(value) for value in was.values()):
                self._erased.add(place)
        if found is not None and place in self._include:
            found.base = None
        return found


def _with_new_lines(
    connection: Connection, doomed: set[Place], include: frozenset[Place]
) -> list[dict[str, Any]]:
    """Headers that would be deleted although they got lines since."""
    left = []
    for name in sorted({name for name, _record in doomed}):
        headers = sorted(
            record for entity, record in doomed if entity == name and (name, record) not in include
        )
        for line in registry.get(name).lines:
            table = line.table
            for part in chunks(headers):
                query = select(table.c.parent_id, table.c.id).where(table.c.parent_id.in_(part))
                grown = {
                    parent
                    for parent, record in connection.execute(query)
                    if (line.name, record) not in doomed
                }
                left += [_left(name, parent) for parent in sorted(grown)]
    return left


def _left(entity: str, record: int) -> dict[str, Any]:
    return {"entity": entity, "id": record, "code": "CHANGED_SINCE", "reason": str(_l("changed since"))}


def _cells(entity: EntityType, logged: dict[str, Any]) -> dict[str, Any]:
    """Logged values by the fields' present names; an erased one is not there, so the cell stays as it is."""
    cells = {entity.renamed.get(n, n): value for n, value in logged.items() if not is_erased(value)}
    return {
        n: value
        for n, value in cells.items()
        if n not in _OWN and n in entity.fields and not entity.fields[n].derived
    }


def later(connection: Connection, set_id: int, left: list[dict[str, Any]], grants: Grants) -> None:
    """Put on what was left who touched it since, when, and which cells, as far as the asker may see them."""
    for name in sorted({item["entity"] for item in left}):
        entity = registry.get(name)
        levels = grants.levels(name)
        items = {item["id"]: item for item in left if item["entity"] == name}
        for part in chunks(sorted(items)):
            query = select(_log.c.id, _log.c.record_id, _log.c.actor_name, _log.c.at, _log.c.old, _log.c.new).where(
                _log.c.tbl == name, _log.c.record_id.in_(part), _log.c.id > _height(connection, set_id),
                (_log.c.change_set != set_id) | _log.c.change_set.is_(None),
            )  # fmt: skip
            entries = [
                (row, json.loads(row.old or "{}"), json.loads(row.new or "{}"))
                for row in connection.execute(query.order_by(_log.c.id))
            ]
            open_values(connection, [(row.id, old, new) for row, old, new in entries])
            for row, old, new in entries:
                item = items[row.record_id]
                item |= {"by": row.actor_name, "at": row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
                _note_cells(entity, levels, item, _cells(entity, old), _cells(entity, new))


def _note_cells(
    entity: EntityType, levels: dict[str, str], item: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> None:
    cells = {cell["field"]: cell for cell in item.get("cells", [])}
    for name, value in new.items():
        level, spec = levels.get(name, "hidden"), entity.fields[name]
        if level == "hidden" or spec.system:
            continue
        pair = [old.get(name), value]
        if level == "masked":
            pair = [spec.masked(wire) for wire in pair]
        first = cells[name]["old"] if name in cells else pair[0]
        cells[name] = {"field": name, "label": str(spec.label), "old": first, "new": pair[1]}
    item["cells"] = list(cells.values())


def _height(connection: Connection, set_id: int) -> int:
    """The last entry of a set in the log: whatever is above came later."""
    query = select(_log.c.id).where(_log.c.change_set == set_id).order_by(_log.c.id.desc()).limit(1)
    return int(connection.execute(query).scalar_one_or_none() or 0)

"""Personal data in the log: a commitment in the entry, the value beside it, where it can be erased.

The commitment is the SHA-256 of the value's random salt and its JSON text. Erasing the pair leaves the entry as it
is (and as it was sealed), and nobody can try values out: without the salt every value fits as badly as another.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.audit.log import NEW, OLD, ChangePii
from app.entity import EntityType

PII = "pii"
ERASED: dict[str, Any] = {PII: None}
"""What is left of an erased value outside the log (staged changes, say)."""
_table = ChangePii.__table__
_PORTION = 500
_TELLING = 5
"""A shorter value is no trace of a person when it turns up within a text."""


@dataclass(frozen=True)
class Subject:
    """Whose data is erased: fields of a record, the values they have had, the change sets that held any of them."""

    entity: EntityType
    record_id: int
    fields: frozenset[str]
    values: frozenset[str]
    sets: frozenset[int] = frozenset()

    @property
    def telling(self) -> frozenset[str]:
        """The values long enough to be looked for in texts."""
        return frozenset(value for value in self.values if len(value) >= _TELLING)


Place = Callable[[Connection, Subject], int]
PII_PLACES: dict[str, Place] = {}
"""Where personal values stand besides the record and the log, and how to erase them there; answers how many."""


def pii_place(name: str) -> Callable[[Place], Place]:
    """Register a place where personal values stand."""

    def register(place: Place) -> Place:
        PII_PLACES[name] = place
        return place

    return register


Naming = Callable[[Connection, Subject], list[dict[str, Any]]]
PII_RECORDS: dict[str, Naming] = {}
"""Entities whose records may name a person in a personal field of their own: their ids, and the values to be left."""


def pii_records(name: str) -> Callable[[Naming], Naming]:
    """Register how the records of an entity that name a person are found."""

    def register(naming: Naming) -> Naming:
        PII_RECORDS[name] = naming
        return naming

    return register


def scrubbed(value: Any, subject: Subject) -> Any:
    """JSON without the subject's values: texts that hold one are left empty, names of members too."""
    if isinstance(value, dict):
        return {scrubbed(name, subject): scrubbed(one, subject) for name, one in value.items()}
    if isinstance(value, list):
        return [scrubbed(one, subject) for one in value]
    traced = isinstance(value, str) and any(one in value for one in subject.telling)
    return "" if traced else value


def commitment(salt: str, value: str) -> str:
    """What the log holds of a value, as JSON text; `value` is JSON text too."""
    return f'{{"{PII}":"{sha256((salt + value).encode()).hexdigest()}"}}'


def is_erased(value: Any) -> bool:
    """Whether a value that was read is the trace of an erased one."""
    return isinstance(value, dict) and value.keys() == {PII}


def open_values(
    session: Session | Connection, entries: Iterable[tuple[int, dict[str, Any], dict[str, Any]]]
) -> None:
    """Put personal values back into the `old` and `new` cells of log entries (their id first).

    What is erased stays a commitment; see `is_erased`.
    """
    places: dict[tuple[int, str, str], dict[str, Any]] = {}
    for log_id, old, new in entries:
        for side, cells in ((OLD, old), (NEW, new)):
            places |= {(log_id, name, side): cells for name, value in cells.items() if is_erased(value)}
    ids = sorted({log_id for log_id, _name, _side in places})
    columns = (_table.c.log_id, _table.c.field, _table.c.side, _table.c.value)
    for start in range(0, len(ids), _PORTION):
        query = select(*columns).where(_table.c.log_id.in_(ids[start : start + _PORTION]))
        for log_id, name, side, value in session.execute(query):
            if (log_id, name, side) in places:
                places[log_id, name, side][name] = json.loads(value)


class Commitments:
    """One SQLite connection's functions for the triggers: commitments of the row now logged, then its values.

    PostgreSQL's triggers have variables for this, SQLite's have not.
    """

    def __init__(self) -> None:
        self._values: list[tuple[str, str, str, str]] = []

    def begin(self) -> None:
        """A row begins: what an aborted one left behind is forgotten."""
        self._values.clear()

    def commit(self, field: str, side: str, value: str) -> str:
        """The commitment to a value, under a salt of its own."""
        salt = secrets.token_hex(16)
        self._values.append((field, side, salt, value))
        return commitment(salt, value)

    def values(self) -> str:
        """The row's values as a JSON array of field, side, salt and value."""
        return json.dumps(self._values, ensure_ascii=False)

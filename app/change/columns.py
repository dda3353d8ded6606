"""An entity's columns as the driver takes and gives them: wire values without a detour through Python's types.

SQLAlchemy's column types say the same at a price for each value, which a set of 100,000 records of twenty cells
pays two million times. Where the two forms are one (texts always, days and instants on SQLite) nothing is called.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Integer, String
from sqlalchemy.engine import Dialect

from app import clock
from app.change.contract import Draft, chunks
from app.change.many import insert_of, update_of
from app.db import ExactDecimal, Instant, JsonText, canonical_json
from app.entity import EntityType, Field
from app.entity.keys import text_key
from app.entity.wire import Convert, wire_readers

_OWN = frozenset({"updated_at", "updated_by_id"})
"""What every update sets anew, whatever was asked."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of one entity on one database."""

    entity: EntityType
    dialect: Dialect

    @cached_property
    def _readers(self) -> dict[str, Convert]:
        return wire_readers(self.entity, self.dialect)

    @cached_property
    def _writers(self) -> dict[str, Convert]:
        """What is called on a field's wire value; a field that is not here is written as it is."""
        found = (
            (n, _to_driver(s, self.entity.table.c[n], self.dialect)) for n, s in self.entity.fields.items()
        )
        return {name: convert for name, convert in found if convert is not None}

    def to_wire(self, name: str, given: Any) -> Any:
        """The wire value of what the driver gives of a field."""
        return self._readers[name](given) if given is not None and name in self._readers else given

    def to_driver(self, name: str, wire: Any) -> Any:
        """What the driver takes as a field's wire value."""
        return self._writers[name](wire) if wire is not None and name in self._writers else wire

    def read(
        self, connection: Connection, ids: Iterable[int]
    ) -> dict[int, tuple[int, int | None, dict[str, Any]]]:
        """Version, locking case and wire values of records, by id."""
        names, readers = tuple(self.entity.fields), list(self._readers.items())
        quote, mark = self.dialect.identifier_preparer.quote, "?" if self.dialect.name == "sqlite" else "%s"
        listed = ", ".join(map(quote, ("id", "version", "locked_by_case", *names)))
        found: dict[int, tuple[int, int | None, dict[str, Any]]] = {}
        for part in chunks(ids):
            marks = ", ".join([mark] * len(part))
            statement = f"SELECT {listed} FROM {quote(self.entity.name)} WHERE id IN ({marks})"
            for row in connection.exec_driver_sql(statement, tuple(part)):
                values = dict(zip(names, row[3:], strict=True))
                for name, convert in readers:
                    value = values[name]
                    if value is not None:
                        values[name] = convert(value)
                found[row[0]] = (row[1], row[2], values)
        return found

    def insert(self) -> tuple[str, Callable[[Draft], tuple[Any, ...]]]:
        """The statement that adds records, and what makes the values of one from its draft."""
        line = ("position",) if self.entity.about.parent else ()
        fields = tuple(self.entity.fields)
        pick, keys = self._picker(fields)

        def values(draft: Draft) -> tuple[Any, ...]:
            place = ((draft.id or 0) * 1024,) if line else ()
            return (draft.id, draft.version, *place, *pick(draft.after))

        return insert_of(self.entity.table, ["id", "version", *line, *fields, *keys], self.dialect), values

    def update(self, fields: Collection[str]) -> tuple[str, Callable[[Draft], tuple[Any, ...]]]:
        """The statement that writes these fields of records, and what makes the values of one from its draft."""
        written = (*sorted(_OWN), *sorted(set(fields) - _OWN))
        pick, keys = self._picker(written)

        def values(draft: Draft) -> tuple[Any, ...]:
            return (draft.version, *pick(draft.after), draft.id)

        return update_of(self.entity.table, ["version", *written, *keys], self.dialect), values

    def _picker(self, fields: tuple[str, ...]) -> tuple[Callable[[dict[str, Any]], list[Any]], list[str]]:
        """What takes these fields, and the text keys that follow from them, out of wire values; the keys' names."""
        take = itemgetter(*fields)
        converting = [(at, self._writers[name]) for at, name in enumerate(fields) if name in self._writers]
        keyed = [
            (at, self.entity.key_columns[n]) for at, n in enumerate(fields) if n in self.entity.key_columns
        ]
        places = [at for at, _key in keyed]

        def pick(after: dict[str, Any]) -> list[Any]:
            values = list(take(after))
            keys = [None if values[at] is None else text_key(values[at]) for at in places]
            for at, convert in converting:
                if values[at] is not None:
                    values[at] = convert(values[at])
            return values + keys

        return pick, [key for _at, key in keyed]


_known: dict[tuple[type[Any], str], Columns] = {}


def columns_of(entity: EntityType, connection: Connection) -> Columns:
    """The columns of an entity on this connection's database."""
    place = (entity.cls, connection.dialect.name)
    if place not in _known:
        _known[place] = Columns(entity, connection.dialect)
    return _known[place]


def _to_driver(spec: Field, column: Column[Any], dialect: Dialect) -> Convert | None:
    """From the wire value to what the driver takes; None where they are the same."""
    kind, sqlite = column.type, dialect.name == "sqlite"
    if isinstance(kind, JsonText):
        return canonical_json
    if isinstance(kind, (String, Boolean, Integer, Date)) or not sqlite:
        return None  # PostgreSQL reads every wire text itself
    if isinstance(kind, ExactDecimal):
        return _scaled(kind.scale)
    if isinstance(kind, Instant):
        return _canonical_instant
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    return lambda value: bind(spec.to_stored(value)) if bind else spec.to_stored(value)


def _scaled(scale: int) -> Convert:
    point = -scale - 1

    def write(value: Any) -> int:
        if scale and isinstance(value, str) and value[point:-scale] == ".":
            return int(value[:point] + value[-scale:])
        return int(Decimal(value).scaleb(scale))

    return write


def _canonical_instant(value: str) -> str:
    canonical = len(value) == 27 and value[-1] == "Z"
    return value if canonical else clock.instant_text(clock.parse_instant(value))

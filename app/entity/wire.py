"""From what the driver gives to wire values, without a detour through Python's types.

SQLAlchemy's column types say the same at a price for each value, which a window of two hundred records pays five
thousand times and an export two million. Where the two forms are one (texts always, days and instants on SQLite)
nothing is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, String
from sqlalchemy.engine import Dialect

from app.db import ExactDecimal, Instant, JsonText
from app.entity.field import Field
from app.entity.registry import EntityType

Convert = Callable[[Any], Any]
_known: dict[tuple[type[Any], str], dict[str, Convert]] = {}


def wire_readers(entity: EntityType, dialect: Dialect) -> dict[str, Convert]:
    """What is called on what the driver gives of a field, unless it is None; a field not here is given as it is."""
    place = (entity.cls, dialect.name)
    if place not in _known:
        found = ((n, _to_wire(s, entity.table.c[n], dialect)) for n, s in entity.fields.items())
        _known[place] = {name: convert for name, convert in found if convert is not None}
    return _known[place]


def _to_wire(spec: Field, column: Column[Any], dialect: Dialect) -> Convert | None:
    kind, sqlite = column.type, dialect.name == "sqlite"
    if isinstance(kind, ExactDecimal):
        return _unscaled(kind.scale) if sqlite else _plain
    if isinstance(kind, (Instant, Date)):
        return None if sqlite else _instant_text if isinstance(kind, Instant) else date.isoformat
    if isinstance(kind, Boolean):
        return bool if sqlite else None
    if isinstance(kind, JsonText):
        return json.loads
    if isinstance(kind, (String, Integer)):
        return None
    given = kind.dialect_impl(dialect).result_processor(dialect, None)
    return lambda value: spec.to_wire(given(value) if given else value)


@cache
def _unscaled(scale: int) -> Convert:
    unit = 10**scale

    def read(value: int) -> str:
        whole, part = divmod(abs(value), unit)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{scale}}"

    if not 0 < scale <= 3:
        return read if scale else str
    ends = [f".{part:0{scale}}" for part in range(unit)]
    return lambda value: f"{value // unit}{ends[value % unit]}" if value >= 0 else read(value)


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _instant_text(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

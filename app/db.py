"""The database: the shared ``db`` object, column types that behave alike on SQLite and PostgreSQL, engine set-up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from sqlalchemy import BigInteger, DateTime, Integer, Numeric, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from app import clock

db = SQLA(metadata=Model.metadata)

# SQLite only gives AUTOINCREMENT ids to columns declared INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")
TABLE_ARGS = {"sqlite_autoincrement": True}
MAX_DIGITS = 15


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept exactly: NUMERIC on PostgreSQL, an integer of the smallest unit on SQLite.

    SQL on it is limited to sum, min, max and comparison (``app.query.totals``): on SQLite any other arithmetic
    would work on the scaled integer. At most 15 digits, so that a sum of a million rows fits 64 bits.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, digits: int, scale: int) -> None:
        if digits > MAX_DIGITS:
            raise ValueError(f"a decimal has at most {MAX_DIGITS} digits, not {digits}")
        self.digits = digits
        self.scale = scale
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        # Wider than the digits, so that a SUM bound back as a parameter still fits.
        return dialect.type_descriptor(Numeric(self.digits, self.scale))

    def process_bind_param(self, value: Decimal | int | str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = value if isinstance(value, Decimal) else Decimal(value)
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """How a value is read; the decorator's own way costs twice as much, and exports read millions."""
        if dialect.name != "sqlite":
            return lambda value: None if value is None else Decimal(value)
        unit = Decimal(1).scaleb(-self.scale)
        return lambda value: None if value is None else Decimal(value) * unit


class Instant(TypeDecorator[datetime]):
    """An instant: timestamptz on PostgreSQL, ISO text with Z on SQLite, always aware UTC in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        instant = clock.parse_instant(value) if isinstance(value, str) else value
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return clock.instant_text(instant) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return clock.parse_instant(value) if isinstance(value, str) else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON document kept as text, keys sorted, so that equal values are equal text on both engines."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical_json(value: Any) -> str:
    """The one text a JSON value is stored, compared and hashed as."""
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

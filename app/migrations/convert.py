"""Columns that keep their values in another way than before: the few ways that lose nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Column, Connection, column, func, select, table

from app.db import ExactDecimal
from app.migrations.note import kept_as
from app.migrations.step import has_values, quoted

_SCALE = re.compile(r"decimal\((\d+)\)")


class CannotConvert(ValueError):
    """The values would not survive; the message says what to do."""


def conversion(connection: Connection, target: Column[Any], was: str) -> str:
    """SQL that turns what the column held (kept as `was`) into what it is to hold. Raises CannotConvert."""
    name = quoted(connection, target.name)
    now = kept_as(target)
    sqlite = connection.dialect.name == "sqlite"
    if not has_values(connection, target.table.name, target.name):
        return "NULL"
    old_scale = 0 if was == "integer" else _scale(was)
    if isinstance(target.type, ExactDecimal) and old_scale is not None and target.type.scale >= old_scale:
        _check_size(connection, target, old_scale)
        return f"{name} * {10 ** (target.type.scale - old_scale)}" if sqlite else f"{name}::numeric"
    if now == "text" and was == "integer":
        return f"CAST({name} AS TEXT)"
    what = f"{target.table.name}.{target.name}"
    raise CannotConvert(
        _("%(what)s holds data kept as %(was)s; as %(now)s it would be another. Declare a new field instead, "
          "or empty this one first.", what=what, was=was, now=now)
    )  # fmt: skip


def _scale(kept: str) -> int | None:
    match = _SCALE.fullmatch(kept)
    return int(match.group(1)) if match else None


def _check_size(connection: Connection, target: Column[Any], old_scale: int) -> None:
    kind: ExactDecimal = target.type  # type: ignore[assignment]
    query = select(func.max(func.abs(column(target.name)))).select_from(table(target.table.name))
    largest = Decimal(str(connection.execute(query).scalar()))
    value = largest.scaleb(-old_scale) if connection.dialect.name == "sqlite" else largest
    if value >= Decimal(10) ** (kind.digits - kind.scale):
        raise CannotConvert(
            _("%(what)s holds %(value)s, which has more than %(digits)s digits before the point.",
              what=f"{target.table.name}.{target.name}", value=value, digits=kind.digits - kind.scale)
        )  # fmt: skip

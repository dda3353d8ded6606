"""Business parameters (业务参数): thresholds that administrators set in a sheet, with defaults declared beside the rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select

from app.entity import About, Entity, text


class Parameter(Entity):
    """A threshold or switch that rules read, changed here instead of in the program."""

    __tablename__ = "biz_param"
    about = About(
        _l("Business parameters"), key=("code",), title="code", workbook="base", order=90,
        note=_l("Numbers the rules work with: rates, limits, days."),
    )  # fmt: skip

    code = text(_l("Parameter"), 60, search=True)
    value = text(_l("Value"), 200, required=True)
    meaning = text(_l("Meaning"), 200)


@dataclass(frozen=True)
class Declared:
    """A parameter some rule reads: its default and what it means."""

    code: str
    default: Decimal | int | str
    meaning: Any


declared: dict[str, Declared] = {}


def parameter(code: str, default: Decimal | int | str, meaning: Any) -> str:
    """Declare a parameter; returns its code."""
    declared[code] = Declared(code, default, meaning)
    return code


def parameter_value(connection: Connection, code: str) -> Any:
    """The value in force, typed as the default is. A text that does not fit the type counts as the default."""
    spec = declared[code]
    table = Parameter.__table__
    found = connection.execute(select(table.c.value).where(table.c.code == code)).scalar()
    if found is None:
        return spec.default
    try:
        return type(spec.default)(found)
    except (ValueError, ArithmeticError):
        return spec.default

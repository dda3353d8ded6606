"""What an entity is: field kinds, `Entity`, the registry and `describe()`."""

from app.entity.base import About, Entity, Lifecycle, Lines, Transition
from app.entity.field import (
    Choice,
    ChoicesOf,
    Field,
    attachment,
    choice,
    choices,
    clock_time,
    day,
    decimal,
    instant,
    integer,
    json_value,
    link,
    long_text,
    money,
    multi_choice,
    number,
    percent,
    person,
    text,
    yes_no,
)
from app.entity.kinds import FieldError
from app.entity.options import sheets
from app.entity.registry import EntityType, Workbook, registry

__all__ = [
    "About", "Choice", "ChoicesOf", "Entity", "EntityType", "Field", "FieldError", "Lifecycle", "Lines", "Transition",
    "Workbook", "attachment", "choice", "choices", "clock_time", "day", "decimal", "instant", "integer", "json_value",
    "link", "long_text", "money", "multi_choice", "number", "percent", "person", "registry", "sheets", "text", "yes_no",
]  # fmt: skip

"""What a file says of a column of records: from what the driver gives, many values at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.entity import EntityType, Field
from app.excel.cellxml import FEW_VALUED, Value
from app.exporting.shape import Column
from app.query.titles import file_names, titles_of

_REMEMBERED = 50_000

Values: TypeAlias = "Sequence[Value]"
Reader: TypeAlias = "Callable[[Sequence[Any]], Values]"
Convert: TypeAlias = "Callable[[Any], Any]"


def reader_of(session: Session, entity: EntityType, column: Column, grants: Grants) -> Reader:
    """How a column becomes one of a file: numbers, days and moments as such, all else as the words people read."""
    spec = column.spec
    if spec.is_link and not column.masked:
        return _Titles(session, spec, grants)
    dialect = session.get_bind().dialect
    kept = entity.table.c[spec.name].type.dialect_impl(dialect).result_processor(dialect, None)
    if spec.kind == "attachment" and not column.masked:
        return lambda values: file_names(session, list(map(kept, values)) if kept else values)
    shown = _shown(column)
    if kept is not None and shown is not None:
        first, then = kept, shown
        return _each(column, lambda value: then(first(value)))
    only = kept or shown
    return _each(column, only) if only is not None else lambda values: values


def _each(column: Column, convert: Convert) -> Reader:
    if column.kind in FEW_VALUED:
        return _Remembered(convert)
    return lambda values: [value if value is None else convert(value) for value in values]


def _shown(column: Column) -> Convert | None:
    """What a file says of one stored value; None when it says the value itself."""
    spec = column.spec
    if column.masked:
        return lambda value: str(spec.masked(spec.to_wire(value)))
    if spec.kind == "choice":
        return spec.choice_label
    if spec.kind == "yes_no":
        words = (_("No"), _("Yes"))
        return lambda value: words[value]
    if spec.kind == "multi_choice":
        of = {choice.code: str(choice.label) for choice in spec.choices}
        return lambda value: "、".join(of.get(code, code) for code in value)
    if spec.kind == "datetime":
        return lambda value: clock.local(value).replace(tzinfo=None)
    return (lambda value: json.dumps(value, ensure_ascii=False)) if spec.kind == "json" else None


class _Remembered(dict[Any, Any]):
    """What is said of each value that occurred, found out once."""

    def __init__(self, convert: Convert) -> None:
        super().__init__({None: None})
        self._convert = convert

    def __missing__(self, value: Any) -> Any:
        said = self[value] = self._convert(value)
        return said

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        if len(self) > _REMEMBERED:
            self.clear()
            self[None] = None
        self._prepare(values)
        return list(map(self.__getitem__, values))

    def _prepare(self, values: Sequence[Any]) -> None:
        """What is found out of many values at once."""


class _Titles(_Remembered):
    """The titles of a link's values, those that are new asked for at once."""

    def __init__(self, session: Session, spec: Field, grants: Grants) -> None:
        super().__init__(lambda value: f"#{value}")
        self._session, self._spec, self._grants = session, spec, grants

    def _prepare(self, values: Sequence[Any]) -> None:
        unknown = set(values) - self.keys()
        if unknown:
            found = titles_of(self._session, self._spec.target, unknown, self._grants)
            self.update((value, title) for value, title in found.items() if title is not None)

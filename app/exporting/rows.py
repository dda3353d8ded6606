"""The records of an export, page by page: one statement through the wall, read as it goes, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.access import driver_rows
from app.access.grants import Grants
from app.change import progress
from app.entity import EntityType, Field
from app.excel.cellxml import Value
from app.excel.contract import MAX_TEXT
from app.excel.xmltext import text_length
from app.exporting.asked import Asked
from app.exporting.readers import Reader, Values, reader_of
from app.exporting.shape import Column, ExportRefused, Shape, shape_of
from app.query.filters import FilterError
from app.query.rows import Window, selection, visible_names
from app.query.titles import titles_of

PAGE = 500

MakeReader: TypeAlias = "Callable[[Session, EntityType, Column, Grants], Reader]"


@dataclass(frozen=True, slots=True)
class Page:
    """Some records: their ids and versions, and one sequence of values for each column; `keys` tell groups apart."""

    ids: Sequence[int]
    versions: Sequence[int]
    columns: Sequence[Values]
    keys: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Group:
    """What ends with the row before: the group's title, how many rows it has, its sums by column position.

    `depth` counts from the outermost group, 0; -1 is the end of all rows.
    """

    depth: int
    title: str
    rows: int
    sums: dict[int, Decimal | int]


def window_of(asked: Asked) -> Window:
    """The order and filter of an export; selected rows are narrowed to in the statement."""
    named = [[name, "asc"] for name in asked.groups]
    # What is no sort term stays, to be refused as one.
    others = [t for t in asked.sort if not (isinstance(t, (list, tuple)) and t and t[0] in asked.groups)]
    return Window(filter=asked.filter, sort=[*named, *others], q=asked.q)


def checked(entity: EntityType, grants: Grants, asked: Asked) -> None:
    """Raises FilterError, which names the part, for what somebody asks for and cannot have.

    What was asked for earlier is not checked again: a field that was taken from its owner is left out of the file.
    """
    visible = visible_names(entity, grants)
    for name in asked.fields or ():
        if entity.renamed.get(name, name) not in visible:
            raise FilterError(
                _l("There is no field “%(name)s” to export. Please leave it out.", name=name[:60])
            )
    shape_of(entity, grants, asked)
    selection(entity, grants, window_of(asked), [entity.cls.id])


def how_many(session: Session, shape: Shape, grants: Grants, asked: Asked) -> int:
    """The number of rows that what was asked for has. Raises FilterError."""
    chosen = selection(shape.entity, grants, window_of(asked), [shape.entity.cls.id], asked.ids)
    return int(
        session.execute(select(func.count()).select_from(chosen.order_by(None).subquery())).scalar_one()
    )


def pages(
    session: Session,
    shape: Shape,
    grants: Grants,
    asked: Asked,
    whole: bool = False,
    reader: MakeReader = reader_of,
) -> Iterator[Page]:
    """The rows of an export in its order. Reports how far it is. Raises FilterError before the first page.

    `whole` refuses text that no cell of a workbook holds, naming the record and the field; `reader` makes what
    turns a column as the driver gives it into that of the file.
    """
    cls = shape.entity.cls
    columns = [cls.id, cls.version, *(getattr(cls, column.spec.name) for column in shape.columns)]
    query = selection(shape.entity, grants, window_of(asked), columns, asked.ids)
    total = how_many(session, shape, grants, asked)
    readers = [reader(session, shape.entity, column, grants) for column in shape.columns]
    return _read(session, shape, grants, query, readers, total, whole)


def _read(
    session: Session,
    shape: Shape,
    grants: Grants,
    query: Select[Any],
    readers: Sequence[Reader],
    total: int,
    whole: bool,
) -> Iterator[Page]:
    done = 0
    with closing(driver_rows(session, query, PAGE)) as portions:
        for found in portions:
            ids, versions, *raw = zip(*found, strict=True)
            columns = [read(values) for read, values in zip(readers, raw, strict=True)]
            keys = list(zip(*(raw[place] for place in shape.groups), strict=True)) if shape.groups else []
            page = Page(ids, versions, columns, keys)
            if whole:
                _refuse_long(session, shape, grants, page)
            yield page
            done += len(ids)
            progress.report(done, max(done, total), "write")


def grouped(shape: Shape, found: Iterator[Page]) -> Iterator[Values | Group]:
    """The rows of some pages, and behind the last row of each group what there is to say of it."""
    places = [n for n, column in enumerate(shape.columns) if column.total]
    last: tuple[Any, ...] | None = None
    tally = _Tally(places, len(shape.groups))
    for page in found:
        for key, row in zip(page.keys, zip(*page.columns, strict=True), strict=True):
            if last is not None and key != last:
                changed = next(n for n, (old, new) in enumerate(zip(last, key, strict=True)) if old != new)
                yield from tally.close(changed)
            last = key
            tally.add(row, [row[place] for place in shape.groups])
            yield row
    if last is not None:
        yield from tally.close(0)
    yield tally.everything()


class _Tally:
    """Counts and sums of the groups that are open, outermost first; place 0 is that of all rows."""

    def __init__(self, places: Sequence[int], groups: int) -> None:
        self._places = places
        self._counts = [0] * (groups + 1)
        self._sums: list[dict[int, Any]] = [dict.fromkeys(places, 0) for _depth in self._counts]
        self._titles: list[str] = []

    def add(self, row: Values, titles: Sequence[Value]) -> None:
        """One more row, in the groups of these titles."""
        self._titles = [_("(empty)") if title is None else str(title) for title in titles]
        for depth, sums in enumerate(self._sums):
            self._counts[depth] += 1
            for place in self._places:
                sums[place] += row[place] or 0

    def close(self, depth: int) -> Iterator[Group]:
        """The groups that end, from the innermost up to `depth`."""
        for inner in range(len(self._counts) - 2, depth - 1, -1):
            yield Group(inner, self._titles[inner], self._counts[inner + 1], self._sums[inner + 1])
            self._counts[inner + 1], self._sums[inner + 1] = 0, dict.fromkeys(self._places, 0)

    def everything(self) -> Group:
        """What there is to say of all rows."""
        return Group(-1, _("All"), self._counts[0], self._sums[0])


def _may_be_long(spec: Field) -> bool:
    # A character is up to two of those that Excel counts.
    return spec.kind in ("json", "attachment") or spec.length * 2 > MAX_TEXT


def _refuse_long(session: Session, shape: Shape, grants: Grants, page: Page) -> None:
    for column, values in zip(shape.columns, page.columns, strict=True):
        if not _may_be_long(column.spec):
            continue
        for record, text in zip(page.ids, values, strict=True):
            if isinstance(text, str) and text_length(text) > MAX_TEXT:
                title = titles_of(session, shape.entity.name, [record], grants).get(record) or f"#{record}"
                raise ExportRefused(
                    _l(
                        "“%(field)s” of “%(record)s” has more than 32,767 characters, which no cell of Excel holds. "
                        "Please leave the field out, or export as CSV.",
                        field=column.header,
                        record=title,
                    )
                )

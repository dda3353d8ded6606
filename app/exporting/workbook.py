"""An export as a workbook: as the sheet shows it, and so that it can come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.excel import manifest
from app.excel.cellxml import Value
from app.excel.styles import BOLD
from app.excel.write import MAX_ROWS, ColumnOut, SheetOut, Special, TextTooLong, write_table
from app.exporting.asked import Asked
from app.exporting.readers import Values
from app.exporting.rows import Group, Page, grouped, pages
from app.exporting.shape import Column, ExportRefused, Helps, Shape, column_out

_HIDDEN = (
    ColumnOut(manifest.ID, "integer", grouped=False, hidden=True),
    ColumnOut(manifest.VERSION, "integer", grouped=False, hidden=True),
)


def write_workbook(
    session: Session,
    shape: Shape,
    grants: Grants,
    asked: Asked,
    out: BinaryIO,
    *,
    watermark: str = "",
    by: str = "",
    max_rows: int = MAX_ROWS,
) -> int:
    """Write the rows as .xlsx; answers how many. Ungrouped rows carry ids and the manifest, and come back."""
    written = _Counter()
    found = written.over(pages(session, shape, grants, asked, whole=True))
    columns = _columns(session, shape, grants)
    rows: Iterable[Values | Special] = (
        _outlined(shape, grouped(shape, found)) if shape.groups else _plain(found)
    )
    if not shape.groups:
        columns = [*columns, *_HIDDEN]

    def signed(names: dict[str, int]) -> list[SheetOut]:
        return [] if shape.groups else [_manifest(shape, list(names), by)]

    name, level = str(shape.entity.label), len(shape.groups)
    sheet = SheetOut(name, columns, rows, shape.frozen, level=level, watermark=watermark)
    try:
        write_table(out, [sheet], max_rows, signed)
    except TextTooLong as problem:
        raise ExportRefused(problem.message) from None
    return written.rows


class _Counter:
    """Counts the rows of pages as they go by."""

    def __init__(self) -> None:
        self.rows = 0

    def over(self, found: Iterable[Page]) -> Iterator[Page]:
        """The same pages."""
        for page in found:
            self.rows += len(page.ids)
            yield page


def _plain(found: Iterable[Page]) -> Iterator[tuple[Value, ...]]:
    for page in found:
        yield from zip(*page.columns, page.ids, page.versions, strict=True)


def _outlined(shape: Shape, rows: Iterable[Values | Group]) -> Iterator[Values | Special]:
    for row in rows:
        if isinstance(row, Group):
            yield Special(summary(shape, row), BOLD, level=max(row.depth, 0))
        else:
            yield row


def summary(shape: Shape, group: Group) -> list[Value]:
    """The row of sums of a group, its title in the first column that is not summed."""
    values: list[Value] = [group.sums.get(place) for place in range(len(shape.columns))]
    free = next((n for n, column in enumerate(shape.columns) if not column.total), None)
    if free is not None:
        values[free] = _("%(title)s · %(rows)s rows", title=group.title, rows=f"{group.rows:,}")
    return values


def _columns(session: Session, shape: Shape, grants: Grants) -> list[ColumnOut]:
    helps = Helps(session, grants)

    def offered(column: Column) -> list[str]:
        spec = column.spec
        typed = grants.level(shape.entity.name, spec.name) == "edit" and spec.written_by_people
        return helps.choices(spec) if typed and not shape.groups else []

    return [
        column_out(column, offered(column), required=column.spec.required and not shape.groups)
        for column in shape.columns
    ]


def _manifest(shape: Shape, sheets: list[str], by: str) -> SheetOut:
    """The very hidden sheet by which an import knows the file again: a row for each sheet of records."""
    fields: list[str | None] = [
        *(column.spec.name for column in shape.columns),
        manifest.ID,
        manifest.VERSION,
    ]
    at = clock.instant_text(clock.now())
    tokens = [
        manifest.sign(manifest.Manifest("export", shape.entity.name, name, 1, fields, at, by))
        for name in sheets
    ]
    columns = [ColumnOut(manifest.MARK), ColumnOut(tokens[0])]
    rows = [(manifest.MARK, token) for token in tokens[1:]]
    return SheetOut(manifest.SHEET, columns, rows, filtered=False, state="veryHidden")

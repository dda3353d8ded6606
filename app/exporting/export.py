"""From records to a file, in whichever format was asked for. Reads through the wall."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change.sweep import swept_lightly
from app.db import db
from app.entity import EntityType
from app.excel.write import MAX_ROWS
from app.exporting import csvout, workbook
from app.exporting.asked import Asked
from app.exporting.shape import ExportRefused, shape_of
from app.exporting.template import template

__all__ = ["ExportRefused", "export_file", "template", "write"]


@swept_lightly()
def write(
    session: Session,
    entity: EntityType,
    grants: Grants,
    asked: Asked,
    out: BinaryIO,
    *,
    watermark: str = "",
    by: str = "",
    max_rows: int = MAX_ROWS,
) -> int:
    """Write what was asked for to `out`, as this reader may see it; answers the number of rows.

    `out` need not seek. `watermark` is a sentence every page carries (a CSV has none), `by` the name of whom the
    file is for; a sheet of more than `max_rows` goes on in a next one. Masked values stay masked, hidden ones out.
    Raises FilterError for a filter or sort that cannot be read and ExportRefused, which is one, for what no file
    holds; `out` is then no file.
    """
    shape = shape_of(entity, grants, asked)
    if asked.format == "csv":
        return csvout.write_rows(session, shape, grants, asked, out)
    if asked.format == "pdf":
        from app.exporting import pdf  # what draws pages takes a while to load, and is seldom needed

        return pdf.write_pdf(session, shape, grants, asked, out, watermark=watermark, by=by)
    return workbook.write_workbook(
        session, shape, grants, asked, out, watermark=watermark, by=by, max_rows=max_rows
    )


def export_file(
    entity: EntityType,
    path: Path,
    grants: Grants,
    asked: Asked | None = None,
    *,
    watermark: str = "",
    by: str = "",
) -> int:
    """Export to a file; returns the rows. Half a file is never left behind."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as out:
            rows = write(db.session(), entity, grants, asked or Asked(), out, watermark=watermark, by=by)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows

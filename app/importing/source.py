"""What a preview needs of a file that was read: the facts that are kept of it, and its rows."""

from __future__ import annotations

from typing import Any

from app.access.grants import Grants
from app.db import db
from app.entity import EntityType
from app.entity.sentences import to_keep
from app.importing.corrected import NONE, Corrected
from app.importing.options import Options
from app.importing.reading import Reading, read_changes
from app.importing.run import file_facts, limits
from app.importing.uploads import Upload


def read(
    entity: EntityType, kept: Upload, options: Options, grants: Grants, corrected: Corrected = NONE
) -> Reading:
    """Read an uploaded file, with some cells as they were corrected. Raises FileRefused."""
    reading = read_changes(db.session(), entity, kept.path, grants, options, limits(), corrected)
    db.session.rollback()
    return reading


def facts(kept: Upload, reading: Reading) -> dict[str, Any]:
    """What is kept of the file: its name, size and hash, where it lies, how it was read."""
    entity, trip = reading.entity, reading.trip
    return {
        **file_facts(kept.path, kept.name), "stored": kept.path.name, "entity": entity.name,
        "sheet": reading.sheet, "rows": reading.rows, "header_row": reading.header_row,
        "headers": [h for h in reading.headers if h], "fed": reading.fields,
        "columns": list(dict.fromkeys([*entity.about.key, entity.about.title, *reading.fields])),
        "options": reading.options.as_json(), "trip": {"at": trip.at, "kind": trip.kind} if trip is not None else None,
    }  # fmt: skip


def about(reading: Reading) -> dict[str, Any]:
    """What the summary says of the file itself."""
    columns = reading.columns
    return {
        "rows": reading.rows, "blank_rows": reading.blank_rows, "already": reading.already,
        "ignored": to_keep(reading.ignored), "headers": len([h for h in reading.headers if h]),
        "mapped": len(columns.fields),
        "rounded": dict(reading.rounded), "titles": _numbered(reading.titles), "totals": _numbered(reading.totals),
    }  # fmt: skip


def _numbered(rows: list[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"row": row, "text": text} for row, text in rows]

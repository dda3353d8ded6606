"""What exports leave of a person, for an erasure: files that may hold them, and filters that name them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, select, update

from app.audit.pii import Subject, pii_place, pii_records, scrubbed
from app.entity import registry
from app.exporting import downloads
from app.exporting.entities import ExportRequest, ScheduledExport

NOTHING: dict[str, Any] = {"ids": []}
"""What is asked for once a filter was erased: without its value it might let more records through."""
table = downloads.table


@pii_place("files/exports")
def erase_files(connection: Connection, subject: Subject) -> int:
    """Files of the record's sheet and of the sheets that link to it: they can be made again without the person."""
    name = subject.entity.name
    holding = {name} | {e.name for e in registry if any(s.target == name for s in e.links.values())}
    kept = select(table.c.id, table.c.file).where(table.c.entity.in_(holding), table.c.file.is_not(None))
    count = 0
    for download, file in connection.execute(kept).all():
        (downloads.folder() / file).unlink(missing_ok=True)
        message = _("Personal data in this file was erased. Please export again.")
        gone = {"state": "expired", "file": None, "message": message}
        connection.execute(update(table).where(table.c.id == download).values(gone))
        count += 1
    return count


@pii_place("download")
def erase_filters(connection: Connection, subject: Subject) -> int:
    """Filters of exports that name a value."""
    count = 0
    for download, asked in connection.execute(select(table.c.id, table.c.asked)).all():
        if scrubbed(asked, subject) != asked:
            connection.execute(update(table).where(table.c.id == download).values(asked=NOTHING))
            count += 1
    return count


@pii_records(ExportRequest.__tablename__)
def requests_naming(connection: Connection, subject: Subject) -> list[dict[str, Any]]:
    """Requests whose filter names a value: what is left of them asks for nothing."""
    table = registry.of(ExportRequest).table
    found = connection.execute(select(table.c.id, table.c.asked, table.c.contents))
    return [
        {"id": row.id, "asked": NOTHING} for row in found if scrubbed(list(row[1:]), subject) != list(row[1:])
    ]


@pii_records(ScheduledExport.__tablename__)
def schedules_naming(connection: Connection, subject: Subject) -> list[dict[str, Any]]:
    """Scheduled exports whose filter names a value: they stop, and have to be set up anew."""
    table = registry.of(ScheduledExport).table
    found = connection.execute(select(table.c.id, table.c.asked))
    return [
        {"id": row.id, "asked": NOTHING, "is_active": False}
        for row in found
        if scrubbed(row.asked, subject) != row.asked
    ]

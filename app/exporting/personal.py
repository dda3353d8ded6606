"""What exports leave of a person, for an erasure: files that may hold them, and filters that name them."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import Connection, select, update

from app.audit.pii import Subject, pii_place, scrubbed
from app.entity import registry
from app.exporting import downloads

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
        left = scrubbed(asked, subject)
        if left != asked:
            connection.execute(update(table).where(table.c.id == download).values(asked=left))
            count += 1
    return count

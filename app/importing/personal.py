"""What imports leave of a person, for an erasure: the uploaded file, and the job's answer that quotes its rows."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Text, false, or_, select, type_coerce, update

from app import clock
from app.audit.pii import Subject, pii_place, scrubbed
from app.change import staging
from app.change.model import ChangeRow, ChangeSetRow
from app.db import canonical_json, db
from app.importing import errorbook, history, uploads
from app.importing.model import ImportProfile
from app.jobs.model import Job
from app.jobs.schedule import daily

_sets, _rows = ChangeSetRow.__table__, ChangeRow.__table__
_jobs, _profiles = Job.__table__, ImportProfile.__table__


@pii_place("files/imports")
def erase_files(connection: Connection, subject: Subject) -> int:
    """The files that brought the record, or tried to, as far as they are still kept, and those with their errors marked."""
    sets = subject.sets | _naming(connection, subject)
    query = select(_sets.c.id, _sets.c.file).where(_sets.c.id.in_(sets), _sets.c.file.is_not(None))
    found = {row.id: row.file for row in connection.execute(query)}
    wanted = {(file.get("size"), file.get("sha256")) for file in found.values()}
    staged = {file.get("staged") or number for number, file in found.items()}
    _forget_corrections(connection, staged)
    sizes = {size for size, _sha in wanted}
    count = 0
    marked = select(_jobs.c.id, _jobs.c.args).where(_jobs.c.kind == "import_errors")
    for job, args in connection.execute(marked):
        path = errorbook.file_of(job) if args.get("set") in staged else None
        if path is not None:
            path.unlink()
            count += 1
    for path in uploads.folder().iterdir():
        size = path.stat().st_size
        if size in sizes and (size, hashlib.sha256(path.read_bytes()).hexdigest()) in wanted:
            path.unlink()
            count += 1
    return count


def _forget_corrections(connection: Connection, staged: set[int]) -> None:
    """What was typed over the cells of files that go: nothing can be written into them any more."""
    query = select(_sets.c.id, _sets.c.file).where(_sets.c.id.in_(staged), _sets.c.file.is_not(None))
    for number, file in connection.execute(query).all():
        if file.get("mended"):
            left = {name: fact for name, fact in file.items() if name != "mended"}
            connection.execute(update(_sets).where(_sets.c.id == number).values(file=left))


def _naming(connection: Connection, subject: Subject) -> set[int]:
    """Imports in whose file the record stood as it was, or was corrected to it: nothing of it came to be in the log."""
    same = select(_rows.c.set_id, _rows.c.cells).where(
        _rows.c.op == staging.SAME, _rows.c.entity == subject.entity.name
    )
    found = {set_id for set_id, cells in connection.execute(same) if subject.record_id in cells["ids"]}
    mended = type_coerce(_sets.c.file, Text()).contains(f'"same":[{int(subject.record_id)},')
    corrected = select(_sets.c.id).where(_sets.c.entity == subject.entity.name, mended)
    return found | set(connection.execute(corrected).scalars())


@pii_place("job")
def erase_answers(connection: Connection, subject: Subject) -> int:
    """Answers of jobs (conflicts, errors) that quote a value, and what was asked of them."""
    return _scrub(connection, subject, _jobs, "result", "args")


@pii_place("change_set")
def erase_facts(connection: Connection, subject: Subject) -> int:
    """What imports keep of their files beside the rows: wrong texts, titles, fixed values."""
    return _scrub(connection, subject, _sets, "file")


@pii_place("import_profile")
def erase_mappings(connection: Connection, subject: Subject) -> int:
    """Remembered mappings that give a value to every row, or translate one."""
    return _scrub(connection, subject, _profiles, "options", "headers")


def _scrub(connection: Connection, subject: Subject, table: Any, *names: str) -> int:
    """Scrub JSON columns of a table; answers in how many rows there was something to scrub."""
    count = 0
    told = [type_coerce(table.c[n], Text()).contains(canonical_json(value)[1:-1], autoescape=True)
            for n in names for value in sorted(subject.telling)]  # fmt: skip
    query = select(table.c.id, *(table.c[n] for n in names)).where(or_(false(), *told))
    for row in connection.execute(query).mappings().all():
        left = {n: scrubbed(row[n], subject) for n in names}
        if left != {n: row[n] for n in names}:
            connection.execute(update(table).where(table.c.id == row["id"]).values(left))
            count += 1
    return count


@daily("expire_uploads", hour=3)
def expire(_day: date) -> None:
    """Uploaded files go when their tickets have run out, and their previews; what was imported is kept longer."""
    now, days = clock.now(), current_app.config["TAIZHANG"].keep_imports
    oldest = now - timedelta(seconds=uploads.KEPT)
    kept = _sets.c.state.in_(history.DONE) & (_sets.c.created_at >= now - timedelta(days=days))
    given_up = _sets.c.state.in_(("planned", "reading")) & (_sets.c.created_at < oldest)
    mine = _sets.c.source == "import"
    with db.engine.connect() as connection:
        files = connection.execute(select(_sets.c.file).where(mine, kept)).scalars().all()
        forgotten = connection.execute(select(_sets.c.id).where(mine, given_up)).scalars().all()
    for set_id in forgotten:
        staging.discard(set_id)
    stored = {(file or {}).get("stored") for file in files}
    for path in uploads.folder().iterdir():
        if path.name not in stored and path.stat().st_mtime < oldest.timestamp():
            path.unlink(missing_ok=True)
    errorbook.tidy()

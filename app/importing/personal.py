"""What imports leave of a person, for an erasure: the uploaded file, and the job's answer that quotes its rows."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import Connection, select, update

from app import clock
from app.audit.pii import Subject, pii_place, scrubbed
from app.change import staging
from app.change.model import ChangeSetRow
from app.db import db
from app.importing import errorbook, history, uploads
from app.jobs.model import Job
from app.jobs.schedule import daily

_sets, _jobs = ChangeSetRow.__table__, Job.__table__


@pii_place("files/imports")
def erase_files(connection: Connection, subject: Subject) -> int:
    """The files that brought the record, or tried to, as far as they are still kept."""
    query = select(_sets.c.file).where(_sets.c.id.in_(subject.sets), _sets.c.file.is_not(None))
    wanted = {(file.get("size"), file.get("sha256")) for file in connection.execute(query).scalars()}
    sizes = {size for size, _sha in wanted}
    count = 0
    for path in uploads.folder().iterdir():
        size = path.stat().st_size
        if size in sizes and (size, hashlib.sha256(path.read_bytes()).hexdigest()) in wanted:
            path.unlink()
            count += 1
    return count


@pii_place("job")
def erase_answers(connection: Connection, subject: Subject) -> int:
    """Answers of jobs (conflicts, errors) that quote a value."""
    count = 0
    for job_id, result in connection.execute(select(_jobs.c.id, _jobs.c.result)).all():
        left = scrubbed(result, subject)
        if left != result:
            connection.execute(update(_jobs).where(_jobs.c.id == job_id).values(result=left))
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

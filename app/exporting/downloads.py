"""Files made in the background: their rows, where they lie, and whose they are."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, registry
from app.exporting.model import Download
from app.jobs import board, queue
from app.jobs.model import Job

table, _jobs = Download.__table__, Job.__table__

OPEN = ("waiting", "running")
REMOVED = "removed"
"""The state of a row that nobody is shown any more; it still says that its request or due time was served."""
FORGOTTEN = timedelta(days=90)
MOST = 200
MOST_OPEN = 10
"""Files that one person may have in the making."""
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


def folder() -> Path:
    """Where exported files are kept."""
    found: Path = current_app.config["TAIZHANG"].home / "files" / "exports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def file_name(entity: EntityType, form: str, title: str = "") -> str:
    """What a file is called where it is saved: ``客户档案-2026-01-02.xlsx``."""
    # Most file systems take 255 bytes; a character is up to four.
    fit = _UNFIT.sub(" ", title or str(entity.label)).encode()[:180].decode(errors="ignore")
    name = fit.strip(" .") or entity.name
    return f"{name}-{clock.today().isoformat()}.{form}"


@contextmanager
def new_file() -> Iterator[tuple[str, BinaryIO]]:
    """A new file under a random name, for its owner's eyes only; gone again if the block fails."""
    name = secrets.token_hex(16)
    path = folder() / name
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield name, out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def unwritten(problem: OSError) -> str:
    """Why a file could not be written and what to do, as a sentence."""
    why = problem.strerror or type(problem).__name__
    return str(_("The server could not write the file (%(why)s). Please tell an administrator, and export again later.",
                 why=why))  # fmt: skip


def begin(
    user_id: int,
    entity: EntityType,
    asked: Mapping[str, Any],
    *,
    name: str = "",
    locale: str = "zh",
    **more: Any,
) -> int | None:
    """Put an export on somebody's list; None where its request or due time has been served already.

    `asked` is its JSON form, which is read when the file is made.
    """
    values = {
        "user_id": user_id, "entity": entity.name, "asked": asked, "format": asked["format"],
        "name": name or file_name(entity, asked["format"]), "state": "waiting", "tries": 0, "locale": locale,
        "created_at": clock.now(), **more,
    }  # fmt: skip
    with queue.writing() as connection:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        made = insert(table).values(values).on_conflict_do_nothing().returning(table.c.id)
        found: int | None = connection.execute(made).scalar()
        return found


def start(download: Mapping[str, Any]) -> None:
    """Put the making of a file into the queue: a scheduled one as the system, which then acts as its owner."""
    scheduled = download["schedule_id"] is not None
    kind, user = ("scheduled_export", None) if scheduled else ("export", download["user_id"])
    # First the count of tries: an inline job is over when it was put into the queue.
    change(download["id"], tries=download["tries"] + 1)
    change(download["id"], job_id=queue.enqueue(kind, {"download": download["id"]}, user, download["locale"]))


def start_new(user_id: int, entity: EntityType, asked: Mapping[str, Any], **more: Any) -> int | None:
    """Begin an export and put it into the queue; None where it was begun before."""
    made = begin(user_id, entity, asked, **more)
    if made is not None:
        start(found(made))
    return made


def change(download: int, *states: str, **values: Any) -> bool:
    """Alter a row, if it is in one of the states; answers whether it was."""
    own = table.c.id == download
    with queue.writing() as connection:
        wanted = own & table.c.state.in_(states) if states else own
        return bool(connection.execute(update(table).where(wanted).values(**values)).rowcount)


def find(download: int) -> dict[str, Any] | None:
    """A row; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == download)).mappings().first()
        return dict(row) if row else None


def found(download: int) -> dict[str, Any]:
    """A row that is there. Raises KeyError."""
    row = find(download)
    if row is None:
        raise KeyError(download)
    return row


def of_person(user_id: int | None, download: int) -> dict[str, Any] | None:
    """A row of somebody's own list."""
    row = find(download)
    own = row is not None and row["user_id"] == user_id and row["state"] != REMOVED
    return row if own else None


def path_of(row: Mapping[str, Any]) -> Path | None:
    """Where a file lies; None while it is made, and once its days are over."""
    if row["state"] != "done" or not row["file"] or row["expires_at"] <= clock.now():
        return None
    path = folder() / row["file"]
    return path if path.exists() else None


def listed(grants: Grants) -> list[dict[str, Any]]:
    """Somebody's list as the page shows it, the latest first."""
    columns = (
        _jobs.c.state.label("job_state"),
        _jobs.c.done,
        _jobs.c.total,
        _jobs.c.error,
        _jobs.c.started_at,
    )
    query = select(table, *columns).outerjoin(_jobs, _jobs.c.id == table.c.job_id)
    query = query.where(table.c.user_id == grants.user_id, table.c.state != REMOVED)
    with db.engine.connect() as connection:
        rows = connection.execute(query.order_by(table.c.id.desc()).limit(MOST)).mappings().all()
    return [_shown(row, grants) for row in rows]


def _shown(row: Mapping[str, Any], grants: Grants) -> dict[str, Any]:
    entity = registry.get(row["entity"]) if row["entity"] in registry else None
    state, message = row["state"], row["message"] or ""
    if state in OPEN and row["job_state"] == "failed" and row["schedule_id"] is None:
        state, message = "failed", _why(row["error"])
    if state == "done" and row["expires_at"] is not None and row["expires_at"] <= clock.now():
        state = "expired"
    may = entity is not None and grants.can("export", entity.name)
    moments = {name: row[name] and clock.instant_text(row[name])
               for name in ("created_at", "started_at", "made_at", "expires_at")}  # fmt: skip
    told = board.told(row["job_id"]) if row["job_state"] == "running" else None
    done, total, _step = told or (row["done"] or 0, row["total"] or 0, "")
    return {
        "id": row["id"], "name": row["name"], "entity": row["entity"],
        "label": str(entity.label) if entity else row["entity"], "format": row["format"], "rows": row["rows"],
        "size": row["size"], "state": state, "done": done, "total": total or row["rows"] or 0,
        "message": message, "may": may, "url": f"/{entity.name}/list/" if may and entity else None,
        "from": "request" if row["request_id"] else "schedule" if row["schedule_id"] else "sheet", **moments,
    }  # fmt: skip


def _why(error: str | None) -> str:
    """A job's error as a sentence."""
    if error in (None, "unexpected", "tries"):
        return str(_("The server could not finish this. Please export again."))
    return str(error)


def crowded(user_id: int | None) -> bool:
    """Whether somebody has as many files in the making as one person may have."""
    # Of a job that broke down the row still says that it runs.
    query = select(table.c.id).outerjoin(_jobs, _jobs.c.id == table.c.job_id)
    query = query.where(
        table.c.user_id == user_id, table.c.state.in_(OPEN), table.c.schedule_id.is_(None),
        _jobs.c.state.is_distinct_from("failed"),
    )  # fmt: skip
    with db.engine.connect() as connection:
        return len(connection.execute(query.limit(MOST_OPEN)).all()) == MOST_OPEN


def cancel(row: Mapping[str, Any]) -> bool:
    """Stop an export that is not done; answers whether there was something to stop."""
    stopped = change(row["id"], *OPEN, state="cancelled", message=None)
    if stopped and row["job_id"] is not None:
        queue.cancel(row["job_id"])
    return stopped


def remove(row: Mapping[str, Any]) -> None:
    """Take a file off its owner's list; one that is being made is stopped."""
    cancel(row)
    change(row["id"], state=REMOVED, file=None)
    if row["file"]:
        (folder() / row["file"]).unlink(missing_ok=True)


def expire() -> int:
    """Remove files whose days are over, whatever is left of broken ones, and rows nobody needs; returns the files."""
    now, gone = clock.now(), 0
    with queue.writing() as connection:
        over = table.c.file.is_not(None) & (table.c.expires_at <= now)
        connection.execute(update(table).where(over, table.c.state == "done").values(state="expired"))
        connection.execute(update(table).where(over).values(file=None))
        connection.execute(delete(table).where(table.c.created_at < now - FORGOTTEN, table.c.file.is_(None)))
        kept = set(connection.execute(select(table.c.file).where(table.c.file.is_not(None))).scalars())
    # A younger file may be one that was just made, whose row does not name it yet.
    oldest = (now - timedelta(hours=1)).timestamp()
    for path in folder().iterdir():
        if path.name not in kept and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            gone += 1
    return gone

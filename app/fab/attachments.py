"""Attachments on disk: kept once per content under their SHA-256, found again only by who may see them."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import RowMapping, Table, delete, insert, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app import clock
from app.access.errors import AccessError
from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, registry
from app.entity.attachments import Attachment, safe_name
from app.query.rows import records

BLOCK = 1024 * 1024
KEPT_UNATTACHED = timedelta(days=1)
_TABLE: Table = Attachment.__table__


class UploadRefused(AccessError):
    """Files may only be uploaded for an attachment field that the actor may edit."""

    message = _l("You may not add files here.")


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return _folder() / sha256[:2] / sha256


def _folder() -> Path:
    home: Path = current_app.config["TAIZHANG"].home
    return home / "files" / "attachments"


def keep(storage: FileStorage, entity: EntityType, field: str, grants: Grants) -> dict[str, Any]:
    """Save an uploaded file for a field of an entity; its id, name and size. Raises UploadRefused.

    Until a record names it, only its uploader sees it; a day later it goes at their next upload.
    """
    if field not in entity.file_fields or field not in grants.editable_fields(entity.name):
        raise UploadRefused
    sha256, size = _store(storage)
    name = safe_name(storage.filename)
    values = {
        "sha256": sha256, "name": name, "size": size, "entity": entity.name, "field": field,
        "mime": (mimetypes.guess_type(name)[0] or "application/octet-stream")[:100],
        "created_by_id": grants.user_id, "created_at": clock.now(),
    }  # fmt: skip
    with db.engine.begin() as connection:
        _forget_stale(connection, grants)
        number = connection.execute(insert(_TABLE).returning(_TABLE.c.id), values).scalar_one()
    return {"id": number, "name": name, "size": size}


def _store(storage: FileStorage) -> tuple[str, int]:
    """Write the bytes, first beside their place, so that nobody ever reads half a file."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
        while block := storage.stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    target = path_of(digest.hexdigest())
    target.parent.mkdir(exist_ok=True, mode=0o700)
    os.replace(out.name, target)
    return digest.hexdigest(), size


def _forget_stale(connection: Any, grants: Grants) -> None:
    """The actor's uploads of yesterday and before that no record ever named; bytes nobody else has go too."""
    old = [
        _TABLE.c.created_by_id == grants.user_id,
        _TABLE.c.record_id.is_(None),
        _TABLE.c.created_at < clock.now() - KEPT_UNATTACHED,
    ]
    gone = set(connection.execute(delete(_TABLE).where(*old).returning(_TABLE.c.sha256)).scalars())
    used = set(connection.execute(select(_TABLE.c.sha256).where(_TABLE.c.sha256.in_(gone))).scalars())
    for sha256 in gone - used:
        path_of(sha256).unlink(missing_ok=True)


def find(session: Session, number: int, grants: Grants) -> RowMapping | None:
    """The attachment, for who sees it: in a record and field they may read, or their own upload until then."""
    row = session.execute(select(_TABLE).where(_TABLE.c.id == number)).mappings().first()
    if row is None or row["entity"] not in registry:
        return None
    if row["record_id"] is None:
        return row if row["created_by_id"] == grants.user_id else None
    entity, field = registry.get(row["entity"]), row["field"]
    if grants.level(entity.name, field) not in ("read", "edit") or not grants.can("list", entity.name):
        return None
    found = records(session, entity, grants, [row["record_id"]], [field])
    return row if found and number in (found[0]["values"].get(field) or ()) else None


def files_of(session: Session, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Name, size and address of attachments, in the order given. For ids out of a record the reader sees."""
    wanted = list(numbers)
    rows = session.execute(select(_TABLE).where(_TABLE.c.id.in_(wanted))).mappings()
    found = {row["id"]: row for row in rows}
    return [
        {"id": n, "name": found[n]["name"], "size": size_text(found[n]["size"]), "url": f"/api/v1/attachment/{n}"}
        for n in wanted
        if n in found
    ]  # fmt: skip


def size_text(size: int) -> str:
    """A file's size as people read it."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"

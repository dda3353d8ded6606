"""Uploaded files: kept under a random name in the home folder, handed around as signed tickets of their owner."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from app.access.errors import AccessError

KEPT = 7 * 24 * 3600
"""How long an uploaded file can be used, in seconds."""


class NoUpload(AccessError):
    """The ticket is unknown, too old, of somebody else, or its file is gone."""

    message = _l("This upload is no longer there. Please choose the file again.")


@dataclass(frozen=True)
class Upload:
    """One uploaded file: where it lies, what its owner called it, and the ticket that stands for it."""

    path: Path
    name: str
    ticket: str


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="upload")


def folder() -> Path:
    """Where imported files are kept."""
    found: Path = current_app.config["TAIZHANG"].home / "files" / "imports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def keep(storage: FileStorage, user_id: int | None) -> Upload:
    """Save an uploaded file. Its own name is kept for people, never used as a path."""
    name = os.path.basename((storage.filename or "file").replace("\\", "/"))[:200]
    path = _place(name)
    storage.save(path)
    os.chmod(path, 0o600)
    ticket = _signer().dumps({"f": path.name, "n": name, "u": user_id})
    return Upload(path, name, str(ticket))


def copied(path: Path) -> Path:
    """A copy of a file that was never uploaded, kept as if it had been."""
    kept = _place(path.name)
    shutil.copyfile(path, kept)
    os.chmod(kept, 0o600)
    return kept


def _place(name: str) -> Path:
    suffix = Path(name).suffix.lower()[:8]
    return folder() / (secrets.token_hex(16) + (suffix if suffix.isascii() and suffix[1:].isalnum() else ""))


def find(ticket: Any, user_id: int | None) -> Upload:
    """The upload behind a ticket. Raises NoUpload."""
    try:
        kept = _signer().loads(str(ticket), max_age=KEPT)
    except BadSignature:
        raise NoUpload from None
    path = folder() / kept["f"]
    if kept["u"] != user_id or not path.exists():
        raise NoUpload
    return Upload(path, kept["n"], str(ticket))

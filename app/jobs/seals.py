"""Sealing and verifying the log as jobs that come round by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.exc import ProgrammingError

from app.audit import sealed
from app.audit.anchor import AnchorProblem
from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Report
from app.audit.proof.verify import verify
from app.audit.seal_keys import KeyProblem, public_file
from app.audit.sealer import Sealer, SealsBusy
from app.audit.sealing import VERIFY
from app.db import db
from app.engine import make_engine
from app.jobs.schedule import every
from app.jobs.worker import JobFailed
from config import Settings

_NO_PRIVILEGE = "42501"


@contextmanager
def sealer(settings: Settings) -> Iterator[Sealer]:
    """Whoever may seal: the owner of the database, with the key. Raises JobFailed with what is to be done."""
    engine = make_engine(settings.owner_url, owner=True)
    try:
        yield Sealer(engine, settings.seal_key_file, settings.anchor_file)
    except (KeyProblem, AnchorProblem) as problem:
        raise JobFailed(problem) from None
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_PRIVILEGE:
            raise
        raise JobFailed(
            _("Only the owner of the database can seal: set TAIZHANG_OWNER_DATABASE_URL")
        ) from None
    finally:
        engine.dispose()


@every("seal", minutes=1)
def seal(due: datetime) -> dict[str, Any]:
    """Seal what is new."""
    with sealer(current_app.config["TAIZHANG"]) as ready:
        try:
            return {"seals": [row["n"] for row in ready.seal()]}
        except SealsBusy:
            return {"seals": []}


@every(VERIFY, minutes=60)
def verify_log(due: datetime) -> dict[str, Any]:
    """Verify the log from the first seal to the last; the result is kept for the page."""
    found = verification(current_app.config["TAIZHANG"])
    return {**asdict(found), "ok": found.ok}


def verification(settings: Settings) -> Report:
    """Verify the application's own database with the key and the anchor it keeps."""
    key, anchor = public_file(settings.seal_key_file), settings.anchor_file
    with sealed.snapshot(db.engine) as connection:
        return verify(
            sealed.source(connection),
            read_key(key) if key.exists() else None,
            anchor if anchor.exists() else None,
        )

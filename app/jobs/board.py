"""How far running jobs are, and which of them are to stop: small files in the home folder.

A long change set holds SQLite's one write lock for as long as it takes; what is said meanwhile must not need it.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

from flask import current_app

KEPT = 24 * 3600
"""Seconds after which a file whose job ended without a word is forgotten."""


def tell(job_id: int, done: int, total: int, step: str) -> None:
    """Write down how far a job is; a reader sees the old line or the new one."""
    part = _file(job_id, ".part")
    part.write_text(json.dumps([done, total, step]), encoding="utf-8")
    os.replace(part, _file(job_id, ".json"))


def told(job_id: int) -> tuple[int, int, str] | None:
    """How far a job said it is; None when it has not said anything."""
    try:
        done, total, step = json.loads(_file(job_id, ".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return done, total, step


def stop(job_id: int) -> None:
    """Ask a job to stop."""
    _file(job_id, ".stop").touch()


def stopped(job_id: int) -> bool:
    """Whether a job was asked to stop."""
    return _file(job_id, ".stop").exists()


def clear(job_id: int) -> None:
    """A job has ended."""
    for suffix in (".json", ".stop"):
        _file(job_id, suffix).unlink(missing_ok=True)


def tidy() -> None:
    """Forget what was left by jobs that never ended."""
    for path in _folder().iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - KEPT:
                path.unlink()


def _folder() -> Path:
    found: Path = current_app.config["TAIZHANG"].home / "jobs"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def _file(job_id: int, suffix: str) -> Path:
    return _folder() / f"{job_id}{suffix}"

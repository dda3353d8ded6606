"""Putting a file into a folder that others fetch from, and nowhere else."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

LONGEST = 200
"""Bytes of a folder's name; file systems take few more."""
_PART = re.compile(r"[^\x00-\x1f\x7f<>:\"|?*\\/]+")


def problem(folder: str | None) -> Any:
    """Why nothing can be put there, as a sentence; None when it can."""
    if not folder:
        return None
    base = _base()
    if base is None:
        return _l(
            "No folder is set up for exports. Ask an administrator to set TAIZHANG_EXPORT_FOLDER, or use mail."
        )
    parts = folder.split("/")
    fit = all(_PART.fullmatch(p) and p.strip(". ") == p and len(p.encode()) <= LONGEST for p in parts)
    if not fit or len(parts) > 5:
        return _l("Please enter a folder's name such as “reports/east”, without “..” and signs like : or \\.")
    if not (base / folder).resolve().is_relative_to(base.resolve()):
        return _l("This folder leads out of the one set up for exports. Please choose another.")
    return None


def put(path: Path, folder: str, name: str) -> Path:
    """Copy a file to where it is fetched from; nobody sees half of it. Raises OSError."""
    base = _base()
    assert base is not None, "asked for before `problem` was"
    target = base / folder
    target.mkdir(parents=True, exist_ok=True)
    part = target / f".{name}.part"
    try:
        shutil.copyfile(path, part)
        with part.open("rb") as copied:
            os.fsync(copied.fileno())
        part.replace(target / name)
    finally:
        part.unlink(missing_ok=True)
    return target / name


def _base() -> Path | None:
    text = current_app.config["TAIZHANG"].export_folder
    return Path(text) if text else None

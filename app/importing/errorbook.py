"""The user's own file back, with its errors marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.access.grants import Grants


def staged_of(set_id: int, grants: Grants) -> int | None:
    """The staged set whose rows an import left out; None when there is none this person may have."""
    return None


def file_of(job: int) -> Path | None:
    """The workbook that a job has written."""
    return None


def make(set_id: int, grants: Grants, job: int) -> dict[str, Any]:
    """Write the workbook."""
    return {}


def tidy() -> None:
    """Workbooks of more than a week ago go."""

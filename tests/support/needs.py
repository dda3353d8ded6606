"""What a test may need from the machine beyond Python, and what to say when it is not there."""

from __future__ import annotations

import shutil
from collections import Counter
from functools import cache

import pytest

from tests.support.postgres import server_binaries

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LIBREOFFICE = ("soffice", "libreoffice")


@cache
def program(*names: str) -> str | None:
    """The path of the first of these programs that is installed."""
    return next((path for path in map(shutil.which, names) if path), None)


def lacking(item: pytest.Item) -> str | None:
    """Why this test cannot run on this machine, None when it can."""
    kind = getattr(item, "callspec", None) and item.callspec.params.get("engine_kind")
    if kind == "postgresql" and server_binaries() is None:
        return "PostgreSQL: no server binaries found (Debian: apt-get install postgresql)"
    if item.get_closest_marker("browser") and program(*CHROMIUM) is None:
        return "browser: Chromium is not installed (Debian: apt-get install chromium)"
    if item.get_closest_marker("libreoffice") and program(*LIBREOFFICE) is None:
        return "LibreOffice is not installed (Debian: apt-get install libreoffice-calc)"
    return None


def skipped_line(reports: list[pytest.TestReport]) -> str:
    """One line for the end of a run: how many tests did not run, by reason."""
    reasons: Counter[str] = Counter()
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if not reasons:
        return "Nothing was skipped."
    return "Did not run: " + "; ".join(f"{count} tests, {reason}" for reason, count in reasons.most_common())

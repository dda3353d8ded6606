"""How headers are compared."""

from __future__ import annotations

from app.entity.keys import normal_form


def header_form(text: str) -> str:
    """A header as matching sees it: width, case, blanks and the required mark do not count."""
    return normal_form(text).replace(" ", "").rstrip("*＊:：")

"""How headers are compared. The reader's process compares them too: nothing is imported here."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Text without width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def header_form(text: str) -> str:
    """A header as matching sees it: width, case, blanks and the required mark do not count."""
    return folded(text).rstrip("*:")

"""How headers are compared. The reader's process compares them too: nothing of ours is imported here."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(
    r"^\*+|(?:[(\[【](?:必填|必选|选填|可选|非必填|required|mandatory|optional)[)\]】]|[*:])+$"
)
"""What forms write at a header to say whether it must be filled in."""


def folded(text: str) -> str:
    """Text without width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def header_form(text: str) -> str:
    """A header as matching sees it: width, case, blanks and marks of what must be filled in do not count."""
    return _MARKS.sub("", folded(text))

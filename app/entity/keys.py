"""Text keys: one gate-written column beside each searched or titled text, alike on both engines.

A key is ``pinyin ␟ initials ␟ normal form``, compared byte by byte. It sorts Chinese by pinyin, finds 阿里 by
``ali`` and by ``al``, and two texts that differ only in width, case or outer blanks have the same key.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

SEPARATOR = "\x1f"


def normal_form(text: str) -> str:
    """Text as equality sees it: NFKC, trimmed, inner blanks folded, case folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=65_536)
def text_key(text: str) -> str:
    """The key of a text; see the module's note for its form."""
    normal = normal_form(text)
    if normal.isascii():
        return f"{normal}{SEPARATOR}{SEPARATOR}{normal}"
    from pypinyin import Style, lazy_pinyin  # its dictionary takes half a second to load: not at every start

    full = "".join(lazy_pinyin(normal))
    initials = "".join(lazy_pinyin(normal, style=Style.FIRST_LETTER))
    return f"{full}{SEPARATOR}{initials}{SEPARATOR}{normal}"


def like_pattern(text: str, *, prefix: bool = False) -> str:
    r"""The LIKE pattern (escape character ``\``) that finds what a person typed inside a key."""
    safe = normal_form(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{safe}%" if prefix else f"%{safe}%"

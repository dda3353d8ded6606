"""Text keys: one gate-written column beside each searched or titled text, alike on both engines.

A key is ``pinyin ␟ initials ␟ normal form``, compared byte by byte. It sorts Chinese by pinyin, finds 阿里 by
``ali`` and by ``al``, and two texts that differ only in width, case or outer blanks have the same key.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SEPARATOR = "\x1f"
# What nobody can see, and what no XML holds. The zero-width joiner stays where it builds an emoji.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u200b\u200c\u2060\ufeff\u00ad\ufffe\uffff]|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)
_RUNS = re.compile("[\x00-\x7f]+|[^\x00-\x7f]+")
# Digits and letters that stand above, below or within something: 1,234① and 10² are no longer numbers.
_MARKS = re.compile("([\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u24ff\u3200-\u32ff])")
_ODD = re.compile("[\xa0\u200b-\u200d\u2060\ufeff\u00ad]")


def visible_text(text: str) -> str:
    """Text without what cannot be seen: no-break blanks become blanks, line ends are one character, trimmed."""
    if text.isprintable() and (text.isascii() or not _ODD.search(text)):
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("", text).replace("\xa0", " ").strip()


def half_width(text: str) -> str:
    """Text with full-width letters, digits and signs as half-width ones; marks such as ① and ² stay what they are."""
    if text.isascii():
        return text
    return "".join(
        part if at % 2 else unicodedata.normalize("NFKC", part) for at, part in enumerate(_MARKS.split(text))
    )


def normal_form(text: str) -> str:
    """Text as equality sees it: NFKC, trimmed, inner blanks folded, case folded."""
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=65_536)
def text_key(text: str) -> str:
    """The key of a text; see the module's note for its form."""
    normal = normal_form(text)
    if normal.isascii():
        return f"{normal}{SEPARATOR}{SEPARATOR}{normal}"
    full = initials = ""
    for run in _RUNS.findall(normal):
        sound, letters = (run, run) if run.isascii() else _spoken(run)
        full, initials = full + sound, initials + letters
    return f"{full}{SEPARATOR}{initials}{SEPARATOR}{normal}"


def prepare() -> None:
    """Load what Chinese is spelt with, while there is something to wait for: it takes a third of a second."""
    _spoken("一")


@lru_cache(maxsize=16_384)
def _spoken(run: str) -> tuple[str, str]:
    """Pinyin and initials of a text without numbers or Latin letters: what is left without them often recurs."""
    # Its dictionaries take half a second to load: not at every start.
    from pypinyin.seg.simpleseg import seg

    full, initials = ("".join(parts) for parts in zip(*map(_word, seg(run)), strict=True))
    return full, initials


@lru_cache(maxsize=65_536)
def _word(word: str) -> tuple[str, str]:
    """Pinyin and initials of a word: names are many, the words they are made of few."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(word)), "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))


def like_pattern(text: str, *, prefix: bool = False) -> str:
    r"""The LIKE pattern (escape character ``\``) that finds what a person typed inside a key."""
    safe = normal_form(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{safe}%" if prefix else f"%{safe}%"

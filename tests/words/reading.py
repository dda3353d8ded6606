"""What a page says to whoever reads it: its text, and the attributes that are read out or shown on hovering."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

READ_OUT = ("title", "placeholder", "aria-label", "alt", "data-confirm", "data-title")
SILENT = {"script", "style", "template", "code", "kbd", "pre"}
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]+")
FINGERPRINT = re.compile(r"\b[0-9a-f]{16,}\b")
HAN = re.compile(r"[一-鿿]+")


class Reading(HTMLParser):
    """Collects what is said. `pieces` are (text, where) pairs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.pieces: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        names = [*READ_OUT, *(["value"] if given.get("type") in ("submit", "button") else [])]
        self.pieces += [(given[name], f"<{tag} {name}>") for name in names if given.get(name)]
        if tag not in ("input", "meta", "link", "br", "img", "hr", "path", "use", "circle", "rect"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not SILENT & set(self._open):
            self.pieces.append((" ".join(data.split()), f"<{self._open[-1] if self._open else ''}>"))


def foreign(page: str, pattern: re.Pattern[str], known: frozenset[str], data: str) -> Iterator[str]:
    """Words of the other language on a page that are neither in `known` nor data of the ledgers."""
    for text, where in Reading(page).pieces:
        if _definition(text):
            continue
        for word in pattern.findall(FINGERPRINT.sub("", text)):
            if word not in known and word not in data:
                yield f"{word!r} in {text[:80]!r} {where}"


def _definition(text: str) -> bool:
    """Whether a text is the JSON of a flow or a condition, which is data in no language."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False

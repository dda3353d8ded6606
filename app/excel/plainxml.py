"""The XML of a part as text, a block at a time: what is not plain is seen before anybody matches it by hand."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from app.excel.contract import FileRefused

_BLOCK = 1 << 20
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_NO_CHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);|#(\d{1,7});|#x([0-9A-Fa-f]{1,6});)?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# `scan` has refused every DOCTYPE; these hold should one slip through. Comments would hide among the values.
SAFE: Any = {"no_network": True, "resolve_entities": False, "remove_comments": True, "remove_pis": True}


class Odd(Exception):
    """The part is not in the usual form; what was given of it so far is right."""


class PlainXml:
    """A part being read. Raises Odd for comments and the like, FileRefused BROKEN for what is no XML at all."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._decode = stream, getincrementaldecoder("utf-8-sig")().decode
        self._first, self.rest = True, ""

    def pieces(self, end: str, rest: str = "") -> Iterator[str]:
        """The text in front of each `end`, beginning with `rest`; `self.rest` is what is behind the last."""
        block: str | None = ""
        while block is not None:
            *pieces, rest = (rest + block).split(end)
            yield from pieces
            block = self.block()
        self.rest = rest

    def block(self) -> str | None:
        """Some more text; None at the end."""
        raw = self._stream.read(_BLOCK)
        if not raw:
            self._decode(b"", final=True)
            return None
        while raw[-1:] in (b"\r", b"<", b"]"):  # what follows belongs to it
            more = self._stream.read(1)
            if not more:
                break
            raw += more
        if len(raw.translate(None, _CONTROLS)) != len(raw) or _NO_CHARACTER.search(raw):
            raise FileRefused("BROKEN")
        if b"<!" in raw or b"]]>" in raw or (not self._first and b"<?" in raw):
            raise Odd
        self._first = False
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return self._decode(raw)


def parsed(xml: str) -> Any:
    """The root of some XML, by the parser proper."""
    try:
        return etree.fromstring(xml.encode(), etree.XMLParser(**SAFE))
    except etree.XMLSyntaxError:
        raise Odd from None


def plain(text: str) -> str:
    """XML text as what it says. Raises Odd for an ampersand that stands for nothing."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    name, decimal, sixteen = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(sixteen or "0", 16)
    if not (
        code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xDFFF < code < 0xFFFE or 0xFFFF < code < 0x110000
    ):
        raise Odd
    return chr(code)

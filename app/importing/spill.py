"""What was read, kept in a temporary file: memory does not grow with the rows."""

from __future__ import annotations

import os
import struct
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import orjson

_LENGTH = struct.Struct(">I")


class Spill:
    """JSON values in the order they were added. May be read more than once, also while another reads.

    The file has no name any more once it is open: it never stays behind.
    """

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="taizhang-")
        os.unlink(path)
        self._end = 0
        self.close = weakref.finalize(self, os.close, self._file)

    def add(self, value: Any) -> None:
        """Keep one more value."""
        body = orjson.dumps(value)
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        while rest:
            written = os.pwrite(self._file, rest, self._end)
            self._end += written
            rest = rest[written:]

    def __iter__(self) -> Iterator[Any]:
        at = 0
        while at < self._end:
            length = _LENGTH.unpack(os.pread(self._file, _LENGTH.size, at))[0]
            yield orjson.loads(os.pread(self._file, length, at + _LENGTH.size))
            at += _LENGTH.size + length

"""The old compound file: enough of it to tell an .xls from an encrypted .xlsx, and to take one stream out."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from app.excel.contract import FileRefused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE = 0xFFFFFFFA  # this and above are marks, not sectors
_ENTRY = 128


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream or storage of the file: its name, first sector and size in bytes."""

    name: str
    start: int
    size: int


class OleFile:
    """A compound file opened for reading. Raises FileRefused BROKEN for one that contradicts itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        header = file.read(512)
        if len(header) < 512 or header[:8] != MAGIC:
            raise FileRefused("BROKEN")
        (shift,) = struct.unpack_from("<H", header, 30)
        if shift not in (9, 12):
            raise FileRefused("BROKEN")
        self._sector = 1 << shift
        directory, self._mini_cutoff, mini_fat, difat = struct.unpack_from("<I4xII4xI", header, 48)
        self._fat = self._read_fat(list(struct.unpack_from("<109I", header, 76)), difat)
        self.streams = self._read_directory(directory)
        self._mini_fat = mini_fat

    def stream(self, name: str) -> bytes | None:
        """The content of the stream of that name, or None."""
        for entry in self.streams:
            if entry.name == name and entry.size < self._mini_cutoff:
                return self._small_stream(entry)
            if entry.name == name:
                return self._chain(entry.start)[: entry.size]
        return None

    def _small_stream(self, entry: Stream) -> bytes:
        """A stream under 4 KB lives in 64-byte pieces inside the root's stream."""
        pieces = self._chain(self.streams[0].start)
        table = self._chain(self._mini_fat)
        found, at = bytearray(), entry.start
        while at < _FREE and len(found) < entry.size:
            if (at + 1) * 4 > len(table):
                raise FileRefused("BROKEN")
            found += pieces[at * 64 : at * 64 + 64]
            (at,) = struct.unpack_from("<I", table, at * 4)
        return bytes(found[: entry.size])

    def _read_fat(self, heads: list[int], difat: int) -> list[int]:
        per_sector = self._sector // 4
        seen = set()
        while difat < _FREE:
            if difat in seen:
                raise FileRefused("BROKEN")
            seen.add(difat)
            numbers = struct.unpack(f"<{per_sector}I", self._read_sector(difat))
            heads += numbers[:-1]
            difat = numbers[-1]
        fat: list[int] = []
        for head in heads:
            if head < _FREE:
                fat += struct.unpack(f"<{per_sector}I", self._read_sector(head))
        return fat

    def _read_directory(self, start: int) -> list[Stream]:
        raw = self._chain(start)
        entries = []
        for at in range(0, len(raw) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", raw, at + 64)
            if kind in (1, 2, 5) and 2 <= length <= 64:
                name = raw[at : at + length - 2].decode("utf-16-le", "replace")
                first, size = struct.unpack_from("<IQ", raw, at + 116)
                entries.append(Stream(name, first, size & 0xFFFFFFFF if self._sector == 512 else size))
        return entries

    def _chain(self, sector: int) -> bytes:
        parts, seen = [], set()
        while sector < _FREE:
            if sector in seen or sector >= len(self._fat):
                raise FileRefused("BROKEN")
            seen.add(sector)
            parts.append(self._read_sector(sector))
            sector = self._fat[sector]
        return b"".join(parts)

    def _read_sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._sector)
        data = self._file.read(self._sector)
        if not data:
            raise FileRefused("BROKEN")
        return data.ljust(self._sector, b"\0")

"""The anchor: a file outside the database that gets a line for every seal, so that a cut-off end is noticed.

A line is written after its seal was committed. What a crash kept from being written is made up for before the
next seal; until then the anchor is behind the database, never ahead of it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.audit.proof.merkle import Row, body, canonical


class AnchorProblem(Exception):
    """The anchor cannot be written, or knows seals that the database does not have."""


class Anchor:
    """An open anchor file; while it is open nobody else on this machine seals."""

    def __init__(self, file: Path, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor

    def append(self, seals: Iterable[Row]) -> None:
        """Write a line for each seal, for good."""
        lines = b"".join(canonical(seal) + b"\n" for seal in seals)
        if lines:
            with open(os.dup(self._descriptor), "ab") as out:
                out.write(self._torn() + lines)
                out.flush()
                os.fsync(self._descriptor)

    def catch_up(self, since: Callable[[int], list[Row]]) -> None:
        """Write the seals that are missing; `since` gives those from a number on. Raises AnchorProblem."""
        last = self._last()
        seals = since(last["n"] if last else 1)
        if last is not None:
            if not seals or body(seals[0]) != body(last):
                raise AnchorProblem(
                    f"{self._file}: 锚文件里的第 {last['n']} 号封印，数据库里没有。"
                    "若是恢复了备份，请留好这个文件，另设一个新的锚文件"
                    f" / the database does not have seal {last['n']} of the anchor. If a backup was restored,"
                    " keep this file and set a new one"
                )
            del seals[0]
        self.append(seals)

    def _last(self) -> Row | None:
        with self._file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 16_384))
            for line in reversed(file.read().splitlines()):
                try:
                    row: Row = json.loads(line)
                    return row
                except ValueError:
                    continue
        return None

    def _torn(self) -> bytes:
        """What ends a line that a crash left unfinished."""
        with self._file.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return b""
            file.seek(-1, os.SEEK_END)
            return b"" if file.read() == b"\n" else b"\n"


@contextmanager
def opened(file: Path) -> Iterator[Anchor]:
    """The anchor, for the one who seals. Raises AnchorProblem."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise AnchorProblem(
            f"{file}: 锚文件写不进去 / the anchor cannot be written ({error.strerror})"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Anchor(file, descriptor)
    finally:
        os.close(descriptor)

"""Where seals and entries are read from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from app.audit.proof.merkle import Row


class Source(Protocol):
    """Where seals and entries are read: rows as dictionaries, instants as text, in the order of their numbers."""

    def seals(self) -> Iterator[Row]:
        """All seals, without their lists of leaves."""

    def leaves(self, number: int) -> str:
        """A seal's list of leaves."""

    def rows(self, log: str) -> Iterator[Row]:
        """All entries of a log."""


class SqliteCopy:
    """A SQLite file, opened for reading only."""

    def __init__(self, file: Path) -> None:
        address = f"{file.resolve().as_uri()}?mode=ro"
        try:
            self._open(address)
        except sqlite3.OperationalError:
            # Reading, too, wants to write beside the file; a copy may lie where nobody can.
            self._open(f"{address}&immutable=1")

    def _open(self, address: str) -> None:
        self._database = sqlite3.connect(address, uri=True, isolation_level=None)
        self._database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        self._database.execute("BEGIN")
        self._names = {str(row[0]) for row in self._database.execute("SELECT name FROM sqlite_master")}

    def seals(self) -> Iterator[Row]:
        """All seals."""
        for row in self._read("seal", "n"):
            del row["leaves"]
            yield row

    def leaves(self, number: int) -> str:
        """A seal's list of leaves."""
        return str(self._database.execute("SELECT leaves FROM seal WHERE n = ?", (number,)).fetchone()[0])

    def rows(self, log: str) -> Iterator[Row]:
        """All entries of a log."""
        return self._read(log, "id")

    def _read(self, table: str, order: str) -> Iterator[Row]:
        if table in self._names:
            cursor = self._database.execute(f"SELECT * FROM {table} ORDER BY {order}")
            names = [column[0] for column in cursor.description]
            yield from (dict(zip(names, row, strict=True)) for row in cursor)


class Export:
    """What `taizhang verify --export` wrote: a JSON object a line, the row and, under "", its table."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def seals(self) -> Iterator[Row]:
        """All seals."""
        return ({k: v for k, v in row.items() if k != "leaves"} for row in self._read("seal"))

    def leaves(self, number: int) -> str:
        """A seal's list of leaves."""
        return next(str(row["leaves"]) for row in self._read("seal") if row["n"] == number)

    def rows(self, log: str) -> Iterator[Row]:
        """All entries of a log."""
        return self._read(log)

    def _read(self, table: str) -> Iterator[Row]:
        with self._file.open(encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                row: Row = json.loads(line)
                if row.pop("") == table:
                    yield row


def opened(file: Path) -> Source:
    """A copy or an export, told from one another by their first bytes. Raises OSError."""
    with file.open("rb") as start:
        return SqliteCopy(file) if start.read(6) == b"SQLite" else Export(file)

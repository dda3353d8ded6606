"""Around a migration: one at a time, and a copy of what was before."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError

from app import clock

WAIT_SECONDS = 10
BACKUPS = 5
"""How many copies are kept; the oldest goes."""

_LOCK_NUMBER = 0x7461697A68616E67
"""The advisory lock's number on PostgreSQL: the letters “taizhang”."""


class MigrationBusy(RuntimeError):
    """Somebody else is migrating this database right now."""


@contextmanager
def one_at_a_time(home: Path, url: str) -> Iterator[None]:
    """Hold the lock file of a SQLite database; PostgreSQL's lock is `take_lock`. Raises MigrationBusy."""
    if not url.startswith("sqlite"):
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    Path(str(make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + WAIT_SECONDS
    with (home / "migrate.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise MigrationBusy("another migration of this database is running") from None
                time.sleep(0.05)
        yield


def take_lock(connection: Connection) -> None:
    """Begin the migration's one transaction, holding off writers (SQLite) or migrations (PostgreSQL)."""
    try:
        if connection.dialect.name == "sqlite":
            # Has no effect once a transaction is open.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(WAIT_SECONDS * 1000)}")
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})
    except OperationalError as error:
        raise MigrationBusy(f"the database is busy: {error.orig}") from None


def back_up(home: Path, url: str) -> Path | None:
    """Copy the SQLite file as it was before the open transaction; None for a server, which has its own."""
    if not url.startswith("sqlite"):
        return None
    source = Path(str(make_url(url).database))
    folder = home / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = clock.now().strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"{source.stem}-{stamp}.db"
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    copies = sorted(folder.glob(f"{source.stem}-*.db"))
    for stale in copies[:-BACKUPS]:
        stale.unlink()
    return target

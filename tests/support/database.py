"""Fresh databases in milliseconds: made once for a run, then copied for each test.

A test process keeps one application for each engine. Before a test, that application's home folder (which
holds the SQLite file) and, on PostgreSQL, its database are replaced by a copy of a template. The first test
process that needs a template makes it, with the product's own `init_database`; the others wait for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg

from tests.support.postgres import Cluster

OWNER = "taizhang_owner"
APP = "taizhang_app"


class Engine(Protocol):
    """One database engine, as far as tests must manage databases on it. Names are plain identifiers."""

    kind: str

    def url(self, name: str, home: Path) -> str:
        """The address the application uses."""

    def owner_url(self, name: str, home: Path) -> str:
        """The address migrations use."""

    def empty(self, name: str) -> None:
        """Make `name` an empty database, whatever it was."""

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source`; nobody may be connected to `source`."""

    def drop(self, name: str) -> None:
        """Remove a database if it is there."""


class SqliteFiles:
    """SQLite: the database is a file in the home folder and travels with it, so there is nothing to do."""

    kind = "sqlite"

    def url(self, name: str, home: Path) -> str:
        """The file in `home`."""
        return f"sqlite:///{home / 'taizhang.db'}"

    owner_url = url

    def empty(self, name: str) -> None:
        """Nothing: an empty home has no file."""

    def copy(self, source: str, target: str) -> None:
        """Nothing: the copied home has the copied file."""

    drop = empty


@dataclass(frozen=True)
class PostgresDatabases:
    """PostgreSQL: databases of the run's cluster, owned by one role and used by another."""

    cluster: Cluster
    kind: str = "postgresql"

    def url(self, name: str, home: Path) -> str:
        """As the application's role, which owns nothing."""
        return self.cluster.url(name, APP)

    def owner_url(self, name: str, home: Path) -> str:
        """As the role that owns the database."""
        return self.cluster.url(name, OWNER)

    def empty(self, name: str) -> None:
        """A new database owned by the owner."""
        self.copy("template0", name)

    def copy(self, source: str, target: str) -> None:
        """CREATE DATABASE from a template."""
        self.drop(target)
        self._run(f'CREATE DATABASE "{target}" OWNER {OWNER} TEMPLATE "{source}" STRATEGY file_copy')

    def drop(self, name: str) -> None:
        """DROP DATABASE, closing connections that a test left open."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def create_roles(self) -> None:
        """The two roles of a real installation; none of them is a superuser."""
        self._run(f"CREATE ROLE {OWNER} LOGIN")
        self._run(f"CREATE ROLE {APP} LOGIN")

    def _run(self, statement: str) -> None:
        self.cluster.wait()
        with psycopg.connect(host=str(self.cluster.folder), user="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclass(frozen=True)
class Store:
    """A place for databases: the engine, a name on it, and the home folder that goes with it."""

    engine: Engine
    name: str
    home: Path

    @property
    def url(self) -> str:
        """The address the application uses."""
        return self.engine.url(self.name, self.home)

    @property
    def owner_url(self) -> str:
        """The address migrations use."""
        return self.engine.owner_url(self.name, self.home)

    def empty(self) -> None:
        """An empty home and an empty database."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.engine.empty(self.name)

    def copy_from(self, other: Store) -> None:
        """This store becomes a copy of another one, which nobody may be using."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(other.home, self.home)
        self.engine.copy(other.name, self.name)

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.engine.drop(self.name)


@contextmanager
def once(folder: Path, name: str) -> Iterator[bool]:
    """Holds a lock between the test processes of a run; True for the first that gets through, then False."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / f"{name}.done"
        yield not done.exists()
        done.touch()


def worker() -> str:
    """This test process among those of the run: `gw0`, `gw1`, … or `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")

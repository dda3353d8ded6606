"""A sealed database, whoever owns its file or its server, and what a verification says of what they did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text

from app.access.context import acting_as
from app.audit import sealed
from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Problem, Report
from app.audit.proof.verify import verify
from app.audit.seal_keys import public_file
from app.db import db
from app.jobs import seals
from config import Settings
from tests.support.database import Store
from tests.support.gate import insert, send

Row = dict[str, Any]
DEADLINE = 20.0


@dataclass(frozen=True)
class Desk:
    """The application, its database, and a connection no trigger and no grant stops."""

    app: Flask
    store: Store
    owner: Engine

    @property
    def settings(self) -> Settings:
        found: Settings = self.app.config["TAIZHANG"]
        return found

    @property
    def key(self) -> Path:
        return public_file(self.settings.seal_key_file)

    @property
    def anchor(self) -> Path:
        return self.settings.anchor_file

    def write(self, *codes: str) -> None:
        """Parameters written through the gate, one change set each."""
        with self.app.app_context(), acting_as(None, source="test"):
            for code in codes:
                assert send(insert(code)).ok

    def seal(self) -> list[Row]:
        """Seal until nothing waits: other tests' transactions on the same server hold up PostgreSQL's horizon."""
        made: list[Row] = []
        end = time.monotonic() + DEADLINE
        with self.app.app_context(), seals.sealer(self.settings) as ready:
            while True:
                made += ready.seal()
                with db.engine.connect() as connection:
                    if not sealed.unsealed(connection):
                        return made
                assert time.monotonic() < end
                time.sleep(0.02)

    def verify(self) -> Report:
        with self.app.app_context():
            return seals.verification(self.settings)

    def rows(self, log: str = "change_log") -> list[Row]:
        with self.owner.connect() as connection:
            return list(sealed.read(connection, sealed.log_table(log)))

    def seals(self) -> list[Row]:
        with self.owner.connect() as connection:
            return list(sealed.seals(connection))

    @contextmanager
    def unbound(self) -> Iterator[Connection]:
        """A transaction in which anything can be done to the log."""
        with self.owner.begin() as connection:
            unbind(connection)
            yield connection

    def after(
        self, *damage: str | Callable[[Connection], object], key: bool = True, anchor: bool = True
    ) -> list[Problem]:
        """What a verification finds after some statements, which are then taken back."""
        with self.owner.connect() as connection:
            unbind(connection)
            for one in damage:
                if isinstance(one, str):
                    assert connection.execute(text(one)).rowcount, one
                else:
                    one(connection)
            report = verify(
                sealed.DatabaseSource(connection),
                read_key(self.key) if key else None,
                self.anchor if anchor else None,
            )
            connection.rollback()
        return report.problems


def unbind(connection: Connection) -> None:
    """Take away what guards the log, until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    triggers = (
        connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    )
    for name in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


@contextmanager
def opened(app: Flask, store: Store) -> Iterator[Desk]:
    """The desk of an application; the server's superuser, or a plain connection to the file."""
    url = store.url
    if store.engine.kind == "postgresql":
        url = store.engine.cluster.url(store.name)  # type: ignore[attr-defined]
    engine = create_engine(url)
    try:
        yield Desk(app, store, engine)
    finally:
        engine.dispose()

"""Triggers in the database: made from the metadata, compared with it, dropped for a migration."""

from __future__ import annotations

import re
from types import ModuleType

from sqlalchemy import Connection, Engine, MetaData

from app.audit import postgres, sqlite
from app.audit.texts import (
    APPEND_ONLY,
    BAD_JSON,
    KEY_CHANGED,
    LOCKED,
    NO_ACTOR,
    NO_CHANGE_SET,
    NO_TRUNCATE,
)
from app.db import db

_REFUSAL = re.compile(r"audit: ([A-Z_]+) \w+")


def expected(metadata: MetaData, dialect: str) -> dict[str, str]:
    """The triggers the declarations ask for, by name, as the catalogue of `dialect` shows them."""
    return {name: made.shown for name, made in _generator(dialect).made(metadata).items()}


def create_all(connection: Connection, metadata: MetaData | None = None) -> None:
    """Create every trigger of `metadata`; there must be none yet."""
    for made in _generator(connection.dialect.name).made(metadata or db.metadata).values():
        for statement in made.statements:
            connection.exec_driver_sql(statement)


def drop_all(connection: Connection) -> None:
    """Drop every trigger of ours, any on a guarded table, and nothing else."""
    _generator(connection.dialect.name).drop(connection)


def differences(connection: Connection, metadata: MetaData | None = None) -> list[str]:
    """What differs between the triggers in the database and the ones asked for, one line each."""
    dialect = connection.dialect.name
    want, have = expected(metadata or db.metadata, dialect), _generator(dialect).catalogue(connection)
    missing = [f"trigger {name} is missing" for name in want.keys() - have.keys()]
    extra = [f"trigger {name} is not ours" for name in have.keys() - want.keys()]
    both = want.keys() & have.keys()
    altered = [f"trigger {name} has been altered" for name in both if want[name] != have[name]]
    return sorted(missing + extra + altered)


def check(engine: Engine) -> list[str]:
    """The same for an engine's database: asked at every start, which refuses unless the list is empty."""
    with engine.connect() as connection:
        return differences(connection)


def refusal(error: BaseException) -> str | None:
    """The code with which a trigger refused (NO_CHANGE_SET, NO_ACTOR, …); None for any other error."""
    match = _REFUSAL.match(str(getattr(error, "orig", None) or error))
    return match.group(1) if match else None


def _generator(dialect: str) -> ModuleType:
    return sqlite if dialect == "sqlite" else postgres


__all__ = [
    "APPEND_ONLY", "BAD_JSON", "KEY_CHANGED", "LOCKED", "NO_ACTOR", "NO_CHANGE_SET", "NO_TRUNCATE",
    "check", "create_all", "differences", "drop_all", "expected", "refusal",
]  # fmt: skip

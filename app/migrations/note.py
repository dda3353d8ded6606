"""The note each migration leaves in the change log: which tables and columns are ours, how values are kept.

SQLite's catalogue cannot tell a decimal from an integer, nor JSON from text, and no catalogue can tell a
table of ours from somebody else's. The note can.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, MetaData, insert, inspect, select, text

from app import clock
from app.audit.actor import SYSTEM, current_actor
from app.audit.log import SCHEMA, ChangeLog
from app.audit.texts import family
from app.db import ExactDecimal, canonical_json

_log = ChangeLog.__table__


@dataclass(frozen=True)
class Note:
    """Columns by table: how each keeps its values, such as ``text`` or ``decimal(2)``."""

    tables: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Twelve characters that change whenever the declarations do; empty before the first migration."""
        if not self.tables:
            return ""
        return hashlib.sha256(canonical_json(self.tables).encode()).hexdigest()[:12]


def declared(metadata: MetaData) -> Note:
    """The note of the declarations as they are."""
    return Note({t.name: {c.name: kept_as(c) for c in t.columns} for t in metadata.sorted_tables})


def kept_as(column: Column[Any]) -> str:
    """How a column keeps its values."""
    if isinstance(column.type, ExactDecimal):
        return f"decimal({column.type.scale})"
    return family(column)


def read(connection: Connection) -> Note:
    """The note of the last migration; an empty one if there was none."""
    if not inspect(connection).has_table(_log.name):
        return Note()
    query = select(_log.c.new).where(_log.c.tbl == SCHEMA).order_by(_log.c.id.desc()).limit(1)
    found = connection.execute(query).scalar()
    return Note(json.loads(found)["tables"]) if found else Note()


def write(connection: Connection, before: Note, after: Note) -> None:
    """Leave the note, as a row of the change log that says who migrated from what to what."""
    actor = current_actor() or SYSTEM
    transaction = 0
    if connection.dialect.name == "postgresql":
        transaction = connection.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    connection.execute(
        insert(_log).values(
            txn=transaction, at=clock.now(), actor_id=actor.id, actor_name=actor.name, source="migrate",
            tbl=SCHEMA, record_key=after.fingerprint, op="U" if before.tables else "I",
            old=canonical_json({"fingerprint": before.fingerprint}) if before.tables else None,
            new=canonical_json({"fingerprint": after.fingerprint, "tables": after.tables}),
        )
    )  # fmt: skip

"""One thing a migration does, in words and in deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, column, select, table


@dataclass(frozen=True)
class Step:
    """What to tell the person, and what to run."""

    text: str
    run: Callable[[Connection], None]


@dataclass
class Steps:
    """What a migration would do, and what it refuses to do (with the reason)."""

    steps: list[Step] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(self, text: str, *runs: Callable[[Connection], None]) -> None:
        """One step made of several actions."""

        def run(connection: Connection) -> None:
            for action in runs:
                action(connection)

        self.steps.append(Step(text, run))

    def refuse(self, text: str) -> None:
        """A change that would lose or break data."""
        self.refused.append(text)


def quoted(connection: Connection, name: str) -> str:
    """An identifier as the database wants it written."""
    return connection.dialect.identifier_preparer.quote(name)


def has_rows(connection: Connection, name: str) -> bool:
    """Whether a table of the database holds anything."""
    return connection.execute(select(1).select_from(table(name)).limit(1)).first() is not None


def has_values(connection: Connection, name: str, col: str) -> bool:
    """Whether a column of the database holds anything."""
    query = select(1).select_from(table(name)).where(column(col).is_not(None)).limit(1)
    return connection.execute(query).first() is not None


def has_nulls(connection: Connection, of: Table, col: str) -> bool:
    """Whether a column of the database is empty in some row."""
    query = select(1).select_from(table(of.name)).where(column(col).is_(None)).limit(1)
    return connection.execute(query).first() is not None

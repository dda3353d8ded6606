"""How seeds write: through the gate like anybody, each set with a key, so that a second run does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.audit.actor import current_actor
from app.change import Change, ChangeSet, Result, commit
from app.change.memory import earlier_result
from app.db import db


class SeedRefused(RuntimeError):
    """The gate refused seed data; the message lists the first errors."""


def inserts(entity: str, rows: Iterable[dict[str, Any]]) -> list[Change]:
    """Changes that insert `rows`, given as wire values."""
    return [Change(entity, "insert", dict(row)) for row in rows]


def write(key: str, changes: Sequence[Change], reason: str = "", *, history: bool = False) -> list[int]:
    """Write changes as one set; returns the ids of its records, in the order of `changes`.

    The set with this `key` is written once: later calls answer with the ids of then. `history` brings what was
    before the system began, so that computed fields may be given too. Raises SeedRefused.
    """
    result = send(key, changes, reason, history=history)
    # What rules add bears the row that caused it, and comes behind all that was asked for.
    ids: dict[int, int] = {}
    for row in result.results:
        ids.setdefault(row.row, row.id or 0)
    return [ids[row] for row in range(len(changes))]


def send(key: str, changes: Sequence[Change], reason: str = "", *, history: bool = False) -> Result:
    """As `write`; returns what became of the set, which may be held."""
    result = commit(_keyed(key, changes, reason, history))
    if not result.ok:
        first = [f"row {e.row} {e.field}: {e.code} {e.message}" for e in result.errors[:5]]
        raise SeedRefused(f"seeds of “{key}” were refused: " + "; ".join(first or [result.state]))
    return result


def written(key: str) -> bool:
    """Whether whoever acts has written the set with this key."""
    with db.engine.connect() as connection:
        return earlier_result(connection, _keyed(key), current_actor()) is not None


def read(query: Any) -> list[Any]:
    """What is written so far, whoever may see it."""
    with db.engine.connect() as connection:
        return list(connection.execute(query))


def _keyed(key: str, changes: Sequence[Change] = (), reason: str = "", history: bool = False) -> ChangeSet:
    confirmed = frozenset({"*"})
    return ChangeSet(list(changes), "seed", reason, f"seed:{key}", confirmed=confirmed, restoring=history)

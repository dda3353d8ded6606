"""How seeds write: through the gate like anybody, each set with a key, so that a second run does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.change import Change, ChangeSet, Result, commit


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
    confirmed = frozenset({"*"})
    asked = ChangeSet(list(changes), "seed", reason, f"seed:{key}", confirmed=confirmed, restoring=history)
    result = commit(asked)
    _demand(key, result)
    return [row.id or 0 for row in sorted(result.results, key=lambda row: row.row)[: len(changes)]]


def _demand(key: str, result: Result) -> None:
    if not result.ok:
        first = [f"row {e.row} {e.field}: {e.code} {e.message}" for e in result.errors[:5]]
        raise SeedRefused(f"seeds of “{key}” were refused: " + "; ".join(first or [result.state]))

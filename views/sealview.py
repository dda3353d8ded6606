"""What pages say of seals: how far the log is sealed and checked, and which seal an entry stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session


def status(session: Session) -> dict[str, Any] | None:
    """How far the log is sealed; None where there are no seals."""
    return None


def seals_of(session: Session, items: Sequence[dict[str, Any]]) -> dict[Any, int]:
    """The seals the entries of a page stand in, by the entries' ids."""
    return {}


def proof(session: Session, item: dict[str, Any]) -> dict[str, Any] | None:
    """How one entry is proven; None while it waits for its seal."""
    return None


def chain(session: Session) -> list[dict[str, Any]]:
    """The latest seals, the newest first."""
    return []


def verify(session: Session) -> tuple[bool, str]:
    """Check the log from the first seal to the last: whether it is as it was sealed, and what to say."""
    return False, ""

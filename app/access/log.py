"""The access log: signing in, being refused, exporting, unmasking. Records have the change log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import has_request_context, request
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import clock
from app.access.model import AccessLog
from app.audit.actor import current_actor


def note(
    what: str, detail: str = "", rows: int | None = None, user_id: int | None = None, name: str = ""
) -> None:
    """Write one line, in a transaction of its own; the person is the current actor unless given.

    `what` is one of the words of `AccessLog`.
    """
    from app.db import db

    actor = current_actor()
    if not name and actor is not None:
        user_id, name = actor.id, actor.name
    values = {
        "at": clock.now(),
        "user_id": user_id,
        "name": name[:128],
        "what": what,
        "detail": detail[:400],
        "rows": rows,
        "ip": (request.remote_addr or "")[:45] if has_request_context() else "",
        "request": actor.request[:64] if actor is not None else "",
    }
    with db.engine.begin() as connection:
        connection.execute(insert(AccessLog.__table__), values)


@dataclass(frozen=True)
class Wanted:
    """Which lines are wanted; None and empty mean any. `since` is included, `until` and `more_than` rows are not."""

    what: tuple[str, ...] = ()
    person: int | None = None
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None
    more_than: int | None = None


def lines(session: Session, wanted: Wanted, *, limit: int, before: int | None = None) -> Sequence[Any]:
    """Lines of the access log, the latest first; `before` is the last line's id of the page before."""
    table = AccessLog.__table__
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    if wanted.what:
        query = query.where(table.c.what.in_(wanted.what))
    if wanted.person is not None:
        query = query.where(table.c.user_id == wanted.person)
    if wanted.name:
        query = query.where(table.c.name == wanted.name)
    if wanted.since is not None:
        query = query.where(table.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.at < wanted.until)
    if wanted.more_than is not None:
        query = query.where(table.c.rows > wanted.more_than)
    return session.execute(query).all()

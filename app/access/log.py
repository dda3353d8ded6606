"""The access log: signing in, being refused, exporting, unmasking. Records have the change log."""

from __future__ import annotations

from flask import has_request_context, request
from sqlalchemy import insert

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

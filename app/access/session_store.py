"""Server-side sessions: a cookie or token is worth what its row in ``user_session`` says, and no more.

Whatever way a person's password, roles or activity change, all their sessions end: a session remembers a
stamp of the three, and `live` compares it with what they are now. Changes made through the ORM also end the
rows at once (`end_on_change`), so that undoing the change wakes no session up.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Engine, event, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.access.load import load_grants
from app.access.model import UserSession

_CREDENTIALS = ("password", "active", "roles", "groups")
_TABLE = UserSession.__table__


@dataclass(frozen=True)
class Live:
    """A session that is good: whose it is, what they may, and when it was last seen."""

    id: str
    user: User
    grants: Grants
    seen: datetime


def stamp_of(user: User, grants: Grants) -> str:
    """What a session relies on: the password, the roles (through groups too) and being active."""
    text = f"{user.password}|{bool(user.active)}|{sorted(role.id for role in grants.roles)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def begin(session: Session, user: User, agent: str = "", ip: str = "") -> str:
    """Start a session for a person who has just proved who they are; returns its id. Commits."""
    now, key = clock.now(), secrets.token_urlsafe(32)
    stamp = stamp_of(user, load_grants(session, user.id))
    values = {"id": key, "user_id": user.id, "created": now, "seen": now, "stamp": stamp}
    session.execute(_TABLE.insert().values(**values, agent=agent[:200], ip=ip[:45]))
    session.commit()
    return key


def live(session: Session, key: str | None, user_id: int, idle: int, absolute: int) -> Live | None:
    """The session `key` of a person if it is theirs and still good. `idle` and `absolute` are in seconds."""
    if not key:
        return None
    found = session.execute(
        select(User, *_TABLE.c["created", "seen", "stamp"])
        .join(_TABLE, _TABLE.c.user_id == User.id)
        .where(_TABLE.c.id == key, User.id == user_id, User.active.is_(True), _TABLE.c.ended.is_(None))
    ).one_or_none()
    if found is None:
        return None
    user, created, seen, stamp = found
    now = clock.now()
    if now - seen > timedelta(seconds=idle) or now - created > timedelta(seconds=absolute):
        return None
    grants = load_grants(session, user_id)
    return Live(key, user, grants, seen) if stamp == stamp_of(user, grants) else None


def touch(engine: Engine, kept: Live, every: int) -> None:
    """Note that a session is in use, at most once in `every` seconds, and never wait for another writer."""
    now = clock.now()
    if now - kept.seen < timedelta(seconds=every):
        return
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar() if sqlite else None
        try:
            if sqlite:
                connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            connection.execute(_TABLE.update().where(_TABLE.c.id == kept.id).values(seen=now))
            connection.commit()
        except DBAPIError:
            connection.rollback()  # somebody is writing; the next request notes it
        finally:
            if sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {waits}")


def end(session: Session, key: str) -> None:
    """End one session. Commits."""
    session.execute(_ended().where(_TABLE.c.id == key))
    session.commit()


def _ended() -> Any:
    return update(_TABLE).where(_TABLE.c.ended.is_(None)).values(ended=clock.now())


def end_on_change(session: Session, context: Any = None, instances: Any = None) -> None:
    """Before a flush: end the sessions of everybody whose password, roles or activity it changes."""
    for item in session.dirty:
        if isinstance(item, User) and any(
            inspect(item).attrs[name].history.has_changes() for name in _CREDENTIALS
        ):
            session.connection().execute(_ended().where(_TABLE.c.user_id == item.id))


def watch(target: Any = Session) -> None:
    """End sessions on change in a session factory, or by default in every session of the process."""
    event.listen(target, "before_flush", end_on_change)

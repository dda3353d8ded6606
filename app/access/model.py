"""Tables of access: what roles reach beyond FAB's permissions, who is signed in, what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigId, Instant

SCOPES = ("own", "department", "tree", "all")
"""Row scopes from narrow to wide."""
LEVELS = ("hidden", "masked", "read", "edit")
"""Field levels from nothing to everything."""

_AUTOINCREMENT = {"sqlite_autoincrement": True}


class AccessScope(Model):
    """Which rows of an entity a role reaches. No row means none."""

    __tablename__ = "access_scope"
    __table_args__: Any = (UniqueConstraint("role_id", "entity", name="uq_access_scope"), _AUTOINCREMENT)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    role_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_role.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(String(63))
    scope: Mapped[str] = mapped_column(String(20))


class AccessField(Model):
    """What a role may do with one field of an entity, where that differs from the default."""

    __tablename__ = "access_field"
    __table_args__: Any = (
        UniqueConstraint("role_id", "entity", "field", name="uq_access_field"),
        _AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    role_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_role.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(String(63))
    field: Mapped[str] = mapped_column(String(63))
    level: Mapped[str] = mapped_column(String(10))


class UserSession(Model):
    """One sign-in of one person; cookies and tokens carry its id and are worth nothing once it has ended."""

    __tablename__ = "user_session"
    __table_args__: Any = (Index("ix_user_session_user", "user_id", "ended"),)

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"))
    created: Mapped[datetime] = mapped_column(Instant())
    seen: Mapped[datetime] = mapped_column(Instant())
    ended: Mapped[datetime | None] = mapped_column(Instant())
    agent: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    stamp: Mapped[str] = mapped_column(String(32), default="")


class AccessLog(Model):
    """What people did that changes no record but must be known: signing in, exporting, unmasking.

    `what` is ``login``, ``login_refused``, ``logout``, ``sessions_ended``, ``export`` or ``unmask``; `detail`
    names the entity or the reason, `rows` counts the records concerned.
    """

    __tablename__ = "access_log"
    __table_args__: Any = (
        Index("ix_access_log_user", "user_id", "id"),
        Index("ix_access_log_what", "what", "id"),
        _AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant())
    user_id: Mapped[int | None] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(128), default="")
    what: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(400), default="")
    rows: Mapped[int | None] = mapped_column(BigId)
    ip: Mapped[str] = mapped_column(String(45), default="")
    request: Mapped[str] = mapped_column(String(64), default="")

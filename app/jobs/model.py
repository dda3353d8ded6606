"""The job table: truth about every piece of work done outside a request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigId, Instant, JsonText


class Job(Model):
    """One piece of work: who asked, how far it is, what came of it. A dead worker's lease runs out and another goes on.

    `state` is waiting, running, done, failed or cancelled.
    """

    __tablename__ = "job"
    __table_args__: Any = (
        UniqueConstraint("kind", "due_at", name="uq_job_due"),
        Index("ix_job_state", "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[Any] = mapped_column(JsonText())
    user_id: Mapped[int | None] = mapped_column(BigId)
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    step: Mapped[str] = mapped_column(String(80), default="")
    result: Mapped[Any] = mapped_column(JsonText(), nullable=True)
    error: Mapped[str | None] = mapped_column(Text())
    created_at: Mapped[datetime] = mapped_column(Instant())
    started_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    due_at: Mapped[datetime | None] = mapped_column(Instant())
    lease_until: Mapped[datetime | None] = mapped_column(Instant())
    tries: Mapped[int] = mapped_column(Integer, default=0)

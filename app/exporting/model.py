"""The table of files that were exported in the background: whose, what of, how far, and where the file lies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import TABLE_ARGS, BigId, Instant, JsonText


class Download(Model):
    """One file for one person, made with the rights they had at that moment.

    `state` is waiting, running, done, failed, cancelled or expired; `file` is its random name in the folder of
    exports. `request_id` is the approved request it was made for: one file each. `schedule_id` with `due_at` is the
    due time of a scheduled export, which is made once however often it is tried; `sent` are the ways it has gone.
    """

    __tablename__ = "download"
    __table_args__: Any = (
        UniqueConstraint("request_id", name="uq_download_request"),
        UniqueConstraint("schedule_id", "due_at", name="uq_download_due"),
        Index("ix_download_user", "user_id", "id"),
        Index("ix_download_state", "state", "id"),
        TABLE_ARGS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(String(63))
    asked: Mapped[Any] = mapped_column(JsonText())
    name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    job_id: Mapped[int | None] = mapped_column(BigId)
    file: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[int | None] = mapped_column(BigId)
    size: Mapped[int | None] = mapped_column(BigId)
    message: Mapped[str | None] = mapped_column(Text())
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    request_id: Mapped[int | None] = mapped_column(BigId)
    schedule_id: Mapped[int | None] = mapped_column(BigId)
    due_at: Mapped[datetime | None] = mapped_column(Instant())
    tries: Mapped[int] = mapped_column(Integer, default=0)
    sent: Mapped[Any] = mapped_column(JsonText(), nullable=True)
    created_at: Mapped[datetime] = mapped_column(Instant())
    made_at: Mapped[datetime | None] = mapped_column(Instant())
    expires_at: Mapped[datetime | None] = mapped_column(Instant())

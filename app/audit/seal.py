"""The table of seals: each proves what a stretch of the log was when it was made."""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import mapped_column

from app.db import BigId, Instant


class Seal(Model):
    """One seal, numbered without gaps. `app.audit.proof` says which entries it holds and what is signed of it.

    `log` is the sealed log, or ``key`` where a new public key is brought in, which is then the `root`. `lo` and `hi`
    are the first and the last id; on PostgreSQL every transaction before `settled` had ended and none after
    `begun` had begun. `leaves` lists ids and hashes (`app.audit.proof.merkle`), so that a
    verification can name the entry.
    """

    __tablename__ = "seal"
    __table_args__ = (Index("ix_seal_log", "log", "hi"),)

    n = mapped_column(Integer, primary_key=True, autoincrement=False)
    log = mapped_column(String(20), nullable=False)
    lo = mapped_column(BigId)
    hi = mapped_column(BigId)
    count = mapped_column(BigInteger, nullable=False)
    settled = mapped_column(BigInteger)
    begun = mapped_column(BigInteger)
    root = mapped_column(String(64), nullable=False)
    prev = mapped_column(String(64), nullable=False)
    at = mapped_column(Instant(), nullable=False)
    key_id = mapped_column(String(16), nullable=False)
    signature = mapped_column(String(128), nullable=False)
    leaves = mapped_column(Text(), nullable=False, deferred=True)

"""The change log: one row per changed record, written by triggers, only ever added to."""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import mapped_column

from app.db import TABLE_ARGS, BigId, Instant, JsonText

SCHEMA = "schema"
"""The `tbl` of the rows that migrations leave: no table is called so."""

OLD, NEW = "old", "new"
"""The two sides of an entry."""


class ChangeLog(Model):
    """What happened to one record.

    `tbl` and `record_id` name it (`record_key`, a JSON array, where the key is no integer ``id``). `op` is
    I, U or D. `old` and `new` are canonical JSON texts of wire values with the columns in declared order:
    only the columns that differ for U, the whole row for I (new) and D (old). Of personal data they hold a
    commitment, ``{"pii":"…"}``, to the value in `ChangePii`. `txn` is the transaction number PostgreSQL gave, 0 on
    SQLite; `db_user` whom the database itself saw.
    """

    __tablename__ = "change_log"
    __table_args__ = (
        Index("ix_change_log_record", "tbl", "record_id", "id"),
        Index("ix_change_log_tbl", "tbl", "id"),
        Index("ix_change_log_change_set", "change_set"),
        Index("ix_change_log_actor", "actor_id", "id"),
        Index("ix_change_log_at", "at"),
        TABLE_ARGS,
    )

    id = mapped_column(BigId, primary_key=True)
    txn = mapped_column(BigInteger, nullable=False)
    at = mapped_column(Instant(), nullable=False)
    actor_id = mapped_column(BigId)
    actor_name = mapped_column(String(200), nullable=False)
    db_user = mapped_column(String(63))
    request = mapped_column(String(64))
    source = mapped_column(String(80), nullable=False)
    change_set = mapped_column(BigId)
    tbl = mapped_column(String(63), nullable=False)
    record_id = mapped_column(BigId)
    record_key = mapped_column(Text())
    op = mapped_column(String(1), nullable=False)
    old = mapped_column(Text())
    new = mapped_column(Text())


class ChangePii(Model):
    """A personal value the log is committed to: the commitment is the SHA-256 of `salt` and `value` put together.

    `value` is the JSON text of the wire value. Without this row nobody can tell the value from the log, while
    the log itself stays as it was, and as it was sealed.
    """

    __tablename__ = "change_pii"
    # A row is found by its log entry alone; and the log's own last id must stay the one last given.
    __table_args__ = ({"sqlite_with_rowid": False},)

    log_id = mapped_column(BigId, primary_key=True, autoincrement=False)
    field = mapped_column(String(63), primary_key=True)
    side = mapped_column(String(3), primary_key=True)
    salt = mapped_column(String(32), nullable=False)
    value = mapped_column(Text(), nullable=False)


class Erasure(Model):
    """Personal data of a record was erased: which fields (former names too) and why; the log says who and when.

    Adding a row is what erases: a trigger then removes the values from `ChangePii`.
    """

    __tablename__ = "erasure"
    __table_args__ = (TABLE_ARGS,)

    id = mapped_column(BigId, primary_key=True)
    entity = mapped_column(String(63), nullable=False)
    record_id = mapped_column(BigId, nullable=False)
    fields = mapped_column(JsonText(), nullable=False)
    reason = mapped_column(Text(), nullable=False)

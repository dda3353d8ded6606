"""Tables of the gate: intent (who asked, from where, why) and what each change set holds, row by row.

Staging of an import, preview, held cases, error lists and revert all are these two tables.
"""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import mapped_column

from app.db import TABLE_ARGS, BigId, Instant, JsonText


class ChangeSetRow(Model):
    """One change set. `key` makes a repeated send answer with the first result.

    `state` is planned, held, applied, refused or reverted.
    """

    __tablename__ = "change_set"
    __table_args__ = (Index("ix_change_set_actor", "actor_id", "id"), TABLE_ARGS)

    id = mapped_column(BigId, primary_key=True)
    key = mapped_column(String(64), unique=True)
    actor_id = mapped_column(BigId)
    actor_name = mapped_column(String(120), nullable=False)
    on_behalf_id = mapped_column(BigId)
    source = mapped_column(String(40), nullable=False)
    reason = mapped_column(Text())
    state = mapped_column(String(20), nullable=False)
    created_at = mapped_column(Instant(), nullable=False)
    applied_at = mapped_column(Instant())
    entity = mapped_column(String(60))
    inserted = mapped_column(Integer, nullable=False, default=0)
    updated = mapped_column(Integer, nullable=False, default=0)
    deleted = mapped_column(Integer, nullable=False, default=0)
    unchanged = mapped_column(Integer, nullable=False, default=0)
    refused = mapped_column(Integer, nullable=False, default=0)
    file = mapped_column(JsonText())
    confirmed = mapped_column(JsonText())
    inverse_of = mapped_column(BigId, ForeignKey("change_set.id"))


class ChangeRow(Model):
    """One change of a set: `cells` is ``{field: [base, new]}``; `line` the row number in the user's own file.

    `seen` are the cells of a held change that were relied on without being changed, `verb` its transition.
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_record", "entity", "record_id"),)

    set_id = mapped_column(BigId, ForeignKey("change_set.id", ondelete="CASCADE"), primary_key=True)
    seq = mapped_column(Integer, primary_key=True, autoincrement=False)
    entity = mapped_column(String(60), nullable=False)
    record_id = mapped_column(BigId)
    ref = mapped_column(String(64))
    op = mapped_column(String(10), nullable=False)
    base_version = mapped_column(Integer)
    version = mapped_column(Integer)
    cells = mapped_column(JsonText())
    seen = mapped_column(JsonText())
    verb = mapped_column(String(40))
    state = mapped_column(String(20), nullable=False)
    error = mapped_column(JsonText())
    line = mapped_column(Integer)


class HeldCell(Model):
    """A cell that waits for an approval: it is in at most one held set. Field ``*`` stands for a deletion."""

    __tablename__ = "held_cell"

    entity = mapped_column(String(60), primary_key=True)
    record_id = mapped_column(BigId, primary_key=True, autoincrement=False)
    field = mapped_column(String(60), primary_key=True)
    set_id = mapped_column(BigId, ForeignKey("change_set.id", ondelete="CASCADE"), nullable=False, index=True)


class NumberCounter(Model):
    """The last business number given for a pattern in a period (a day, a year, or ever)."""

    __tablename__ = "number_counter"

    pattern = mapped_column(String(80), primary_key=True)
    period = mapped_column(String(10), primary_key=True)
    last = mapped_column(BigId, nullable=False, default=0)

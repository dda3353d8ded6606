"""Tables of running approvals: cases, tasks, events, and what the outside world is to be told."""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    column,
)
from sqlalchemy.orm import mapped_column

from app.db import TABLE_ARGS, BigId, Instant, JsonText

OPEN_STATES = ("running", "returned")
_ONE_OPEN = and_(column("kind") == "record", column("state").in_(OPEN_STATES))
_ONE_SEAT = column("state").in_(("waiting", "open"))


class ApprovalCase(Model):
    """One running approval: of a submitted record, or of a held change set.

    `state` is running, approved, rejected, returned or withdrawn. `step` is the step it stands at, `round` how
    often it set out, `rev` counts what a decision rests on: content, step, state. `path` lists all steps of the
    flow as ``{"id", "taken", "when"}``, decided from the facts at submission.
    """

    __tablename__ = "approval_case"
    __table_args__ = (
        Index("uq_approval_case_open", "entity", "record_id", unique=True,
              sqlite_where=_ONE_OPEN, postgresql_where=_ONE_OPEN),
        Index("ix_approval_case_record", "entity", "record_id"),
        Index("ix_approval_case_submitter", "submitter_id", "id"),
        Index("ix_approval_case_set", "set_id"),
        TABLE_ARGS,
    )  # fmt: skip

    id = mapped_column(BigId, primary_key=True)
    number = mapped_column(String(40), nullable=False, unique=True)
    flow_id = mapped_column(BigId, ForeignKey("approval_flow.id", ondelete="RESTRICT"), nullable=False)
    kind = mapped_column(String(10), nullable=False)
    entity = mapped_column(String(60), nullable=False)
    record_id = mapped_column(BigId)
    set_id = mapped_column(BigId, ForeignKey("change_set.id", ondelete="RESTRICT"), nullable=False)
    title = mapped_column(String(200), nullable=False)
    reason = mapped_column(Text())
    submitter_id = mapped_column(BigId, nullable=False)
    submitter_name = mapped_column(String(120), nullable=False)
    department_id = mapped_column(BigId)
    state = mapped_column(String(12), nullable=False)
    step = mapped_column(String(40))
    round = mapped_column(Integer, nullable=False, default=1)
    rev = mapped_column(Integer, nullable=False, default=0)
    path = mapped_column(JsonText(), nullable=False)
    picks = mapped_column(JsonText())
    rows = mapped_column(Integer, nullable=False, default=1)
    submitted_at = mapped_column(Instant(), nullable=False)
    ended_at = mapped_column(Instant())


class ApprovalTask(Model):
    """One person's part in a step of a case.

    `state` is waiting, open, approved, rejected, returned, transferred, skipped or cancelled; a decided task never
    changes. `via` says how the person came to it: route, up (in the submitter's stead), admin, transfer, add,
    escalate or reassign; `acted_by_id` is the delegate where one decided. Added tasks carry where they stand.
    """

    __tablename__ = "approval_task"
    __table_args__ = (
        Index("uq_approval_task_seat", "case_id", "round", "step", "assignee_id", unique=True,
              sqlite_where=_ONE_SEAT, postgresql_where=_ONE_SEAT),
        Index("ix_approval_task_todo", "assignee_id", "state"),
        Index("ix_approval_task_case", "case_id"),
        CheckConstraint("(state IN ('approved', 'rejected', 'returned')) = (acted_at IS NOT NULL)",
                        name="ck_approval_task_acted"),
        TABLE_ARGS,
    )  # fmt: skip

    id = mapped_column(BigId, primary_key=True)
    case_id = mapped_column(BigId, ForeignKey("approval_case.id", ondelete="RESTRICT"), nullable=False)
    round = mapped_column(Integer, nullable=False)
    step = mapped_column(String(40), nullable=False)
    seq = mapped_column(Integer, nullable=False)
    assignee_id = mapped_column(BigId, nullable=False)
    origin_id = mapped_column(BigId)
    via = mapped_column(String(12), nullable=False)
    place = mapped_column(String(10))
    parent_id = mapped_column(BigId)
    state = mapped_column(String(12), nullable=False)
    opened_at = mapped_column(Instant())
    due_at = mapped_column(Instant())
    acted_at = mapped_column(Instant())
    acted_by_id = mapped_column(BigId)
    comment = mapped_column(Text())


class ApprovalEvent(Model):
    """What happened in a case, only ever added to: `seq` runs 1..n without a gap.

    `data` holds all that is needed to tell the case's state from its events alone: ``state``, ``step``, ``round``,
    ``rev`` and ``tasks``, a list of ``[task, assignee, step, state]``, besides what belongs to the verb.
    """

    __tablename__ = "approval_event"
    __table_args__ = (UniqueConstraint("case_id", "seq", name="uq_approval_event_seq"), TABLE_ARGS)

    id = mapped_column(BigId, primary_key=True)
    case_id = mapped_column(BigId, ForeignKey("approval_case.id", ondelete="RESTRICT"), nullable=False)
    seq = mapped_column(Integer, nullable=False)
    at = mapped_column(Instant(), nullable=False)
    actor_id = mapped_column(BigId)
    actor_name = mapped_column(String(120), nullable=False)
    for_user_id = mapped_column(BigId)
    verb = mapped_column(String(20), nullable=False)
    task_id = mapped_column(BigId)
    comment = mapped_column(Text())
    data = mapped_column(JsonText(), nullable=False)


class ApprovalOutbox(Model):
    """What the outside world is to be told of an event, once per hook: delivered at least once, with `event_id` as key."""

    __tablename__ = "approval_outbox"
    __table_args__ = (
        UniqueConstraint("event_id", "hook", name="uq_approval_outbox"),
        Index("ix_approval_outbox_next", "done_at", "next_at"),
        TABLE_ARGS,
    )

    id = mapped_column(BigId, primary_key=True)
    event_id = mapped_column(BigId, ForeignKey("approval_event.id", ondelete="RESTRICT"), nullable=False)
    hook = mapped_column(String(40), nullable=False)
    payload = mapped_column(JsonText(), nullable=False)
    attempts = mapped_column(Integer, nullable=False, default=0)
    next_at = mapped_column(Instant(), nullable=False)
    done_at = mapped_column(Instant())
    error = mapped_column(Text())

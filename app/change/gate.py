"""The gate: the only code that writes business records.

``plan`` says what would happen; ``apply`` takes the lock, plans again what moved meanwhile, and writes;
``commit`` is the two in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.actor import Actor, acting, current_actor, writing
from app.change import attachments, write
from app.change.contract import ChangeSet, Draft, Plan, Result, RowResult, chunks
from app.change.lock import Busy, write_lock
from app.change.memory import earlier_result, kept_key
from app.change.model import ChangeRow, ChangeSetRow
from app.change.plan import make_plan, table_epochs
from app.db import db
from app.engine import BUSY_SECONDS, refresh_context


class NoActor(RuntimeError):
    """Nobody is acting: without an actor nothing is written."""


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database and never writes."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            yield connection
        finally:
            connection.rollback()


def plan(change_set: ChangeSet, grants: Grants | None = None) -> Plan:
    """What would happen: every row with every error, nothing written, no lock taken."""
    with snapshot(db.engine) as connection:
        return make_plan(connection, change_set, grants or current_grants())


def commit(change_set: ChangeSet, grants: Grants | None = None) -> Result:
    """Plan and apply. The request's own session is closed before, so that it holds no read snapshot."""
    db.session.rollback()
    grants = grants or current_grants()
    try:
        # One snapshot for both: a plan that already sees the first send of this very set would refuse it as a double.
        with snapshot(db.engine) as connection:
            earlier = earlier_result(connection, change_set, current_actor())
            if earlier is not None:
                return earlier
            planned = make_plan(connection, change_set, grants)
        return apply(planned, grants)
    finally:
        db.session.rollback()


def apply(planned: Plan, grants: Grants) -> Result:
    """Write a plan. Under the lock, whatever it relied on is looked at again; what moved is planned again."""
    actor = current_actor()
    if actor is None:
        raise NoActor
    if _stopped(planned):
        return _result(planned, None, "refused")
    if not any(_writes(d) for d in planned.drafts):
        return _result(planned, None, "unchanged")
    with write_lock(), db.engine.connect() as connection:
        _begin(connection, planned)
        try:
            earlier = earlier_result(connection, planned.change_set, actor)
            if earlier is not None:
                connection.rollback()
                return earlier
            while table_epochs(connection, set(planned.epochs)) != planned.epochs:
                held = planned
                planned = make_plan(connection, planned.change_set, grants)
                if not _locks(planned) <= _locks(held):  # it reaches further now: begin again with all locks
                    connection.rollback()
                    _begin(connection, planned)
            if _stopped(planned) or not any(_writes(d) for d in planned.drafts):
                connection.rollback()
                return _result(planned, None, "refused" if _stopped(planned) else "unchanged")
            with acting(replace(actor, source=planned.change_set.source)):
                set_id = _write(connection, planned, actor)
            connection.commit()
        except IntegrityError:
            connection.rollback()
            return _refused_by_database(planned)
        except BaseException:
            connection.rollback()
            raise
    return _result(planned, set_id, "applied")


def _begin(connection: Connection, planned: Plan) -> None:
    try:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        locks = sorted(_locks(planned))  # everybody takes them in this order
        calls = [getattr(func, lock)(func.hashtext(f"gate:{name}")) for name, lock in locks]
        connection.execute(select(*calls))
    except OperationalError as error:
        # Another process writes for longer than the database waits: a large import, say.
        raise Busy(BUSY_SECONDS) from error


def _locks(planned: Plan) -> set[tuple[str, str]]:
    """What a plan writes is its own until it ends; what it only relied on stands still."""
    written = {d.entity.name for d in planned.drafts}
    whole, shared = "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared"
    return {(name, whole if name in written else shared) for name in planned.epochs}


def _writes(draft: Draft) -> bool:
    return draft.ok and (draft.op != "update" or bool(draft.touched))


def _stopped(planned: Plan) -> bool:
    blocked = [d for d in planned.drafts if not d.ok]
    if not blocked:
        return False
    if not planned.change_set.partial:
        return True
    # A row that stands or falls with a refused one (its lines, a record a rule adds) falls with it, and so on.
    while blocked:
        rows = {d.row for d in blocked}
        refs = {d.change.ref for d in blocked if d.change.ref}
        blocked = [d for d in planned.drafts if d.ok and (d.row in rows or _points_at(d, refs))]
        for draft in blocked:
            draft.error(None, "SKIPPED", _l("Left out, because a row it belongs to was refused."))
    return not any(_writes(d) for d in planned.drafts)


def _points_at(draft: Draft, refs: set[str]) -> bool:
    return any(isinstance(v := draft.after.get(n), dict) and v.get("ref") in refs for n in draft.entity.links)


def _write(connection: Connection, planned: Plan, actor: Actor) -> int:
    change_set, now = planned.change_set, clock.now()
    ready = [d for d in planned.drafts if _writes(d)]
    header = connection.execute(
        insert(ChangeSetRow).returning(ChangeSetRow.id),
        {
            "key": kept_key(change_set, actor), "actor_id": actor.id, "actor_name": actor.name,
            "source": change_set.source,
            "reason": change_set.reason or None, "state": "applied", "created_at": now, "applied_at": now,
            "entity": planned.drafts[0].entity.name, "inserted": planned.count("insert"),
            "updated": planned.count("update"), "deleted": planned.count("delete"),
            "unchanged": planned.count("unchanged"), "refused": sum(not d.ok for d in planned.drafts),
            "file": change_set.file, "inverse_of": change_set.inverse_of,
        },
    )  # fmt: skip
    set_id = int(header.scalar_one())
    with writing(set_id):
        refresh_context(connection)
        write.give_ids(connection, ready)
        write.give_numbers(connection, ready)
        for draft in ready:
            for fill in draft.numbered:
                fill(draft)
        write.write(connection, ready, actor.id)
        attachments.bind(connection, ready)
    # An asked change keeps the number it was sent under; what rules added goes behind.
    behind = count(len(change_set.changes))
    rows = [
        {
            "set_id": set_id, "seq": next(behind) if d.added else d.row,
            "entity": d.entity.name, "record_id": d.id, "ref": d.change.ref,
            "op": d.op, "base_version": d.change.version, "version": d.version, "cells": d.cells,
            "state": "done", "line": d.change.line,
        }
        for d in ready
    ]  # fmt: skip
    for part in chunks(rows, write.BATCH):
        connection.execute(insert(ChangeRow), part)
    for draft in ready:
        draft.state = "done"
    if change_set.inverse_of:
        mine = ChangeSetRow.id == change_set.inverse_of
        connection.execute(update(ChangeSetRow).where(mine).values(state="reverted"))
    return set_id


def _refused_by_database(planned: Plan) -> Result:
    """Somebody was faster in a way only the database saw: say so on the rows, nothing is written."""
    for draft in planned.drafts:
        if _writes(draft):
            draft.error(
                None, "MOVED", _l("Somebody else changed related data at the same moment. Please try again.")
            )
    return _result(planned, None, "refused")


def _result(planned: Plan, set_id: int | None, state: str) -> Result:
    results = []
    for draft in planned.drafts:
        if draft.state == "done":
            outcome = "done"
        elif draft.conflicts:
            outcome = "conflict"
        elif not draft.ok:
            outcome = "error"
        else:
            outcome = "unchanged" if not _writes(draft) else "skipped"
        values = draft.after if state == "applied" and draft.op != "delete" else {}
        results.append(
            RowResult(
                draft.row,
                draft.entity.name,
                draft.op,
                draft.change.ref,
                draft.id,
                draft.version,
                outcome,
                values,
            )
        )
    wrote = state != "refused"
    return Result(
        set_id,
        state,
        results,
        planned.errors,
        planned.conflicts,
        planned.confirms,
        inserted=planned.count("insert") if wrote else 0,
        updated=planned.count("update") if wrote else 0,
        deleted=planned.count("delete") if wrote else 0,
        unchanged=planned.count("unchanged") if wrote else 0,
        notes=[n for d in planned.drafts for n in d.notes] if wrote else [],
    )

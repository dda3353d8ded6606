"""The gate: the only code that writes business records.

``plan`` says what would happen; ``apply`` takes the lock, plans again what moved meanwhile, and writes, or
holds what needs an approval; ``commit`` is the two in one.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.actor import Actor, acting, current_actor, writing
from app.change import approving, attachments, write
from app.change.contract import ChangeSet, Draft, Plan, Result, RowResult, by_entity, chunks
from app.change.holding import asked_cells, held_fields
from app.change.lock import Busy, write_lock
from app.change.memory import earlier_result, kept_key
from app.change.model import ChangeRow, ChangeSetRow, HeldCell
from app.change.plan import make_plan, table_epochs
from app.db import db
from app.engine import BUSY_SECONDS, refresh_context

_sets, _changes, _held = ChangeSetRow.__table__, ChangeRow.__table__, HeldCell.__table__
Lock = tuple[str, str]
EXCLUSIVE, SHARED = "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared"


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
    """Write a plan, or hold it for approval, in a transaction of its own, under the lock."""
    actor = current_actor()
    if actor is None:
        raise NoActor
    if _stopped(planned):
        return _result(planned, None, "refused")
    if not any(writes(d) for d in planned.drafts):
        return _result(planned, None, "unchanged")
    with write_lock(), db.engine.connect() as connection:
        begin(connection)
        while True:
            try:
                earlier = earlier_result(connection, planned.change_set, actor)
                if earlier is None:
                    result = carry_out(connection, planned, grants, actor)
                    if result.change_set is not None:
                        connection.commit()
                        return result
                connection.rollback()
                # Another process may have written this very set since.
                return earlier or earlier_result(connection, planned.change_set, actor) or result
            except Further as further:  # it reaches further now: begin again with all locks
                connection.rollback()
                planned = further.planned
            except approving.NotOpened as refused:
                connection.rollback()
                planned.drafts[0].error(None, refused.code, refused.message)
                return _result(planned, None, "refused")
            except IntegrityError:
                connection.rollback()
                refused_by_database(planned)
                first = earlier_result(connection, planned.change_set, actor)
                return first or _result(planned, None, "refused")
            except BaseException:
                connection.rollback()
                raise


class Further(Exception):
    """Planned again, a set reaches tables it has no lock on: the transaction must begin anew with this plan."""

    def __init__(self, planned: Plan) -> None:
        self.planned = planned
        super().__init__()


def carry_out(
    connection: Connection, planned: Plan, grants: Grants, actor: Actor, held: int | None = None
) -> Result:
    """Write a plan inside a transaction that the caller began under the lock, and commits.

    Whatever the plan relied on is looked at again; what moved is planned again. `held` is the set that was kept
    waiting and is written now. Nothing is written when `Result.change_set` is None. Raises Further.
    """
    take_locks(connection, locks_of(planned))
    while table_epochs(connection, set(planned.epochs)) != planned.epochs:
        known = locks_of(planned)
        planned = make_plan(connection, planned.change_set, grants)
        if connection.dialect.name != "sqlite" and not locks_of(planned) <= known:
            raise Further(planned)
    if _stopped(planned) or not any(writes(d) for d in planned.drafts):
        return _result(planned, None, "refused" if _stopped(planned) else "unchanged")
    waits = planned.held is not None
    with acting(replace(actor, source=planned.change_set.source)):
        set_id = _hold(connection, planned, actor) if waits else _write(connection, planned, actor, held)
        cases = approving.current().begin(connection, set_id, planned, actor)
    result = _result(planned, set_id, "held" if waits else "applied")
    result.cases = cases
    return result


def begin(connection: Connection) -> None:
    """Begin a transaction that writes. Raises Busy when another process writes for longer than one may wait."""
    with _patience():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def take_locks(connection: Connection, locks: Set[Lock]) -> None:
    """Take locks until the transaction ends; on SQLite it holds the one lock there is."""
    if connection.dialect.name == "sqlite" or not locks:
        return
    calls = [getattr(func, lock)(func.hashtext(f"gate:{name}")) for name, lock in sorted(locks)]
    with _patience():  # everybody takes them in this order
        connection.execute(select(*calls))


@contextmanager
def _patience() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        # Another process writes for longer than the database waits: a large import, say.
        raise Busy(BUSY_SECONDS) from error


def locks_of(planned: Plan) -> set[Lock]:
    """What a plan writes is its own until it ends; what it only relied on stands still."""
    written = by_entity(planned.drafts).keys()
    return {(name, EXCLUSIVE if name in written else SHARED) for name in planned.epochs}


def writes(draft: Draft) -> bool:
    """Whether the record is written, once nothing stops the set."""
    return draft.ok and (draft.op != "update" or bool(draft.touched))


def _stopped(planned: Plan) -> bool:
    if all(d.ok for d in planned.drafts):
        return False
    if not planned.change_set.partial:
        return True
    leave_out(planned.drafts)
    return not any(writes(d) for d in planned.drafts)


def leave_out(drafts: list[Draft], refused: Set[str] = frozenset()) -> None:
    """Rows that stand or fall with a refused one (its lines, a record a rule adds) fall with it, and so on.

    `refused` are references of earlier stretches.
    """
    fallen, refs = [d for d in drafts if not d.ok], refused
    while fallen or refs:
        rows = {d.row for d in fallen}
        refs = {d.change.ref for d in fallen if d.change.ref} | refs
        fallen = [d for d in drafts if d.ok and (d.row in rows or _points_at(d, refs))]
        refs = frozenset()
        for draft in fallen:
            draft.error(None, "SKIPPED", _l("Left out, because a row it belongs to was refused."))


def _points_at(draft: Draft, refs: Set[str]) -> bool:
    return any(isinstance(v := draft.after.get(n), dict) and v.get("ref") in refs for n in draft.entity.links)


def write_ready(connection: Connection, ready: list[Draft], actor: Actor) -> None:
    """Write drafts in the name of the change set that is being written: ids, numbers, records, files."""
    refresh_context(connection)
    write.give_ids(connection, ready)
    write.give_numbers(connection, ready)
    for draft in ready:
        for fill in draft.numbered:
            fill(draft)
    write.write(connection, ready, actor.id)
    attachments.bind(connection, ready)
    for draft in ready:
        draft.state = "done"


def _write(connection: Connection, planned: Plan, actor: Actor, held: int | None) -> int:
    change_set = planned.change_set
    ready = [d for d in planned.drafts if writes(d)]
    values = _header(planned, actor) | {"state": "applied", "applied_at": clock.now()}
    set_id = held or int(connection.execute(insert(_sets).returning(_sets.c.id), values).scalar_one())
    if held:
        counts = {
            n: values[n] for n in ("state", "applied_at", "inserted", "updated", "deleted", "unchanged")
        }
        connection.execute(update(_sets).where(_sets.c.id == held).values(counts))
        connection.execute(delete(_held).where(_held.c.set_id == held))
    with writing(set_id, change_set.case):
        write_ready(connection, ready, actor)
    rows = [_row(set_id, seq, d) | {"state": "done"} for seq, d in _numbered(planned, ready)]
    if held:
        for part in chunks([row["seq"] for row in rows]):
            connection.execute(delete(_changes).where(_changes.c.set_id == held, _changes.c.seq.in_(part)))
    for part in chunks(rows, write.BATCH):
        connection.execute(insert(_changes), part)
    take_back(connection, change_set)
    return set_id


def take_back(connection: Connection, change_set: ChangeSet) -> None:
    """The set whose inverse was written is reverted."""
    if change_set.inverse_of:
        mine = _sets.c.id == change_set.inverse_of
        connection.execute(update(_sets).where(mine).values(state="reverted"))


def _hold(connection: Connection, planned: Plan, actor: Actor) -> int:
    """Keep a set that waits for approval: what was asked, row by row, and the cells nobody else may hold."""
    # What rules added or computed is worked out anew when the set is written.
    ready = [d for d in planned.drafts if writes(d) and not d.added]
    values = _header(planned, actor) | {"state": "held", "confirmed": sorted(planned.change_set.confirmed)}
    set_id = int(connection.execute(insert(_sets).returning(_sets.c.id), values).scalar_one())
    rows: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    seen = approving.current().relied_on(connection, planned, ready)
    for (seq, draft), relied_on in zip(_numbered(planned, ready), seen, strict=True):
        kept = {"cells": asked_cells(draft), "state": "held", "seen": relied_on or None}
        rows.append(_row(set_id, seq, draft) | kept)
        cells += held_fields(set_id, draft)
        draft.state = "held"
    for table, values_of in ((_changes, rows), (_held, cells)):
        for part in chunks(values_of, write.BATCH):
            connection.execute(insert(table), part)
    return set_id


def _header(planned: Plan, actor: Actor) -> dict[str, Any]:
    return header(planned.change_set, actor) | {
        # A file goes into one sheet, whatever else is made for its sake.
        "entity": (planned.change_set.file or {}).get("entity") or planned.drafts[0].entity.name,
        "inserted": planned.count("insert"),
        "updated": planned.count("update"), "deleted": planned.count("delete"),
        "unchanged": planned.count("unchanged"), "refused": sum(not d.ok for d in planned.drafts),
    }  # fmt: skip


def header(asked: ChangeSet, actor: Actor) -> dict[str, Any]:
    """What is kept of who asked for a set, and why."""
    return {
        "key": kept_key(asked, actor), "actor_id": actor.id, "actor_name": actor.name, "source": asked.source,
        "reason": asked.reason or None, "created_at": clock.now(), "file": asked.file,
        "inverse_of": asked.inverse_of,
    }  # fmt: skip


def _numbered(planned: Plan, ready: list[Draft]) -> Iterator[tuple[int, Draft]]:
    """An asked change keeps the number it was sent (or held) under; what rules added goes behind."""
    asked = planned.change_set.changes
    behind = count(max([len(asked), *(c.seq + 1 for c in asked if c.seq is not None)]))
    for draft in ready:
        kept = draft.change.seq if draft.change.seq is not None else draft.row
        yield (next(behind) if draft.added else kept), draft


def _row(set_id: int, seq: int, draft: Draft) -> dict[str, Any]:
    change = draft.change
    return {
        "set_id": set_id, "seq": seq, "entity": draft.entity.name, "record_id": draft.id, "ref": change.ref,
        "op": draft.op, "base_version": change.version, "version": draft.version, "cells": draft.cells,
        "seen": None, "verb": change.verb, "line": change.line,
    }  # fmt: skip


def refused_by_database(planned: Plan) -> None:
    """Somebody was faster in a way only the database saw: say so on the rows, nothing is written."""
    message = _l("Somebody else changed related data at the same moment. Please try again.")
    for draft in filter(writes, planned.drafts):
        draft.error(None, "MOVED", message)


def _result(planned: Plan, set_id: int | None, state: str) -> Result:
    results = []
    for draft in planned.drafts:
        if draft.state in ("done", "held"):
            outcome = draft.state
        elif draft.conflicts:
            outcome = "conflict"
        elif not draft.ok:
            outcome = "error"
        else:
            outcome = "unchanged" if not writes(draft) else "skipped"
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
    wrote = state in ("applied", "unchanged")
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
        notes=[n for d in planned.drafts for n in d.notes] if state != "refused" else [],
    )

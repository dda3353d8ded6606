"""Long change sets: asked for in stretches, so that memory does not grow with their length.

A stretch is planned, checked, written and forgotten before the next is read, all in one transaction under the lock.
Each is planned on the transaction's own connection and sees what was written before it, so that nothing needs
planning twice; all or nothing is the database's to keep. A header and its lines belong into one stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, count
from typing import Any

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.access.grants import Grants
from app.audit.actor import Actor, acting, current_actor, writing
from app.change import approving, gate, many, progress
from app.change.contract import Change, ChangeSet, Draft, Plan, Result
from app.change.earlier import Earlier
from app.change.lock import write_lock
from app.change.many import insert_of
from app.change.memory import earlier_result
from app.change.model import ChangeRow, ChangeSetRow
from app.change.plan import make_plan
from app.change.sweep import swept_lightly
from app.db import db

Stretches = Iterable[list[Change]]
BEHIND = 2**30
"""Changes that rules add are numbered from here: the asked ones keep their place in the file."""
_ORDER = frozenset({"TAKEN", "REFERENCED"})
"""Refusals that a later stretch may lift: it gives up the key, or deletes what still refers."""
_COUNTS = ("inserted", "updated", "deleted", "unchanged")
_sets = ChangeSetRow.__table__
_KEPT = ("set_id", "seq", "entity", "record_id", "ref", "op", "base_version", "version", "verb", "state",
         "line")  # fmt: skip


def plan_long(asked: ChangeSet, stretches: Stretches, grants: Grants, total: int = 0) -> Iterator[Plan]:
    """The plan of each stretch, all on one snapshot, nothing written. `asked.changes` is not looked at.

    `total` is how many changes there will be, for whoever listens to the progress.
    """
    earlier = Earlier()
    with gate.snapshot(db.engine) as connection, swept_lightly():
        _by_index(connection)
        for changes in stretches:
            with progress.as_part("plan", lambda: earlier.rows, total):
                planned = make_plan(connection, replace(asked, changes=changes), grants, earlier)
            earlier.add(planned)
            yield planned


def commit_long(
    asked: ChangeSet, stretches: Callable[[], Stretches], grants: Grants, total: int = 0
) -> Result:
    """Commit a long set; `stretches` may be asked for more than once. `Result.results` is empty, all else as usual.

    What is kept of its changes has no cells: the log has them. `total` as above.
    """
    actor, asked = current_actor(), replace(asked, changes=[])
    if actor is None:
        raise gate.NoActor
    db.session.rollback()
    try:
        with gate.snapshot(db.engine) as connection:
            known = earlier_result(connection, asked, actor)
        with swept_lightly():
            return known or _commit(asked, stretches, grants, actor, total)
    except _Whole:
        result = gate.commit(replace(asked, changes=list(chain.from_iterable(stretches()))), grants)
        result.results = []
        return result
    finally:
        db.session.rollback()


class _Whole(Exception):
    """Only the set as a whole can be decided: it needs an approval, or nothing but its order is in the way."""


class _Further(Exception):
    """A stretch reaches tables there is no lock on: begin anew with these locks."""

    def __init__(self, locks: set[gate.Lock]) -> None:
        self.locks = locks
        super().__init__()


def _commit(
    asked: ChangeSet, stretches: Callable[[], Stretches], grants: Grants, actor: Actor, total: int
) -> Result:
    locks: set[gate.Lock] = set()
    with write_lock(), db.engine.connect() as connection:
        while True:
            long, rest = _Long(asked, grants, actor, total), iter(stretches())
            try:
                gate.begin(connection)
                _by_index(connection)
                gate.take_locks(connection, locks)
                known = earlier_result(connection, asked, actor)
                if known is not None:
                    connection.rollback()
                    return known
                long.write(connection, rest, locks)
                if long.wrote and not long.stopped:
                    connection.commit()
                else:
                    connection.rollback()
                break
            except _Further as further:
                connection.rollback()
                locks = further.locks
            except approving.NotOpened as refused:
                connection.rollback()
                long.planned.drafts[0].error(None, refused.code, refused.message)
                return long.refuse()
            except IntegrityError:
                connection.rollback()
                gate.refused_by_database(long.planned)
                # Another process may have written this very set since.
                return earlier_result(connection, asked, actor) or long.refuse()
            except BaseException:
                connection.rollback()
                raise
    if not long.stopped:
        return long.answer()
    with gate.snapshot(db.engine) as connection:
        _by_index(connection)
        long.look_on(connection, rest)
    if {e.code for e in [*long.result.errors, *long.result.confirms]} <= _ORDER and not long.result.conflicts:
        raise _Whole
    return long.answer()


def _by_index(connection: Connection) -> None:
    """Have PostgreSQL find what a stretch asks for by index, for the rest of this transaction.

    Its statistics are those of before the set, or none: for a table that this very transaction makes ten times
    longer it would soon read the whole table in every stretch, and compile each such statement before.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL jit = off")


class _Long:
    """A long set on its way: the stretch it is at, and what is to be told of those it is done with."""

    def __init__(self, asked: ChangeSet, grants: Grants, actor: Actor, total: int) -> None:
        self.asked, self.grants, self.actor, self.total = asked, grants, actor, total
        self.earlier = Earlier()
        self.result = Result(None, "unchanged", [], [], [], [])
        self.planned = Plan(asked, [], {})
        self.wrote = False
        self.stopped = False
        self._entity: str | None = (asked.file or {}).get("entity")
        self._blocked = 0
        self._behind = count(BEHIND)

    def plan(self, connection: Connection, changes: list[Change]) -> None:
        """Plan the next stretch. Raises _Whole where an approval has to be asked for."""
        asked = replace(self.asked, changes=changes)
        self.planned = make_plan(connection, asked, self.grants, self.earlier)
        if self.planned.held is not None:
            raise _Whole
        if asked.partial:
            gate.leave_out(self.planned.drafts, self.earlier.refused)
        self._entity = self._entity or next((d.entity.name for d in self.planned.drafts), None)

    def write(self, connection: Connection, stretches: Iterator[list[Change]], locks: set[gate.Lock]) -> None:
        """Plan and write stretch by stretch, up to the first that stops the set. Raises _Further."""
        values = gate.header(self.asked, self.actor) | {"state": "applied", "applied_at": clock.now()}
        set_id = int(connection.execute(insert(_sets).returning(_sets.c.id), values).scalar_one())
        self.result.change_set = set_id
        with (
            acting(replace(self.actor, source=self.asked.source)),
            writing(set_id, self.asked.case),
            progress.as_part("write", self._rows, self.total),
        ):
            for changes in stretches:
                progress.report(0, 0, "write")
                self.plan(connection, changes)
                self._reach(connection, locks)
                self.stopped = not self.asked.partial and not all(d.ok for d in self.planned.drafts)
                if not self.stopped:
                    self._write_stretch(connection, set_id)
                self.done_with(written=not self.stopped)
                if self.stopped:
                    return
        mine = _sets.c.id == set_id
        counts = {name: getattr(self.result, name) for name in _COUNTS}
        connection.execute(
            update(_sets).where(mine).values(entity=self._entity, refused=self._blocked, **counts)
        )
        gate.take_back(connection, self.asked)

    def look_on(self, connection: Connection, stretches: Iterator[list[Change]]) -> None:
        """Plan what follows the stretch that stopped the set: all that is wrong is told, and nobody waits for it."""
        self.earlier.taken_back()
        with progress.as_part("plan", self._rows, self.total):
            for changes in stretches:
                self.plan(connection, changes)
                self.done_with(written=False)

    def _rows(self) -> int:
        return self.earlier.rows

    def _reach(self, connection: Connection, locks: set[gate.Lock]) -> None:
        wanted = gate.locks_of(self.planned)
        if connection.dialect.name != "sqlite" and not wanted <= locks:
            raise _Further(locks | wanted)

    def _write_stretch(self, connection: Connection, set_id: int) -> None:
        ready = [d for d in self.planned.drafts if gate.writes(d)]
        if not ready:
            return
        gate.write_ready(connection, ready, self.actor)
        statement = insert_of(ChangeRow.__table__, _KEPT, connection.dialect)
        many.send(connection, statement, [self._kept(set_id, draft) for draft in ready])
        self.result.cases += approving.current().begin(connection, set_id, self.planned, self.actor)
        self.wrote = True

    def _kept(self, set_id: int, draft: Draft) -> tuple[Any, ...]:
        change = draft.change
        seq = next(self._behind) if draft.added else draft.row if change.seq is None else change.seq
        return (set_id, seq, draft.entity.name, draft.id, change.ref, draft.op, change.version, draft.version,
                change.verb, draft.state, change.line)  # fmt: skip

    def done_with(self, *, written: bool) -> None:
        """Keep what is to be told of the stretch, and what later ones must know of it."""
        planned, result = self.planned, self.result
        for draft in planned.drafts:
            if not draft.ok:
                self._blocked += 1
                result.errors += draft.errors
                result.conflicts += draft.conflicts
                result.confirms += draft.confirms
            elif draft.op == "update":
                if draft.touched:
                    result.updated += 1
                else:
                    result.unchanged += 1
            elif draft.op == "insert":
                result.inserted += 1
            else:
                result.deleted += 1
            result.notes += draft.notes
        self.earlier.add(planned, written=written)

    def answer(self) -> Result:
        """What became of the set."""
        result = self.result
        if self.wrote and not self.stopped:
            result.state = "applied"
            return result
        result.change_set = None
        if self._blocked:
            result.state, result.notes = "refused", []
            for name in _COUNTS:
                setattr(result, name, 0)
        return result

    def refuse(self) -> Result:
        """The answer where the present stretch turned out not to go, with what its drafts now say."""
        self.stopped = True
        self.done_with(written=False)
        return self.answer()

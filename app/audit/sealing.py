"""What pages and commands ask of seals: how far the log is sealed and verified, an entry's seal and its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, column, or_, select, table
from sqlalchemy.orm import Session

from app.audit import sealed
from app.audit.proof.findings import Problem, Report
from app.audit.proof.merkle import KEY, LOGS, Row, listed, path
from app.audit.proof.verify import verify
from app.audit.seal import Seal
from app.db import Instant, JsonText

VERIFY = "verify_log"
"""The kind of the jobs that verify the log."""
_seal = Seal.__table__
# The table of jobs, of which this room may only know the name.
_jobs = table(
    "job", column("id"), column("kind"), column("state"), column("finished_at", Instant()),
    column("result", JsonText()),
)  # fmt: skip


@dataclass(frozen=True)
class SealLine:
    """A seal for people: `log` is the sealed log, or ``key`` where a new key was brought in; `lo` and `hi` are ids."""

    n: int
    at: datetime
    log: str
    lo: int | None
    hi: int | None
    count: int
    root: str
    prev: str
    key_id: str


@dataclass(frozen=True)
class Verified:
    """The last verification: when it ended, whether everything fitted, how much it saw, and what it found."""

    at: datetime
    ok: bool
    seals: int
    sealed: int
    unsealed: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class SealStatus:
    """How far the logs are proved: the latest seals, newest first, the entries that wait, the last verification."""

    seals: tuple[SealLine, ...]
    unsealed: int
    verified: Verified | None


@dataclass(frozen=True)
class Proof:
    """That one entry is under a seal: the entry as it was hashed, its place, the path to the root, the seal.

    `keys` are the seals that brought in keys, by which somebody with an earlier public key comes to this one.
    """

    row: Row
    index: int
    path: tuple[str, ...]
    seal: Row
    keys: tuple[Row, ...]

    def as_json(self) -> dict[str, Any]:
        """The proof as a file for whoever verifies it (`app.audit.proof.verify.check_proof`)."""
        return {"row": self.row, "index": self.index, "path": self.path, "seal": self.seal, "keys": self.keys}


def status(session: Session, limit: int = 5) -> SealStatus:
    """How far the logs are sealed and verified."""
    return SealStatus(latest(session, limit), sealed.unsealed(session.connection()), last_verified(session))


def latest(session: Session, limit: int = 5, before: int | None = None) -> tuple[SealLine, ...]:
    """Seals, the newest first; `before` is the last number of the page before."""
    columns = [_seal.c[name] for name in SealLine.__dataclass_fields__]
    query = select(*columns).order_by(_seal.c.n.desc()).limit(limit)
    if before is not None:
        query = query.where(_seal.c.n < before)
    return tuple(SealLine(**row) for row in session.execute(query).mappings())


def last_verified(session: Session) -> Verified | None:
    """What the last verification by a job found; None before the first."""
    query = select(_jobs.c.finished_at, _jobs.c.result).where(_jobs.c.kind == VERIFY, _jobs.c.state == "done")
    row = session.execute(query.order_by(_jobs.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    found: dict[str, Any] = row.result
    problems = tuple(Problem(**one) for one in found["problems"])
    return Verified(
        row.finished_at, not problems, found["seals"], found["sealed"], found["unsealed"], problems
    )


def seal_of(session: Session, log_ids: Iterable[int], log: str = LOGS[0]) -> dict[int, int]:
    """The numbers of the seals that entries are under, by the entries' ids; what waits for a seal is left out."""
    entry = sealed.log_table(log)
    settled = (
        or_(_seal.c.settled.is_(None), entry.c.txn < _seal.c.settled)
        if "txn" in entry.c
        else _seal.c.settled.is_(None)
    )
    first = select(_seal.c.n).where(and_(_seal.c.log == log, _seal.c.hi >= entry.c.id, settled))
    number = first.order_by(_seal.c.hi, _seal.c.n).limit(1).scalar_subquery()
    rows = session.execute(select(entry.c.id, number).where(entry.c.id.in_(list(log_ids))))
    return {row_id: n for row_id, n in rows if n is not None}


def proof(session: Session, log_id: int, log: str = LOGS[0]) -> Proof | None:
    """The proof of one entry; None while it waits for its seal, or where there is no such entry."""
    number = seal_of(session, [log_id], log).get(log_id)
    if number is None:
        return None
    connection = session.connection()
    leaves = listed(sealed.DatabaseSource(connection).leaves(number))
    if log_id not in leaves:
        return None
    entry = sealed.log_table(log)
    row = next(iter(list(sealed.read(connection, entry, entry.c.id == log_id))))
    seal = next(iter(list(sealed.seals(connection, _seal.c.n == number))))
    index = list(leaves).index(log_id)
    beside = path(list(leaves.values()), index)
    keys = sealed.seals(connection, _seal.c.log == KEY)
    return Proof(row, index, tuple(beside), seal, tuple(keys))


def verify_now(session: Session) -> Report:
    """Verify everything from the first seal on; takes about ten seconds for a million entries."""
    engine = session.get_bind().engine
    with sealed.snapshot(engine) as connection:
        return verify(sealed.source(connection))

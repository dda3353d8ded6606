"""Making seals: what is settled in the logs gets a number nobody can take back. Needs the database's owner.

Ids do not tell which rows may still come: a long transaction commits ids lower than others already there. So
on PostgreSQL a seal takes the rows of transactions before the oldest open one; SQLite has one writer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit import anchor as anchors
from app.audit import seal_keys
from app.audit.proof.ed25519 import key_id
from app.audit.proof.merkle import KEY, LOGS, Row, Tree, body, leaf, listing
from app.audit.proof.verify import GENESIS, sha
from app.audit.seal import Seal
from app.audit.seal_keys import SealKey
from app.audit.sealed import is_unsealed, last_seal, log_table, read, seals, settled_below, snapshot

PORTION = 50_000
"""New entries in one seal."""
_seal = Seal.__table__
_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s"
)
_OWN_NUMBER = text("SELECT pg_current_xact_id()::text::bigint")


class SealsBusy(Exception):
    """Somebody else sealed at the same moment; nothing is lost."""


@dataclass(frozen=True)
class Horizon:
    """How far a log is settled: ids up to `hi`, transactions before `settled`."""

    hi: int | None = None
    settled: int | None = None


@dataclass(frozen=True)
class Sealer:
    """Seals one database; `engine` is its owner's."""

    engine: Engine
    key_file: Path
    anchor_file: Path

    def seal(self) -> list[Row]:
        """Seal all that is settled; returns the seals made. Raises KeyProblem, AnchorProblem, SealsBusy."""
        with anchors.opened(self.anchor_file) as anchor:
            anchor.catch_up(self._since)
            made: list[Row] = []
            for log in LOGS:
                while more := self._seal_portion(log):
                    anchor.append(more)
                    made += more
            return made

    def new_key(self) -> str:
        """Bring in another key by a seal of the present one; returns its id. Raises as `seal` does."""
        with anchors.opened(self.anchor_file) as anchor:
            anchor.catch_up(self._since)
            with self.engine.connect() as connection:
                key = self._key(connection)
                before = last_seal(connection)
            made = [] if before else [_introduce(None, key, key)]
            coming = seal_keys.new_key()
            coming.write(seal_keys.coming_file(self.key_file))
            made.append(_introduce(made[0] if made else before, coming, key))
            self._keep([(row, "") for row in made])
            seal_keys.adopt(self.key_file)
            anchor.append(made)
            return coming.id

    def _since(self, number: int) -> list[Row]:
        with self.engine.connect() as connection:
            return list(seals(connection, _seal.c.n >= number))

    def _key(self, connection: Connection) -> SealKey:
        """The key the next seal is to be signed with."""
        brought_in = list(seals(connection, _seal.c.log == KEY))
        expected = key_id(bytes.fromhex(brought_in[-1]["root"])) if brought_in else None
        return seal_keys.current(self.key_file, expected)

    def _seal_portion(self, log: str) -> list[Row]:
        """Seal a portion of a log, after the key's own seal where there is none yet; nothing where nothing is new."""
        hi = _last_id_under_lock(self.engine, log)
        with snapshot(self.engine) as connection:
            last = last_seal(connection, log)
            low = settled_below(connection, log, last)
            horizon = Horizon(hi) if hi is not None else _horizon(connection, log, low)
            rows = _settled(connection, log, last, low, horizon)
            if not rows:
                return []
            key, before = self._key(connection), last_seal(connection)
            # A number of our own, taken after the snapshot: whoever has a higher one had written nothing yet.
            begun = None if horizon.settled is None else connection.execute(_OWN_NUMBER).scalar_one()
        made = [] if before else [(_introduce(None, key, key), "")]
        leaves = [(int(row["id"]), leaf(row)) for row in rows]
        made.append((
            _signed(made[0][0] if made else before, key, {
                "log": log, "lo": leaves[0][0], "hi": max(leaves[-1][0], last["hi"] if last else 0),
                "count": len(leaves), "settled": horizon.settled, "begun": begun,
                "root": Tree(one for _id, one in leaves).root(),
            }),
            listing(leaves),
        ))  # fmt: skip
        self._keep(made)
        return [row for row, _leaves in made]

    def _keep(self, made: list[tuple[Row, str]]) -> None:
        rows = [{**row, "at": clock.parse_instant(row["at"]), "leaves": leaves} for row, leaves in made]
        try:
            with self.engine.begin() as connection:
                for row in rows:
                    connection.execute(insert(_seal), row)
        except IntegrityError:
            raise SealsBusy from None


def _signed(before: Row | None, key: SealKey, values: dict[str, Any]) -> Row:
    """The seal that follows `before`."""
    row = {**values, "n": before["n"] + 1 if before else 1, "prev": sha(before) if before else GENESIS,
           "at": clock.instant_text(clock.now()), "key_id": key.id}  # fmt: skip
    return {**row, "signature": key.sign(body(row))}


def _introduce(before: Row | None, coming: SealKey, key: SealKey) -> Row:
    """The seal that brings in a key."""
    return _signed(before, key, {"log": KEY, "count": 0, "root": coming.public.hex()})


def _last_id_under_lock(engine: Engine, log: str) -> int | None:
    """The id up to which a log is settled, where its rows are each a transaction of their own; else None.

    On PostgreSQL holding up writers for an instant is then the shortest way to know that no lower id is open.
    """
    table = log_table(log)
    if engine.dialect.name != "sqlite" and "txn" in table.c:
        return None
    with engine.begin() as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(text(f"LOCK TABLE {log} IN SHARE MODE"))
        return int(connection.execute(select(func.max(table.c.id))).scalar() or 0)


def _horizon(connection: Connection, log: str, low: int) -> Horizon:
    """How far PostgreSQL's transactions let a log be sealed, in the connection's one snapshot.

    Transactions that have not begun yet wrote rows: the database was restored elsewhere and counts anew. Those
    rows are all settled, and lower than any to come.
    """
    settled, ahead = connection.execute(_SNAPSHOT).one()
    table = log_table(log)
    former = select(func.max(table.c.id)).where(table.c.id > low, table.c.txn >= ahead)
    hi = connection.execute(former).scalar()
    return Horizon(settled=settled) if hi is None else Horizon(int(hi))


def _settled(connection: Connection, log: str, last: Row | None, low: int, horizon: Horizon) -> list[Row]:
    """The entries of the next seal: those that came late, all of them, and a portion of the new ones."""
    table = log_table(log)
    wanted = [is_unsealed(table, last, low)]
    if horizon.hi is not None:
        wanted.append(table.c.id <= horizon.hi)
    if horizon.settled is not None:
        wanted.append(table.c.txn < horizon.settled)
    reached = last["hi"] if last else 0
    late = read(connection, table, *wanted, table.c.id <= reached) if last and last["settled"] else ()
    return [*late, *read(connection, table, *wanted, table.c.id > reached, limit=PORTION)]

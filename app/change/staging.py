"""Staged change sets: a plan kept in the tables until somebody commits it (import preview), with the bases it saw.

Kept stretch by stretch, as it is planned, and committed by the same stretches. The header is `reading` until the
last one is there, then `planned`; once committed it is `committed` and keeps only the rows that were left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, delete, exists, func, insert, or_, select, type_coerce, update

from app import clock
from app.audit.actor import current_actor
from app.change import many
from app.change.contract import Change, ChangeSet, Draft, Plan, chunks
from app.change.model import ChangeRow, ChangeSetRow
from app.change.whole import Whole
from app.change.write import BATCH
from app.db import canonical_json, db
from app.entity.sentences import to_keep

header_table, row_table = ChangeSetRow.__table__, ChangeRow.__table__
Row = dict[str, Any]
_COLUMNS = ("set_id", "seq", "entity", "record_id", "ref", "op", "base_version", "cells", "state", "error",
            "line")  # fmt: skip
_JSON = frozenset({"cells", "error"})
SAME = "same"
"""The operation of a row that stands for many: those of a stretch that would change nothing, with their ids."""
OPEN = ("planned", "committed")
"""States in which a set's rows can be written, or written once more."""
NEW = "new:"
"""References of records that are made only because others link to them begin so."""


def begin(asked: ChangeSet, entity: str, file: Row, key: str | None = None) -> int:
    """A staged set without rows yet; whatever an interrupted try kept under the same key goes."""
    actor = current_actor()
    assert actor is not None
    values = {
        "actor_id": actor.id, "actor_name": actor.name, "source": asked.source, "reason": asked.reason or None,
        "state": "reading", "created_at": clock.now(), "file": file, "entity": entity, "key": key,
    }  # fmt: skip
    with writing() as connection:
        if key:
            old = select(header_table.c.id).where(header_table.c.key == key)
            connection.execute(delete(row_table).where(row_table.c.set_id.in_(old)))
            connection.execute(delete(header_table).where(header_table.c.key == key))
        made = insert(header_table).returning(header_table.c.id)
        return int(connection.execute(made, values).scalar_one())


def add(set_id: int, rows: Iterable[Row]) -> None:
    """Keep more rows of a set, numbered as they are."""
    with writing() as connection:
        statement = many.insert_of(row_table, _COLUMNS, connection.dialect)
        for part in chunks(({"set_id": set_id, **row} for row in rows), BATCH):
            many.send(connection, statement, [_stored(row) for row in part])


def _stored(row: Row) -> tuple[Any, ...]:
    """A row's values in the order of its columns, as the driver takes them."""
    get = row.get
    return tuple([
        get(name) if name not in _JSON or get(name) is None else canonical_json(row[name]) for name in _COLUMNS
    ])  # fmt: skip


def ready(set_id: int, file: Row, counts: dict[str, int], state: str = "planned") -> None:
    """All rows are there, or have changed: what the header says of them."""
    with writing() as connection:
        values = {"state": state, "file": file, **counts}
        connection.execute(update(header_table).where(header_table.c.id == set_id).values(values))


def stage(planned: Plan, refused: list[Row], file: Row) -> int:
    """Keep a whole plan; returns the id of the change set."""
    entity = planned.drafts[0].entity.name if planned.drafts else str(file.get("entity"))
    set_id = begin(planned.change_set, entity, file)
    kept = sorted([*drafted(planned), *refused], key=lambda row: row["line"] or 0)
    add(set_id, ({"seq": seq, **row} for seq, row in enumerate(kept)))
    counts = {n: planned.count(op) for n, op in (("inserted", "insert"), ("updated", "update"))}
    refused_rows = sum(row["state"] != "ready" for row in kept)
    ready(set_id, file, counts | {"unchanged": planned.count("unchanged"), "refused": refused_rows})
    return set_id


def drafted(planned: Plan) -> Iterator[Row]:
    """The rows to keep of a plan: all but what rules add (they will again) and updates that change nothing."""
    for draft in planned.drafts:
        if not (draft.added or (draft.ok and draft.op == "update" and not draft.touched)):
            yield row_of(draft)


def row_of(draft: Draft) -> Row:
    """A draft as it is kept: ready, ask (it only waits for a yes), conflict, error or unchanged."""
    named = {e.field for e in draft.errors}
    given = {n: v for n, v in draft.change.values.items() if n in named} | draft.given
    cells = {n: [draft.before.get(n), v] for n, v in given.items()}
    if draft.op == "update":
        cells = {n: pair for n, pair in cells.items() if pair[0] != pair[1]}
    state = (
        "error" if draft.errors else "conflict" if draft.conflicts else "ask" if draft.confirms else "ready"
    )
    if state == "ready" and draft.op == "update" and not draft.touched:
        state = "unchanged"
    problems = [
        {"field": e.field, "code": e.code, "message": to_keep(e.message)}
        for e in [*draft.errors, *draft.confirms]
    ]
    problems += [
        {"field": c.field, "code": "CONFLICT", "message": "", "theirs": c.theirs, "by": c.by, "at": c.at}
        for c in draft.conflicts
    ]
    return {
        "entity": draft.entity.name, "record_id": draft.id, "ref": draft.change.ref, "op": draft.op,
        "base_version": draft.version, "cells": cells, "error": problems or None, "line": draft.change.line,
        "state": state,
    }  # fmt: skip


def header(set_id: int) -> Row | None:
    """A change set's own row; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(header_table).where(header_table.c.id == set_id)).mappings().first()
        return dict(row) if row else None


def by_key(key: str) -> int | None:
    """The set that was begun under a key."""
    with db.engine.connect() as connection:
        query = select(header_table.c.id).where(header_table.c.key == key)
        found: int | None = connection.execute(query).scalar_one_or_none()
        return found


def rows(
    set_id: int, states: Sequence[str] = (), after: int = -1, limit: int = 1000, *, op: str | None = None,
    made: bool | None = None, holding: Sequence[str] = (), told: Sequence[str] = (),
) -> list[Row]:  # fmt: skip
    """The kept rows of a set in order, from `after` on; only those of these states, of this operation, `made`
    because others link to them (or not), whose cells (`told`: errors) hold one of these pieces of JSON."""
    c = row_table.c
    query = select(row_table).where(c.set_id == set_id, c.seq > after, c.op != SAME)
    if states:
        query = query.where(c.state.in_(states))
    if op:
        query = query.where(c.op == op)
    if made is not None:
        linked = func.coalesce(c.ref, "").startswith(NEW)
        query = query.where(linked if made else ~linked)
    if holding:
        query = query.where(or_(*(_text(c.cells).contains(text, autoescape=True) for text in holding)))
    if told:
        query = query.where(or_(*(_text(c.error).contains(text, autoescape=True) for text in told)))
    with db.engine.connect() as connection:
        return [dict(r) for r in connection.execute(query.order_by(c.seq).limit(limit)).mappings()]


def in_parts(set_id: int, states: Sequence[str] = ()) -> Iterator[list[Row]]:
    """All kept rows of a set in order, a thousand at a time; only those of these states."""
    after = -1
    while part := rows(set_id, states, after):
        yield part
        after = part[-1]["seq"]


def piece(name: str, value: Any) -> str:
    """How a member of a kept JSON object looks in its text."""
    return canonical_json({name: value})[1:-1]


def picked(set_id: int, seqs: Iterable[int] = (), refs: Iterable[str] = ()) -> list[Row]:
    """The rows of these numbers, or with these references."""
    found: dict[int, Row] = {}
    with db.engine.connect() as connection:
        for column, wanted in ((row_table.c.seq, sorted(seqs)), (row_table.c.ref, sorted(refs))):
            for part in chunks(wanted):
                query = select(row_table).where(row_table.c.set_id == set_id, column.in_(part))
                found |= {row["seq"]: dict(row) for row in connection.execute(query).mappings()}
    return [found[seq] for seq in sorted(found)]


def lying(set_id: int, lines: Iterable[int]) -> Iterator[Row]:
    """The rows that stand on these lines of the file."""
    with db.engine.connect() as connection:
        for part in chunks(sorted(lines)):
            query = select(row_table).where(row_table.c.set_id == set_id, row_table.c.line.in_(part))
            yield from (dict(row) for row in connection.execute(query.order_by(row_table.c.seq)).mappings())


def of_record(set_id: int, entity: str, record: int | None) -> list[Row]:
    """The rows about one record."""
    c = row_table.c
    query = select(row_table).where(c.set_id == set_id, c.entity == entity, c.record_id == record)
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def last(set_id: int) -> int:
    """The number of the last row."""
    query = select(func.coalesce(func.max(row_table.c.seq), -1)).where(row_table.c.set_id == set_id)
    with db.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def replace_rows(set_id: int, rows: Iterable[Row], file: Row | None = None, gone: Sequence[int] = ()) -> bool:
    """Put rows in the place of those with their numbers; False when the set can no longer be changed."""
    with writing() as connection:
        state = select(header_table.c.state).where(header_table.c.id == set_id)
        if connection.execute(state).scalar_one_or_none() not in OPEN:
            return False
        for part in chunks(gone):
            connection.execute(
                delete(row_table).where(row_table.c.set_id == set_id, row_table.c.seq.in_(part))
            )
        for part in chunks(rows):
            numbers = [row["seq"] for row in part]
            mine = (row_table.c.set_id == set_id) & row_table.c.seq.in_(numbers)
            connection.execute(delete(row_table).where(mine))
            connection.execute(insert(row_table), [_complete(row, set_id) for row in part])
        if file is not None:
            connection.execute(update(header_table).where(header_table.c.id == set_id).values(file=file))
        return True


def _complete(row: Row, set_id: int) -> Row:
    return {column.name: row.get(column.name) for column in row_table.columns} | {"set_id": set_id}


def same_rows(set_id: int) -> list[Row]:
    """What is kept of the rows that change nothing: ``{"lines", "ids", "versions"}`` in their cells."""
    query = select(row_table).where(row_table.c.set_id == set_id, row_table.c.op == SAME)
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def written(set_id: int, entity: str) -> list[tuple[int, int, int | None]]:
    """Line, id and version of the rows of an applied set that came from a file."""
    c = row_table.c
    query = select(c.line, c.record_id, c.version).where(
        c.set_id == set_id, c.entity == entity, c.line.is_not(None)
    )
    with db.engine.connect() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query) if row[1] is not None]


def filed(set_id: int) -> list[tuple[int, str, int | None]]:
    """Line, entity and record of the rows of a set that came from a file; a record to be added has no id while held."""
    c = row_table.c
    query = select(c.line, c.entity, c.record_id).where(c.set_id == set_id, c.line.is_not(None))
    with db.engine.connect() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def waiting(set_id: int) -> dict[str, int]:
    """How many kept rows there are by state."""
    state = row_table.c.state
    mine = (row_table.c.set_id == set_id) & (row_table.c.op != SAME)
    query = select(state, func.count()).where(mine).group_by(state)
    with db.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


@dataclass(frozen=True)
class Staged:
    """A staged set as it can be committed: `asked` has no changes of its own, `stretches()` brings them."""

    asked: ChangeSet
    stretches: Callable[[], Iterator[list[Change]]]
    rows: int


def staged(set_id: int, *, partial: bool, key: str, confirmed: bool = False) -> Staged | None:
    """The staged set, bases as seen at preview; None unless it is planned, or was committed (under this key).

    With `confirmed` the rows that only wait for a yes come along, with a yes to just what they asked.
    """
    head = header(set_id)
    if head is None or head["state"] not in OPEN:
        return None
    states, codes = ("ready", "ask") if confirmed else ("ready",), set[str]()
    for part in in_parts(set_id, ("ask",)) if confirmed else ():
        codes |= {e["code"] for row in part for e in row["error"] or []}
    file = dict(head["file"] or {})
    cuts = file.pop("cuts", None) or [0]
    documents = bool((file.get("options") or {}).get("lines"))
    asked = ChangeSet(
        [], head["source"], head["reason"] or "", key=key, partial=partial, parsed=True,
        confirmed=frozenset(codes), file={"staged": set_id, **{n: file[n] for n in KEPT_FACTS if n in file}},
    )  # fmt: skip
    count = sum(n for state, n in waiting(set_id).items() if state in states)
    return Staged(asked, lambda: _stretches(set_id, states, cuts, documents), count)


KEPT_FACTS = ("name", "size", "sha256", "sheet", "stored", "rows", "seconds", "entity")
"""What a committed set keeps of the facts of its file."""


class GivenUp(Exception):
    """The staged set was given up while it was being committed: what was written of it is to be taken back."""


def _stretches(
    set_id: int, states: Sequence[str], cuts: Sequence[int], documents: bool
) -> Iterator[list[Change]]:
    """The changes as they were planned: what belongs together lies between two cuts. Of `documents` with a row that
    is left out no row goes. Raises GivenUp."""
    for first, end in zip(cuts, [*cuts[1:], 2**31], strict=True):
        # The row that names the unchanged ones has a place too, but is not among these.
        found = [
            row
            for row in rows(set_id, after=first - 1, limit=max(0, min(end - first, 2_000_000)))
            if row["seq"] < end
        ]
        # Looked at behind the rows: a set that is open now had them all when they were read.
        head = header(set_id)
        if head is None or head["state"] not in OPEN:
            raise GivenUp
        whole = Whole(found)
        left = (row for row in found if documents and row["state"] not in (*states, "unchanged"))
        blocked = whole.of(left)
        changes = [
            change_of(row)
            for row in found
            if row["state"] in states and not (blocked and whole.document(row) in blocked)
        ]
        if changes:
            yield changes


def change_of(row: Row) -> Change:
    """A kept row as the change it stands for."""
    cells = row["cells"] or {}
    base = {n: p[0] for n, p in cells.items()} if row["op"] == "update" else None
    return Change(row["entity"], row["op"], {n: p[1] for n, p in cells.items()}, id=row["record_id"],
                  ref=row["ref"], base=base, line=row["line"], seq=row["seq"])  # fmt: skip


def close(set_id: int, applied: int | None, facts: Row, counts: dict[str, int] | None = None) -> int:
    """A staged set was committed as another: what went with it goes here, what was left out stays. Answers how much.

    May be repeated: a worker that dies between is followed by one that does it again.
    """
    mine = row_table.c.set_id == set_id
    with writing() as connection:
        if applied is None:
            connection.execute(delete(row_table).where(mine))
        else:
            other = row_table.alias()
            written = exists().where(other.c.set_id == applied, other.c.seq == row_table.c.seq)
            connection.execute(delete(row_table).where(mine, written | (row_table.c.state == "unchanged")))
        count = select(func.count()).select_from(row_table).where(mine, row_table.c.op != SAME)
        left = connection.execute(count).scalar_one()
        planned = (header_table.c.id == set_id) & (header_table.c.state == "planned")
        # Where nothing had to be changed the staged set itself is what was imported.
        values = {"state": "committed"} if applied else {"state": "applied", "applied_at": clock.now()}
        connection.execute(update(header_table).where(planned).values(values | (counts or {})))
        if applied is not None:
            own = header_table.c.id == set_id
            file = connection.execute(select(header_table.c.file).where(own)).scalar_one() or {}
            connection.execute(update(header_table).where(own).values(file={**file, "applied": applied}))
            own = header_table.c.id == applied
            file = connection.execute(select(header_table.c.file).where(own)).scalar_one() or {}
            values = {"file": {**file, **facts}, "refused": left}
            connection.execute(update(header_table).where(own).values(values))
        return int(left)


def discard(set_id: int, state: str = "refused") -> bool:
    """A staged set was given up: its rows go, its header says so. False for one that is no longer open."""
    with writing() as connection:
        mine = (header_table.c.id == set_id) & header_table.c.state.in_(("planned", "reading"))
        if not connection.execute(update(header_table).where(mine).values(state=state)).rowcount:
            return False
        connection.execute(delete(row_table).where(row_table.c.set_id == set_id))
        return True


def _text(column: Any) -> Any:
    return type_coerce(column, Text())


@contextmanager
def writing() -> Iterator[Connection]:
    """A short transaction of its own on the tables of the gate."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()

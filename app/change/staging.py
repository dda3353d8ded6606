"""Staged change sets: a plan kept in the tables until somebody commits it (import preview), with the bases it saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app import clock
from app.audit.actor import current_actor
from app.change.contract import Change, ChangeSet, Draft, Plan, chunks
from app.change.model import ChangeRow, ChangeSetRow
from app.change.write import BATCH
from app.db import db

header_table, row_table = ChangeSetRow.__table__, ChangeRow.__table__


def stage(planned: Plan, refused: list[dict[str, Any]], file: dict[str, Any]) -> int:
    """Keep a plan; returns the id of the change set, state planned.

    `refused` are rows that never reached the gate: ``{"line": 7, "cells": {field: wire}, "errors": […]}``.
    Rows are kept in the order of the file; a row's state is ready, ask (it only waits for a yes) or error.
    """
    actor, asked = current_actor(), planned.change_set
    assert actor is not None
    entity = planned.drafts[0].entity.name if planned.drafts else file.get("entity")
    kept = [_row(d) for d in planned.drafts if not (d.added or (d.ok and d.op == "update" and not d.touched))]
    kept += [
        {
            "entity": entity, "record_id": None, "ref": None, "op": "error", "base_version": None,
            "cells": {n: [None, v] for n, v in row["cells"].items()}, "state": "error",
            "error": row["errors"], "line": row["line"],
        }
        for row in refused
    ]  # fmt: skip
    kept.sort(key=lambda row: row["line"] or 0)
    with db.engine.connect() as connection:
        _begin(connection)
        values = {
            "actor_id": actor.id, "actor_name": actor.name, "source": asked.source, "reason": asked.reason or None,
            "state": "planned", "created_at": clock.now(), "file": file, "entity": entity,
            "inserted": planned.count("insert"), "updated": planned.count("update"), "deleted": 0,
            "unchanged": planned.count("unchanged"), "refused": sum(row["state"] != "ready" for row in kept),
        }  # fmt: skip
        set_id = int(
            connection.execute(insert(header_table).returning(header_table.c.id), values).scalar_one()
        )
        for part in chunks(({"set_id": set_id, "seq": seq, **row} for seq, row in enumerate(kept)), BATCH):
            connection.execute(insert(row_table), part)
        connection.commit()
    return set_id


def _row(draft: Draft) -> dict[str, Any]:
    named = {e.field for e in draft.errors}
    given = {n: v for n, v in draft.change.values.items() if n in named} | draft.given
    cells = {n: [draft.before.get(n), v] for n, v in given.items()}
    if draft.op == "update":
        cells = {n: pair for n, pair in cells.items() if pair[0] != pair[1]}
    problems = [
        {"row": draft.change.line, "field": e.field, "code": e.code, "message": str(e.message)}
        for e in [*draft.errors, *draft.confirms]
    ]
    blocked = bool(draft.errors or draft.conflicts)
    return {
        "entity": draft.entity.name, "record_id": draft.id, "ref": draft.change.ref, "op": draft.op,
        "base_version": draft.version, "cells": cells, "error": problems or None, "line": draft.change.line,
        "state": "error" if blocked else "ask" if draft.confirms else "ready",
    }  # fmt: skip


def header(set_id: int) -> dict[str, Any] | None:
    """A change set's own row; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(header_table).where(header_table.c.id == set_id)).mappings().first()
        return dict(row) if row else None


def rows(
    set_id: int, states: Sequence[str] = (), after: int = -1, limit: int = 1000, *, op: str | None = None
) -> list[dict[str, Any]]:
    """The kept rows of a set in order, from `after` on; of these states and this operation only, if named."""
    query = select(row_table).where(row_table.c.set_id == set_id, row_table.c.seq > after)
    if states:
        query = query.where(row_table.c.state.in_(states))
    if op:
        query = query.where(row_table.c.op == op)
    with db.engine.connect() as connection:
        return [dict(r) for r in connection.execute(query.order_by(row_table.c.seq).limit(limit)).mappings()]


def waiting(set_id: int) -> dict[str, int]:
    """How many kept rows there are by state."""
    state = row_table.c.state
    query = select(state, func.count()).where(row_table.c.set_id == set_id).group_by(state)
    with db.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def staged(set_id: int, *, partial: bool, key: str, confirmed: bool = False) -> ChangeSet | None:
    """The staged set as it can be committed, bases as seen at preview; None unless it is still planned.

    With `confirmed` the rows that only wait for a yes come along, with a yes to just what they asked.
    """
    head = header(set_id)
    if head is None or head["state"] != "planned":
        return None
    found = rows(set_id, ("ready", "ask") if confirmed else ("ready",), limit=2_000_000)
    changes, codes = [], set()
    for row in found:
        cells = row["cells"] or {}
        codes |= {e["code"] for e in row["error"] or []}
        changes.append(
            Change(row["entity"], row["op"], {n: p[1] for n, p in cells.items()}, id=row["record_id"], ref=row["ref"],
                   base={n: p[0] for n, p in cells.items()} if row["op"] == "update" else None, line=row["line"])
        )  # fmt: skip
    return ChangeSet(changes, head["source"], head["reason"] or "", key=key, partial=partial, file=head["file"],
                     confirmed=frozenset(codes))  # fmt: skip


def carried_out(set_id: int, key: str) -> ChangeSet | None:
    """A staged set that was committed under `key`, perhaps without anybody being told: empty, as its rows are gone.

    Committed again it is answered with the first result.
    """
    head = header(set_id)
    if head is None or head["state"] != "applied":
        return None
    return ChangeSet([], head["source"], key=key, file=head["file"])


def discard(set_id: int, state: str = "refused") -> None:
    """A staged set was committed as another, or given up: its rows go, its header says so."""
    with db.engine.connect() as connection:
        _begin(connection)
        connection.execute(delete(row_table).where(row_table.c.set_id == set_id))
        mine = (header_table.c.id == set_id) & (header_table.c.state == "planned")
        connection.execute(update(header_table).where(mine).values(state=state))
        connection.commit()


def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")

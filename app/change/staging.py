"""Staged change sets: a plan kept in the tables until somebody commits it (import preview), with the bases it saw."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app import clock
from app.audit.actor import current_actor
from app.change.contract import Change, ChangeSet, Plan, chunks
from app.change.model import ChangeRow, ChangeSetRow
from app.change.write import BATCH
from app.db import db

header_table, row_table = ChangeSetRow.__table__, ChangeRow.__table__


def stage(planned: Plan, extra_errors: list[dict[str, Any]], file: dict[str, Any]) -> int:
    """Keep a plan; returns the id of the change set, state planned. `extra_errors` are rows refused before the gate."""
    actor, asked = current_actor(), planned.change_set
    assert actor is not None
    with db.engine.connect() as connection:
        _begin(connection)
        values = {
            "actor_id": actor.id, "actor_name": actor.name, "source": asked.source, "reason": asked.reason or None,
            "state": "planned", "created_at": clock.now(), "file": file,
            "entity": planned.drafts[0].entity.name if planned.drafts else file.get("entity"),
            "inserted": planned.count("insert"), "updated": planned.count("update"), "deleted": 0,
            "unchanged": planned.count("unchanged"), "refused": len({e["row"] for e in extra_errors})
            + sum(not d.ok for d in planned.drafts if not d.added),
        }  # fmt: skip
        set_id = int(connection.execute(insert(header_table).returning(header_table.c.id), values).scalar_one())
        rows: list[dict[str, Any]] = []
        for draft in planned.drafts:
            if draft.added or (draft.ok and draft.op == "update" and not draft.touched):
                continue
            cells = {n: [draft.before.get(n), draft.given.get(n, draft.after.get(n))] for n in draft.given}
            if draft.op == "update":
                cells = {n: pair for n, pair in cells.items() if pair[0] != pair[1]}
            problems = [
                {"row": draft.change.line, "field": e.field, "code": e.code, "message": str(e.message)}
                for e in [*draft.errors, *draft.confirms]
            ]
            rows.append({
                "set_id": set_id, "seq": len(rows), "entity": draft.entity.name, "record_id": draft.id,
                "ref": draft.change.ref, "op": draft.op, "base_version": draft.version, "cells": cells,
                "state": "ready" if draft.ok else "error", "error": problems or None, "line": draft.change.line,
            })  # fmt: skip
        for problem in extra_errors:
            rows.append({
                "set_id": set_id, "seq": len(rows), "entity": values["entity"], "record_id": None, "ref": None,
                "op": "error", "base_version": None, "cells": None, "state": "error", "error": [problem],
                "line": problem["row"],
            })  # fmt: skip
        for part in chunks(rows, BATCH):
            connection.execute(insert(row_table), part)
        connection.commit()
    return set_id


def header(set_id: int) -> dict[str, Any] | None:
    """A change set's own row; None when there is none."""
    with db.engine.connect() as connection:
        row = connection.execute(select(header_table).where(header_table.c.id == set_id)).mappings().first()
        return dict(row) if row else None


def rows(set_id: int, state: str | None = None, after: int = -1, limit: int = 1000) -> list[dict[str, Any]]:
    """The kept rows of a set in order, from `after` on."""
    query = select(row_table).where(row_table.c.set_id == set_id, row_table.c.seq > after)
    if state:
        query = query.where(row_table.c.state == state)
    with db.engine.connect() as connection:
        return [dict(r) for r in connection.execute(query.order_by(row_table.c.seq).limit(limit)).mappings()]


def staged(set_id: int, *, partial: bool, key: str) -> ChangeSet | None:
    """The staged set as it can be committed, bases as seen at preview; None unless it is still planned."""
    head = header(set_id)
    if head is None or head["state"] != "planned":
        return None
    changes = []
    for row in rows(set_id, "ready", limit=2_000_000):
        cells = row["cells"] or {}
        changes.append(
            Change(row["entity"], row["op"], {n: p[1] for n, p in cells.items()}, id=row["record_id"], ref=row["ref"],
                   base={n: p[0] for n, p in cells.items()} if row["op"] == "update" else None, line=row["line"])
        )  # fmt: skip
    return ChangeSet(changes, head["source"], head["reason"] or "", key=key, partial=partial, file=head["file"])


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

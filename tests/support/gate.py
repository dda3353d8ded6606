"""Talking to the gate in tests: short ways to send changes and to see what is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.change import Change, ChangeSet, Result, commit
from app.change.contract import chunks
from app.db import db
from app.entity import registry


def clear(name: str) -> None:
    """Delete every record of an entity."""
    for part in chunks(sorted(rows_of(name))):
        assert commit(ChangeSet([Change(name, "delete", id=i) for i in part], "test")).ok


def rows_of(name: str) -> dict[int, dict[str, Any]]:
    """A table's rows by id, as wire values with the version."""
    entity = registry.get(name)
    found = {}
    with db.engine.connect() as connection:
        for row in connection.execute(select(entity.table)).mappings():
            values = {n: s.to_wire(row[n]) for n, s in entity.fields.items()}
            found[row["id"]] = {**values, "version": row["version"]}
    return found


def send(*changes: Change, **more: Any) -> Result:
    """Commit changes as one set."""
    return commit(ChangeSet(list(changes), more.pop("source", "test"), **more))


def insert(code: str, value: str = "1", **more: Any) -> Change:
    """A new parameter."""
    return Change("biz_param", "insert", {"code": code, "value": value}, **more)


def update(
    record: int, base: dict[str, Any] | None = None, version: int | None = None, **values: Any
) -> Change:
    """An edit of a parameter."""
    return Change("biz_param", "update", values, id=record, base=base, version=version)

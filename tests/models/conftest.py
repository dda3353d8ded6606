"""The business is tested through the gate, as the cast, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import Change, ChangeSet, Result, commit
from tests.cast import Cast, assemble

Write = Callable[..., Result]


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, inside the application, acting as the system."""
    found = assemble(app)
    with app.app_context(), acting_as(None, source="test"):
        yield found


@pytest.fixture
def write(cast: Cast) -> Write:
    """Commit changes as one set, as whoever is acting."""

    def commit_all(*changes: Change, **more: Any) -> Result:
        return commit(ChangeSet(list(changes), "test", **more))

    return commit_all


def insert(entity: str, ref: str | None = None, **values: Any) -> Change:
    """An insert of the given wire values."""
    return Change(entity, "insert", values, ref=ref)


def update(entity: str, record: int, **values: Any) -> Change:
    """An update of the given cells."""
    return Change(entity, "update", values, id=record)


def delete(entity: str, record: int) -> Change:
    """A delete."""
    return Change(entity, "delete", id=record)


def act(entity: str, record: int, verb: str) -> Change:
    """A lifecycle verb."""
    return Change(entity, "update", id=record, verb=verb)


def new_id(result: Result, row: int = 0) -> int:
    """The id a written row got; fails with the errors when nothing was written."""
    assert result.ok, [(e.field, e.code, str(e.message)) for e in [*result.errors, *result.confirms]]
    found = result.results[row].id
    assert found is not None
    return found


def codes(result: Result) -> list[tuple[int, str | None, str]]:
    """(row, field, code) of each error, in order."""
    return [(e.row, e.field, e.code) for e in result.errors]


def asked(result: Result) -> list[tuple[int, str | None, str]]:
    """(row, field, code) of each question."""
    return [(e.row, e.field, e.code) for e in result.confirms]


def stored(entity: str, record: int, *fields: str) -> tuple[Any, ...]:
    """Wire values of a record as the database has them now."""
    from sqlalchemy import select

    from app.access.wall import unscoped
    from app.db import db
    from app.entity import registry

    found = registry.get(entity)
    with unscoped("a test looks at what is stored"):
        row = db.session.execute(
            select(*(found.table.c[name] for name in fields)).where(found.table.c.id == record)
        ).one()
    db.session.rollback()
    return tuple(found.fields[name].to_wire(value) for name, value in zip(fields, row, strict=True))

"""A migrated database on each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.audit.support import Database, opened
from tests.support.database import Store


@pytest.fixture
def empty(empty_store: Store) -> Iterator[Database]:
    """A database with nothing in it."""
    with opened(empty_store) as database:
        yield database


@pytest.fixture
def base(empty: Database) -> Database:
    """A database with the tables of the platform."""
    report = empty.migrate()
    assert report.applied
    return empty

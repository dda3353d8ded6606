"""A migrated database on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import db
from app.migrations import note
from tests.audit.support import Database, opened
from tests.support.database import Store, worker


@pytest.fixture
def empty(empty_store: Store) -> Iterator[Database]:
    """A database with nothing in it."""
    with opened(empty_store) as database:
        yield database


@pytest.fixture
def base(empty_store: Store, shared: Path) -> Iterator[Database]:
    """A database with the tables of the platform, copied from one that was migrated."""
    # Other tests of this process may have declared more meanwhile.
    name = f"audit_{worker()}_{note.declared(db.metadata).fingerprint}"
    template = Store(empty_store.engine, name, shared / f"{empty_store.engine.kind}_{name}")
    if not template.home.exists():
        template.empty()
        with opened(template) as database:
            assert database.migrate().applied
    empty_store.copy_from(template)
    with opened(empty_store) as database:
        yield database

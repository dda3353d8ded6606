"""One database for all tests of a file, on each engine: a folder's conftest imports these fixtures."""

from __future__ import annotations

import pytest

from tests.support.database import Engine, SqliteFiles


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """The database engine, for a whole file."""
    return str(request.param)


@pytest.fixture(scope="module")
def engine(engine_kind: str, request: pytest.FixtureRequest) -> Engine:
    """The machinery of the engine of `engine_kind`."""
    if engine_kind == "sqlite":
        return SqliteFiles()
    databases: Engine = request.getfixturevalue("postgres")
    return databases

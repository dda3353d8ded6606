"""The customers on both databases, made once for a file; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.access.context import acting_as
from tests.query.world import World, build
from tests.support.apps import Applications
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


@pytest.fixture(scope="module")
def world(applications: Applications, engine: Engine) -> World:
    """The customers."""
    return build(applications.fresh(engine).flask)


@pytest.fixture(scope="module")
def inside(world: World) -> Iterator[World]:
    """The same, acting as the system."""
    with world.app.app_context(), acting_as(None, source="test"):
        yield world

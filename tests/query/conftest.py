"""The customers on both databases, made once for a file; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.access.context import acting_as
from tests.query.world import World, build
from tests.support.apps import Applications
from tests.support.database import Engine
from tests.support.perfile import engine, engine_kind  # noqa: F401  fixtures


@pytest.fixture(scope="module")
def world(applications: Applications, engine: Engine) -> World:  # noqa: F811  the fixture
    """The customers."""
    return build(applications.fresh(engine).flask)


@pytest.fixture(scope="module")
def inside(world: World) -> Iterator[World]:
    """The same, acting as the system."""
    with world.app.app_context(), acting_as(None, source="test"):
        yield world

"""The small company on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.access.world import World, build


@pytest.fixture
def world(app: Flask) -> World:
    """The real application with the small company in its database."""
    return build(app)


@pytest.fixture
def inside(world: World) -> Iterator[World]:
    """The same, inside an application context: for tests without HTTP."""
    with world.app.app_context():
        yield world

"""One world for all tests of a file, on each database: what a test alters, it takes back."""

from __future__ import annotations

import pytest

from tests.matrix.ground import Ground, build
from tests.support.apps import Applications
from tests.support.database import Engine
from tests.support.perfile import engine, engine_kind  # noqa: F401  fixtures


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On PostgreSQL the sales line is walked each time, the other patterns of scope by `make test-all`."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if params.get("engine_kind") == "postgresql" and params.get("name", "customer") != "customer":
            item.add_marker(pytest.mark.full)


@pytest.fixture(scope="module")
def ground(applications: Applications, engine: Engine) -> Ground:  # noqa: F811  the fixture
    """Everybody and their records."""
    return build(applications.fresh(engine).flask)

"""A company that approves: the cast and whoever else signs, one flow for orders of a sheet, policies as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from tests.approval.desk import Desk, open_desk


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    """The cast, those who sign, and short ways to ask and to decide."""
    made = open_desk(app)
    with app.app_context(), acting_as(None, source="test"):
        yield made


@pytest.fixture
def flow() -> Any:
    """Steps as short data."""
    return None

"""The gate is tested on business parameters (no rules of their own)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.access.context import acting_as
from tests.support.gate import clear


@pytest.fixture
def system(app: Flask) -> Iterator[Flask]:
    """Inside the application, acting as the system, with no business parameters."""
    with app.app_context(), acting_as(None, source="test"):
        clear("biz_param")
        yield app

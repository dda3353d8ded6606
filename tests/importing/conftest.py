"""What the tests of imports share."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.importing.way import Way


@pytest.fixture
def way(app: Flask) -> Way:
    """王浩 at the import page, in Chinese."""
    return Way.open(app)

"""A sealed database on each engine: one for a file whose tests take their damage back, or a fresh one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.seals import desk as desks
from tests.seals.desk import Desk
from tests.support.apps import Applications
from tests.support.database import Engine


@pytest.fixture
def desk(applications: Applications, engine: Engine) -> Iterator[Desk]:
    """A fresh database, with nothing sealed yet."""
    running = applications.fresh(engine)
    with desks.opened(running.flask, running.store) as found:
        yield found

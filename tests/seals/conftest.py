"""A sealed database on each engine: one for a file whose tests take their damage back, or a fresh one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.audit.sealing import VERIFY
from app.jobs import schedule
from tests.seals import desk as desks
from tests.seals.desk import Desk
from tests.support.apps import Applications
from tests.support.database import Engine


@pytest.fixture
def desk(applications: Applications, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A fresh database, with nothing sealed yet, on which only the log's own work comes round."""
    monkeypatch.setattr(schedule, "_rounds", {kind: schedule._rounds[kind] for kind in ("seal", VERIFY)})
    running = applications.fresh(engine)
    with desks.opened(running.flask, running.store) as found:
        yield found

"""A company with a worker that only works when told to, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.access.context import acting_as
from tests.approval.desk import Desk, open_desk
from tests.seals import desk as seals
from tests.support.apps import Applications, Running
from tests.support.database import Engine


@pytest.fixture
def running(applications: Applications, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The application on a fresh database; jobs wait for a worker."""
    found = applications.fresh(engine)
    quiet = replace(found.flask.config["TAIZHANG"], jobs="off")
    monkeypatch.setitem(found.flask.config, "TAIZHANG", quiet)
    return found


@pytest.fixture
def desk(running: Running) -> Iterator[Desk]:
    """People, customers, and short ways to ask and to decide. What is left at the end is sealed and verified."""
    made = open_desk(running.flask)
    with running.flask.app_context(), acting_as(None, source="test"):
        yield made
    with seals.opened(running.flask, running.store) as sealed:
        sealed.seal()
        assert sealed.verify().ok

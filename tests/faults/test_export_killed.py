"""kill -9 at any moment of an export's job: no half file is offered, and the next worker makes the whole one."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from openpyxl import load_workbook

import app.exporting.jobs  # noqa: F401  declares the jobs
from app import clock
from app.access.context import acting_as
from app.change import Change
from app.entity import registry
from app.exporting import downloads
from app.exporting.asked import Asked
from app.jobs import queue
from app.jobs.worker import run_next
from tests.approval.desk import Desk
from tests.cast import customer
from tests.faults.killing import Work, killed, moments
from tests.support.apps import Running

ROWS = 400


class Exporter:
    """王芳 exports her customers in the background, again and again."""

    def __init__(self, desk: Desk, running: Running) -> None:
        self.app, self.user, self.download = running.flask, desk.users["sr.wang"], 0
        own = {"owner_id": self.user, "department_id": desk.departments["XS-HD"]}
        rows = [customer(desk.region, 1000 + n, **own) for n in range(ROWS - len(desk.customers))]
        made = desk.send(
            None, *(Change("customer", "insert", row) for row in rows), confirmed=frozenset({"*"})
        )
        assert made.ok, made.errors[:3]

    def begin(self) -> Any:
        asked = Asked(fields=("customer_code", "name"), background=True)
        self.download = downloads.start_new(self.user, registry.get("customer"), asked.as_json()) or 0
        return self.work

    def work(self) -> bool:
        return run_next(self.app)

    def offered(self) -> int | None:
        """The rows of the file on the person's list; None while there is none to fetch."""
        with acting_as(self.user, "test") as grants:
            [item] = [one for one in downloads.listed(grants) if one["id"] == self.download]
        path = downloads.path_of(downloads.found(self.download))
        if path is None:
            assert item["state"] in ("waiting", "running"), item
            return None
        with path.open("rb") as file:
            rows = load_workbook(file, read_only=True).worksheets[0].rows
            return sum(1 for _row in rows) - 1

    def rest(self) -> None:
        """Another worker comes once the lease of the first has run out."""
        while run_next(self.app, clock.now() + queue.LEASE + timedelta(seconds=1)):
            pass


def test_an_export_that_is_killed_is_made_whole_by_the_next_worker(desk: Desk, running: Running) -> None:
    office = Exporter(desk, running)
    seen = {"made": 0, "not": 0}

    def undisturbed() -> Work:
        work: Work = office.begin()
        return work

    for moment in moments(undisturbed, seed=2):
        office.rest()
        office.begin()
        killed(office.work, moment)
        rows = office.offered()
        assert rows in (None, ROWS), moment
        seen["made" if rows else "not"] += 1
        office.rest()
        assert office.offered() == ROWS, moment
    print(f"export killed {sum(seen.values())} times: {seen}")
    assert all(seen.values())
    # What the killed ones left behind is gone after the next round of tidying, the files themselves are not.
    old = (clock.now() - timedelta(hours=2)).timestamp()
    for path in downloads.folder().iterdir():
        os.utime(path, (old, old))
    downloads.expire()
    kept = sorted(path.name for path in downloads.folder().iterdir())
    assert not [name for name in kept if name.endswith(".part")]
    assert office.offered() == ROWS

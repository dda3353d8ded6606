"""kill -9 at any moment of an import's jobs: all or nothing, and the next worker brings it to its end, once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.datastructures import FileStorage

import app.importing.jobs  # noqa: F401  declares the jobs
from app import clock
from app.change.staging import header
from app.entity import registry
from app.importing import uploads
from app.importing.options import Options
from app.jobs import queue
from app.jobs.worker import run_next
from tests.approval.desk import Desk
from tests.faults import state
from tests.faults.killing import Work, killed, moments
from tests.support.apps import Running

NEW, OLD = 60, 60
HEAD = "customer_code,name,customer_type,channel_type,customer_group,region_id,contact_name,mobile,address,lead_source"


class Importer:
    """王芳 at the import page: files of as many new customers as known ones, told apart by their street."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self.app, self.user = app, desk.users["sr.wang"]
        self.files = 0
        self.codes = [""] * OLD
        self.codes = self.finished(self.commit(self.finished(self.preview())))

    def preview(self) -> int:
        """Upload the next file; returns the job that reads it."""
        self.files += 1
        options = Options(hidden="import").as_json()
        args = {"entity": "customer", "ticket": self._upload().ticket, "options": options, "reason": ""}
        return queue.enqueue("import_preview", args, self.user)

    def commit(self, staged: dict[str, Any]) -> int:
        """The job that writes what was staged."""
        args = {"entity": "customer", "set": staged["set"], "partial": False, "confirmed": True}
        return queue.enqueue("import_commit", args, self.user)

    def work(self) -> bool:
        """A worker takes a job up, if there is one."""
        return run_next(self.app)

    def finished(self, job: int) -> Any:
        """What became of a job once another worker has found it, after the lease of the first ran out."""
        while run_next(self.app, clock.now() + queue.LEASE + timedelta(seconds=1)):
            pass
        found = queue.find(job)
        assert found is not None
        assert found["state"] == "done", found
        return found["result"] if self.codes[0] else self._known(found["result"])

    def _known(self, result: dict[str, Any]) -> Any:
        customer = registry.get("customer").table
        return (
            result
            if "set" in result
            else state.column(customer, "customer_code", customer.c.address == self.street)
        )

    @property
    def street(self) -> str:
        return f"新街{self.files}号"

    @property
    def written(self) -> int:
        """How many records live in the street of the present file."""
        customer = registry.get("customer").table
        return state.count(customer, customer.c.address == self.street)

    def _upload(self) -> uploads.Upload:
        known = [self._line(code, 0, n) for n, code in enumerate(self.codes)]
        new = [self._line("", self.files, n) for n in range(NEW)] if self.codes[0] else []
        content = "\n".join([HEAD, *known, *new]).encode("utf-8-sig")
        return uploads.keep(FileStorage(BytesIO(content), filename="客户.csv"), self.user)

    def _line(self, code: str, file: int, number: int) -> str:
        name = hashlib.md5(f"{file}-{number}".encode()).hexdigest()[:10]
        phone = f"15{file:04d}{number:05d}"
        return f"{code},{name}商行,dealer,dealer,factory,华东大区,何先生,{phone},{self.street},visit"


def test_an_import_that_is_killed_is_written_once_by_the_next_worker(desk: Desk, running: Running) -> None:
    office = Importer(running.flask, desk)
    seen = {0: 0, NEW + OLD: 0}

    def undisturbed() -> Work:
        office.commit(office.finished(office.preview()))
        return office.work

    for moment in moments(undisturbed):
        staged = office.finished(office.preview())
        job = office.commit(staged)
        killed(office.work, moment)
        assert office.written in seen, moment
        seen[office.written] += 1
        result = office.finished(job)
        assert office.written == NEW + OLD, moment
        assert (result["state"], result["inserted"], result["updated"]) == ("applied", NEW, OLD), moment
        state.written_once(result["change_set"], "customer", NEW + OLD)
        assert (header(staged["set"]) or {})["state"] == "committed"
    state.fits("customer", "customer_code")
    print(f"import killed {sum(seen.values())} times: {seen}")
    assert all(seen.values())


def test_a_preview_that_is_killed_is_made_again_and_writes_nothing(desk: Desk, running: Running) -> None:
    office = Importer(running.flask, desk)

    def undisturbed() -> Work:
        office.preview()
        return office.work

    kills = 0
    for moment in moments(undisturbed, seed=1):
        job = office.preview()
        kills += killed(office.work, moment)
        staged = office.finished(job)
        assert (staged["inserted"], staged["updated"], office.written) == (NEW, OLD, 0), moment
        assert len(state.column(state.changes, "seq", state.changes.c.set_id == staged["set"])) == NEW + OLD
    state.fits("customer", "customer_code")
    print(f"preview killed {kills} times")

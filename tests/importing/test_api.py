"""The import API where others would come in, where two things happen at once, and where somebody stops."""

from __future__ import annotations

import pytest
from flask import Flask

from app.change import progress
from app.jobs import queue
from app.jobs.worker import Cancelled
from tests.importing.test_preview import known, ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def test_what_a_colleague_changed_since_the_preview_is_a_conflict_on_its_row(way: Way) -> None:
    codes = known(way)
    text = "\n".join(["customer_code,address", *(f"{code},新{code}" for code in codes.values())]).encode(
        "utf-8-sig"
    )
    found = way.preview("customer", text, "客户.csv", key=["customer_code"])
    assert found["updated"] == len(codes)
    [row] = [r for r in way.post("/api/v1/customer/rows", {"limit": 9}).json["rows"]
             if r["values"]["customer_code"] == codes["00001商行"]]  # fmt: skip
    edit = {
        "entity": "customer",
        "op": "update",
        "id": row["id"],
        "version": row["version"],
        "values": {"address": "抢先"},
    }
    assert way.post("/api/v1/change_set", {"changes": [edit]}).status_code == 200
    done = way.commit(found["set"])
    assert (done["state"], done["conflict_rows"]) == ("refused", 1)
    [conflict] = way.rows(found["set"], "conflict")
    assert (conflict["errors"][0]["theirs"], conflict["errors"][0]["by"]) == ("抢先", "王浩")
    rest = way.commit(found["set"], partial=True)
    assert (rest["updated"], rest["left_out"]) == (len(codes) - 1, 1)


@pytest.mark.parametrize("kind", ["import_preview", "import_commit"])
def test_a_cancelled_job_leaves_nothing_behind(way: Way, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    staged = way.preview("customer", ledger(line(1)), "客户.csv")["set"] if kind == "import_commit" else 0
    told = progress.report

    def stopped(done: int, total: int, step: str) -> None:
        if step in ("plan", "write"):
            raise Cancelled
        told(done, total, step)

    monkeypatch.setattr(progress, "report", stopped)
    if staged:
        job = way.job(way.post(f"{API}/{staged}/commit", {}))
    else:
        job = way.try_preview("customer", way.upload("customer", ledger(line(1)), "客户.csv").json)
    assert (job["state"], job["message"]) == ("cancelled", "已取消，什么都没有写入。")
    assert way.records("customer", ("name",), address="新街1号") == []
    monkeypatch.undo()
    if staged:
        assert way.commit(staged)["inserted"] == 1


def test_a_job_of_somebody_else_is_not_there(way: Way) -> None:
    way.preview("customer", ledger(line(1)), "客户.csv")
    other = way.other("sr.wang")
    with way.app.app_context():
        jobs = [job["id"] for job in queue.recent() if job["kind"] == "import_preview"]
    assert other.get(f"{API}/job/{jobs[0]}").status_code == 404
    assert other.post(f"{API}/job/{jobs[0]}/cancel", {}).status_code == 404
    assert way.post(f"{API}/job/{jobs[0]}/cancel", {}).json == {"state": "done"}
    assert way.get(f"{API}/job/{jobs[0]}/file").status_code == 404


def test_options_that_cannot_be_read_are_refused(way: Way) -> None:
    kept = way.upload("customer", ledger(line(1)), "客户.csv").json
    body = {"entity": "customer", "ticket": kept["ticket"], "options": {"mode": "sometimes"}}
    answer = way.post(f"{API}/preview", body)
    assert (answer.status_code, "mode" in answer.json["message"]) == (400, True)


def test_an_import_that_changes_nothing_ends_as_such(way: Way) -> None:
    codes = known(way)
    text = "\n".join(["customer_code,name", *(f"{code},{name}" for name, code in codes.items())]).encode(
        "utf-8-sig"
    )
    found = way.preview("customer", text, "客户.csv", key=["customer_code"])
    assert (found["updated"], found["unchanged"]) == (0, len(codes))
    assert way.rows(found["set"]) == []
    assert way.commit(found["set"])["state"] == "unchanged"
    again = way.post(f"{API}/{found['set']}/commit", {})
    assert way.get(f"{API}/job/{again.json['job']}").json["state"] == "failed"

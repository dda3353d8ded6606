"""Files made in the background: one's own list, cancelled, expired, erased, and closed to whoever lost the right."""

from __future__ import annotations

import stat
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app import clock
from app.access.context import acting_as
from app.change import progress
from app.change.erase import erase
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.entity import registry
from app.exporting import downloads, jobs
from app.jobs import queue, schedule
from app.jobs.model import Job
from app.jobs.worker import run_next
from tests.exporting.office import FEW, ON_ONE, Office, open_office, table_of

table = downloads.table


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office(app)


def begun(office: Office, person: str = "sr.wang", **asked: Any) -> int:
    """An export asked for in the background; its number."""
    answer = office.export(person, background=True, **asked)
    assert answer.status_code == 202, answer.json
    return int(answer.json["download"])


def file_of(office: Office, person: str, download: int) -> Any:
    return office.get(person, f"/api/v1/download/{download}/file")


@ON_ONE
def test_a_small_export_comes_at_once_under_its_chinese_name(office: Office) -> None:
    answer = office.export("sr.wang")
    assert answer.status_code == 200
    day = clock.today().isoformat()
    assert (
        answer.headers["Content-Disposition"]
        == f"attachment; filename*=UTF-8''{quote(f'客户档案-{day}.csv')}"
    )
    assert answer.content_length == len(answer.data)
    assert office.downloads("sr.wang") == []


def test_a_large_one_is_made_in_the_background(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, export_at_once=FEW)
    answer = office.export("sr.wang", fields=["name"])
    assert answer.status_code == 202
    [item] = office.downloads("sr.wang")
    assert (item["id"], item["state"], item["rows"], item["label"]) == (
        answer.json["download"],
        "done",
        FEW + 1,
        "客户档案",
    )
    content = file_of(office, "sr.wang", item["id"])
    assert len(table_of(content.data)) == FEW + 2
    assert quote("客户档案") in content.headers["Content-Disposition"]
    assert office.export("sr.wang", ids=[office.cast.customers["sr.wang"]]).status_code == 200, "few are not"


@ON_ONE
def test_a_file_is_for_its_owner_alone(office: Office) -> None:
    download = begun(office)
    [name] = office.files()
    with office.app.app_context():
        mode = stat.S_IMODE((downloads.folder() / name).stat().st_mode)
    assert (mode, len(name)) == (0o600, 32)
    for person in ("sr.li", "admin", "auditor"):
        assert office.downloads(person) == []
        assert file_of(office, person, download).status_code == 404
        assert office.ask(person, f"/api/v1/download/{download}/cancel", {}).status_code == 404
        assert office.ask(person, f"/api/v1/download/{download}", None, "DELETE").status_code == 404
    assert file_of(office, "sr.wang", download).status_code == 200
    assert office.app.test_client().get(f"/api/v1/download/{download}/file").status_code == 401
    assert office.get("sr.wang", "/downloads/").status_code == 200


@ON_ONE
def test_the_list_needs_the_right_of_today(office: Office) -> None:
    """The file holds what its owner saw then; without the export right nobody gets it any more."""
    download = begun(office)
    with office.app.app_context(), acting_as(office.cast.users["admin"], "test"):
        change_rights([RightsChange("sales_rep", "customer", verbs=frozenset({"list"}))], "不再需要")
    assert file_of(office, "sr.wang", download).status_code == 403
    assert [(i["state"], i["may"], i["url"]) for i in office.downloads("sr.wang")] == [("done", False, None)]


@ON_ONE
def test_a_job_has_the_rights_of_the_moment_it_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, jobs="process")
    download = begun(office)
    office.limit("sales_rep", "customer", 5)
    with office.app.app_context():
        assert run_next(office.app)
    [item] = office.downloads("sr.wang")
    assert (item["id"], item["state"]) == (download, "failed")
    assert "13" in item["message"]
    assert "5" in item["message"]
    assert office.files() == []


def test_progress_is_told_and_a_cancelled_one_leaves_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, jobs="process")
    download, seen = begun(office), []

    def slow(session: Any, entity: Any, grants: Any, asked: Any, out: Any, **more: Any) -> int:
        out.write(b"half")
        out.flush()
        seen.append(office.files())
        office.ask("sr.wang", f"/api/v1/download/{download}/cancel", {})
        for done in range(1, 200):
            progress.report(done, 200, "write")
            clock_wait()
        return 200

    monkeypatch.setattr(jobs, "write", slow)
    assert office.downloads("sr.wang")[0]["state"] == "waiting"
    run_next(office.app)
    assert len(seen[0]) == 1
    [item] = office.downloads("sr.wang")
    assert (item["state"], office.files()) == ("cancelled", [])
    assert file_of(office, "sr.wang", download).status_code == 404
    assert office.ask("sr.wang", f"/api/v1/download/{download}/cancel", {}).status_code == 409


def clock_wait() -> None:
    from time import sleep

    sleep(0.02)


@ON_ONE
def test_one_that_waits_is_cancelled_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, jobs="process")
    download = begun(office)
    assert office.ask("sr.wang", f"/api/v1/download/{download}/cancel", {}).status_code == 200
    run_next(office.app)
    assert [i["state"] for i in office.downloads("sr.wang")] == ["cancelled"]
    assert office.logged() == [], "nothing was exported"


def test_a_file_expires_and_the_night_clears_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, keep_exports=2)
    download = begun(office)
    with office.app.app_context():
        kept = downloads.found(download)["expires_at"] - clock.now()
        assert timedelta(days=1, hours=23) < kept <= timedelta(days=2)
        downloads.change(download, expires_at=clock.now())
    assert office.downloads("sr.wang")[0]["state"] == "expired"
    assert file_of(office, "sr.wang", download).status_code == 404, "also before the night"
    with office.app.app_context(), acting_as(None, "test"):
        with clock.standing(clock.now() + timedelta(hours=2)):
            downloads.expire()
        assert (office.files(), downloads.found(download)["state"]) == ([], "expired")
        with clock.standing(clock.now() + timedelta(days=100)):
            downloads.expire()
        assert downloads.find(download) is None


@ON_ONE
def test_the_night_leaves_young_files_alone_and_removes_what_nobody_names(office: Office) -> None:
    begun(office)
    with office.app.app_context():
        (downloads.folder() / "stray").write_bytes(b"x")
        downloads.expire()
        assert len(office.files()) == 2
        with clock.standing(clock.now() + timedelta(hours=2)):
            assert downloads.expire() == 1
    assert "stray" not in office.files()


@ON_ONE
def test_removing_takes_the_file_along(office: Office) -> None:
    download = begun(office)
    assert office.ask("sr.wang", f"/api/v1/download/{download}", None, "DELETE").status_code == 200
    assert (office.files(), office.downloads("sr.wang")) == ([], [])
    assert file_of(office, "sr.wang", download).status_code == 404


@ON_ONE
def test_what_the_server_could_not_finish_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "write", broken)
    begun(office)
    [item] = office.downloads("sr.wang")
    assert (item["state"], office.files()) == ("failed", [])
    assert "重新导出" in item["message"]


def test_an_export_that_lost_its_job_is_begun_again(office: Office) -> None:
    """The process died between the two writes."""
    download = begun(office)
    with office.app.app_context():
        with queue.writing() as connection:
            lost = {
                "state": "waiting",
                "job_id": None,
                "file": None,
                "created_at": clock.now() - timedelta(minutes=5),
            }
            connection.execute(update(table).where(table.c.id == download).values(lost))
            connection.execute(delete(Job.__table__))
        schedule.run_due()
    assert [i["state"] for i in office.downloads("sr.wang")] == ["done"]


@ON_ONE
def test_a_worker_that_dies_leaves_the_file_to_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, jobs="process")
    begun(office)

    def dying(session: Any, entity: Any, grants: Any, asked: Any, out: Any, **more: Any) -> int:
        out.write(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            run_next(office.app)
    assert office.downloads("sr.wang")[0]["state"] == "running"
    assert run_next(office.app, clock.now() + queue.LEASE + timedelta(seconds=1))
    [item] = office.downloads("sr.wang")
    assert (item["state"], item["rows"], len(office.files())) == ("done", FEW + 1, 1)
    assert len(office.logged()) == 1


@ON_ONE
def test_an_unreadable_filter_is_refused_before_anything_is_made(office: Office) -> None:
    bad = {"field": "no", "op": "eq", "value": 1}
    assert office.export("sr.wang", background=True, filter=bad).status_code == 400
    assert office.export("sr.wang", filter=bad).status_code == 400
    assert (office.downloads("sr.wang"), office.logged()) == ([], [])


def test_an_erasure_finds_files_and_filters(office: Office) -> None:
    with office.app.app_context(), db.engine.connect() as connection:
        customer = registry.get("customer").table
        record = office.cast.customers["sr.wang"]
        mobile = connection.execute(select(customer.c.mobile).where(customer.c.id == record)).scalar_one()
    download = begun(office, filter={"field": "mobile", "op": "eq", "value": mobile})
    kept = begun(office, entity="region")
    assert len(office.files()) == 2
    with office.app.app_context(), acting_as(None, "test"):
        erase(registry.get("customer"), record, "有人要求删除")
        left = downloads.found(download)
        assert mobile not in str(left["asked"])
        assert mobile not in str(office.logged()), "the log, which stays for ever, never had it"
        assert downloads.found(kept)["file"] is not None
    assert len(office.files()) == 1
    item = next(i for i in office.downloads("sr.wang") if i["id"] == download)
    assert (item["state"], file_of(office, "sr.wang", download).status_code) == ("expired", 404)


@ON_ONE
def test_nobody_fills_the_queue(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, jobs="process")
    for _ in range(downloads.MOST_OPEN):
        last = begun(office)
    assert office.export("sr.wang", background=True).status_code == 429
    assert office.export("lg.sun", background=True).status_code == 202
    office.ask("sr.wang", f"/api/v1/download/{last}/cancel", {})
    assert office.export("sr.wang", background=True).status_code == 202


@ON_ONE
def test_background_exports_are_noted_like_others(office: Office) -> None:
    begun(office, fields=["name"])
    [line] = office.logged()
    assert (line["name"], line["rows"], line["detail"]) == (
        "王芳",
        FEW + 1,
        "customer csv background 1 fields: name",
    )

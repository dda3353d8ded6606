"""What was imported: who may see it, what it says, the file itself for as long as it is kept, the same file again."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.entity import registry
from app.importing import uploads
from app.importing.personal import expire
from app.importing.run import import_file
from tests.importing.test_preview import ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


FILE = ledger(line(1), line(2), line(3, mobile="1"))


def imported(way: Way) -> dict[str, Any]:
    """Two of three rows of a file."""
    return way.commit(way.preview("customer", FILE, "客户.csv")["set"], partial=True)


def listed(way: Way) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = way.get(f"{API}/history").json["items"]
    return found


def test_an_import_is_one_line_with_its_numbers(way: Way) -> None:
    done = imported(way)
    [one] = listed(way)
    wanted = {"set": done["change_set"], "entity": "customer", "label": "客户档案", "mine": True, "name": "客户.csv",
              "size": len(FILE), "rows": 3, "inserted": 2, "updated": 0, "refused": 1, "state": "applied",
              "file": True, "errors": True, "revert": True, "case": None}  # fmt: skip
    assert {name: one[name] for name in wanted} == wanted
    assert len(one["sha256"]) == 64
    assert one["seconds"] > 0
    assert way.get(f"{API}/batch/{done['change_set']}").json["set"] == one["set"]
    # The number of the preview leads to what it became.
    assert way.get(f"{API}/batch/{done['staged']}").json["set"] == one["set"]


def test_rows_that_changed_nothing_are_counted_beside_what_was_written(way: Way) -> None:
    admin = way.other("admin")
    options = {"match": "key", "key": ["code"]}
    admin.commit(admin.preview("biz_param", b"code,value\nk1,1\nk2,2\nk3,3\n", "a.csv", **options)["set"])
    again = b"code,value\nk1,1\nk2,2\nk3,4\n,5\n"
    admin.commit(admin.preview("biz_param", again, "b.csv", **options)["set"], partial=True)
    one = listed(admin)[0]
    assert [one[n] for n in ("rows", "inserted", "updated", "unchanged", "refused")] == [4, 0, 1, 2, 1]


def test_previews_and_what_was_given_up_are_listed_as_such(way: Way) -> None:
    first = way.preview("customer", FILE, "客户.csv")["set"]
    second = way.preview("customer", ledger(line(9)), "b.csv")["set"]
    way.post(f"{API}/{first}/discard", {})
    assert [(one["set"], one["state"]) for one in listed(way)] == [(second, "planned"), (first, "refused")]


def test_a_file_that_could_not_be_checked_is_listed_with_the_reason(way: Way) -> None:
    job = way.try_preview("customer", way.upload("customer", FILE, "客户.csv").json, sheet="没有的表")
    [one] = listed(way)
    assert (job["state"], one["state"], one["name"], one["file"]) == ("failed", "refused", "客户.csv", True)
    assert one["why"] == job["message"]
    assert "没有的表" in one["why"]


def test_what_the_command_line_imports_can_be_fetched_too(way: Way, tmp_path: Path) -> None:
    path = tmp_path / "客户.csv"
    path.write_bytes(FILE)
    customer = registry.get("customer")
    with way.app.app_context(), way.cast.acting("sm.east") as grants:
        assert import_file(customer, path, grants).change_set is None
        assert list(uploads.folder().iterdir()) == [], "nothing was written, nothing is kept"
        done = import_file(customer, path, grants, partial=True)
    path.unlink()
    [one] = listed(way)
    assert (one["set"], one["rows"], one["file"]) == (done.change_set, 3, True)
    assert way.get(f"{API}/batch/{done.change_set}/file").data == FILE


def test_the_file_itself_comes_back_to_whose_it_is(way: Way) -> None:
    done = imported(way)
    path = f"{API}/batch/{done['change_set']}/file"
    assert way.get(path).data == FILE
    assert way.other("sr.wang").get(path).status_code == 404


def test_others_see_it_with_the_history_right_and_no_one_else(way: Way) -> None:
    done = imported(way)
    for person in ("auditor", "sr.wang", "lg.sun"):
        other = way.other(person)
        with way.app.app_context(), way.cast.acting(person) as grants:
            may = grants.can("history", "customer")
        status = other.get(f"{API}/batch/{done['change_set']}").status_code
        assert status in ((200,) if may else (403, 404)), person
        if status == 200:
            assert not other.get(f"{API}/batch/{done['change_set']}").json["mine"]


def test_the_same_file_twice_is_noticed(way: Way) -> None:
    assert way.upload("customer", FILE, "客户.csv").json["seen"] is None
    done = imported(way)
    seen = way.upload("customer", FILE, "另一个名字.csv").json["seen"]
    assert (seen["set"], seen["by"], seen["inserted"]) == (done["change_set"], "王浩", 2)
    assert way.upload("customer", ledger(line(1)), "客户.csv").json["seen"] is None


def test_reverting_a_batch_shows_in_its_line(way: Way) -> None:
    done = imported(way)
    tried = way.post(f"/api/v1/change_set/{done['change_set']}/undo", {"dry_run": True}).json
    assert (tried["counts"]["deleted"], tried["left"]) == (2, [])
    back = way.post(f"/api/v1/change_set/{done['change_set']}/undo", {}).json
    [one] = listed(way)
    assert (one["state"], one["revert"], one["inverse"]) == ("reverted", False, back["change_set"])
    assert way.upload("customer", FILE, "客户.csv").json["seen"] is None


def test_what_was_touched_since_is_named_in_the_answer(way: Way) -> None:
    done = imported(way)
    [row] = [r for r in rows(way) if r["values"]["address"] == "新街1号"]
    edit = {
        "entity": "customer",
        "op": "update",
        "id": row["id"],
        "version": row["version"],
        "values": {"address": "改了"},
    }
    assert way.post("/api/v1/change_set", {"changes": [edit]}).status_code == 200
    path = f"/api/v1/change_set/{done['change_set']}/undo"
    [left] = way.post(path, {"dry_run": True}).json["left"]
    assert (left["id"], left["by"], left["title"]) == (row["id"], "王浩", row["values"]["name"])
    assert [(c["label"], c["old"], c["new"]) for c in left["cells"]] == [("地址", "新街1号", "改了")]
    assert way.post(path, {"include": "x"}).status_code == 400
    gone = way.post(path, {"include": [{"entity": "customer", "id": row["id"]}]}).json
    assert (gone["counts"]["deleted"], gone["left"]) == (2, [])


def rows(way: Way) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = way.post("/api/v1/customer/rows", {"limit": 100}).json["rows"]
    return found


def test_files_are_kept_as_long_as_configured_and_other_uploads_for_a_week(way: Way) -> None:
    done = imported(way)
    way.preview("customer", ledger(line(8)), "b.csv")
    for days, kept, states in ((8, 1, ["refused", "applied"]), (366, 0, ["refused", "applied"])):
        with way.app.app_context():
            old = clock.now().timestamp()
            clock.turn(timedelta(days=days))
            for path in uploads.folder().iterdir():
                os.utime(path, (old, old))
            expire(date.today())
            assert len(list(uploads.folder().iterdir())) == kept
        later = way.other("sm.east")
        assert [one["state"] for one in listed(later)] == states
        status = later.get(f"{API}/batch/{done['change_set']}/file").status_code
        assert status == (200 if kept else 404)


def test_the_pages_open(way: Way) -> None:
    done = imported(way)
    for path in ("/import/history", f"/import/batch/{done['change_set']}"):
        assert way.get(path).status_code == 200

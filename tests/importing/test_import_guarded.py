"""What the import API keeps somebody from: what is theirs no longer, what is being written, what nobody can mean."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.access.grants import Grants, RoleGrants
from app.change import Change, ChangeSet, commit, progress, staging
from app.change.long import commit_long
from app.change.rights import RightsChange, change_rights
from app.entity import registry
from app.importing import history
from app.jobs import queue
from tests.importing.test_preview import known, ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

HUGE = 10**30


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def staged(way: Way, *lines: str) -> int:
    """A checked file of new customers."""
    return int(way.preview("customer", ledger(*(lines or (line(1), line(2)))), "客户.csv")["set"])


def kept(way: Way, number: int) -> dict[str, int]:
    """How many rows are kept of a set, by state."""
    with way.app.app_context():
        return staging.waiting(number)


def test_what_was_written_cannot_be_given_up(way: Way) -> None:
    preview = staged(way, line(1), line(2, mobile="1"))
    done = way.commit(preview, partial=True)
    for number in (preview, done["change_set"]):
        rows = kept(way, number)
        answer = way.post(f"{API}/{number}/discard", {})
        assert (answer.status_code, "写入" in answer.json["message"]) == (409, False)
        assert kept(way, number) == rows != {}
    errors = way.job(way.post(f"{API}/{done['change_set']}/errors", {}))
    assert (errors["state"], errors["result"]["marked"]) == ("done", 1)


def test_what_is_being_written_is_followed_and_neither_mended_nor_given_up(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview, told, answers = staged(way), progress.report, list[Any]()
    mended = {"rows": [{"seq": 0, "values": {"address": "别处"}}]}

    def meanwhile(done: int, total: int, step: str) -> None:
        if step == "write" and not answers:
            answers.extend(way.post(f"{API}/{preview}/{s}", b)
                           for s, b in (("commit", {}), ("mend", mended), ("discard", {})))  # fmt: skip
        told(done, total, step)

    monkeypatch.setattr(progress, "report", meanwhile)
    job = way.job(way.post(f"{API}/{preview}/commit", {}))
    assert [a.status_code for a in answers] == [202, 409, 409]
    assert answers[0].json["job"] == job["job"], "the second click follows the first"
    assert (job["state"], job["result"]["inserted"]) == ("done", 2)


def test_what_was_given_up_while_it_was_being_written_is_not_written(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview, write = staged(way), commit_long

    def late(*args: Any) -> Any:
        assert staging.discard(preview)
        return write(*args)

    monkeypatch.setattr("app.importing.jobs.commit_long", late)
    job = way.job(way.post(f"{API}/{preview}/commit", {}))
    assert (job["state"], job["message"]) == ("failed", "这次导入已经完成或放弃。")
    assert way.records("customer", ("name",), address="新街1号") == []


def test_whoever_lost_the_right_to_import_has_no_step_left(way: Way) -> None:
    preview = staged(way, line(1), line(2, mobile="1"))
    asked = {"entity": "customer", "set": preview, "partial": True}
    with way.app.app_context(), acting_as(way.cast.users["admin"], "test"):
        change_rights(
            [RightsChange("sales_manager", "customer", frozenset({"list", "add", "edit"}))], "no imports"
        )
    for step in ("mend", "commit", "discard"):
        answer = way.post(f"{API}/{preview}/{step}", {"partial": True})
        assert (step, answer.status_code) == (step, 404)
    assert way.get(f"{API}/{preview}/rows").status_code == 404
    with way.app.app_context():
        job = queue.enqueue("import_commit", asked, way.cast.users["sm.east"])
        assert (queue.find(job) or {})["error"] == "你的角色不能在这里导入。"
    assert way.records("customer", ("name",), address="新街1号") == []


def test_a_file_is_for_whoever_sees_all_that_can_be_in_it(way: Way) -> None:
    entity, lines = registry.get("customer"), registry.get("customer_contact")
    batch = {"actor_id": 0, "entity": "customer"}
    of_customers = {("customer", name): "read" for name in entity.fields}
    of_contacts = {("customer_contact", name): "read" for name in lines.fields}

    def opened(
        *verbs: str, scope: str = "all", levels: dict[tuple[str, str], str] = of_customers | of_contacts
    ) -> bool:
        pairs = frozenset((f"can_{verb}", entity.view_name) for verb in ("list", *verbs))
        role = RoleGrants(1, "reader", pairs, {"customer": scope}, levels)
        return history.may_open(batch, Grants(1, "x", (role,)))

    assert opened("history")
    assert not opened()
    assert not opened("history", scope="tree")
    assert not opened("history", levels=of_contacts), "masked in the sheet"
    assert not opened("history", levels=of_customers), "masked in its lines"


def test_who_imported_the_same_file_is_told_to_who_may_know(way: Way) -> None:
    way.commit(staged(way))
    mine = way.upload("customer", ledger(line(1), line(2)), "客户.csv").json["seen"]
    with way.app.app_context(), acting_as(way.cast.users["admin"], "test"):
        change_rights(
            [RightsChange("sales_rep", "customer", frozenset({"list", "add", "edit", "import"}))],
            "no history",
        )
    theirs = way.other("sr.wang").upload("customer", ledger(line(1), line(2)), "客户.csv").json["seen"]
    assert (mine["by"], mine["set"] is None) == ("王浩", False)
    assert (theirs["by"], theirs["set"], theirs["inserted"]) == ("其他人", None, 2)


def test_what_no_client_means_is_refused_with_a_sentence(way: Way) -> None:
    for path in (f"{HUGE}/rows", f"job/{HUGE}", f"batch/{HUGE}", f"batch/{HUGE}/file", f"job/{HUGE}/file"):
        assert way.get(f"{API}/{path}").status_code == 404
    assert way.get(f"{API}/history?after={HUGE}").status_code == 200
    ticket = way.upload("customer", ledger(line(1)), "客户.csv").json["ticket"]
    names: list[Any] = [[], {}, 5, None, "nothing"]
    for name in names:
        for step in ("look", "preview", "profile"):
            answer = way.post(f"{API}/{step}", {"entity": name, "ticket": ticket, "name": "x"})
            assert (step, name, answer.status_code) == (step, name, 403)
    odd: list[Any] = [{"header_row": HUGE}, {"sheet": "\ud800"}, {"sheet": "\x00"}, {"columns": {"\ud800": "name"}},
                      {"constants": {"address": "x" * 3_000_000}}]  # fmt: skip
    for options in odd:
        for step in ("preview", "profile"):
            body = {"entity": "customer", "ticket": ticket, "name": "x", "options": options}
            assert way.post(f"{API}/{step}", body).status_code == 400
    body = {"entity": "customer", "name": "甲\x00\ud800\n乙", "headers": ["\x00丙\ud800"], "options": {}}
    answer = way.post(f"{API}/profile", body)
    assert (answer.status_code, answer.json["name"], answer.json["headers"]) == (201, "甲   乙", ["丙"])
    body = {"entity": "customer", "ticket": ticket, "options": {}, "reason": "月底\x00\ud800"}
    assert way.job(way.post(f"{API}/preview", body))["state"] == "done"


def test_what_a_colleague_wrote_is_not_shown_in_a_field_that_was_hidden_since(way: Way) -> None:
    code = known(way)["00001商行"]
    file = f"customer_code,address\n{code},新街".encode("utf-8-sig")
    preview = way.preview("customer", file, "客户.csv", key=["customer_code"])["set"]
    with way.app.app_context(), acting_as(way.cast.users["sr.wang"], "test"):
        edit = Change("customer", "update", {"address": "抢先"}, id=way.cast.customers["sr.wang"], version=1)
        assert commit(ChangeSet([edit], "test")).ok
    way.commit(preview)
    assert "抢先" in way.get(f"{API}/{preview}/rows").text
    with way.app.app_context(), acting_as(way.cast.users["admin"], "test"):
        change_rights(
            [RightsChange("sales_manager", "customer", levels={"address": "hidden"})], "no addresses"
        )
    assert [row["state"] for row in way.rows(preview)] == ["conflict"]
    assert "抢先" not in way.get(f"{API}/{preview}/rows").text

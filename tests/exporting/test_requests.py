"""Over the limit: a request with its reason, agreed to by the manager, handed out once with the rights of then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.audit.log import ChangePii
from app.change import Change
from app.change.erase import EraseRefused, erase
from app.change.model import ChangeRow
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.entity import registry
from app.exporting import downloads, jobs
from app.jobs import schedule
from seeds.writing import inserts
from tests.cast import customer
from tests.exporting.office import FEW, ON_ONE, Office, open_office, table_of

CAP = 5
WHY = "年底盘点"


@pytest.fixture
def office(app: Flask) -> Office:
    office = open_office(app)
    office.limit("sales_rep", "customer", CAP)
    return office


def requested(office: Office, **asked: Any) -> int:
    """王芳 asks for more than her role may; the request's number."""
    answer = office.export("sr.wang", reason=WHY, **asked)
    assert answer.status_code == 202, answer.json
    return int(answer.json["request"])


def case_of(office: Office, person: str = "sm.east") -> dict[str, Any]:
    """The one case that waits for somebody."""
    [item] = office.get(person, "/api/v1/approval/inbox?tab=todo").json["items"]
    return dict(item)


def decide(office: Office, verb: str = "approve", person: str = "sm.east", comment: str = "可以") -> None:
    item = case_of(office, person)
    body = {"key": f"{verb}{item['case']}", "verb": verb, "items": [{"case": item["case"], "rev": item["rev"]}],
            "comment": comment}  # fmt: skip
    answer = office.ask(person, "/api/v1/approval/act", body)
    assert answer.status_code == 200, answer.json


def work(office: Office) -> None:
    """The rounds of the next minute."""
    with office.app.app_context():
        schedule.run_due()


def request(office: Office, number: int) -> dict[str, Any]:
    table = registry.get("export_request").table
    with office.app.app_context(), db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == number)).mappings().one())


@ON_ONE
def test_within_the_limit_nobody_is_asked(office: Office) -> None:
    tree = {"field": "name", "op": "starts", "value": "00100"}
    assert office.export("sr.wang", filter=tree).status_code == 200


def test_a_request_names_what_is_asked_and_goes_to_the_manager(office: Office) -> None:
    tree = {"field": "region_id", "op": "eq", "value": office.cast.region}
    answer = office.export("sr.wang", reason=WHY, filter=tree, fields=["name", "mobile"])
    assert "王浩" in answer.json["message"]
    item = case_of(office)
    assert "客户档案：13 行，CSV" in item["title"]
    shown = office.get("sm.east", f"/api/v1/approval/case/{item['case']}").json
    assert shown["reason"] == WHY
    effects = {one["label"]: one["value"] for one in shown["effects"]}
    assert effects == {
        "导出的表": "客户档案",
        "最多行数": "13",
        "哪些行": "销售区域 是 华东大区",
        "哪些列": "2",
    }
    facts = {one["label"]: one["value"] for one in shown["facts"]}
    assert facts["导出内容"] == "销售区域 是 华东大区\n客户名称、手机"
    assert (office.logged(), office.downloads("sr.wang")) == ([], []), "nothing leaves before it is agreed to"


@pytest.mark.parametrize("value", [10**30, True, "华东"])
def test_rows_that_nobody_can_name_cannot_be_asked_for(office: Office, value: Any) -> None:
    """Else an approver would agree to what no sentence says."""
    tree = {"field": "region_id", "op": "eq", "value": value}
    values = {"for_entity": "customer", "rows": 5, "format": "csv", "reason": WHY, "asked": {"filter": tree}}
    answer = office.send("sr.wang", {"entity": "export_request", "op": "insert", "values": values})
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json["errors"]] == ["asked"]


def test_agreed_to_it_is_handed_out_once(office: Office) -> None:
    number = requested(office, fields=["name"])
    decide(office)
    work(office)
    [item] = office.downloads("sr.wang")
    assert (item["state"], item["rows"], item["from"]) == ("done", FEW + 1, "request")
    content = office.get("sr.wang", f"/api/v1/download/{item['id']}/file")
    assert len(table_of(content.data)) == FEW + 2
    assert request(office, number)["status"] == "done"
    [line] = office.logged()
    assert (line["user_id"], line["rows"]) == (office.cast.users["sr.wang"], FEW + 1)
    assert "request" in line["detail"]
    office.ask("sr.wang", f"/api/v1/download/{item['id']}", None, "DELETE")
    with office.app.app_context(), acting_as(None, "test"):
        jobs._hand_out(request(office, number))
    work(office)
    assert (office.downloads("sr.wang"), office.files()) == ([], []), "not even when it was removed"


def test_only_what_there_was_when_it_was_asked_for(office: Office) -> None:
    requested(office)
    mine = {"owner_id": office.cast.users["sr.wang"], "department_id": office.cast.departments["XS-HD"]}
    with clock.standing(clock.now() + timedelta(minutes=2)):
        assert office.as_system(*inserts("customer", [customer(office.cast.region, 900, **mine)])).ok
    decide(office)
    work(office)
    assert office.downloads("sr.wang")[0]["rows"] == FEW + 1


def test_more_rows_than_were_agreed_to_are_refused(office: Office) -> None:
    """Records that were there already come into reach while the request waits."""
    requested(office, filter={"field": "owner_id", "op": "eq", "value": "@me"})
    others = office.cast.customers["sr.li"]
    given = Change("customer", "update", {"owner_id": office.cast.users["sr.wang"]}, id=others)
    assert office.as_system(given).ok
    decide(office)
    work(office)
    [item] = office.downloads("sr.wang")
    assert (item["state"], office.files()) == ("failed", [])
    assert "14" in item["message"]


@ON_ONE
def test_the_rights_of_the_moment_it_is_made_count(office: Office) -> None:
    requested(office)
    decide(office)
    with office.app.app_context(), acting_as(office.cast.users["admin"], "test"):
        change_rights([RightsChange("sales_rep", "customer", verbs=frozenset({"list"}))], "不再需要")
    work(office)
    assert (office.downloads("sr.wang")[0]["state"], office.files()) == ("failed", [])


@ON_ONE
@pytest.mark.parametrize("verb", ["reject", "return"])
def test_refused_nothing_is_handed_out(office: Office, verb: str) -> None:
    number = requested(office)
    decide(office, verb)
    work(office)
    assert office.downloads("sr.wang") == []
    assert request(office, number)["status"] == {"reject": "rejected", "return": "returned"}[verb]


@ON_ONE
def test_what_was_agreed_to_does_not_change_any_more(office: Office) -> None:
    number = requested(office)

    def send(**more: Any) -> int:
        change = {
            "entity": "export_request",
            "id": number,
            "version": request(office, number)["version"],
            **more,
        }
        return int(office.send("sr.wang", change).status_code)

    assert send(op="update", values={"rows": 9999}) == 422, "while it is decided"
    decide(office)
    assert send(op="update", values={"rows": 9999}) == 422, "once it is agreed to"
    assert send(op="delete") == 422
    assert request(office, number)["rows"] == FEW + 1


@ON_ONE
def test_without_a_reason_it_is_not_sent(office: Office) -> None:
    answer = office.export("sr.wang")
    assert (answer.status_code, answer.json["rows"], answer.json["cap"]) == (422, FEW + 1, CAP)
    assert "做什么用" in answer.json["message"]


@ON_ONE
def test_a_role_that_may_not_ask_is_told_whom_to_turn_to(office: Office) -> None:
    office.limit("logistics", "*", 1, approve=False)
    answer = office.export("lg.sun", reason=WHY)
    assert answer.status_code == 422
    assert "沈静" in answer.json["message"]
    assert office.ask("lg.sun", "/api/v1/customer/export/size", {}).json["ask"] is False
    by_hand = {"for_entity": "customer", "rows": 3, "reason": WHY, "asked": {}}
    made = office.send("lg.sun", {"entity": "export_request", "op": "insert", "values": by_hand}).json
    submit = {
        "entity": "export_request",
        "op": "update",
        "id": made["results"][0]["id"],
        "version": 1,
        "verb": "submit",
    }
    assert office.send("lg.sun", submit).status_code == 422, "nor by hand"


@ON_ONE
def test_without_a_flow_the_sentence_says_whom_to_ask(office: Office) -> None:
    table = registry.get("approval_flow").table
    with office.app.app_context(), db.engine.connect() as connection:
        flow = connection.execute(
            select(table.c.id).where(table.c.for_entity == "export_request")
        ).scalar_one()
    assert office.as_system(Change("approval_flow", "update", id=flow, verb="retire")).ok
    answer = office.export("sr.wang", reason=WHY)
    assert answer.status_code == 422
    assert "沈静" in answer.json["message"]
    counted = select(registry.get("export_request").table.c.id)
    with office.app.app_context(), db.engine.connect() as connection:
        assert connection.execute(counted).all() == [], "no draft is left of it"


@ON_ONE
def test_nobody_asks_in_somebody_elses_name(office: Office) -> None:
    values = {
        "for_entity": "customer",
        "rows": 99,
        "reason": WHY,
        "asked": {},
        "owner_id": office.cast.users["sr.li"],
    }
    answer = office.send("sr.wang", {"entity": "export_request", "op": "insert", "values": values})
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json["errors"]} == {"owner_id"}


@ON_ONE
def test_the_file_is_the_requesters_alone(office: Office) -> None:
    requested(office)
    decide(office)
    work(office)
    assert office.downloads("sm.east") == []
    [item] = office.downloads("sr.wang")
    assert office.get("sm.east", f"/api/v1/download/{item['id']}/file").status_code == 404
    with office.app.app_context():
        assert downloads.found(item["id"])["user_id"] == office.cast.users["sr.wang"]


def told(*columns: Any) -> str:
    """All that some columns hold."""
    with db.engine.connect() as connection:
        return str([connection.execute(select(column)).scalars().all() for column in columns])


def test_an_erasure_finds_requests_and_schedules_that_name_the_person(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office.settings(monkeypatch, export_folder=str(tmp_path))
    customers, requests, schedules = (
        registry.get(name).table for name in ("customer", "export_request", "scheduled_export")
    )
    places = (requests.c.asked, requests.c.contents, schedules.c.asked, ChangePii.value, ChangeRow.cells)
    with office.app.app_context(), db.engine.connect() as connection:
        record = office.cast.customers["sr.wang"]
        mobile = connection.execute(select(customers.c.mobile).where(customers.c.id == record)).scalar_one()
    tree = {"not": {"field": "mobile", "op": "ne", "value": mobile}}
    number = requested(office, filter={"or": [tree, {"field": "mobile", "op": "not_empty"}]})
    decide(office)
    requested(office, filter={"or": [tree, {"field": "name", "op": "not_empty"}]})
    values = {
        "name": "每周",
        "for_entity": "customer",
        "weekday": "mon",
        "folder": "周报",
        "asked": {"filter": tree},
    }
    change = {"entity": "scheduled_export", "op": "insert", "values": values}
    made = office.ask("sr.wang", "/api/v1/change_set", {"key": "s", "source": "form", "changes": [change]})
    assert made.status_code == 200, made.json
    with office.app.app_context():
        assert told(*places).count(mobile) >= 7
        with acting_as(None, "test"), pytest.raises(EraseRefused) as refused:
            erase(registry.get("customer"), record, "有人要求删除")
        assert f"导出申请 {number + 1}" in str(refused.value.message)
        assert told(*places).count(mobile) >= 7, "nothing was erased"
        decide(office, "reject")
        with acting_as(None, "test"):
            done = erase(registry.get("customer"), record, "有人要求删除")
        assert (done.places["export_request"], done.places["scheduled_export"]) == (2, 1)
        assert mobile not in told(*places)
        with db.engine.connect() as connection:
            row = connection.execute(select(schedules)).mappings().one()
    assert (row["is_active"], row["next_run"]) == (False, None)
    work(office)
    [item] = office.downloads("sr.wang")
    assert (item["state"], item["rows"]) == ("done", 0), (
        "what is left of the filter lets nothing more through"
    )
    assert request(office, number)["status"] == "done"

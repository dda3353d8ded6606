"""Approvals over HTTP: who gets which answer, nonsense, batches, CSRF, the actions of FAB. Items 1, 4 and 24."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.access.context import acting_as
from app.approval.running import cases, events, tasks
from app.change import Change
from app.change.model import HeldCell
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, case_of, open_desk, step, user
from tests.cast import Cast, customer
from tests.change.desk import Desk as Browsers

ACT = "/api/v1/approval/act"
ROLES = {"submitter": "sr.wang", "approver": "sm.east", "delegate": "fm.zhou", "stranger": "sr.li", "reader": "lg.sun",
         "auditor": "auditor"}  # fmt: skip
NONSENSE: list[Any] = [
    "", "[", "null", "[]", "5", '"x"', "{}", {"verb": "approve"}, {"items": []}, {"verb": 5, "items": [{"case": 1}]},
    {"verb": "approve", "items": {}}, {"verb": "approve", "items": [5]}, {"verb": "approve", "items": [{}]},
    {"verb": "approve", "items": [{"case": "1"}]}, {"verb": "approve", "items": [{"case": -1}]},
    {"verb": "approve", "items": [{"case": 2**63, "rev": 1}]}, {"verb": "approve", "items": [{"case": 10**400}]},
    {"verb": "approve", "items": [{"case": True}]}, {"verb": "approve", "items": [{"case": 1, "rev": "1"}]},
    {"verb": "approve", "items": [{"case": 1, "rev": 1.5}]}, {"verb": "approve", "items": [{"case": 1}] * 10_000},
    {"verb": "nonsense", "items": [{"case": 1, "rev": 1}]}, {"verb": "\x00", "items": [{"case": 1, "rev": 1}]},
]  # fmt: skip
ODD: list[dict[str, Any]] = [
    {"comment": 5}, {"comment": "\x00"}, {"comment": "长" * 100_000}, {"to": 5}, {"to": ["x"]}, {"to": [2**62]},
    {"to": [2**53 - 1]}, {"where": 5}, {"where": "\x00"}, {"step": 5}, {"step": "\x00"}, {"step": {}},
    {"edits": []}, {"edits": {"\x00": 1}},
    {"edits": {"address": "\x00"}}, {"exclude": [2**53 - 1]}, {"exclude": "0"}, {"changes": [5]}, {"changes": {}},
    {"changes": [{"seq": [], "values": {"address": 1}}]}, {"changes": [{"seq": {}}]},
    {"changes": [{"seq": 0, "values": 5}]},
    {"changes": [{"seq": 0, "values": {"nothing": 1}}]}, {"changes": [{"seq": 0, "leave": [[], {}]}]},
    {"changes": [{"seq": 0, "values": {"address": {"ref": "x"}}}]},
    {"changes": [{"seq": 0, "values": {"address": "\x00"}}]},
    {"drop": [0, 1, 2**52]}, {"drop": {}}, {"picks": []}, {"picks": {"a": 5}}, {"picks": {"a": [[]]}},
    {"picks": {"\x00": [1]}},
]  # fmt: skip
VERBS = ("approve", "reject", "return", "withdraw", "resubmit", "transfer", "comment", "add", "remove", "remind",
         "terminate", "reassign")  # fmt: skip


class Inside:
    """The desk's ways, each in a context of its own: requests must not share one with it."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self._app, self._desk = app, desk

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._desk, name)
        if not callable(found):
            return found

        def do(*given: Any, **more: Any) -> Any:
            with self._app.app_context(), acting_as(None, source="test"):
                return found(*given, **more)

        return do


@dataclass
class World:
    """A desk, the browsers of its people, and a request of 王芳's that waits for 王浩, whom 周建国 stands in for."""

    desk: Inside
    web: Browsers
    case: int

    def get(self, who: str, path: str) -> Any:
        """What a page of the API answers."""
        return self.web.ask(who, f"/api/v1/approval/{path}", None, "GET")

    def act(self, who: str, verb: str, *wanted: int, **more: Any) -> Any:
        """A verb on cases as they are now."""
        items = [{"case": case, "rev": self.desk.case(case)["rev"]} for case in wanted or (self.case,)]
        return self.web.ask(who, ACT, {"verb": verb, "items": items, **more})

    def everything(self) -> Any:
        """All that approvals keep."""
        with self.web.app.app_context(), db.engine.connect() as connection:
            found = [
                connection.execute(select(table).order_by(table.c.id)).all()
                for table in (cases, tasks, events)
            ]
            held = connection.execute(select(func.count()).select_from(HeldCell.__table__)).scalar_one()
        return [*found, held, [self.desk.customer(c)["address"] for c in self.desk.customers]]


@pytest.fixture
def world(app: Flask) -> World:
    """See World."""
    desk = Inside(app, open_desk(app))
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    now = clock.now()
    holiday = {"from_user_id": desk.users["sm.east"], "to_user_id": desk.users["fm.zhou"],
               "starts_at": clock.instant_text(now - timedelta(hours=1)),
               "ends_at": clock.instant_text(now + timedelta(days=1))}  # fmt: skip
    assert desk.send("sm.east", Change("approval_delegation", "insert", holiday)).ok
    case = case_of(desk.edit("sr.wang", desk.customers[0], address="新地址"))
    return World(desk, Browsers(app, Cast(desk.users, desk.departments, desk.region, {})), case)


def test_who_reads_what_and_reading_changes_nothing(world: World) -> None:
    one = world.desk.customers[0]
    before = world.everything()
    paths = {f"case/{world.case}": (200, 200, 200, 404, 200, 200), "inbox": (200,) * 6, "inbox?tab=cc": (200,) * 6,
             f"record/customer/{one}": (200, 200, 404, 404, 200, 200),
             f"preview?entity=customer&id={one}": (200, 200, 404, 404, 200, 200)}  # fmt: skip
    for path, expected in paths.items():
        for who, status in zip(ROLES.values(), expected, strict=True):
            found = world.get(who, path)
            if who == "fm.zhou" and path.startswith(("record", "preview")):
                continue  # whether finance reads customers is not what this is about
            assert found.status_code == status, (who, path, found.text[:200])
    assert world.everything() == before
    todo = {role: world.get(who, "inbox").json["counts"]["todo"] for role, who in ROLES.items()}
    assert todo == {"submitter": 0, "approver": 1, "delegate": 1, "stranger": 0, "reader": 0, "auditor": 0}


ADDRESSES = [
    "case/0",
    f"case/{2**62}",
    "case/x",
    "record/customer/0",
    "record/nothing/1",
    f"record/customer/{10**30}",
    "preview",
    "preview?entity=customer&id=x",
    "preview?entity=%00&id=1",
    f"preview?entity=customer&id={10**30}",
    "inbox?tab=all",
    "inbox?limit=x",
    "inbox?limit=-1",
    f"inbox?limit={10**30}",
    "inbox?before=x",
    f"inbox?before={10**30}",
    "inbox?tab=%00",
]


def test_addresses_that_make_no_sense_are_refused(world: World) -> None:
    for path in ADDRESSES:
        assert world.get("sm.east", path).status_code in (400, 404), path


def test_who_may_do_what(world: World) -> None:
    """Everybody but those it is for is refused, and nothing is left of it."""
    allowed = {
        "submitter": {"withdraw", "comment", "remind"},
        "approver": {"approve", "reject", "return", "transfer", "comment", "add", "remind"},
        "delegate": {"approve", "reject", "return", "transfer", "comment", "add", "remind"},
        "stranger": set(), "reader": set(), "auditor": set(),
    }  # fmt: skip
    to = [world.desk.users["ceo"]]
    for role, who in ROLES.items():
        for verb in set(VERBS) - allowed[role]:
            before = world.everything()
            answer = world.act(who, verb, comment="因为", to=to)
            assert answer.status_code in (403, 404, 409, 422), (role, verb, answer.text)
            assert world.everything() == before, (role, verb)
    anonymous = world.web.app.test_client()
    body = {"verb": "approve", "items": [{"case": world.case, "rev": 1}]}
    assert anonymous.post(ACT, json=body).status_code in (400, 401, 403)
    assert anonymous.get(f"/api/v1/approval/case/{world.case}").status_code == 401


def test_a_post_without_the_token_decides_nothing(world: World) -> None:
    before = world.everything()
    body = {"verb": "approve", "items": [{"case": world.case, "rev": world.desk.case(world.case)["rev"]}]}
    for token in ("", "x" * 40):
        answer = world.web.ask("sm.east", ACT, body, headers={"X-CSRFToken": token})
        assert answer.status_code in (400, 403)
    assert world.web.ask("sm.east", ACT, body, "GET").status_code == 405
    assert world.everything() == before


def test_nonsense_is_refused_in_words(world: World) -> None:
    before = world.everything()
    for body in NONSENSE:
        answer = world.web.ask("sm.east", ACT, body)
        assert answer.status_code in (400, 404, 413), (str(body)[:100], answer.text[:200])
        assert answer.json["message"]
    deep = '{"verb": "approve", "items": ' + "[" * 50_000 + "]" * 50_000 + "}"
    assert world.web.ask("sm.east", ACT, deep).status_code in (400, 413)
    assert world.everything() == before


def test_odd_values_are_never_an_error_of_ours(world: World) -> None:
    returned = case_of(world.desk.edit("sr.wang", world.desk.customers[1], address="新地址"))
    assert world.desk.act("sm.east", returned, "return", "再看").status == 200
    for odd in ODD:
        for who, verb, case in (("sm.east", "add", world.case), ("sr.wang", "resubmit", returned)):
            answer = world.act(who, verb, case, **odd)
            assert answer.status_code < 500, (verb, odd, answer.text[:300])
            if world.desk.case(case)["state"] != {world.case: "running", returned: "returned"}[case]:
                break
    assert world.act("sm.east", "approve", comment="a\x00b").status_code < 500


def test_item_24_a_batch_answers_for_each(world: World) -> None:
    """22 requests: 3 opened long ago, 2 that are none of his."""
    desk = world.desk
    rows = [
        customer(
            desk.region, n + 5000, owner_id=desk.users["sr.wang"], department_id=desk.departments["XS-HD"]
        )
        for n in range(20)
    ]
    made = desk.send(None, *(Change("customer", "insert", row) for row in rows))
    wanted = [case_of(desk.edit("sr.wang", r.id or 0, address="批量")) for r in made.results]
    items = [{"case": case, "rev": desk.case(case)["rev"]} for case in wanted]
    for item in items[:3]:
        item["rev"] -= 1
    items[5:5] = [{"case": 10_000_001, "rev": 1}, {"case": 10_000_002, "rev": 1}]
    answer = world.web.ask("sm.east", ACT, {"verb": "approve", "items": items})
    told = [r["status"] for r in answer.json["results"]]
    assert (answer.status_code, told.count(200), told.count(409), told.count(404)) == (200, 17, 3, 2)
    assert [r["case"] for r in answer.json["results"]] == [i["case"] for i in items]
    again = world.web.ask("sm.east", ACT, {"verb": "approve", "items": items[7:9]})
    assert (again.status_code, [r["status"] for r in again.json["results"]]) == (409, [409, 409])


def test_item_4_a_page_opened_before_is_told_so(world: World) -> None:
    stale = {"verb": "approve", "items": [{"case": world.case, "rev": 0}]}
    answer = world.web.ask("sm.east", ACT, stale)
    assert (answer.status_code, answer.json["results"][0]["status"]) == (409, 409)
    assert answer.json["message"]
    assert world.act("fm.zhou", "approve").status_code == 200
    assert world.desk.case(world.case)["state"] == "approved"


def test_item_1_actions_find_records_through_the_wall(world: World) -> None:
    """Every entity: a record that is not there, or out of reach, is not found; the auditor changes nothing."""
    before = world.everything()
    one = world.desk.customers[0]
    for entity in (e for e in registry if e.parent is None):
        answer = world.web.ask("sm.east", f"/{entity.name}/action/approve/999999", None)
        assert answer.status_code in (403, 404), entity.name
    for who in ("lg.sun", "auditor", "sr.li"):
        for verb in ("approve", "reject", "return", "withdraw", "resubmit"):
            world.web.ask(who, f"/customer/action/{verb}/{one}", None)
            world.web.ask(who, "/customer/action_post", None, data={"action": verb, "rowid": [str(one)]})
    for path in ("action/nothing/1", "action/approve/x", f"action/approve/{10**30}", "action/approve/0"):
        assert world.web.ask("sm.east", f"/customer/{path}", None).status_code == 404, path
    assert world.web.ask("sm.east", f"/customer/action/approve/{one}", None, "GET").status_code in (404, 405)
    assert world.everything() == before
    assert world.web.ask("sm.east", f"/customer/action/approve/{one}", None).status_code == 302
    assert world.desk.case(world.case)["state"] == "approved"

"""Edits that need somebody's agreement: held, decided, written; with no agreement nothing is."""

from __future__ import annotations

import sys

import pytest

from app.change import Change
from tests.approval.desk import Desk, case_of, step, user


def test_a_guarded_edit_waits_and_is_written_when_agreed(desk: Desk) -> None:
    desk.publish(step("sm", user("sm.east")), step("fm", user("fm.zhou")))
    desk.guard("address")
    one = desk.customers[0]
    result = desk.edit("sr.wang", one, address="云溪镇二路2号")
    assert result.state == "held"
    case = case_of(result)
    assert desk.customer(one)["address"] == "云溪镇云溪路1号"
    assert desk.waits_for(case) == ["sm.east"]
    assert desk.act("sm.east", case, "approve").status == 200
    assert desk.waits_for(case) == ["fm.zhou"]
    done = desk.act("fm.zhou", case, "approve")
    assert (done.status, done.state) == (200, "approved"), done
    assert desk.customer(one)["address"] == "云溪镇二路2号"
    assert [e["verb"] for e in desk.events(case)] == ["submit", "enter", "approve", "enter", "approve", "end"]


def test_a_rejected_edit_leaves_nothing(desk: Desk) -> None:
    desk.publish(step("sm", user("sm.east")))
    desk.guard("address")
    one = desk.customers[0]
    case = case_of(desk.edit("sr.wang", one, address="新"))
    assert desk.act("sm.east", case, "reject").status == 422
    assert desk.act("sm.east", case, "reject", "不行").state == "rejected"
    assert desk.customer(one)["address"] == "云溪镇云溪路1号"
    assert desk.edit("sr.wang", one, address="又新").state == "held"


def test_a_large_set_is_planned_before_the_lock_and_written_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["app.approval.act"], "LARGE", 2)
    desk.publish(step("sm", user("sm.east")), step("fm", user("fm.zhou")))
    desk.guard("address")
    changes = [
        Change("customer", "update", {"address": f"新{n}"}, id=i) for n, i in enumerate(desk.customers)
    ]
    case = case_of(desk.send("sr.wang", *changes))
    assert desk.act("sm.east", case, "approve").state == "running"
    assert desk.act("fm.zhou", case, "approve").state == "approved"
    assert [desk.customer(i)["address"] for i in desk.customers] == ["新0", "新1", "新2"]

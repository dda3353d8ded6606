"""What a case decided is not taken back, nor brought back, by undoing change sets."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.access.context import acting_as
from app.change import Change, Result, undo
from app.change.model import ChangeSetRow
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, case_of

_sets = ChangeSetRow.__table__


@pytest.fixture
def price_list(desk: Desk) -> int:
    """A draft of 赵敏's, with no items."""
    values = {"code": "PL", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    made = desk.send("mm.zhao", Change("price_list", "insert", values))
    assert made.ok, [str(e.message) for e in made.errors]
    return made.results[0].id or 0


def status(record: int) -> str:
    """The list's state."""
    table = registry.get("price_list").table
    with db.engine.connect() as connection:
        return str(connection.execute(select(table.c.status).where(table.c.id == record)).scalar_one())


def last_set() -> int:
    """The change set written last."""
    with db.engine.connect() as connection:
        return int(connection.execute(select(_sets.c.id).order_by(_sets.c.id.desc()).limit(1)).scalar_one())


def take_back(desk: Desk, who: str, change_set: int) -> Result:
    """Undo a set as somebody."""
    with acting_as(desk.users[who], "test") as grants:
        return undo(change_set, grants)


def test_an_approval_is_not_undone(desk: Desk, price_list: int) -> None:
    asked = desk.send("mm.zhao", Change("price_list", "update", id=price_list, verb="submit"))
    case = case_of(asked)
    for who in ("ceo", "fm.zhou", "ceo"):
        assert desk.act(who, case, "approve").status == 200
    assert status(price_list) == "scheduled"
    back = take_back(desk, "mm.zhao", last_set())
    assert (status(price_list), [i["code"] for i in back.left]) == ("scheduled", ["BY_CASE"])


def test_nor_a_rejection_to_make_the_record_look_approved(desk: Desk, price_list: int) -> None:
    asked = desk.send("mm.zhao", Change("price_list", "update", id=price_list, verb="submit"))
    assert desk.act("ceo", case_of(asked), "reject", "不行").status == 200
    back = take_back(desk, "mm.zhao", last_set())
    assert (status(price_list), [i["code"] for i in back.left]) == ("rejected", ["BY_CASE"])


def test_nor_is_a_submission_undone_while_its_case_runs(desk: Desk, price_list: int) -> None:
    asked = desk.send("mm.zhao", Change("price_list", "update", id=price_list, verb="submit"))
    back: Any = take_back(desk, "mm.zhao", asked.change_set or 0)
    assert status(price_list) == "pending"
    assert back.left


def test_a_published_flow_is_no_draft_again(desk: Desk) -> None:
    spec = {
        "steps": [{"id": "one", "label": {"zh": "一"}, "approvers": [{"role": "executive"}]}],
        "use": "change",
    }
    values = {"code": "U1", "name": "U1", "for_entity": "customer", "spec": spec}
    made = desk.send("admin", Change("approval_flow", "insert", values)).results[0].id or 0
    desk.send("admin", Change("approval_flow", "update", id=made, verb="publish"))
    back = take_back(desk, "admin", last_set())
    assert [item["code"] for item in back.left] == ["PUBLISHED"]
    assert desk.send("admin", Change("approval_flow", "update", id=made, verb="retire")).ok
    assert take_back(desk, "admin", last_set()).left

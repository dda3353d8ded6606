"""What waits for an approval is shown beside the value that stands, and why it cannot be changed is told."""

from __future__ import annotations

from typing import Any

import pytest

from app.access.context import acting_as
from app.approval.held import add_held
from app.approval.why import why
from app.change import Change
from app.db import db
from app.entity import registry
from app.query.rows import records
from tests.approval.desk import Desk, case_of, step, user


@pytest.fixture
def held(desk: Desk) -> int:
    """王芳 has asked for another name of her first customer; 沈静 or 陈立 decides about it."""
    desk.publish(step("one", user("sd.chen")))
    desk.guard("name,mobile")
    return case_of(desk.edit("sr.wang", desk.customers[0], name="新的商行"))


def shown(desk: Desk, who: str) -> list[dict[str, Any]]:
    """The customers as somebody sees them in the sheet."""
    customer = registry.get("customer")
    with acting_as(desk.users[who], "test") as grants:
        rows = records(db.session(), customer, grants, desk.customers)
        add_held(db.session(), customer, grants, rows)
    return rows


def test_a_held_cell_shows_the_new_value_who_has_it_and_whose_it_is(desk: Desk, held: int) -> None:
    first, second, _third = shown(desk, "sr.wang")
    cell = first["held"]["name"]
    assert (cell["new"], cell["case"], cell["mine"], len(cell["waits_for"])) == ("新的商行", held, True, 1)
    assert first["values"]["name"] != "新的商行", "the record keeps its value"
    assert second["held"] is None
    assert shown(desk, "sm.east")[0]["held"]["name"]["mine"] is False


def test_a_masked_field_stays_masked_while_it_waits(desk: Desk, held: int) -> None:
    desk.edit("sr.wang", desk.customers[1], mobile="13712345678")
    cells = {who: shown(desk, who)[1]["held"]["mobile"]["new"] for who in ("sr.wang", "auditor")}
    assert "****" in cells["auditor"]
    assert cells["sr.wang"] == "13712345678" or "****" in cells["sr.wang"]


def test_decided_it_is_held_no_more(desk: Desk, held: int) -> None:
    assert desk.act("sd.chen", held, "approve").status == 200
    assert shown(desk, "sr.wang")[0]["held"] is None


def test_why_names_the_case_that_holds_a_cell_and_whose_turn_it_is(desk: Desk, held: int) -> None:
    answer = ask(desk, "sr.wang", "edit", "name")
    assert (answer.allowed, answer.reason, answer.status) == (False, "HELD", 422)
    assert desk.case(held)["number"] in answer.chain[-2]
    assert answer.fix
    assert ask(desk, "sr.wang", "edit", "address").allowed, "other cells stay free"


def test_why_says_whose_decision_it_is(desk: Desk, held: int) -> None:
    assert ask(desk, "sd.chen", "approve").allowed
    assert ask(desk, "sr.wang", "approve").reason == "NO_TASK"
    assert ask(desk, "fm.zhou", "reject").allowed is False
    other = why(db.session(), desk.users["sm.east"], "approve", "customer", desk.customers[1])
    assert (other.reason, other.status) == ("NO_CASE", 409)


def test_a_deletion_that_waits_is_told_of_the_whole_row(desk: Desk) -> None:
    desk.publish(step("one", user("sd.chen")))
    desk.guard(on=("delete",))
    case_of(desk.send("sr.wang", Change("customer", "delete", id=desk.customers[2])))
    assert shown(desk, "sr.wang")[2]["held"]["*"]["mine"]


def ask(desk: Desk, who: str, verb: str, field: str | None = None) -> Any:
    return why(db.session(), desk.users[who], verb, "customer", desk.customers[0], field)

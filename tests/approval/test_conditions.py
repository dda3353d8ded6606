"""Conditions and definitions: what holds, what is refused before it is published, what is told, and which way follows.

Items 15 and 16 of the acceptance list.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.context import acting_as
from app.approval.conditions import OPS, Facts, Ground, holds, problems, resolved, sentence
from app.approval.spec import Flow, Place, SpecError, read, route
from app.change import Change
from app.db import db
from app.entity import registry
from tests.approval.desk import Desk, step, user

UNDER = {3: (3, "XS-HD", 2, "XS"), 4: (4, "XS-HN", 2, "XS")}
GROUND = Ground({"order.large_amount": "200000"}.__getitem__, lambda d, top: top in UNDER.get(d, ()))


def told(name: str, op: str, value: Any = None) -> dict[str, Any]:
    """A comparison."""
    return {"field": name, "op": op, "value": value}


def truth(condition: Any, entity: str = "sales_order", **more: Any) -> bool:
    """Whether a condition is valid and holds of these facts."""
    kind = registry.get(entity)
    assert list(problems(condition, kind)) == []
    values = {"values": {}} | more
    return holds(resolved(condition, GROUND), kind, Facts(**values), GROUND)


@pytest.fixture(autouse=True)
def context(app: Flask) -> Any:
    """Words need an application."""
    with app.app_context():
        yield


CASES = [
    (told("total_amount", "=", "10"), {"total_amount": "10.00"}, True),
    (told("total_amount", "=", 10), {"total_amount": "10.00"}, True),
    (told("total_amount", "!=", "10"), {"total_amount": "10.00"}, False),
    (told("total_amount", "!=", "10"), {"total_amount": "10.01"}, True),
    (told("total_amount", "<", "9"), {"total_amount": "10.00"}, False),
    (told("total_amount", "<=", "10"), {"total_amount": "10.00"}, True),
    (told("total_amount", ">", "9.99"), {"total_amount": "10.00"}, True),
    (told("total_amount", ">", "9"), {"total_amount": "10.00"}, True),  # as numbers, not as texts
    (told("total_amount", ">=", "10.00"), {"total_amount": "10.00"}, True),
    (told("total_amount", "in", ["1", "10"]), {"total_amount": "10.00"}, True),
    (told("total_amount", "in", ["1", "11"]), {"total_amount": "10.00"}, False),
    (told("total_amount", "between", ["10", "11"]), {"total_amount": "10.00"}, True),
    (told("total_amount", "between", ["11", "10"]), {"total_amount": "10.50"}, False),
    (told("total_amount", ">=", {"parameter": "order.large_amount"}), {"total_amount": "200000.00"}, True),
    (told("total_amount", ">=", {"parameter": "order.large_amount"}), {"total_amount": "199999.99"}, False),
    (told("order_date", "<", "2026-02-01"), {"order_date": "2026-01-31"}, True),
    (told("order_date", "between", ["2026-01-01", "2026-01-31"]), {"order_date": "2026-02-01"}, False),
    (told("remark", "empty"), {"remark": None}, True),
    (told("remark", "empty"), {"remark": "有"}, False),
    (told("remark", "not_empty"), {}, False),
    (told("remark", "not_empty"), {"remark": "有"}, True),
    (told("department_id", "under_dept", "XS"), {"department_id": 3}, True),
    (told("department_id", "under_dept", "XS-HN"), {"department_id": 3}, False),
    (told("department_id", "under_dept", 2), {"department_id": 4}, True),
]


@pytest.mark.parametrize(("condition", "values", "expected"), CASES)
def test_every_comparison(condition: Any, values: dict[str, Any], expected: bool) -> None:
    assert truth(condition, values=values) is expected


@pytest.mark.parametrize("op", [op for op in OPS if op != "empty"])
def test_item_15_nothing_compares_false(op: str) -> None:
    value: Any = {"in": ["1"], "between": ["1", "2"], "under_dept": "XS"}.get(op, "1")
    name = "department_id" if op == "under_dept" else "total_amount"
    assert truth(told(name, op, value), values={name: None}) is False
    assert truth(told(name, op, value), values={}) is False


@pytest.mark.parametrize("wrong", ["viel", [], {}, True, "1e400", "NaN"])
def test_item_15_what_cannot_be_compared_is_false(wrong: Any) -> None:
    kind = registry.get("sales_order")
    for op in ("<", ">", "=", "in", "between"):
        assert holds(told("total_amount", op, wrong), kind, Facts({"total_amount": "1.00"}), GROUND) is False


def test_together_either_and_not() -> None:
    yes, no = told("remark", "empty"), told("remark", "not_empty")
    for condition, expected in (({"all": [yes, no]}, False), ({"any": [no, yes]}, True), ({"not": no}, True),
                                ({"not": {"all": [yes, {"any": [no, {"not": yes}]}]}}, True)):  # fmt: skip
        assert truth(condition) is expected


def test_before_lines_the_change_and_the_submitter() -> None:
    assert truth(told("before.remark", "=", "旧"), before={"remark": "旧"}, values={"remark": "新"})
    assert not truth(told("before.remark", "=", "新"), before={"remark": "旧"}, values={"remark": "新"})
    line = "line.sales_order_line.qty"
    rows = {"sales_order_line": [{"qty": 1}, {"qty": 500}, {"qty": None}]}
    assert truth(told(line, ">", 100), lines=rows)
    assert not truth(told(line, ">", 500), lines=rows)
    assert not truth(told(line, ">", 0), lines={})
    assert truth(told("change.count", ">", 10), count=11)
    assert not truth(told("change.count", ">", 10), count=10)
    assert truth(told("submitter.department_id", "under_dept", "XS"), department_id=3)
    assert truth({"changed": ["remark", "order_date"]}, changed=frozenset({"remark"}))
    assert not truth({"changed": ["remark"]}, changed=frozenset({"order_date"}))


REFUSED: list[Any] = [
    None, [], {}, "remark = 1", 5, {"all": []}, {"any": {}}, {"all": "x"}, {"not": None}, {"changed": []},
    {"changed": ["nothing"]}, {"changed": "remark"}, told("nothing", "=", 1), told("remark", "==", 1),
    told("remark", "like", "a%"), told("before.nothing", "=", 1), told("line.customer.name", "=", 1),
    told("line.sales_order_line.nothing", "=", 1), told("a.b.c.d", "=", 1), told(5, "=", 1),  # type: ignore[arg-type]
    told("total_amount", ">", "viel"), told("total_amount", ">", None), told("total_amount", "in", []),
    told("total_amount", "in", "1"), told("total_amount", "between", ["1"]), told("order_date", "<", "gestern"),
    told("total_amount", ">", {"parameter": "no.such"}), told("total_amount", ">", {"code": "1"}),
    told("total_amount", "in", {"parameter": "order.large_amount"}),
    told("total_amount", "between", {"parameter": "order.large_amount"}),
    {"all": [told("remark", "empty"), told("nothing", "empty")]}, told("total_amount", [], 1),  # type: ignore[arg-type]
    told("total_amount", ">", {"parameter": []}), {"changed": [[]]},
]  # fmt: skip


@pytest.mark.parametrize("condition", REFUSED, ids=str)
def test_item_15_what_makes_no_sense_is_not_published(condition: Any) -> None:
    assert list(problems(condition, registry.get("sales_order")))


def test_conditions_are_told_in_words() -> None:
    order = registry.get("sales_order")
    both = {"all": [told("total_amount", ">=", "200000"), told("remark", "empty")]}
    with force_locale("zh"):
        assert sentence(told("total_amount", ">=", "200000"), order) == "应收总额 ≥ 200,000"
        assert sentence(told("total_amount", ">=", "200000"), order, negated=True) == "应收总额 < 200,000"
        assert "且" in sentence(both, order)
        assert "或" in sentence(both, order, negated=True)
        for op in OPS:
            value = {"in": ["1"], "between": ["1", "2"]}.get(op, "1")
            for negated in (False, True):
                words = sentence(told("total_amount", op, value), order, negated=negated)
                assert "应收总额" in words
                assert "%(" not in words
                assert not any(english in words for english in ("between", "under", "empty", "not:", " is "))
    with force_locale("en"):
        assert sentence(told("remark", "empty"), order).isascii()


# Definitions


def bad(*nodes: Any, **more: Any) -> list[str]:
    """What is wrong with a definition."""
    try:
        read({"steps": list(nodes), "admin": {"role": "executive"}, **more}, registry.get("sales_order"))
    except SpecError as wrong:
        return wrong.problems
    return []


GOOD = step("a", user("ceo"))
WHEN = told("remark", "empty")
BROKEN: list[Any] = [
    {"choose": [{"when": WHEN, "steps": [GOOD]}]},
    {"choose": [], "else": []}, {"choose": {}, "else": []}, {"choose": [5], "else": []},
    {"choose": [{"when": None, "steps": [GOOD]}], "else": []},
    {"choose": [{"when": told("nothing", "=", 1), "steps": [GOOD]}], "else": []},
    {"choose": [{"when": WHEN}], "else": []}, {"choose": [{"when": WHEN, "steps": [GOOD]}], "else": None},
    {}, 5, None, {"id": "a"}, {"id": " ", "approvers": [user("ceo")]}, {"id": 5, "approvers": [user("ceo")]},
    step("a"), step("a", user("ceo"), mode="most"), step("a", user("ceo"), empty="never"),
    step("a", {}), step("a", {"user": "ceo", "role": "x"}), step("a", {"somebody": 1}),
    step("a", {"field": "remark"}), step("a", {"field": "nothing"}),
    step("a", user("ceo"), mode="vote", threshold="0"), step("a", user("ceo"), mode="vote", threshold="1.1"),
    step("a", user("ceo"), mode="vote", threshold="viel"), step("a", user("ceo"), mode="vote", threshold="NaN"),
    step("a", user("ceo"), editable=["nothing"]),
    step("a", user("ceo"), editable=[[]]), step("a", user("ceo"), editable=5),
    step("a", {"user": 5}), step("a", {"role": {}}), step("a", {"role": []}), step("a", {"head": "x"}),
    step("a", {"head": -1}),
    step("a", {"manager": "x"}), step("a", {"manager": 0}), step("a", {"manager": "chain", "to": "x"}),
    step("a", {"chosen": "x"}), step("a", {"chosen": {"role": "ceo"}, "count": "x"}), step("a", {"field": []}),
    {**GOOD, "label": "text"}, {**GOOD, "label": ["x"]}, {**GOOD, "hours": "viel"}, {**GOOD, "hours": -1},
    {**GOOD, "mode": []}, {**GOOD, "comment": "maybe"},
]  # fmt: skip


@pytest.mark.parametrize("node", BROKEN, ids=str)
def test_item_16_a_broken_definition_is_not_published(node: Any) -> None:
    assert bad(node)


def test_two_steps_of_one_name_and_too_many_are_refused() -> None:
    assert bad(GOOD, GOOD)
    assert bad(*(step(f"s{n}", user("ceo")) for n in range(41)))
    assert not bad(*(step(f"s{n}", user("ceo")) for n in range(40)))
    for wrong in ({"withdraw": "never"}, {"use": "x"}, {"cc": [{}]}, {"cc": 5}, {"admin": "ceo"}):
        assert bad(GOOD, **wrong), wrong


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["steps", "choose", "else", "when", "id", "approvers", "user", "role", "field", "op", "value",
                         "all", "any", "not", "changed", "mode", "threshold", "label", "hours", "editable", "admin"]),
        inner, max_size=4),
    max_leaves=12))  # fmt: skip
def test_whatever_is_sent_as_a_definition_is_read_or_refused(data: Any) -> None:
    body = {"steps": [data], "admin": data} if not isinstance(data, dict) else {"steps": [data], **data}
    with suppress(SpecError):
        read(body, registry.get("customer"))


def walk(flow: Flow, *true: str) -> tuple[list[str], list[Place]]:
    """The steps taken when the conditions on these fields hold."""
    places = route(flow, dict, lambda c: c["field"] in true)
    return [p.step.id for p in places if p.taken], places


def test_a_nested_choice_takes_one_branch_and_says_why() -> None:
    inner = {"choose": [{"when": told("remark", "empty"), "steps": [step("in", user("ceo"))]}],
             "else": [step("out", user("ceo"))]}  # fmt: skip
    outer = {"choose": [{"when": told("total_amount", ">", 5), "steps": [step("big", user("ceo")), inner]},
                        {"when": told("discount_amount", ">", 5), "steps": [step("second", user("ceo"))]}],
             "else": [step("else", user("ceo"))]}  # fmt: skip
    flow = read({"steps": [GOOD, outer, step("z", user("ceo"))]}, registry.get("sales_order"))
    assert walk(flow)[0] == ["a", "else", "z"]
    assert walk(flow, "total_amount")[0] == ["a", "big", "out", "z"]
    assert walk(flow, "total_amount", "remark")[0] == ["a", "big", "in", "z"]
    assert walk(flow, "remark")[0] == ["a", "else", "z"]
    assert walk(flow, "discount_amount")[0] == ["a", "second", "z"]
    assert walk(flow, "discount_amount", "total_amount")[0] == ["a", "big", "out", "z"]
    places = {p.step.id: p for p in walk(flow)[1]}
    assert list(places) == ["a", "big", "in", "out", "second", "else", "z"]
    assert places["in"].when == places["big"].when, "left out because of the outer condition"


# Published definitions stay


def test_a_published_definition_never_changes(desk: Desk) -> None:
    flow = desk.publish(step("a", user("ceo")))
    spec = {"steps": [step("b", user("ceo"))], "use": "change"}
    for values in ({"spec": spec}, {"code": "T2"}, {"name": "x"}, {"for_entity": "price_list"}):
        refused = desk.send("admin", Change("approval_flow", "update", dict(values), flow))
        assert {e.code for e in refused.errors} == {"PUBLISHED"}, values
    assert not desk.send("admin", Change("approval_flow", "delete", id=flow)).ok
    assert not desk.send("admin", Change("approval_flow", "update", {"status": "draft"}, flow)).ok
    assert desk.send("admin", Change("approval_flow", "update", {"remark": "备注"}, flow)).ok
    with acting_as(desk.users["admin"], "test"), pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text("UPDATE approval_flow SET spec = '{}'"))


@pytest.mark.parametrize("node", [BROKEN[0], BROKEN[5], step("a")])
def test_a_broken_definition_is_refused_where_it_is_written(desk: Desk, node: Any) -> None:
    values = {
        "code": "T9",
        "version_no": 1,
        "name": "T9",
        "for_entity": "sales_order",
        "spec": {"steps": [node]},
    }
    refused = desk.send("admin", Change("approval_flow", "insert", values))
    assert {(e.field, e.code) for e in refused.errors} == {("spec", "BAD_FLOW")}

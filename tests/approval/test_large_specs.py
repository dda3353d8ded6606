"""Definitions nobody could read are refused in a sentence, and soon."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.change import Change
from tests.approval.desk import Desk, step, user

ONE = {"field": "name", "op": "=", "value": "x"}


def nested(word: str, depth: int) -> Any:
    """A condition inside conditions."""
    found: Any = ONE
    for _n in range(depth):
        found = {word: found if word == "not" else [found]}
    return found


LARGE: list[Any] = [
    nested("not", 10_000), nested("all", 900), nested("any", 200), {"any": [ONE] * 100_000}, {"any": [ONE] * 900},
    {**ONE, "value": "\ud800"}, {**ONE, "value": {"parameter": ["x"]}}, {"all": {}}, {"changed": [["name"]]},
    {"field": "name", "op": "in", "value": ["x" * 40_000] * 20},
]  # fmt: skip


@pytest.mark.parametrize("condition", LARGE, ids=range(len(LARGE)))
def test_a_large_or_odd_condition_is_refused_soon(desk: Desk, condition: Any) -> None:
    begun = time.monotonic()
    choice = {"choose": [{"when": condition, "steps": [step("a", user("ceo"))]}], "else": []}
    spec = {"steps": [choice, step("b", user("ceo"))], "use": "change"}
    flow = {"code": "L1", "name": "L1", "for_entity": "customer", "spec": spec}
    made = desk.send("admin", Change("approval_flow", "insert", flow))
    assert not made.ok
    assert {e.field for e in made.errors} == {"spec"}
    desk.publish(step("a", user("ceo")))
    policy = {"code": "L1", "name": "L1", "for_entity": "customer", "operations": ["update"], "condition": condition,
              "flow_code": "T1", "is_active": True}  # fmt: skip
    kept = desk.send("admin", Change("approval_policy", "insert", policy))
    assert all(str(e.message) for e in kept.errors)
    assert time.monotonic() - begun < 20

"""Change sets over HTTP from people who retry, guess and send nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from tests.cast import assemble, customer
from tests.change.desk import Desk


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The cast's browsers."""
    return Desk(app, assemble(app))


def new(desk: Desk, number: int, **more: Any) -> dict[str, Any]:
    """A change that inserts a customer."""
    return {"entity": "customer", "op": "insert", "values": customer(desk.cast.region, number, **more)}


def test_a_key_answers_only_who_sent_it(desk: Desk) -> None:
    first = desk.send("sr.wang", new(desk, 50), key="same").json
    second = desk.send("sr.li", new(desk, 51), key="same")
    assert second.status_code == 200
    assert second.json["change_set"] != first["change_set"]
    assert second.json["results"][0]["values"]["name"] == "00051商行"
    assert desk.send("sr.wang", new(desk, 50), key="same").json["change_set"] == first["change_set"]


def test_long_keys_that_begin_alike_are_two_keys(desk: Desk) -> None:
    first = desk.send("sr.wang", new(desk, 50), key="k" * 64 + "1").json
    second = desk.send("sr.wang", new(desk, 51), key="k" * 64 + "2").json
    assert first["change_set"] != second["change_set"]


def test_the_answer_to_a_retry_names_the_rows_as_they_were_sent(desk: Desk) -> None:
    mine = desk.cast.customers["sr.wang"]
    same = {"entity": "customer", "op": "update", "id": mine, "base": {"name": "00001商行"},
            "values": {"name": "00001商行"}}  # fmt: skip
    first = desk.send("sr.wang", same, new(desk, 60), key="lost").json
    again = desk.send("sr.wang", same, new(desk, 60), key="lost").json
    seen = [[(r["row"], r["op"], r["id"], r["state"]) for r in a["results"]] for a in (first, again)]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(("version", "status"), [(99, 409), (2**31, 400), (10**12, 400)])
def test_a_version_that_nobody_can_have_seen_writes_nothing(desk: Desk, version: int, status: int) -> None:
    change = {"entity": "customer", "op": "update", "id": desk.cast.customers["sr.wang"], "version": version,
              "values": {"remark": "x"}}  # fmt: skip
    assert desk.send("sr.wang", change).status_code == status


def test_a_new_record_begins_at_version_one(desk: Desk) -> None:
    answer = desk.send("sr.wang", {**new(desk, 70), "version": 41})
    assert (answer.status_code, answer.json["results"][0]["version"]) == (200, 1)


ODD: list[Any] = ["a\x00b", "\ud800", 5, [1], {"a": 1}, True, 10**30, "x" * 5000]


@pytest.mark.parametrize("part", ["key", "reason", "confirmed", "partial", "source", "ref", "verb"])
def test_nonsense_around_the_changes_is_never_a_500(desk: Desk, part: str) -> None:
    wrong = []
    for number, odd in enumerate(ODD):
        change, body = new(desk, 100 + number), {}
        (change if part in ("ref", "verb") else body)[part] = odd
        answer = desk.ask("sr.wang", "/api/v1/change_set", json.dumps({"changes": [change], **body}))
        if answer.status_code >= 500:
            wrong.append((odd, answer.status_code))
    assert wrong == []


VALUES: list[Any] = [*ODD, "1e30", "1e-30", "NaN", "-0.0", "9" * 400, 1e308, "0001-01-02", "0001-01-02T00:00:00Z",
                     {"ref": 1}, {"ref": "nobody"}, {"ref": ["x"]}, [[[]]], "Infinity", "[" * 20_000]  # fmt: skip


def test_nonsense_in_any_cell_is_never_a_500(desk: Desk) -> None:
    wrong = []
    with desk.app.app_context():
        from app.entity import registry

        names = list(registry.get("customer").fields)
    for name in names:
        for odd in VALUES:
            body = json.dumps({"changes": [new(desk, 200, **{name: odd})], "partial": False, "confirmed": []})
            answer = desk.ask("sr.wang", "/api/v1/change_set", body)
            if answer.status_code >= 500:
                wrong.append((name, odd if len(str(odd)) < 50 else "…", answer.status_code))
            elif answer.status_code == 200:
                desk.send(
                    "sr.wang", {"entity": "customer", "op": "delete", "id": answer.json["results"][0]["id"]}
                )
    assert wrong == []


def test_a_body_nested_without_end_is_refused(desk: Desk) -> None:
    deep = (
        '{"changes":[{"entity":"customer","op":"insert","values":{"extra":'
        + "[" * 60_000
        + "]" * 60_000
        + "}}]}"
    )
    assert desk.ask("sr.wang", "/api/v1/change_set", deep).status_code == 400
    assert desk.ask("sr.wang", "/api/v1/customer/", deep).status_code == 400

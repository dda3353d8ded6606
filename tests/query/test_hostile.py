"""Nonsense in any place of a query: a sentence in Chinese with 400 or 422, or an answer; never a 500."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.access.world import token_of
from tests.cast import signed_in
from tests.query.world import World

DEEP: Any = "x"
for _depth in range(200):
    DEEP = {"and": [DEEP]}
TEXTS = ["", "\x00", "a\x00b", "\ud800", "🍶", "%", "_", "\\", "' OR 1=1 --", '"; DROP TABLE customer; --', "@me",
         "@nothing", "１２", "-", "1e999", "NaN", "2026-02-30", "x" * 100_000, "\u202e", "&#x0;"]  # fmt: skip
NUMBERS = [0, -1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400, 1.5, 1e308]
ODD: list[Any] = [*TEXTS, *NUMBERS, True, None, [], {}, [[]], [None], [1, 2, 3], {"a": 1}, DEEP]
FIELDS = ["name", "customer_code", "remark", "customer_type", "purchase_occasion", "next_follow_on", "is_key",
          "order_count", "credit_limit", "profile_score", "region_id", "owner_id",
          "created_at", "extra", "region_id.name", "id", "version"]  # fmt: skip
OPERATORS = ["eq", "ne", "lt", "ge", "between", "in", "contains", "starts", "empty", "like", "", None, 5]


@pytest.fixture(scope="module")
def asker(world: World) -> tuple[FlaskClient, dict[str, str]]:
    """A signed-in browser, and the header with its token."""
    client = signed_in(world.app.test_client(), "sm.east")
    return client, {"X-CSRFToken": token_of(client.get("/").text), "Accept-Language": "zh"}


def ask(asker: tuple[FlaskClient, dict[str, str]], path: str, body: Any) -> Any:
    """POST a body, which may hold what JSON can but Python's own writer will not."""
    client, headers = asker
    text = json.dumps(body, allow_nan=True)
    return client.post(
        f"/api/v1/customer/{path}", data=text, headers=headers, content_type="application/json"
    )


def problem(answer: Any) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if answer.status_code == 200:
        return ""
    if answer.status_code not in (400, 422):
        return f"{answer.status_code} {answer.text[:120]}"
    message = str(answer.json["message"])
    return "" if any("一" <= ch <= "鿿" for ch in message) else f"not in Chinese: {message[:120]}"


def test_values_of_filters(asker: tuple[FlaskClient, dict[str, str]]) -> None:
    wrong = []
    for field in FIELDS:
        for operator in OPERATORS[:9] if field in ("name", "order_count", "created_at") else ("ge",):
            for value in ODD:
                tree = {
                    "field": field,
                    "op": operator,
                    "value": [value, value] if operator == "between" else value,
                }
                said = problem(ask(asker, "rows", {"filter": tree, "limit": 1, "fields": ["name"]}))
                if said:
                    wrong.append(f"{field} {operator} {str(value)[:40]!r}: {said}")
    assert not wrong, "\n".join(wrong[:40])


def test_shapes_of_requests(asker: tuple[FlaskClient, dict[str, str]]) -> None:
    wrong = []
    leaf = {"field": "name", "op": "eq", "value": "x"}
    bodies: list[dict[str, Any]] = [{"filter": {"field": "name", "op": o, "value": "x"}} for o in OPERATORS]
    for value in ODD:
        bodies += [{key: value} for key in ("filter", "sort", "at", "after", "limit", "fields", "q")]
        bodies += [{"filter": tree} for tree in ({"and": value}, {"or": [value]}, {"not": value}, {"and": [leaf, value]},
                                                 {**leaf, "field": value}, {**leaf, "op": value},
                                                 {"field": "name", "op": "in", "value": [value]})]  # fmt: skip
        bodies += [
            {"sort": sort}
            for sort in ([value], [[value, "asc"]], [["name", value]], [["name", "asc", value]])
        ]
    for path in ("rows", "totals", "export"):
        for body in bodies if path == "rows" else bodies[::9]:
            said = problem(ask(asker, path, body))
            if said:
                wrong.append(f"{path} {str(body)[:80]}: {said}")
    for raw in ("", "[]", "5", "{", '"x"', "[" * 100_000, '{"filter":' * 5000, "\x00"):
        client, headers = asker
        answer = client.post(
            "/api/v1/customer/rows", data=raw, headers=headers, content_type="application/json"
        )
        if problem(answer):
            wrong.append(f"raw {raw[:20]!r}: {problem(answer)}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "customer_type",
        "is_key",
        "order_count",
        "credit_limit",
        "next_follow_on",
        "created_at",
        "region_id",
    ],
)
def test_cursors(asker: tuple[FlaskClient, dict[str, str]], field: str) -> None:
    """Cut, empty, of another sort, of another kind, with any value in it."""
    page = ask(asker, "rows", {"sort": [[field, "asc"]], "limit": 5}).json
    cursors = [
        page["next"][:-3],
        page["next"] + "A",
        "A",
        "=",
        "é",
        "\ud800",
        base64.b64encode(b"[" * 100_000).decode(),
    ]
    for value in ODD:
        for last in (5, value):
            text = json.dumps([value, last])
            cursors.append(base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode())
    wrong = []
    for cursor in cursors:
        said = problem(ask(asker, "rows", {"sort": [[field, "asc"]], "after": cursor, "limit": 5}))
        if said:
            wrong.append(f"{cursor[:60]}: {said}")
    assert not wrong, "\n".join(wrong[:40])


def test_addresses(asker: tuple[FlaskClient, dict[str, str]]) -> None:
    """Look-ups, ids and FAB's own arguments."""
    client, headers = asker
    paths = [f"/api/v1/{name}/lookup" for name in ("customer", "region", "person", "customer_contact")]
    wrong = []
    for text in TEXTS:
        sent = text.encode("utf-8", "surrogatepass")[:2000]
        for path in paths:
            for more in ({}, {"limit": "-5"}, {"limit": "x"}, {"limit": str(2**70)}):
                answer = client.get(path, query_string={"q": sent, **more}, headers=headers)
                if problem(answer):
                    wrong.append(f"{path} {text[:20]!r} {more}: {problem(answer)}")
        answer = client.get("/api/v1/customer/", query_string={"q": sent}, headers=headers)
        if answer.status_code not in (200, 400):
            wrong.append(f"rison {text[:20]!r}: {answer.status_code}")
    for rison in ("(page:-1)", "(page:99999999999999999999)", "(page_size:0)", "(page_size:-9)", "(order_column:!n)",
                  "(filters:!(x))", "(filters:!((col:name,opr:eq)))", "(filters:!((col:name,opr:zz,value:1)))",
                  "(columns:!(nothing))", "(order_column:name,order_direction:up)", "(page:'x')", "!(1,2)"):  # fmt: skip
        answer = client.get("/api/v1/customer/", query_string={"q": rison}, headers=headers)
        if answer.status_code not in (200, 400):
            wrong.append(f"{rison}: {answer.status_code}")
    for record in ("0", "-1", str(2**53), str(2**64), "1.5", "x", "%00", "1'"):
        for path in (
            f"/api/v1/customer/{record}",
            f"/api/v1/customer/{record}/history",
            f"/customer/show/{record}",
        ):
            status = client.get(path, headers=headers).status_code
            if status not in (404, 405):
                wrong.append(f"{path}: {status}")
    assert not wrong, "\n".join(wrong[:40])

"""Filters, totals and look-ups against Python, on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from app.access.context import current_grants
from app.db import db
from app.entity import Field, registry
from app.query.rows import Window, fetch, lookup, totals
from tests.query.world import NAMES, TEXTS, World, matches

import models  # noqa: F401  isort: skip  declares the entities asked about

CUSTOMER = registry.get("customer")
KINDS = ("text", "long_text", "number", "choice", "multi_choice", "date", "yes_no", "integer", "money", "percent",
         "link", "person")  # fmt: skip
FIELDS = [s for s in CUSTOMER.fields.values() if s.kind in KINDS and not s.system and not s.check]
ORDERED = ("date", "integer", "money", "percent")
quick = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def operators(spec: Field) -> list[str]:
    """The operators that make sense for a kind."""
    found = ["eq", "ne", "in", "empty", "not_empty"]
    if spec.kind in ORDERED:
        return [*found, "lt", "le", "gt", "ge", "between"]
    return [*found, "contains", "starts"] if spec.kind in ("text", "long_text", "number") else found


def values(spec: Field, regions: list[int]) -> st.SearchStrategy[Any]:
    """Values of a kind, many of them in the data."""
    if spec.kind in ("choice", "multi_choice"):
        return st.sampled_from([c.code for c in spec.choices])
    if spec.kind == "date":
        return st.dates(date(2025, 12, 1), date(2027, 1, 31)).map(date.isoformat)
    if spec.kind == "yes_no":
        return st.booleans()
    if spec.kind == "integer":
        return st.integers(-4, 32)
    if spec.kind in ("money", "percent"):
        return st.sampled_from(["0", "0.01", "7", "-5.5", "12345678.91", "99999"]).map(spec.parse)
    if spec.is_link:
        return st.sampled_from([*regions, 1, 999_999])
    return st.sampled_from(
        [*NAMES, *TEXTS, "zhang", "zs", "c-00", "%", "_", "\\", "C-000007", "三", "李四　商行"]
    )


@st.composite
def leaves(draw: Any, regions: list[int]) -> dict[str, Any]:
    """One comparison."""
    spec = draw(st.sampled_from(FIELDS))
    operator = draw(st.sampled_from(operators(spec)))
    one = values(spec, regions)
    if operator == "in":
        value = draw(st.lists(one | st.none(), min_size=1, max_size=3))
    elif operator == "between":
        value = [draw(one | st.none()), draw(one | st.none())]
    else:
        value = draw(one | st.none()) if operator in ("eq", "ne") else draw(one)
    return {"field": spec.name, "op": operator, "value": value}


def trees(regions: list[int]) -> st.SearchStrategy[dict[str, Any]]:
    """Comparisons, and what joins them."""
    return st.recursive(
        leaves(regions),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"and": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"or": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=4,
    )


def found(tree: Any, q: str = "") -> set[int]:
    """The ids under a filter."""
    window = Window(tree, q=q, limit=1000, fields=["name"])
    return {row["id"] for row in fetch(db.session(), CUSTOMER, current_grants(), window).rows}


@quick
@given(data=st.data())
def test_filters_mean_what_python_says(inside: World, data: Any) -> None:
    tree = data.draw(trees(inside.regions))
    assert found(tree) == {i for i, row in inside.rows().items() if matches(CUSTOMER, tree, row)}


@quick
@given(data=st.data())
def test_totals_are_exact(inside: World, data: Any) -> None:
    """Sums, least and greatest as Python's decimals give them, under any filter."""
    tree = data.draw(st.none() | trees(inside.regions))
    names = ["credit_limit", "credit_used", "order_count", "total_amount"]
    said = totals(db.session(), CUSTOMER, current_grants(), tree, names)
    rows = [r for r in inside.rows().values() if tree is None or matches(CUSTOMER, tree, r)]
    assert said["count"] == len(rows)
    for name in names:
        have = [Decimal(r[name]) for r in rows if r[name] is not None]
        for key, combine in (("sums", sum), ("min", min), ("max", max)):
            value = said[key][name]
            assert (None if value is None else Decimal(value)) == (combine(have) if have else None), (
                name,
                key,
            )


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [("@today", "2026-03-18", "2026-03-18"), ("@yesterday", "2026-03-17", "2026-03-17"),
     ("@this_week", "2026-03-16", "2026-03-22"), ("@last_week", "2026-03-09", "2026-03-15"),
     ("@this_month", "2026-03-01", "2026-03-31"), ("@last_month", "2026-02-01", "2026-02-28"),
     ("@this_quarter", "2026-01-01", "2026-03-31"), ("@this_year", "2026-01-01", "2026-12-31"),
     ("@last_year", "2025-01-01", "2025-12-31")],
)  # fmt: skip
def test_relative_dates(
    inside: World, monkeypatch: pytest.MonkeyPatch, word: str, first: str, last: str
) -> None:
    """On a Wednesday in March; each operator against the first and last day of the period."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 18))
    rows = inside.rows()
    for operator, fits in {
        "eq": lambda d: first <= d <= last, "lt": lambda d: d < first, "le": lambda d: d <= last,
        "gt": lambda d: d > last, "ge": lambda d: d >= first,
    }.items():  # fmt: skip
        leaf = {"field": "next_follow_on", "op": operator, "value": word}
        expected = {i for i, r in rows.items() if r["next_follow_on"] and fits(r["next_follow_on"])}
        assert found(leaf) == expected, operator


def test_me_and_my_department(world: World) -> None:
    with world.app.app_context(), world.cast.acting("sr.wang"):
        mine = {i for i, r in world.rows().items() if r["owner_id"] == world.cast.users["sr.wang"]}
        assert found({"field": "owner_id", "op": "eq", "value": "@me"}) == mine
        assert found({"field": "department_id", "op": "eq", "value": "@my_department"}) == mine
        assert found({"field": "owner_id", "op": "ne", "value": "@me"}) == set()


@pytest.mark.parametrize("typed", ["张三", "zhangsan", "ZhangS", "zs", "张", "R0", "r0"])
def test_look_up_by_code_name_pinyin_and_initials(inside: World, typed: str) -> None:
    items = lookup(db.session(), registry.get("region"), current_grants(), typed)
    assert items[0]["title"] == "张三", items


def test_equal_texts(inside: World) -> None:
    """Width, case and blanks do not make a name another one; characters do."""
    for one, other, same in (("ABC酒行", "abc 酒行", False), ("ABC酒行", "ａｂｃ酒行", True),
                             ("李四 商行", "李四　商行", True), ("重庆老窖", "重庆老酒", False)):  # fmt: skip
        by_other = found({"field": "name", "op": "eq", "value": other})
        assert (found({"field": "name", "op": "eq", "value": one}) == by_other) is same, (one, other)

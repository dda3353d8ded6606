"""Windows: by cursor and by row number every row comes once, in the order Python gives, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.access.context import current_grants
from app.db import db
from app.entity import registry
from app.entity.field import PERSON
from app.query.rows import Window, fetch
from tests.query.world import COUNT, World, sort_value

import models  # noqa: F401  isort: skip  declares the entities asked about

SORTABLE = [name for name, spec in registry.get("customer").fields.items()
            if spec.kind not in ("json", "attachment", "multi_choice")]  # fmt: skip
Sort = list[list[str]]


def titles(world: World) -> dict[str, dict[int, str]]:
    """Titles by id of what customers link to, people as the database keeps their names."""
    found = {n: {i: r["name"] for i, r in world.rows(n).items()} for n in ("region", "department")}
    with db.engine.connect() as connection:
        user = User.__table__.c
        rows = connection.execute(select(user.id, user.last_name, user.first_name)).all()
    return {**found, PERSON: {row[0]: row[1] + row[2] for row in rows}}


def ordered(world: World, sort: Sort) -> list[int]:
    """The ids in the order Python gives: empty last in both directions, equal ones by id."""
    entity, rows, known = registry.get("customer"), world.rows(), titles(world)
    ids = sorted(rows)
    for name, direction in reversed(sort):
        spec = entity.fields[name]
        values = {i: sort_value(entity, spec, rows[i][name], known) for i in ids}
        filled = [i for i in ids if values[i] is not None]
        filled.sort(key=values.__getitem__, reverse=direction == "desc")  # which keeps equal ones in order
        ids = filled + [i for i in ids if values[i] is None]
    return ids


def walk(sort: Sort, limit: int) -> list[int]:
    """All ids by cursor."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        window = Window(sort=sort, after=cursor, limit=limit, fields=["name"])
        page = fetch(db.session(), registry.get("customer"), current_grants(), window, counted=False)
        found += [row["id"] for row in page.rows]
        cursor = page.next
        if cursor is None:
            return found


def jump(sort: Sort, at: int, limit: int) -> list[int]:
    """Ids by row number."""
    window = Window(sort=sort, at=at, limit=limit, fields=["name"])
    return [row["id"] for row in fetch(db.session(), registry.get("customer"), current_grants(), window).rows]


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("name", SORTABLE)
def test_every_sortable_field(inside: World, name: str, direction: str) -> None:
    expected, sort = ordered(inside, [[name, direction]]), [[name, direction]]
    assert walk(sort, 25) == expected
    assert jump(sort, 0, 1000) == expected
    assert jump(sort, 40, 10) == expected[40:50]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_several_fields_any_window(inside: World, data: Any) -> None:
    terms = st.tuples(st.sampled_from(SORTABLE), st.sampled_from(["asc", "desc"])).map(list)
    sort = data.draw(st.lists(terms, min_size=1, max_size=3))
    expected = ordered(inside, sort)
    assert walk(sort, data.draw(st.integers(7, 70))) == expected
    at = data.draw(st.integers(0, COUNT + 10))
    assert jump(sort, at, 5) == expected[at : at + 5]


def test_the_usual_names_in_the_usual_order(inside: World) -> None:
    """By pinyin, the same on both databases."""
    rows = inside.rows()
    found = [rows[i]["name"] for i in walk([["name", "asc"]], 20)]
    some = [name for name in found if name in ("阿里", "李四", "王五", "张三")]
    assert list(dict.fromkeys(some)) == ["阿里", "李四", "王五", "张三"]

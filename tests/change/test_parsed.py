"""Values that are parsed already: nothing is parsed again, and nothing is let through that typing would not be."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.access.context import acting_as
from app.approval.running import cases
from app.change import Change, ChangeSet, commit
from app.change.columns import columns_of
from app.change.contract import chunks
from app.change.long import commit_long
from app.change.many import insert_of, send
from app.change.model import ChangeRow, ChangeSetRow
from app.db import db
from app.entity import Field, registry
from tests.approval.desk import Desk, open_desk, step, user
from tests.cast import assemble, customer
from tests.support.gate import rows_of

SAMPLES: dict[str, tuple[Any, ...]] = {
    "text": ("a", "“引号”\\ \"x\" {,}", "NULL"), "long_text": ("a\nb",), "number": ("C-1",), "choice": ("dealer",),
    "integer": (0, -5, 2**53 - 1), "link": (7,), "person": (7,), "yes_no": (True, False),
    "date": ("2026-02-28",), "datetime": ("2026-01-02T03:04:05.000006Z",), "time": ("08:30:00",),
    "multi_choice": (["a", "b"],), "attachment": ([2, 1],), "json": ({"b": [1, "二"], "a": None},),
}  # fmt: skip


def samples(spec: Field) -> list[Any]:
    """Wire values of a field's kind."""
    if spec.kind not in ("decimal", "money", "percent"):
        return [*SAMPLES[spec.kind], None]
    tail = f".{'5' * spec.scale}" if spec.scale else ""
    return [f"0{tail}", f"-0{tail}", f"-12{tail}" if spec.digits - spec.scale > 1 else f"1{tail}", None]


def test_every_kind_is_written_and_read_as_by_its_column_type(app: Flask) -> None:
    kinds = set()
    with app.app_context(), db.engine.connect() as connection:
        dialect = connection.dialect
        for entity in registry:
            columns = columns_of(entity, connection)
            for name, spec in entity.fields.items():
                kind = entity.table.c[name].type.dialect_impl(dialect)
                bind = kind.bind_processor(dialect)
                kinds.add(spec.kind)
                for wire in samples(spec):
                    stored = bind(spec.to_stored(wire)) if bind else spec.to_stored(wire)
                    if dialect.name == "sqlite":
                        assert columns.to_driver(name, wire) == stored, (entity.name, name, wire)
                    assert columns.to_wire(name, stored) == wire, (entity.name, name, wire)
    assert {spec.kind for entity in registry for spec in entity.fields.values()} == kinds


def test_texts_that_look_like_syntax_are_sent_as_they_are(app: Flask) -> None:
    texts = ["{a,b}", '"', "\\", '\\"', "NULL", "", " ", "a,b", "%s", ":x", "?", "二\n行", None]
    table = ChangeRow.__table__
    with app.app_context(), db.engine.connect() as connection:
        header = {"actor_name": "x", "source": "x", "state": "planned", "created_at": "2026-01-02T00:00:00Z"}
        made = connection.execute(insert(ChangeSetRow).returning(ChangeSetRow.id), header)
        set_id = made.scalar_one()
        names = ("set_id", "seq", "entity", "op", "state", "ref", "line")
        rows = [
            (set_id, n, "x", "insert", "done", text, n if n % 2 else None) for n, text in enumerate(texts)
        ]
        send(connection, insert_of(table, names, connection.dialect), rows)
        mine = select(table.c.ref, table.c.line).where(table.c.set_id == set_id).order_by(table.c.seq)
        found = connection.execute(mine).all()
        connection.rollback()
    assert [row.ref for row in found] == texts
    assert [row.line for row in found] == [n if n % 2 else None for n in range(len(texts))]


@pytest.mark.parametrize("parsed", [True, False])
def test_what_a_person_may_not_write_is_refused_cell_by_cell(app: Flask, parsed: bool) -> None:
    cast = assemble(app)
    mine = cast.customers["sr.wang"]
    changes = [
        Change("customer", "update", {"address": "新街1号"}, id=mine),
        Change("customer", "insert", customer(cast.region, 8, mobile="154****0008")),
        Change("customer", "insert", customer(cast.region, 9, status="signed", created_at="2026-01-02")),
        Change("customer", "insert", customer(cast.region, 7, nonsense="x")),
        Change("customer", "update", {"address": "新街1号"}, id=cast.customers["elsewhere"]),
        Change("customer", "insert", customer(10**6, 6)),
    ]
    with app.app_context(), acting_as(cast.users["sr.wang"], "test") as grants:
        asked = ChangeSet([], "test", parsed=parsed)
        result = commit_long(asked, lambda: chunks(changes, 2), grants)
    assert [(e.row, e.field, e.code) for e in result.errors] == [
        (1, "mobile", "MASKED"), (2, "status", "NOT_EDITABLE"), (2, "created_at", "NOT_EDITABLE"),
        (3, "nonsense", "NO_FIELD"), (4, None, "NOT_FOUND"), (5, "region_id", "LINK_NOT_FOUND"),
    ]  # fmt: skip


@pytest.fixture
def desk(app: Flask) -> Any:
    """A company that approves."""
    made = open_desk(app)
    with app.app_context():
        yield made


def test_a_long_set_that_needs_an_approval_is_one_case_with_all_its_rows(desk: Desk) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    changes = [
        Change("customer", "update", {"address" if n else "remark": f"新街{n}号"}, id=record)
        for n, record in enumerate(desk.customers)
    ]
    with acting_as(desk.users["sr.wang"], "test") as grants:
        asked = ChangeSet([], "test", parsed=True)
        result = commit_long(asked, lambda: chunks(changes, 1), grants)
    assert (result.state, len(result.cases), result.results) == ("held", 1, [])
    with db.engine.connect() as connection:
        query = select(cases.c.rows).where(cases.c.id == result.cases[0]["case"])
        assert connection.execute(query).scalar_one() == len(desk.customers)
    assert {rows_of("customer")[n]["remark"] for n in desk.customers} == {None}


def test_the_short_way_takes_parsed_values_too(app: Flask) -> None:
    cast = assemble(app)
    with app.app_context(), acting_as(cast.users["sr.wang"], "test") as grants:
        values = customer(cast.region, 12, birthday="1990-05-06", id_age_ok=True)
        done = commit(ChangeSet([Change("customer", "insert", values)], "test", parsed=True), grants)
        found = rows_of("customer")[done.results[0].id or 0]
    assert {name: found[name] for name in values} == values

"""What the log writes: canonical JSON of wire values, the same bytes on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from app import entity
from app.audit import refusal
from app.audit.log import ChangeLog
from app.audit.texts import BAD_JSON
from app.db import TABLE_ARGS, BigId
from tests.audit.support import Database, text_of, wire

OPTIONS = entity.choices(("a", "甲"), ("b", "乙"))
FIELDS = {
    "text": entity.text("x", 400),
    "long_text": entity.long_text("x"),
    "number": entity.number("x", "C-{seq:6}"),
    "choice": entity.choice("x", OPTIONS),
    "integer": entity.integer("x"),
    "decimal": entity.decimal("x", 15, 3),
    "whole": entity.decimal("x", 12, 0),
    "money": entity.money("x"),
    "percent": entity.percent("x"),
    "date": entity.day("x"),
    "datetime": entity.instant("x"),
    "time": entity.clock_time("x"),
    "yes_no": entity.yes_no("x"),
    "multi_choice": entity.multi_choice("x", OPTIONS),
    "link": entity.link("x", "kinds"),
    "person": entity.person("x"),
    "attachment": entity.attachment("x"),
    "json": entity.json_value("x"),
}
METADATA = MetaData()
ChangeLog.__table__.to_metadata(METADATA)
KINDS = Table(
    "kinds", METADATA, Column("id", BigId, primary_key=True),
    *(Column(name, made.column.type) for name, made in FIELDS.items()), **TABLE_ARGS,
)  # fmt: skip
NAMES = [column.name for column in KINDS.columns]
NASTY = "引号\"\\反斜杠/\b\f\n\r\t\x01\x1f\x7f\u2028𠮷😀e\u0301'%:;<&>"


def test_every_field_kind_is_here() -> None:
    kinds = {made.column.info["field"].kind for made in FIELDS.values()}
    assert kinds == set(entity.field.KINDS)


@pytest.fixture
def kinds(empty: Database) -> Database:
    assert empty.migrate(METADATA).applied
    return empty


def logged(database: Database, row: dict[str, Any]) -> str:
    """What the log says of a row put in."""
    with database.write() as connection:
        connection.execute(delete(KINDS))
        connection.execute(insert(KINDS), {"id": 1, **row})
    return str(database.log("kinds")[-1]["new"])


def test_the_exact_bytes(kinds: Database) -> None:
    row = {
        "text": NASTY, "long_text": "", "number": "C-000001", "choice": "a", "integer": 2**53 - 1,
        "decimal": Decimal("-0.005"), "whole": Decimal("-7"), "money": Decimal("-1234567890.10"),
        "percent": Decimal("0.125"), "date": date(2026, 1, 2),
        "datetime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "time": time(8, 30), "yes_no": False, "multi_choice": ["b", "a"], "link": -3, "person": 0,
        "attachment": [3, 1], "json": {"乙": [None, True, 1.5, "😀\n"], "a": {}},
    }  # fmt: skip
    assert logged(kinds, row) == (
        '{"id":1,"text":"引号\\"\\\\反斜杠/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u2028𠮷😀e\u0301\'%:;<&>","long_text":"",'
        '"number":"C-000001","choice":"a","integer":9007199254740991,"decimal":"-0.005","whole":"-7",'
        '"money":"-1234567890.10","percent":"0.1250","date":"2026-01-02","datetime":"2026-01-02T03:04:05.000000Z",'
        '"time":"08:30:00","yes_no":false,"multi_choice":["b","a"],"link":-3,"person":0,"attachment":[3,1],'
        '"json":{"a":{},"乙":[null,true,1.5,"😀\\n"]}}'
    )
    assert logged(kinds, dict.fromkeys(FIELDS)) == text_of({"id": 1, **dict.fromkeys(FIELDS)})


def decimals(name: str) -> st.SearchStrategy[Decimal]:
    kind: Any = KINDS.c[name].type
    top = 10**kind.digits - 1
    return st.integers(-top, top).map(lambda units: Decimal(units).scaleb(-kind.scale))


# What the databases can hold: PostgreSQL has no NUL, UTF-8 no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
instants = st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30)).map(lambda d: d.replace(tzinfo=UTC))
ROWS = st.fixed_dictionaries(
    {
        name: st.none() | strategy
        for name, strategy in {
            "text": texts,
            "integer": st.integers(-(2**53), 2**53),
            "decimal": decimals("decimal"),
            "whole": decimals("whole"),
            "money": decimals("money"),
            "percent": decimals("percent"),
            "date": st.dates(date(1900, 1, 1), date(2999, 12, 31)),
            "datetime": instants,
            "time": st.times(),
            "yes_no": st.booleans(),
            "json": values,
        }.items()
    }
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ROWS, after=ROWS)
def test_any_values(kinds: Database, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Both databases write what one Python function says, so both write the same."""
    whole = {c.name: wire(c, before.get(c.name)) for c in KINDS.columns} | {"id": 1}
    assert logged(kinds, before) == text_of(whole)
    count = len(kinds.log("kinds"))
    with kinds.write() as connection:
        connection.execute(update(KINDS).values(after))
    new = kinds.log("kinds")[count:]
    differ = [n for n in NAMES if n in after and wire(KINDS.c[n], after[n]) != whole[n]]
    # True is 1 to Python, but not in JSON.
    differ += [n for n in ("json",) if n not in differ and repr(before[n]) != repr(after[n])]
    if not differ:
        assert new == []
        return
    ordered = [n for n in NAMES if n in differ]
    (entry,) = new
    assert entry["op"] == "U"
    assert entry["old"] == text_of({n: whole[n] for n in ordered})
    assert entry["new"] == text_of({n: wire(KINDS.c[n], after[n]) for n in ordered})


def test_what_is_not_json_is_refused(kinds: Database) -> None:
    with pytest.raises(DBAPIError) as caught, kinds.write() as connection:
        connection.execute(text("INSERT INTO kinds (json) VALUES ('{not json')"))
    assert refusal(caught.value) == (BAD_JSON if kinds.sqlite else None)


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_a_value_of_a_foreign_storage_class_is_printed_as_it_is(kinds: Database) -> None:
    """SQLite keeps any value in any column; the log does not hide what came past the types."""
    with kinds.write() as connection:
        connection.execute(text("INSERT INTO kinds (money, yes_no) VALUES ('viel', 'ja')"))
    assert '"money":"viel"' in kinds.log("kinds")[-1]["new"]
    assert '"yes_no":"ja"' in kinds.log("kinds")[-1]["new"]


def test_a_key_of_several_columns(empty: Database) -> None:
    metadata = MetaData()
    ChangeLog.__table__.to_metadata(metadata)
    table = Table("pairs", metadata, Column("a", String(9), primary_key=True),
                  Column("n", BigId, primary_key=True, autoincrement=False))  # fmt: skip
    assert empty.migrate(metadata).applied
    with empty.write() as connection:
        connection.execute(insert(table), {"a": 'x"', "n": 2})
        connection.execute(delete(table))
    made, gone = empty.log("pairs")
    assert (made["record_id"], made["record_key"]) == (None, '["x\\"",2]')
    assert gone["old"] == made["new"] == '{"a":"x\\"","n":2}'


def test_a_table_of_hundreds_of_columns(empty: Database) -> None:
    metadata = MetaData()
    ChangeLog.__table__.to_metadata(metadata)
    columns = [Column(f"c{n}", String(9)) for n in range(600)]
    table = Table("wide", metadata, Column("id", BigId, primary_key=True), *columns, **TABLE_ARGS)
    assert empty.migrate(metadata).applied
    with empty.write() as connection:
        connection.execute(insert(table), {f"c{n}": str(n) for n in range(600)})
        connection.execute(update(table).values(c0="x", c599="y"))
    assert empty.log("wide")[-1]["new"] == '{"c0":"x","c599":"y"}'

"""Customers: BR-30 classes, BR-33 duplicates, credit grade D, and who may not be deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.access.context import current_grants
from app.change import Change, ChangeSet, Result
from app.change.long import commit_long
from app.db import db
from models.checks import uscc_check_sign
from models.crm.grade import abc_class
from models.crm.similar import BLOCK, Names, similarity
from tests.cast import Cast, customer
from tests.models.conftest import Write, act, asked, codes, delete, insert, new_id, stored, update

TODAY = date(2026, 11, 22)
CODES = [f"9199999900000000{n}" for n in range(3)]
CREDIT = [code + uscc_check_sign(code) for code in CODES]


@pytest.mark.parametrize(
    ("intent", "expected", "grade"),
    [
        ("strong", date(2026, 12, 12), "A"),  # 20 days: the example of BR-30
        ("strong", date(2027, 1, 6), "B"),  # 45 days
        ("some", date(2026, 12, 2), "B"),
        ("unclear", date(2026, 12, 2), "C"),
        (None, None, "C"),
        ("strong", date(2026, 12, 22), "A"),  # on the 30th day
        ("strong", date(2026, 12, 23), "B"),
        ("strong", TODAY, "A"),
        ("strong", date(2026, 11, 21), "B"),  # passed
        ("strong", None, "B"),
        ("some", None, "B"),
    ],
)
def test_the_class_of_a_lead(intent: str | None, expected: date | None, grade: str) -> None:
    assert abc_class(intent, expected, TODAY, 30) == grade


def test_the_class_is_computed_when_a_customer_is_written(cast: Cast, write: Write) -> None:
    from app import clock

    soon = clock.today().isoformat()
    record = new_id(write(insert("customer", **customer(cast.region, 9, intent_level="strong"))))
    assert stored("customer", record, "abc_class") == ("B",)
    assert write(update("customer", record, expected_buy_date=soon)).ok
    assert stored("customer", record, "abc_class") == ("A",)
    assert write(update("customer", record, intent_level="unclear")).ok
    assert stored("customer", record, "abc_class") == ("C",)
    assert codes(write(update("customer", record, abc_class="A"))) == [(0, "abc_class", "NOT_EDITABLE")]


def test_days_of_class_a_are_a_parameter(cast: Cast, write: Write) -> None:
    from datetime import timedelta

    from sqlalchemy import select

    from app import clock
    from app.db import db
    from app.entity import registry

    table = registry.get("biz_param").table
    row = db.session.execute(select(table.c.id).where(table.c.code == "abc.a_days")).scalar_one()
    assert write(update("biz_param", row, value="60")).ok
    later = (clock.today() + timedelta(days=45)).isoformat()
    values = customer(cast.region, 9, intent_level="strong", expected_buy_date=later)
    assert stored("customer", new_id(write(insert("customer", **values))), "abc_class") == ("A",)


def test_numbers_are_given_in_turn_and_the_department_is_the_askers(cast: Cast, write: Write) -> None:
    with cast.acting("sr.wang"):
        result = write(*(insert("customer", **customer(cast.region, n)) for n in (11, 12)))
        assert result.ok
    rows = [
        stored("customer", r.id or 0, "customer_code", "owner_id", "department_id") for r in result.results
    ]
    assert [row[0] for row in rows] == ["C-000004", "C-000005"]
    assert {row[1:] for row in rows} == {(cast.users["sr.wang"], cast.departments["XS-HD"])}


@pytest.mark.parametrize("field", ["mobile", "uscc"])
def test_the_same_number_is_refused_and_names_a_customer_in_scope(
    cast: Cast, write: Write, field: str
) -> None:
    value = {"mobile": "15400000001", "uscc": CREDIT[0]}[field]
    assert write(update("customer", cast.customers["sr.wang"], uscc=CREDIT[0])).ok
    with cast.acting("sr.wang"):
        result = write(insert("customer", **{**customer(cast.region, 9), field: value}))
    assert codes(result) == [(0, field, "DUP")]
    assert "C-000001" in str(result.errors[0].message)


@pytest.mark.parametrize(("holder", "number"), [("sr.li", 2), ("elsewhere", 3)])
def test_a_duplicate_out_of_scope_is_not_named(cast: Cast, write: Write, holder: str, number: int) -> None:
    with cast.acting("sr.wang"):
        result = write(insert("customer", **{**customer(cast.region, 9), "mobile": f"1540000000{number}"}))
    assert codes(result) == [(0, "mobile", "DUP")]
    assert str(result.errors[0].message) == "已被占用。"


def test_the_same_number_twice_in_one_set_is_refused_in_both_rows(cast: Cast, write: Write) -> None:
    result = write(*(insert("customer", **customer(cast.region, n, uscc=CREDIT[0])) for n in (8, 9)))
    assert codes(result) == [(0, "uscc", "DUP"), (1, "uscc", "DUP")]


def test_a_number_may_move_from_one_customer_to_another_in_one_set(cast: Cast, write: Write) -> None:
    mine, theirs = cast.customers["sr.wang"], cast.customers["sr.li"]
    swapped = write(
        update("customer", mine, mobile="15400000002"), update("customer", theirs, mobile="15400000001")
    )
    assert swapped.ok
    taken_over = write(
        delete("customer", theirs),
        insert("customer", **{**customer(cast.region, 9), "mobile": "15400000001"}),
    )
    assert taken_over.ok


def test_an_update_of_other_cells_is_not_asked_again(cast: Cast, write: Write) -> None:
    assert write(update("customer", cast.customers["sr.wang"], mobile="15400000001", remark="老客户")).ok


LONG, NEARLY, FAR = "苏州金鸡湖名酒贸易有限公司", "苏州金鸡湖名酒商贸有限公司", "苏州金鸡湖副食批发有限公司"


def test_a_similar_name_in_the_region_is_asked_about(cast: Cast, write: Write) -> None:
    first = new_id(write(insert("customer", **customer(cast.region, 7, name=LONG))))
    new = insert("customer", **customer(cast.region, 8, name=NEARLY))
    question = write(new)
    assert asked(question) == [(0, "name", "DUP_NAME")]
    assert LONG in str(question.confirms[0].message)
    assert not codes(question)
    with cast.acting("sr.wang"):
        assert str(write(new).confirms[0].message) == "已被占用。"
    assert write(insert("customer", **customer(cast.region, 9, name=FAR))).ok
    area = new_id(write(insert("region", code="XN", name="西南大区", level="area")))
    assert write(insert("customer", **customer(area, 10, name=NEARLY))).ok
    assert write(new, confirmed=frozenset({"DUP_NAME"})).ok
    assert write(update("customer", first, address="别处")).ok
    assert asked(write(update("customer", first, name=NEARLY.replace("公司", "公所")))) == [
        (0, "name", "DUP_NAME")
    ]


def test_similar_names_of_one_set_are_asked_about(cast: Cast, write: Write) -> None:
    pair = [insert("customer", **customer(cast.region, n, name=name)) for n, name in ((8, LONG), (9, NEARLY))]
    assert asked(write(*pair)) == [(0, "name", "DUP_NAME"), (1, "name", "DUP_NAME")]


def test_a_similar_name_is_asked_about_across_the_stretches_of_a_long_set(cast: Cast) -> None:
    first = insert("customer", **customer(cast.region, 8, name=LONG))
    nearly = insert("customer", **customer(cast.region, 9, name=NEARLY))
    refused = in_stretches(first, nearly)
    assert asked(refused) == [(1, "name", "DUP_NAME")]
    assert LONG in str(refused.confirms[0].message)
    assert in_stretches(nearly).ok


def test_a_name_given_up_in_an_earlier_stretch_is_similar_to_none(cast: Cast, write: Write) -> None:
    old = new_id(write(insert("customer", **customer(cast.region, 7, name=LONG))))
    other = insert("customer", **customer(cast.region, 8, name=FAR))
    nearly = insert("customer", **customer(cast.region, 9, name=NEARLY))
    assert asked(in_stretches(other, nearly)) == [(1, "name", "DUP_NAME")]
    assert in_stretches(other, update("customer", old, name="另一家酒行"), nearly).ok


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_a_long_set_finds_the_customers_by_index_whatever_the_statistics_say(cast: Cast) -> None:
    from sqlalchemy import event

    found: list[str] = []

    def look(connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM customer" in statement:
            found.append(cursor.connection.execute("SHOW enable_seqscan").fetchone()[0])

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        assert in_stretches(*(insert("customer", **customer(cast.region, n)) for n in (10, 11))).ok
    finally:
        event.remove(db.engine, "before_cursor_execute", look)
    assert set(found) == {"off"}


def in_stretches(*changes: Change) -> Result:
    """Commit a set each change of which is a stretch of its own."""
    return commit_long(ChangeSet([], "test"), lambda: ([change] for change in changes), current_grants())


def test_a_duplicate_check_asks_as_often_for_many_rows_as_for_one(cast: Cast, app: Flask) -> None:
    from sqlalchemy import event

    from app.change import ChangeSet, plan
    from app.db import db

    def statements(numbers: range) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        rows = [insert("customer", **customer(cast.region, n, uscc=None)) for n in numbers]
        event.listen(db.engine, "before_cursor_execute", note)
        planned = plan(ChangeSet(rows, "test", confirmed=frozenset({"*"})))
        event.remove(db.engine, "before_cursor_execute", note)
        assert planned.errors == []
        return len(seen)

    assert statements(range(100, 101)) == statements(range(100, 400))


@given(
    st.lists(st.text("甲乙丙丁", min_size=1, max_size=24), max_size=12),
    st.text("甲乙丙丁", min_size=1, max_size=24),
)
def test_similar_names_are_found_as_if_each_were_compared(names: list[str], wanted: str) -> None:
    known: Names[int] = Names(0.9)
    for number, name in enumerate(names):
        known.add(number, name)
    best = max((similarity(wanted, name) for name in names), default=0.0)
    found = known.alike(wanted, without=-1)
    assert (found is not None) is (best >= 0.9)
    if found is not None:
        assert similarity(wanted, names[found]) == best


def test_the_most_similar_of_many_thousand_names_is_found() -> None:
    known: Names[int] = Names(0.9)
    for number in range(BLOCK + 500):
        known.add(number, f"{number:05d}商贸有限公司")
    for number in (0, BLOCK - 1, BLOCK, BLOCK + 499):
        assert known.alike(f"{number:05d}商贸有限公司", without=-1) == number
        assert known.alike(f"{number:05d}商贸有限公司", without=number) != number
    assert known.alike("云溪酒业股份有限公司", without=-1) is None


@given(st.text("甲乙丙丁戊己庚辛", min_size=8, max_size=40), st.data())
def test_a_name_with_one_letter_changed_is_found_once_it_is_long_enough(
    name: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    changed = name[:place] + "X" + name[place + 1 :]
    known: Names[int] = Names(0.9)
    known.add(0, name)
    assert (known.alike(changed, without=-1) is not None) is (similarity(changed.casefold(), name) >= 0.9)


def test_grade_d_pays_first(cast: Cast, write: Write) -> None:
    values = customer(cast.region, 9, credit_grade="D", payment_term="net60")
    record = new_id(write(insert("customer", **values)))
    assert stored("customer", record, "payment_term") == ("prepay",)
    assert write(update("customer", record, payment_term="net30")).results[0].state == "unchanged"
    assert write(update("customer", record, credit_grade="B", payment_term="net30")).ok
    assert stored("customer", record, "payment_term") == ("net30",)


def test_who_has_bought_is_not_deleted(cast: Cast, write: Write) -> None:
    values = customer(cast.region, 9, first_order_on="2026-01-02")
    buyer = new_id(write(insert("customer", **values), restoring=True))
    assert codes(write(delete("customer", buyer))) == [(0, None, "HAS_ORDERS")]
    assert write(delete("customer", cast.customers["sr.wang"])).ok


def test_the_status_moves_by_its_verbs_and_their_rights(cast: Cast, write: Write) -> None:
    record = cast.customers["sr.wang"]
    with cast.acting("sr.wang"):
        assert write(act("customer", record, "follow")).ok
        assert codes(write(act("customer", record, "blacklist"))) == [(0, None, "FORBIDDEN")]
        assert codes(write(update("customer", record, status="dealt"))) == [(0, "status", "NOT_EDITABLE")]
    with cast.acting("sm.east"):
        assert write(act("customer", record, "blacklist")).ok
    assert stored("customer", record, "status") == ("blacklist",)


def test_contacts_belong_to_their_customer(cast: Cast, write: Write) -> None:
    def contact(owner: str, name: str = "何小姐", mobile: str = "15400000099") -> Any:
        parent = cast.customers[owner]
        return insert("customer_contact", parent_id=parent, name=name, mobile=mobile)

    with cast.acting("sr.wang"):
        assert write(contact("sr.wang")).ok
        assert codes(write(contact("sr.wang"))) == [(0, "name", "TAKEN")]
        assert codes(write(contact("sr.wang", "另一位", "123"))) == [(0, "mobile", "BAD_MOBILE")]
        assert not write(contact("sr.li")).ok

"""Personal data: the log is committed to it without holding it, and it can be erased while the log stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app import clock
from app.audit import check, refusal, tables
from app.audit.actor import acting
from app.audit.history import Filters, entries
from app.audit.log import ChangePii, Erasure
from app.audit.pii import commitment, is_erased
from app.audit.texts import APPEND_ONLY, BAD_JSON
from app.db import db
from models.base.employee import Employee
from tests.audit.support import LOG, WANG, Database

EMPLOYEE: Table = Employee.__table__  # type: ignore[assignment]
PII: Table = ChangePii.__table__  # type: ignore[assignment]
ERASURE: Table = Erasure.__table__  # type: ignore[assignment]
MOBILE, OTHER = "13812345678", "13987654321"


def employee(record: int, **values: Any) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": record,
        "emp_no": f"E{record}",
        "version": 1,
        "created_at": now,
        "updated_at": now,
        **values,
    }


def put(database: Database, *rows: dict[str, Any]) -> None:
    with database.write() as connection:
        for row in rows:
            connection.execute(insert(EMPLOYEE), row)


def kept(database: Database) -> dict[tuple[int, str, str], tuple[str, str]]:
    """The personal values beside the log, with their salts."""
    with database.app.connect() as connection:
        return {(r.log_id, r.field, r.side): (r.salt, r.value) for r in connection.execute(select(PII))}


def erase(database: Database, record: int, *fields: str) -> None:
    with database.write() as connection:
        row = {"entity": "employee", "record_id": record, "fields": list(fields), "reason": "他要求"}
        connection.execute(insert(ERASURE), row)


def test_the_log_commits_to_personal_values_without_holding_them(base: Database) -> None:
    put(base, employee(1, mobile=MOBILE, email='王"x"@example.com', base_salary=100))
    (entry,) = base.log("employee")
    values, found = json.loads(entry["new"]), kept(base)
    assert {place[1:] for place in found} == {("mobile", "new"), ("email", "new")}
    assert values["base_salary"] == "100.00"
    assert values["id_no"] is values["birthday"] is None
    assert MOBILE not in entry["new"]
    for (log_id, name, _side), (salt, value) in found.items():
        assert log_id == entry["id"]
        assert len(salt) == 32
        assert values[name] == {"pii": sha256((salt + value).encode()).hexdigest()}
        assert f'"{name}":{commitment(salt, value)}' in entry["new"]
    assert {json.loads(value) for _salt, value in found.values()} == {MOBILE, '王"x"@example.com'}


def test_an_edit_keeps_the_changed_personal_values_alone(base: Database) -> None:
    put(base, employee(1, mobile=MOBILE, email="a@example.com"))
    with base.write() as connection:
        connection.execute(update(EMPLOYEE).values(mobile=OTHER, job_level="P7"))
        connection.execute(update(EMPLOYEE).values(job_level="P8"))
        connection.execute(update(EMPLOYEE).values(mobile=None))
        connection.execute(delete(EMPLOYEE))
    _insert, edit, _plain, emptied, gone = base.log("employee")
    found = {
        place: json.loads(value) for place, (_salt, value) in kept(base).items() if place[0] >= edit["id"]
    }
    assert found == {
        (edit["id"], "mobile", "old"): MOBILE, (edit["id"], "mobile", "new"): OTHER,
        (emptied["id"], "mobile", "old"): OTHER, (gone["id"], "email", "old"): "a@example.com",
    }  # fmt: skip
    assert json.loads(emptied["new"]) == {"mobile": None}


def test_equal_values_cannot_be_told_from_their_commitments(base: Database) -> None:
    put(base, employee(1, mobile=MOBILE, email=MOBILE), employee(2, mobile=MOBILE))
    commitments = [
        v["pii"] for e in base.log("employee") for v in json.loads(e["new"]).values() if isinstance(v, dict)
    ]
    assert len(set(commitments)) == len(commitments) == 3
    assert len({salt for salt, _value in kept(base).values()}) == 3


def test_history_reads_the_values_until_they_are_erased(base: Database) -> None:
    put(base, employee(1, mobile=MOBILE, email="a@example.com"), employee(2, mobile=MOBILE))
    before = base.log("employee")
    with base.app.connect() as connection:
        first, second = entries(connection, Filters(tables=("employee",)))[::-1]
    assert (first.new["mobile"], second.new["mobile"]) == (MOBILE, MOBILE)

    erase(base, 1, "mobile")
    with base.app.connect() as connection:
        first, second = entries(connection, Filters(tables=("employee",)))[::-1]
    assert is_erased(first.new["mobile"])
    assert not is_erased(first.new["email"])
    assert (first.new["email"], second.new["mobile"]) == ("a@example.com", MOBILE)
    assert base.log("employee") == before

    (said,) = base.log("erasure")
    assert (said["actor_name"], said["op"]) == ("王浩", "I")
    assert json.loads(said["new"]) == {
        "id": 1, "entity": "employee", "record_id": 1, "fields": ["mobile"], "reason": "他要求",
    }  # fmt: skip


@contextmanager
def refused(database: Database, *, owner: bool = False) -> Iterator[Connection]:
    put(database, employee(1, mobile=MOBILE))
    erase(database, 1, "email")
    before = kept(database), database.log()
    engine = database.owner if owner else database.app
    with pytest.raises(DBAPIError) as caught, acting(WANG), engine.begin() as connection:
        yield connection
    assert not owner or refusal(caught.value) == APPEND_ONLY
    assert (kept(database), database.log()) == before


WRITES = (
    "DELETE FROM change_pii",
    "UPDATE change_pii SET value = '1'",
    "INSERT INTO change_pii (log_id, field, side, salt, value) VALUES (1, 'mobile', 'old', 'x', '1')",
    "DELETE FROM erasure",
    "UPDATE erasure SET reason = ''",
)


@pytest.mark.parametrize("statement", WRITES)
def test_no_statement_of_the_app_touches_them(base: Database, statement: str) -> None:
    with refused(base) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", [WRITES[1], *WRITES[3:]])
def test_not_even_one_of_the_owner_by_accident(base: Database, statement: str) -> None:
    with refused(base, owner=True) as connection:
        connection.execute(text(statement))


def test_a_row_that_was_refused_leaves_nothing_to_the_next(base: Database) -> None:
    broken = (
        "INSERT INTO employee (id, emp_no, mobile, version, created_at, updated_at, extra)"
        " VALUES (1, 'E1', :mobile, 1, '2026-01-02T03:04:05.000000Z', '2026-01-02T03:04:05.000000Z', '{')"
    )
    with base.write() as connection:
        with pytest.raises(DBAPIError) as caught, connection.begin_nested():
            connection.execute(text(broken), {"mobile": OTHER})
        assert not base.sqlite or refusal(caught.value) == BAD_JSON
        connection.execute(insert(EMPLOYEE), employee(2, mobile=MOBILE))
    assert [json.loads(value) for _salt, value in kept(base).values()] == [MOBILE]
    assert {place[0] for place in kept(base)} == {base.log("employee")[0]["id"]}


def test_many_rows_of_one_statement_keep_their_own(base: Database) -> None:
    put(base, *(employee(n, mobile=f"1380000000{n}") for n in range(1, 6)))
    with base.write() as connection:
        connection.execute(update(EMPLOYEE).values(mobile=EMPLOYEE.c.mobile + "x"))
    with base.app.connect() as connection:
        found = entries(connection, Filters(tables=("employee",), ops=("U",)))
        last = connection.execute(select(LOG.c.id).order_by(LOG.c.id.desc())).scalar()
    assert {e.record_id: (e.old["mobile"], e.new["mobile"]) for e in found} == {
        n: (f"1380000000{n}", f"1380000000{n}x") for n in range(1, 6)
    }
    assert max(place[0] for place in kept(base)) == last


def test_no_row_of_evidence_is_changed_or_removed_by_the_app(base: Database) -> None:
    evidence = tables.guarded(db.metadata)
    assert evidence.keys() >= {"access_log", "approval_event", "change_log", "change_pii", "erasure", "seal"}
    for name in sorted(evidence):
        column = next(iter(db.metadata.tables[name].columns)).name
        for statement in (f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}"):
            with pytest.raises(DBAPIError), acting(WANG), base.app.begin() as connection:
                connection.execute(text(statement))


def test_a_database_from_before_gets_commitments_and_keeps_its_entries(empty: Database) -> None:
    before = MetaData()
    for table in db.metadata.sorted_tables:
        if table.name not in ("change_pii", "erasure"):
            table.to_metadata(before)
    assert empty.migrate(before).applied
    put(empty, employee(1, mobile=MOBILE))
    assert empty.migrate().applied
    assert check(empty.app) == []
    put(empty, employee(2, mobile=OTHER))
    with empty.write() as connection:
        connection.execute(update(EMPLOYEE).where(EMPLOYEE.c.id == 1).values(mobile=None))
    old, new, edit = empty.log("employee")
    assert json.loads(old["new"])["mobile"] == MOBILE
    assert OTHER not in new["new"]
    assert MOBILE not in edit["old"]
    with empty.app.connect() as connection:
        found = entries(connection, Filters(tables=("employee",)))[::-1]
    assert [(e.old.get("mobile"), e.new.get("mobile")) for e in found] == [
        (None, MOBILE), (None, OTHER), (MOBILE, None),
    ]  # fmt: skip

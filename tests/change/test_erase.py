"""Erasing personal data: gone from the cells, the history, imports and the file itself; the log keeps its bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from app import clock
from app.access.context import acting_as, current_grants
from app.audit import triggers
from app.audit.actor import SYSTEM, acting, writing
from app.audit.history import record_history
from app.audit.log import ChangeLog
from app.change import Change, staging, undo
from app.change.erase import Erased, EraseRefused, compact, erase
from app.change.restore import restore
from app.db import db
from app.engine import make_engine
from app.entity import registry
from app.fab.history_json import history_json
from app.importing import personal, uploads
from app.importing.run import read_and_plan
from app.jobs.model import Job
from tests.cast import Cast, assemble, customer
from tests.support.gate import rows_of, send

MOBILE, OTHER, NEW = "15400000001", "15400000002", "13812345678"
LOG = ChangeLog.__table__


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    with app.app_context():
        yield assemble(app)


def customers() -> Any:
    return registry.get("customer")


def edit(record: int, **values: Any) -> int:
    """A customer edited by the system; the change set."""
    with acting_as(None, source="test"):
        result = send(Change("customer", "update", values, id=record))
    assert result.change_set is not None
    return result.change_set


def erased_by(cast: Cast, record: int, *fields: str, who: str = "admin") -> Erased:
    with cast.acting(who):
        return erase(customers(), record, "他本人要求", fields)


def log_bytes() -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(LOG.c.id, LOG.c.old, LOG.c.new).order_by(LOG.c.id)).all())


def test_everything_personal_goes_and_the_log_keeps_its_bytes(cast: Cast) -> None:
    wang, li = cast.customers["sr.wang"], cast.customers["sr.li"]
    edit(wang, mobile=NEW, payday_note="月底")
    before = log_bytes()
    done = erased_by(cast, wang)
    assert done.plain == 0
    assert done.change_set is not None
    assert done.logged == 6  # two of the insert, two sides of the edit, two old ones of the erasure itself
    assert done.places["change"] == 3

    assert done.elsewhere == {}
    row = rows_of("customer")[wang]
    assert row["mobile"] is row["contact_name"] is None
    assert (row["name"], row["payday_note"]) == ("00001商行", "月底")
    assert rows_of("customer")[li]["mobile"] == OTHER
    assert log_bytes()[: len(before)] == before
    with db.engine.connect() as connection:
        said = connection.execute(select(LOG).where(LOG.c.tbl == "erasure")).mappings().all()
    assert [(e["actor_name"], e["op"], e["record_id"] is not None) for e in said] == [("沈静", "I", True)]
    with db.engine.connect() as connection:
        kept = " ".join(str(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in KEEPERS)
    assert OTHER in kept
    assert MOBILE not in kept
    assert NEW not in kept


KEEPERS = ("customer", "change", "change_log", "change_pii", "change_set", "erasure", "job")


def test_readers_say_that_it_was_erased(cast: Cast) -> None:
    wang = cast.customers["sr.wang"]
    edit(wang, mobile=NEW)
    erased_by(cast, wang, "mobile")
    with acting_as(None):
        items = history_json(
            db.session(), customers(), record_history(db.session(), customers(), wang), current_grants()
        )
    cells = [cell for item in items for cell in item["cells"] if cell["field"] == "mobile"]
    assert [(c["old"], c["new"]) for c in cells] == [(None, None)] * 3
    assert [(c["old_title"], c["new_title"]) for c in cells] == [
        ("（已删除）", None), ("（已删除）", "（已删除）"), (None, "（已删除）"),
    ]  # fmt: skip
    names = [cell["new"] for cell in items[-1]["cells"] if cell["field"] == "contact_name"]
    assert names == ["何先生"]


def test_erasing_again_finds_nothing(cast: Cast) -> None:
    wang = cast.customers["sr.wang"]
    erased_by(cast, wang)
    again = erased_by(cast, wang)
    assert (again.change_set, again.logged, again.plain) == (None, 0, 0)
    assert set(again.places.values()) == {0}


@pytest.mark.parametrize("engine_kind", ["sqlite"])
@pytest.mark.parametrize("who", ["sr.wang", "sm.east", "lg.sun", "auditor"])
def test_it_takes_the_right_to_erase(cast: Cast, who: str) -> None:
    with pytest.raises(EraseRefused) as caught:
        erased_by(cast, cast.customers["sr.wang"], who=who)
    assert caught.value.code == "FORBIDDEN"


@pytest.mark.parametrize("engine_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("fields", "reason", "record", "code"),
    [
        (("name",), "x", 1, "NOT_PERSONAL"),
        (("nonsense", "mobile"), "x", 1, "NOT_PERSONAL"),
        ((), " ", 1, "NO_REASON"),
        ((), "x", 999_999, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_erased_is_refused(
    cast: Cast, fields: tuple[str, ...], reason: str, record: int, code: str
) -> None:
    with acting_as(None), pytest.raises(EraseRefused) as caught:
        erase(customers(), record, reason, fields)
    assert caught.value.code == code


def test_a_record_that_is_being_approved_is_not_erased(cast: Cast) -> None:
    wang, table = cast.customers["sr.wang"], customers().table
    with acting(SYSTEM), writing(1, 12), db.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == wang).values(locked_by_case=12))
    with pytest.raises(EraseRefused) as caught:
        erased_by(cast, wang)
    assert caught.value.code == "REFUSED"
    assert rows_of("customer")[wang]["mobile"] == MOBILE


def test_a_deleted_record_is_erased_from_the_history(cast: Cast) -> None:
    wang = cast.customers["sr.wang"]
    with acting_as(None):
        gone = send(Change("customer", "delete", id=wang)).change_set
    done = erased_by(cast, wang)
    assert (done.change_set, done.logged) == (None, 4)
    assert gone is not None
    with acting_as(None):
        result = undo(gone)
    assert [item["code"] for item in result.left] == ["ERASED", "REQUIRED"]


def test_undo_and_restore_leave_an_erased_cell_as_it_is(cast: Cast) -> None:
    wang = cast.customers["sr.wang"]
    start = clock.now()
    changed = edit(wang, mobile=NEW, payday_note="月底")
    erased_by(cast, wang, "mobile")
    edit(wang, mobile="13911112222")
    with acting_as(None):
        result = undo(changed)
    assert result.state == "applied"
    assert [item["code"] for item in result.left] == ["ERASED"]
    row = rows_of("customer")[wang]
    assert (row["mobile"], row["payday_note"]) == ("13911112222", None)

    edit(wang, payday_note="月中")
    with acting_as(None):
        result = restore(customers(), wang, at=start)
    assert [item["code"] for item in result.left] == ["ERASED"]
    row = rows_of("customer")[wang]
    assert (row["mobile"], row["payday_note"]) == ("13911112222", None)


def test_other_records_of_the_same_person_are_named(cast: Cast) -> None:
    wang = cast.customers["sr.wang"]
    with acting_as(None):
        values = {"parent_id": wang, "name": "何先生", "mobile": MOBILE}
        contact = send(Change("customer_contact", "insert", values)).results[0].id
    assert erased_by(cast, wang).elsewhere == {"customer_contact": [contact]}


def test_what_a_line_is_known_by_says_that_it_was_erased(cast: Cast) -> None:
    with acting_as(None):
        values = {"parent_id": cast.customers["sr.wang"], "name": "何小姐", "mobile": NEW}
        record = send(Change("customer_contact", "insert", values)).results[0].id
        assert record is not None
        erase(registry.get("customer_contact"), record, "她本人要求")
    row = rows_of("customer_contact")[record]
    assert (row["name"], row["mobile"]) == (f"已删除 {record}", None)


def sheet_of(path: Path, *rows: dict[str, Any]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([str(customers().fields[name].label) for name in rows[0]])
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)


def staged(cast: Cast) -> tuple[Path, int]:
    """An import in preview: the customer again as a new one, and somebody else who shares the name of the contact."""
    path = uploads.folder() / "upload.xlsx"
    columns = {name: value for name, value in customer(0, 0).items() if name != "region_id"}
    rows = [
        {**columns, "name": f"{n}号", "mobile": mobile, "region_id": "HD"}
        for n, mobile in ((1, MOBILE), (2, NEW))
    ]
    sheet_of(path, *rows)
    with acting_as(None):
        reading, planned = read_and_plan(customers(), path, current_grants(), name="客户.xlsx")
        assert reading.rows == 2
        return path, staging.stage(planned, [], planned.change_set.file or {})


def put_job(result: dict[str, Any]) -> None:
    row = {"kind": "import_commit", "args": {}, "state": "done", "created_at": clock.now(), "result": result,
           "locale": "zh", "done": 0, "total": 0, "step": "", "tries": 1}  # fmt: skip
    with acting(SYSTEM), db.engine.begin() as connection:
        connection.execute(insert(Job.__table__), row)


def test_what_imports_leave_behind_goes_too(cast: Cast) -> None:
    path, set_id = staged(cast)
    other = uploads.folder() / "other.xlsx"
    other.write_bytes(b"x" * path.stat().st_size)
    put_job({"conflicts": [{"yours": MOBILE, "theirs": NEW, "by": "王芳"}], "rows": 2})
    done = erased_by(cast, cast.customers["sr.wang"])
    assert (done.places["files/imports"], done.places["job"]) == (1, 1)
    assert (path.exists(), other.exists()) == (False, True)
    first, second = staging.rows(set_id)
    assert first["cells"]["mobile"] == first["cells"]["contact_name"] == [None, {"pii": None}]
    assert first["cells"]["name"] == [None, "1号"]
    assert second["cells"]["mobile"] == [None, NEW]
    with db.engine.connect() as connection:
        answer = connection.execute(select(Job.__table__.c.result)).scalars().all()[-1]
    assert answer == {"conflicts": [{"yours": "", "theirs": NEW, "by": "王芳"}], "rows": 2}
    # What was erased is not committed after all.
    with acting_as(None):
        result = send(Change("customer", "insert", {name: pair[1] for name, pair in first["cells"].items()}))
    assert {(e.row, e.field) for e in result.errors} >= {(0, "mobile"), (0, "contact_name")}


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_the_file_no_longer_holds_a_byte_of_it(cast: Cast, app: Flask) -> None:
    wang, home = cast.customers["sr.wang"], app.config["TAIZHANG"].home
    staged(cast)
    edit(wang, email="he.xiansheng@example.com")
    files = [path for path in home.rglob("*") if path.is_file() and "keys" not in path.parts]
    assert any(MOBILE.encode() in path.read_bytes() for path in files)
    erased_by(cast, wang)
    assert compact(app.config["TAIZHANG"])
    for path in home.rglob("*"):
        if path.is_file():
            found = path.read_bytes()
            assert MOBILE.encode() not in found, path
            assert b"he.xiansheng" not in found, path
    assert triggers.check(db.engine) == []


def test_entries_from_before_commitments_are_counted(cast: Cast, app: Flask) -> None:
    wang = cast.customers["sr.wang"]
    owner = make_engine(app.config["TAIZHANG"].owner_url, owner=True)
    with acting(SYSTEM), owner.begin() as connection:
        triggers.drop_all(connection)
        row = {"txn": 0, "at": clock.now(), "actor_name": "王芳", "source": "sheet", "tbl": "customer",
               "record_id": wang, "op": "U", "old": '{"mobile":null}', "new": '{"mobile":"13700000000"}'}  # fmt: skip
        connection.execute(insert(LOG), row)
        triggers.create_all(connection)
    owner.dispose()
    assert erased_by(cast, wang).plain == 1


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_uploads_go_when_nobody_can_use_them_any_more(cast: Cast) -> None:
    fresh, stale = uploads.folder() / "fresh.xlsx", uploads.folder() / "stale.xlsx"
    for path in (fresh, stale):
        path.write_bytes(hashlib.sha256(path.name.encode()).digest())
    old = clock.now().timestamp() - uploads.KEPT - 60
    os.utime(stale, (old, old))
    personal.expire(clock.today())
    assert (fresh.exists(), stale.exists()) == (True, False)

"""What was exported comes back: unchanged it changes nothing, one cell is one cell, and what others did is kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask, current_app
from flask_babel import force_locale
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select

from app.access.context import acting_as
from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import EntityType, registry
from app.excel import manifest
from app.excel.contract import Limits
from app.exporting.asked import Asked
from app.exporting.export import write
from app.importing import trip
from app.importing.run import ImportReport, import_file
from tests.cast import Cast, assemble
from tests.importing.hostile import records_of
from tests.models.conftest import update
from tests.support.apps import Applications
from tests.support.database import SqliteFiles
from tests.support.gate import rows_of, send
from tests.support.needs import LIBREOFFICE, program


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, inside the application."""
    found = assemble(app)
    with app.app_context():
        yield found


def log_height() -> int:
    """How many entries the change log has."""
    with db.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(ChangeLog.__table__)).scalar_one())


def export(path: Path, entity: EntityType, grants: Grants, **asked: Any) -> int:
    """An export of all fields; the number of rows."""
    with path.open("wb") as out:
        rows = write(db.session(), entity, grants, Asked(everything=True, **asked), out)
    db.session.rollback()
    return rows


@contextmanager
def nothing_happens(*names: str) -> Iterator[None]:
    """No log row, and the tables are as they were."""
    before = log_height(), {name: rows_of(name) for name in names}
    yield
    assert (log_height(), {name: rows_of(name) for name in names}) == before


def untouched(report: ImportReport) -> bool:
    """Whether an import changed nothing and found nothing wrong."""
    assert [(e.row, e.column, e.code, str(e.message), e.text) for e in report.errors] == []
    found = (report.inserted, report.updated, report.conflicts, report.change_set, report.totals)
    return found == (0, 0, [], None, []) and report.unchanged == report.rows


def ids_of_all() -> dict[str, list[int]]:
    """Records of every entity, and people."""
    found = {e.name: list(db.session.scalars(select(e.cls.id).order_by(e.cls.id))) for e in registry}
    user = registry.target_class("person")
    found["person"] = list(db.session.scalars(select(user.id).order_by(user.id)))
    db.session.rollback()
    return found


def force(entity: EntityType, record: int, values: dict[str, Any]) -> int:
    """Write values as history: as many of them as the rules let pass; answers how many."""
    for _attempt in range(10):
        asked = ChangeSet([Change(entity.name, "update", values, id=record)], "test", restoring=True)
        result = commit(asked)
        if result.ok:
            return len(values)
        refused = {e.field for e in [*result.errors, *result.confirms]}
        values = {n: v for n, v in values.items() if n not in refused} if refused & values.keys() else {}
    raise AssertionError((entity.name, record))


def test_every_sheet_that_comes_back_as_it_went_changes_nothing(
    demo_app: Flask, engine_kind: str, tmp_path: Path
) -> None:
    """All fields of all entities of the demo company; written in one language, read in the other."""
    theirs, ours = ("zh", "en") if engine_kind == "sqlite" else ("en", "zh")
    path, seen = tmp_path / "out.xlsx", 0
    with demo_app.app_context(), acting_as(None, source="test") as grants:
        for entity in registry:
            with force_locale(theirs):
                rows = export(path, entity, grants)
            if rows:
                with nothing_happens(entity.name), force_locale(ours):
                    assert untouched(import_file(entity, path, grants)), entity.name
                seen += 1
    assert seen > 18


@pytest.mark.parametrize("name", ["customer", "employee", "product", "order_check_log", "price_notice"])
def test_values_that_files_spoil_come_back_as_they_were(
    applications: Applications, tmp_path: Path, name: str
) -> None:
    """What a spreadsheet program takes for something else, in every kind of field, computed ones too."""
    app = applications.fresh(SqliteFiles(), demo=True).flask
    path, spoiled = tmp_path / "out.xlsx", list[int]()

    @settings(
        max_examples=4,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # the records remember: nothing to shrink
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def comes_back(data: st.DataObject) -> None:
        with app.app_context(), acting_as(None, source="test") as grants:
            entity, ids = registry.get(name), ids_of_all()
            chosen = ids[name][:3]
            spoiled.extend(force(entity, one, data.draw(records_of(entity, ids))) for one in chosen)
            assert export(path, entity, grants, ids=tuple(chosen)) == len(chosen)
            with nothing_happens(name):
                assert untouched(import_file(entity, path, grants))

    comes_back()
    assert sum(spoiled) > 12


@pytest.mark.parametrize("person", ["auditor", "fn.qian"])
def test_masked_and_read_only_fields_come_back_too(
    applications: Applications, tmp_path: Path, person: str
) -> None:
    app, path = applications.fresh(SqliteFiles(), demo=True).flask, tmp_path / "out.xlsx"
    masked = 0
    with app.app_context():
        user = registry.target_class("person")
        reader = db.session.scalars(select(user.id).where(user.username == person)).one()
        db.session.rollback()
        with acting_as(reader, source="test") as grants:
            for name in ("customer", "customer_contact", "employee", "product", "sales_order"):
                entity = registry.get(name)
                masked += sum(grants.level(name, field) == "masked" for field in entity.fields)
                if grants.can("export", name) and export(path, entity, grants):
                    with nothing_happens(name):
                        assert untouched(import_file(entity, path, grants)), name
    assert masked


def edit(path: Path, change: Callable[[Worksheet, dict[str, int]], None]) -> None:
    """What a person does in a spreadsheet program; `change` gets the sheet and its columns by header."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    change(sheet, {str(cell.value): cell.column or 0 for cell in sheet[1]})
    book.save(path)


def test_one_cell_changed_is_one_cell(cast: Cast, tmp_path: Path) -> None:
    entity, path, mine = registry.get("customer"), tmp_path / "out.xlsx", cast.customers["sr.wang"]
    with cast.acting("sm.east") as grants:
        assert export(path, entity, grants) == 2

    def move(sheet: Worksheet, columns: dict[str, int]) -> None:
        row = next(r for r in (2, 3) if sheet.cell(r, columns[manifest.ID]).value == mine)
        sheet.cell(row, columns["地址"], "新路2号")

    edit(path, move)
    with cast.acting("sm.east") as grants:
        height = log_height()
        report = import_file(entity, path, grants)
    assert (report.updated, report.unchanged, report.errors, report.conflicts) == (1, 1, [], [])
    with db.engine.connect() as connection:
        entry = connection.execute(
            select(ChangeLog.__table__).order_by(ChangeLog.__table__.c.id.desc())
        ).first()
    assert entry is not None
    cells = set(json.loads(entry.new)) - {"version", "updated_at", "updated_by_id"}
    assert (log_height() - height, entry.record_id, cells) == (1, mine, {"address"})


def test_edited_offline_while_others_edited_online_is_merged_or_in_conflict(
    cast: Cast, tmp_path: Path
) -> None:
    entity, path = registry.get("customer"), tmp_path / "out.xlsx"
    mine, other = cast.customers["sr.wang"], cast.customers["sr.li"]
    with cast.acting("sm.east") as grants:
        export(path, entity, grants)

    def move(sheet: Worksheet, columns: dict[str, int]) -> None:
        for row in (2, 3):
            sheet.cell(row, columns["微信"], "offline")

    edit(path, move)
    with cast.acting("sr.wang"):
        assert send(update("customer", mine, address="线上1号")).ok
    with cast.acting("sr.li"):
        assert send(update("customer", other, wechat="online", address="线上2号")).ok
    with cast.acting("sm.east") as grants:
        refused = import_file(entity, path, grants)
        assert refused.change_set is None
        partly = import_file(entity, path, grants, partial=True)
    for report in (refused, partly):
        (conflict,) = report.conflicts
        assert (conflict["id"], conflict["field"], conflict["yours"], conflict["theirs"], conflict["by"]) == (
            other, "wechat", "offline", "online", "李航"
        )  # fmt: skip
    now = rows_of("customer")
    assert [(now[n]["wechat"], now[n]["address"]) for n in (mine, other)] == [
        ("offline", "线上1号"), ("online", "线上2号")
    ]  # fmt: skip


def test_without_its_hidden_versions_a_file_brings_nothing_old_back(cast: Cast, tmp_path: Path) -> None:
    """What the file's own moment tells: a cell that shows what stood there then was not touched."""
    entity, path = registry.get("customer"), tmp_path / "out.xlsx"
    mine, other = cast.customers["sr.wang"], cast.customers["sr.li"]
    with cast.acting("sm.east") as grants:
        export(path, entity, grants)

    def spoil(sheet: Worksheet, columns: dict[str, int]) -> None:
        for row in (2, 3):
            sheet.cell(row, columns["微信"], "offline")
        sheet.delete_cols(columns[manifest.VERSION])

    edit(path, spoil)
    with cast.acting("sr.wang"):
        assert send(update("customer", mine, address="线上1号")).ok
    with cast.acting("sr.li"):
        assert send(update("customer", other, wechat="online")).ok
    with cast.acting("sm.east") as grants:
        partly = import_file(entity, path, grants, partial=True)
    assert [(c["id"], c["field"], c["theirs"]) for c in partly.conflicts] == [(other, "wechat", "online")]
    now = rows_of("customer")
    assert (now[mine]["wechat"], now[mine]["address"], now[other]["wechat"]) == (
        "offline",
        "线上1号",
        "online",
    )


def test_a_workbook_that_was_rearranged_is_still_known(cast: Cast, tmp_path: Path) -> None:
    entity, path, mine = registry.get("customer"), tmp_path / "out.xlsx", cast.customers["sr.wang"]
    with acting_as(None, source="test") as grants:
        assert export(path, entity, grants) == 3

    def rearrange(sheet: Worksheet, columns: dict[str, int]) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        gone = {columns["备注"], columns["客户编码"]}
        order = [n for n in reversed(range(len(rows[0]))) if n + 1 not in gone]
        sheet.delete_rows(1, len(rows))
        for row in (rows[0], *sorted(rows[1:3], key=str, reverse=True)):
            sheet.append([row[n] for n in order])
        new = dict(zip(rows[0], rows[1], strict=True)) | {
            manifest.ID: None, manifest.VERSION: None, "客户名称": "新来的商行", "手机": "15400000099", "微信": "new"
        }  # fmt: skip
        typed = {str(f.label) for f in entity.fields.values() if f.written_by_people and not f.system}
        sheet.append([new[h] if h in typed else None for h in (rows[0][n] for n in order)])
        sheet.title = "我的客户"
        book = sheet.parent
        assert isinstance(book, openpyxl.Workbook)
        book.create_sheet("说明").append(["这是", "我的", "说明"])
        book.move_sheet(manifest.SHEET, -len(book.worksheets))

    edit(path, rearrange)
    with acting_as(None, source="test") as grants:
        report = import_file(entity, path, grants)
    assert report.errors == []
    assert (report.inserted, report.updated, report.unchanged) == (1, 0, 2)
    assert rows_of("customer")[mine]["version"] == 1


def test_a_row_copied_with_its_hidden_id_is_an_error_at_both(cast: Cast, tmp_path: Path) -> None:
    entity, path = registry.get("customer"), tmp_path / "out.xlsx"
    with cast.acting("sm.east") as grants:
        export(path, entity, grants)

    def copy(sheet: Worksheet, columns: dict[str, int]) -> None:
        sheet.append([cell.value for cell in sheet[2]])
        sheet.cell(3, columns[manifest.ID], "abc")

    edit(path, copy)
    with cast.acting("sm.east") as grants:
        report = import_file(entity, path, grants)
    assert [(e.row, e.column, e.code) for e in sorted(report.errors, key=lambda e: e.row)] == [
        (2, "@id", "ID_TWICE"), (3, "@id", "BAD_ID"), (4, "@id", "ID_TWICE"),
    ]  # fmt: skip


def test_a_manifest_that_is_altered_missing_or_of_another_system_is_none(cast: Cast, tmp_path: Path) -> None:
    entity, path, limits = registry.get("customer"), tmp_path / "out.xlsx", Limits()
    with cast.acting("sm.east") as grants:
        export(path, entity, grants)
    said = trip.manifest_of(path, limits)
    assert said is not None
    assert (said.kind, said.entity, said.columns[-2:]) == ("export", "customer", ["@id", "@version"])
    app = current_app
    kept = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another"
    try:
        assert trip.manifest_of(path, limits) is None
    finally:
        app.config["SECRET_KEY"] = kept

    book = openpyxl.load_workbook(path)
    token = book[manifest.SHEET]["B1"]
    token.value = token.value[:9] + ("A" if token.value[9] != "A" else "B") + token.value[10:]
    book.save(path)
    assert trip.manifest_of(path, limits) is None
    del book[manifest.SHEET]
    book.save(path)
    assert trip.manifest_of(path, limits) is None
    assert trip.manifest_of(tmp_path / "none.xlsx", limits) is None


@pytest.mark.libreoffice
def test_what_libreoffice_saved_comes_back(applications: Applications, tmp_path: Path) -> None:
    app, path = applications.fresh(SqliteFiles()).flask, tmp_path / "out.xlsx"
    cast, entity = assemble(app), registry.get("customer")
    spoiled = {"remark": "一\n二\n=1", "scale_note": "=1+1", "other_supplier": "'x", "payday_note": "00123",
               "industry": "_x0041_", "preferences": "1E5"}  # fmt: skip
    with app.app_context(), acting_as(None, source="test") as grants:
        for record in cast.customers.values():
            force(entity, record, spoiled)
        export(path, entity, grants)
        office = program(*LIBREOFFICE)
        assert office
        command = [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
        ]
        subprocess.run(
            [*command, "--outdir", tmp_path / "saved", path], check=True, timeout=120, capture_output=True
        )
        with nothing_happens("customer"):
            assert untouched(import_file(entity, tmp_path / "saved" / "out.xlsx", grants))

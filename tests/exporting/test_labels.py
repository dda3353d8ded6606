"""A field that names a role or a sheet shows its label wherever it is read, and takes label or name where it is written."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from flask_babel import force_locale
from sqlalchemy import select

from app.access.context import acting_as
from app.db import db
from app.entity import registry
from app.importing.run import import_file
from tests.exporting.office import ON_ONE, Office, open_office, table_of
from tests.importing.way import Way

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("zh", "en")
REP = {"zh": "销售代表", "en": "Sales representative"}
CUSTOMERS = {"zh": "客户档案", "en": "Customers"}
EVERY = {"zh": "所有的表", "en": "Every sheet"}


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office(app)


def speak(office: Office, language: str) -> None:
    office.get("admin", f"/lang/{language}")


def rows(office: Office, **asked: Any) -> list[dict[str, Any]]:
    answer = office.ask("admin", "/api/v1/export_limit/rows", asked)
    assert answer.status_code == 200, answer.json
    return list(answer.json["rows"])


def roles(office: Office, **asked: Any) -> list[str]:
    return [row["values"]["role"] for row in rows(office, **asked)]


def options(office: Office, entity: str, field: str) -> dict[str, str]:
    fields = office.get("admin", f"/api/v1/{entity}/sheet").json["fields"]
    found = next(spec for spec in fields if spec["name"] == field)
    return {choice["code"]: choice["label"] for choice in found["choices"]}


def a_role(office: Office, name: str, *, there: bool = True) -> None:
    """A role is made, or deleted, as on the page of roles."""
    with office.app.app_context(), acting_as(None, "test"):
        if there:
            db.session.add(Role(name=name))
        else:
            db.session.delete(db.session.scalars(select(Role).where(Role.name == name)).one())
        db.session.commit()


def with_a_role_that_went(office: Office, name: str = "temporary") -> int:
    """A limit of a role that an administrator has deleted since; its id."""
    a_role(office, name)
    office.limit(name, "customer", 5)
    a_role(office, name, there=False)
    return int(rows(office, filter={"field": "max_rows", "op": "eq", "value": 5})[0]["id"])


@ON_ONE
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_lists_roles_and_sheets_by_their_labels(office: Office, language: str) -> None:
    speak(office, language)
    assert options(office, "export_limit", "role")["sales_rep"] == REP[language]
    sheets = options(office, "export_limit", "for_entity")
    assert next(iter(sheets)) == "*"
    assert (sheets["*"], sheets["customer"]) == (EVERY[language], CUSTOMERS[language])
    assert set(sheets) == {"*", *(entity.name for entity in registry)}
    for entity, field in (("export_request", "for_entity"), ("scheduled_export", "for_entity"),
                          ("approval_flow", "for_entity"), ("approval_policy", "for_entity"),
                          ("approval_delegation", "entity")):  # fmt: skip
        assert options(office, entity, field) == {
            code: label for code, label in sheets.items() if code != "*"
        }


@ON_ONE
def test_a_role_that_is_made_can_be_chosen_at_once(office: Office) -> None:
    assert "auditors" not in options(office, "export_limit", "role")
    a_role(office, "auditors")
    assert options(office, "export_limit", "role")["auditors"] == "auditors", "nobody has labelled it"


@ON_ONE
def test_name_and_label_are_taken_in_either_language_and_the_name_is_kept(office: Office) -> None:
    for role, sheet in (
        ("sales_rep", "客户档案"),
        ("销售代表", "Products"),
        ("sales  Representative", "全部"),
    ):
        office.limit(role, sheet)
    kept = {(row["values"]["role"], row["values"]["for_entity"]) for row in rows(office)}
    assert kept == {("sales_rep", "customer"), ("sales_rep", "product"), ("sales_rep", "*")}


@ON_ONE
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_name(office: Office, language: str) -> None:
    office.limit("sales_rep", "customer", 8)
    number = rows(office)[0]["id"]
    speak(office, language)
    for page in (f"/export_limit/show/{number}", "/changelog/?entity=export_limit"):
        text = office.get("admin", page).text
        assert REP[language] in text, page
        assert ">sales_rep<" not in text, page
    form = office.get("admin", f"/export_limit/edit/{number}").text
    assert f'<option selected value="sales_rep">{REP[language]}</option>' in form
    assert f'<option selected value="customer">{CUSTOMERS[language]}</option>' in form
    [entry] = office.get("admin", f"/api/v1/export_limit/{number}/history").json["items"]
    cells = {cell["field"]: (cell["new"], cell["new_title"]) for cell in entry["cells"]}
    assert cells["role"] == ("sales_rep", REP[language])
    assert cells["for_entity"] == ("customer", CUSTOMERS[language])


def test_a_limit_is_found_by_what_its_role_is_called_and_stands_where_its_role_does(office: Office) -> None:
    for role in ("logistics", "sales_rep", "auditor"):
        office.limit(role, "customer")
    for typed in ("销售代", "xsdb", "xiaoshou", "representative", "sales_rep"):
        assert roles(office, q=typed) == ["sales_rep"], typed
    assert roles(office, q="没有的") == []
    chosen = {"field": "role", "op": "in", "value": ["auditor", "物流"]}
    assert set(roles(office, filter=chosen)) == {"auditor", "logistics"}
    order = [code for code in options(office, "export_limit", "role") if code in roles(office)]
    assert roles(office, sort=[["role", "asc"]]) == order
    assert roles(office, sort=[["role", "desc"]]) == order[::-1]


@ON_ONE
@pytest.mark.parametrize("language", LANGUAGES)
def test_files_carry_labels_that_come_back(office: Office, language: str, tmp_path: Path) -> None:
    office.limit("sales_rep", "*", 8)
    speak(office, language)
    shown = table_of(office.export("admin", "export_limit", fields=["role", "for_entity"]).data)
    assert shown[1] == [REP[language], EVERY[language]]
    book = openpyxl.load_workbook(io.BytesIO(office.export("admin", "export_limit", format="xlsx").data))
    other = {"zh": "客户档案", "en": "Customers"}[language]
    assert [cell.value for cell in book.worksheets[0][2]][:2] == [REP[language], EVERY[language]]
    book.worksheets[0]["B2"] = other
    book.save(tmp_path / "limits.xlsx")
    with (
        office.app.app_context(),
        office.cast.acting("admin") as grants,
        force_locale(LANGUAGES[language == "zh"]),
    ):
        report = import_file(registry.get("export_limit"), tmp_path / "limits.xlsx", grants)
    assert [(e.column, str(e.message)) for e in report.errors] == []
    assert [row["values"]["for_entity"] for row in rows(office)] == ["customer"]
    assert (report.updated, report.inserted) == (1, 0)


@ON_ONE
def test_a_template_offers_them_and_a_wrong_word_is_told_with_what_there_is(office: Office) -> None:
    way = Way(office.app, office.cast, "admin")
    book = openpyxl.load_workbook(io.BytesIO(way.get("/api/v1/export_limit/template").data))
    lists = {
        word
        for rule in book.worksheets[0].data_validations.dataValidation
        for word in rule.formula1.strip('"').split(",")
    }
    assert {"销售代表", "客户档案", "所有的表"} <= lists
    assert not {"sales_rep", "customer"} & lists
    file = (
        "受限角色,受限的表,最多行数,水印,可申请更多\n销售代表,客户档案,3,是,是\n销售代办,客户档案,3,是,是\n"
    )
    summary = way.preview("export_limit", file.encode(), "limits.csv")
    assert (way.wrong(summary["set"]), summary["inserted"]) == ({3: [("role", "NOT_A_CHOICE")]}, 1)


@ON_ONE
def test_a_name_that_is_gone_is_shown_as_it_is_and_can_be_replaced(office: Office) -> None:
    gone = with_a_role_that_went(office)
    office.limit("sales_rep", "customer", 8)
    assert roles(office, sort=[["role", "asc"]]) == ["sales_rep", "temporary"]
    assert roles(office, sort=[["role", "desc"]]) == ["temporary", "sales_rep"]
    speak(office, "zh")
    form = office.get("admin", f"/export_limit/edit/{gone}").text
    assert '<option selected value="temporary">temporary（已停用）</option>' in form

    def set_to(role: str, version: int, **more: Any) -> Any:
        values = {"role": role, **more}
        change = {"entity": "export_limit", "op": "update", "id": gone, "version": version, "values": values}
        return office.send("admin", change)

    assert set_to("temporary", 1, max_rows=6).status_code == 200, "what is there may stay"
    refused = set_to("elsewhere", 2)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "role")
    assert "销售代表" in refused.json["errors"][0]["message"]
    assert set_to("物流", 2).status_code == 200
    assert set_to("temporary", 3).status_code == 422, "and is not chosen again"


@ON_ONE
def test_a_name_that_is_gone_comes_back_from_a_file_as_no_change(office: Office, tmp_path: Path) -> None:
    with_a_role_that_went(office)
    content = office.export("admin", "export_limit", format="xlsx", what="fields").data
    (tmp_path / "limits.xlsx").write_bytes(content)
    with office.app.app_context(), office.cast.acting("admin") as grants:
        report = import_file(registry.get("export_limit"), tmp_path / "limits.xlsx", grants)
    assert [str(e.message) for e in report.errors] == []
    assert (report.unchanged, report.updated) == (1, 0)


def test_every_process_knows_what_the_roles_are_called(tmp_path: Path) -> None:
    """The command line and the worker too, which have seeded nothing."""
    asked = (
        "from app import load_business; from app.access.labels import role_label; from config import load;"
        "load_business(load()); print(role_label('sales_rep'))"
    )
    environment = {"TAIZHANG_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.returncode) == (REP["en"], 0), done.stderr

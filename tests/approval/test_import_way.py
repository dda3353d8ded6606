"""An import that needs an approval, as a person does it in the browser: held as one case, its errors handed back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from tests.approval.desk import Desk, step, user
from tests.importing.test_errorbook import error_workbook
from tests.importing.test_preview import ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

HELD = (line(1), line(2, mobile="123"), line(3))


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


@pytest.fixture
def way(app: Flask) -> Way:
    """王芳 at the import page."""
    return Way.open(app, "sr.wang")


@pytest.fixture
def desk(way: Way) -> Desk:
    """王浩 agrees to what is imported of customers."""
    found = Desk(way.cast.users, {}, 0, [])
    with way.app.app_context():
        found.publish(step("a", user("sm.east")), admin={"user": "sd.chen"})
        found.guard(on=["import"])
    return found


def act(way: Way, desk: Desk, case: int, verb: str, comment: str = "") -> None:
    with way.app.app_context():
        assert desk.act("sm.east", case, verb, comment).status == 200


def held(way: Way) -> tuple[dict[str, Any], dict[str, Any]]:
    """An import without its wrong row: what the preview said, what came of the commit."""
    found = way.preview("customer", ledger(*HELD), "客户.csv")
    return found, way.commit(found["set"], partial=True)


def batch(way: Way) -> dict[str, Any]:
    items: list[dict[str, Any]] = way.get(f"{API}/history").json["items"]
    return items[0]


def imported(way: Way) -> list[Any]:
    return sorted(row[0] for row in way.records("customer", ("name",)) if row[0].endswith("酒行"))


def test_it_opens_one_case_with_its_rows_and_is_written_once_agreed_to(way: Way, desk: Desk) -> None:
    found, done = held(way)
    assert (found["held"], found["held_rows"], found["error_rows"]) == (True, 2, 1)
    assert (done["state"], len(done["cases"]), done["left_out"]) == ("held", 1, 1)
    assert imported(way) == []
    case = done["cases"][0]["case"]
    said = batch(way)
    assert (said["state"], said["case"]["case"], said["refused"], said["errors"], said["file"]) == (
        "held", case, 1, True, True,
    )  # fmt: skip
    shown = way.other("sm.east").get(f"/api/v1/approval/case/{case}").json
    assert "00001酒行" in str(shown)
    assert "00003酒行" in str(shown)
    act(way, desk, case, "approve")
    assert imported(way) == ["00001酒行", "00003酒行"]
    assert (batch(way)["state"], batch(way)["case"]["case"]) == ("applied", case)


def test_refused_it_leaves_nothing(way: Way, desk: Desk) -> None:
    _found, done = held(way)
    act(way, desk, done["cases"][0]["case"], "reject", "不要")
    assert imported(way) == []
    assert batch(way)["state"] == "refused"


@pytest.mark.parametrize("first", ["approve", "wait"])
def test_its_error_workbook_brings_only_what_was_corrected(
    way: Way, desk: Desk, tmp_path: Path, first: str
) -> None:
    _found, done = held(way)
    if first == "approve":
        act(way, desk, done["cases"][0]["case"], "approve")
    path, said = error_workbook(way, done["change_set"], tmp_path / "错误.xlsx")
    assert said["marked"] == 1
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    sheet["H3"] = "15500000002"
    made.save(path)
    again = way.preview("customer", path, "改.xlsx")
    assert (again["inserted"], again["error_rows"], again["unchanged"]) == (1, 0, 2)

"""A file checked again from its preview: what was corrected there stays corrected, and what a link lacks may be made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from tests.importing.test_errorbook import comments, error_workbook
from tests.importing.test_mend import correct, counts
from tests.importing.test_preview import ledger, line
from tests.importing.test_two_sheets import LINES, book
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

CREATE = {"region_id": {"level": "市"}}


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


@pytest.fixture
def way(app: Flask) -> Way:
    """王浩 at the import page, who may add regions here."""
    found = Way.open(app)
    with app.app_context(), acting_as(None, source="test"):
        verbs = frozenset({"list", "add", "import"})
        change_rights([RightsChange("sales_manager", "region", verbs=verbs)], "试")
    return found


def asked(kept: dict[str, Any], corrected: int | None = None, **options: Any) -> dict[str, Any]:
    """What is sent to have a file checked."""
    body = {"entity": "customer", "ticket": kept["ticket"], "options": {**kept["options"], **options}}
    return body if corrected is None else {**body, "corrected": corrected}


def check(way: Way, kept: dict[str, Any], corrected: int | None = None, **options: Any) -> dict[str, Any]:
    job = way.job(way.post(f"{API}/preview", asked(kept, corrected, **options)))
    assert job["state"] == "done", job
    summary: dict[str, Any] = job["result"]
    return summary


def test_what_was_corrected_stays_so_and_only_what_is_still_missing_is_made(way: Way) -> None:
    file = ledger(
        line(1, region="蓬莱"), line(2, mobile="155"), line(3, region="华冬大区"), line(4, region="蓬莱")
    )
    kept = way.upload("customer", file, "客户.csv").json
    first = check(way, kept)
    assert counts(first) == (0, 0, 4)
    (region,) = (column for column in first["columns"] if column["name"] == "region_id")
    assert region["target"]["may_add"]
    assert [field["name"] for field in region["target"]["required"]] == ["level"]
    correct(way, first["set"], 3, mobile="15500000002")
    correct(way, first["set"], 4, region_id="华东大区")

    second = check(way, kept, first["set"], create=CREATE)
    assert (second["inserted"], second["error_rows"]) == (4, 0), second["kinds"]
    assert [(made["entity"], made["titles"]) for made in second["created"]] == [("region", ["蓬莱"])]
    way.commit(second["set"])
    listed = way.get(f"{API}/history?entity=customer").json["items"]
    assert ("applied", 5) in {(batch["state"], batch["inserted"]) for batch in listed}, (
        "its first change was a region"
    )
    mobiles = dict(way.records("customer", ("name", "mobile")))
    assert mobiles["00002酒行"] == "15500000002"
    assert [name for (name,) in way.records("region", ("name",))].count("华冬大区") == 0


def test_corrections_are_handed_on_to_the_next_check_and_to_the_error_workbook(
    way: Way, tmp_path: Path
) -> None:
    kept = way.upload(
        "customer", ledger(line(1, mobile="155"), line(2, region="蓬莱"), line(3, mobile="1")), "a.csv"
    ).json
    first = check(way, kept)
    correct(way, first["set"], 2, mobile="15500000001")
    second = check(way, kept, first["set"])
    assert counts(second) == (1, 0, 2)
    third = check(way, kept, second["set"], create=CREATE)
    assert (third["inserted"], third["error_rows"]) == (2, 1)
    path, _said = error_workbook(way, third["set"], tmp_path / "b.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert set(comments(sheet)) == {"H4"}
    assert sheet["H2"].value == "15500000001"


def test_corrections_of_lines_on_a_sheet_of_their_own_are_put_there(way: Way, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["155", "15500000002"], ["15600000001", "156"])
    kept = way.upload("customer", path, "a.xlsx").json
    first = check(way, kept, lines=LINES)
    for wrong, right in (("155", "15500000001"), ("156", "15600000002")):
        found = (
            (row, e)
            for row in way.rows(first["set"], "error")
            for e in row["errors"]
            if e.get("text") == wrong
        )
        row, problem = next(found)
        body = {"rows": [{"seq": row["seq"], "values": {problem["field"]: right}}]}
        assert way.post(f"{API}/{first['set']}/mend", body).status_code == 200
    second = check(way, kept, first["set"], lines=LINES)
    assert second["error_rows"] == 0, second["kinds"]
    way.commit(second["set"])
    contacts = dict(way.records("customer_contact", ("name", "mobile")))
    assert contacts == {"联系人1": "15600000001", "联系人2": "15600000002"}


def test_corrections_come_from_ones_own_preview_of_the_same_file_only(way: Way) -> None:
    file = ledger(line(1, mobile="155"))
    kept, other = (way.upload("customer", file, "a.csv").json for _ in range(2))
    first = check(way, kept)
    assert way.post(f"{API}/preview", asked(other, first["set"])).status_code == 404
    for nonsense in (first["set"] + 1000, "1", -1, True, [1]):
        answer = way.post(f"{API}/preview", {**asked(kept), "corrected": nonsense})
        assert answer.status_code == 404, nonsense
    stranger = way.other("sr.wang")
    again = stranger.upload("customer", file, "a.csv").json
    assert stranger.post(f"{API}/preview", asked(again, first["set"])).status_code == 404

"""A preview is read by whoever opens it, in their own language: sentences are kept as what they are made of."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.db import canonical_json
from app.entity.sentences import filled, listed, to_keep, told
from app.excel.contract import CellProblem
from tests.importing.test_errorbook import error_workbook
from tests.importing.test_preview import ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def read_in(way: Way, language: str) -> None:
    way.get(f"/lang/{language}")


def has_chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


WRONG = ledger(line(1, region="Nowhere"), line(2, mobile="123"), line(3, kind="dealr"), line(4).replace("新街4号", ""),
               line(5).replace(",visit", ",friend"), line(6, region="no: way"))  # fmt: skip


def test_a_preview_made_in_chinese_is_read_in_english(way: Way) -> None:
    staged = way.preview("customer", WRONG, "c.csv")["set"]
    chinese = {e["code"]: e["message"] for row in way.rows(staged, "error") for e in row["errors"]}
    assert len(chinese) == 4, "kinds of errors"
    assert all(map(has_chinese, chinese.values())), chinese
    read_in(way, "en")
    english = {e["code"]: e["message"] for row in way.rows(staged, "error") for e in row["errors"]}
    assert english.keys() == chinese.keys()
    assert not any(map(has_chinese, english.values())), english
    seq = next(row["seq"] for row in way.rows(staged, "error") if row["line"] == 3)
    kinds = way.post(f"{API}/{staged}/mend", {"rows": [{"seq": seq, "values": {"mobile": "13"}}]}).json
    assert not any(has_chinese(kind["message"] + kind["field"]) for kind in kinds["summary"]["kinds"])


def test_the_error_workbook_speaks_the_language_of_who_asks_for_it(way: Way, tmp_path: Any) -> None:
    staged = way.preview("customer", WRONG, "c.csv")["set"]
    read_in(way, "en")
    path, _said = error_workbook(way, staged, tmp_path / "errors.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    rows = list(book["Import result"].iter_rows(values_only=True))
    reasons = [str(row[4]) for row in rows[6:]]
    assert len(reasons) == 6
    assert not any(map(has_chinese, reasons)), reasons


def test_why_a_file_could_not_be_checked_is_told_in_both_languages(way: Way) -> None:
    kept = way.upload("customer", ledger(line(1)), "c.csv").json
    job = way.try_preview("customer", kept, sheet="gone")
    assert (job["state"], has_chinese(job["message"])) == ("failed", True)
    why = way.get(f"{API}/history?entity=customer").json["items"][0]["why"]
    assert why == job["message"]
    read_in(way, "en")
    assert not has_chinese(way.get(f"{API}/history?entity=customer").json["items"][0]["why"])


@pytest.mark.parametrize(
    "message",
    [
        _l("Removed."),
        _l("“%(label)s” must be filled in.", label=_l("Row")),
        _l("The file has no column for the key “%(labels)s”.", labels=listed([_l("Row"), "B", _l("Cell")])),
        _l("“%(label)s” of the new records: %(message)s", label=_l("Row"), message=CellProblem("BAD_DATE", "31st")),
        filled(_l("“%(text)s” is not a number. Please write it like 1234.56."), {"text": "100%(x)s %"}),
        CellProblem("BAD_NUMBER", "a lot"),
        _l("The key occurs more than once in this file: rows %(rows)s.", rows=3),
        "a sentence of before",
    ],
)  # fmt: skip
def test_a_kept_sentence_says_in_every_language_what_it_said(app: Flask, message: Any) -> None:
    with app.app_context():
        found = to_keep(message)
        canonical_json(found)  # it can be kept
        for language in ("zh", "en"):
            with force_locale(language):
                assert told({"errors": [{"message": found}]}) == {"errors": [{"message": str(message)}]}

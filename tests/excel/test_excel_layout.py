"""Hidden rows and merged cells: never imported, never dropped, without somebody saying so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from app.access.context import acting_as, current_grants
from app.db import db
from app.entity import registry
from app.importing.options import Options
from app.importing.reading import Reading, read_changes
from app.importing.run import limits


@pytest.fixture
def book(tmp_path: Path) -> Any:
    """A sheet of five parameters under a title row, as openpyxl has it; `path` says where to save it."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in (["code", "value"], *([f"k{n}", str(n)] for n in range(5))):
        sheet.append(row)
    return sheet


def read(app: Flask, sheet: Any, folder: Path, hidden: str = "refuse") -> Reading:
    sheet.parent.save(folder / "book.xlsx")
    with app.app_context(), acting_as(None, source="test"):
        entity = registry.get("biz_param")
        options = Options(hidden=hidden)
        return read_changes(db.session(), entity, folder / "book.xlsx", current_grants(), options, limits())


def lines(reading: Reading) -> list[int | None]:
    return [change.line for changes in reading.stretches() for change in changes]


def test_hidden_rows_are_refused_with_their_number(app: Flask, book: Any, tmp_path: Path) -> None:
    book.row_dimensions[3].hidden = True
    book.row_dimensions[4].hidden = True
    reading = read(app, book, tmp_path)
    assert [e.code for e in reading.errors] == ["HIDDEN_ROWS"]
    assert "2" in str(reading.errors[0].message)


def test_hidden_rows_are_imported_or_skipped_when_said_so(app: Flask, book: Any, tmp_path: Path) -> None:
    book.row_dimensions[3].hidden = True
    assert lines(read(app, book, tmp_path, "import")) == [2, 3, 4, 5, 6]
    assert lines(read(app, book, tmp_path, "skip")) == [2, 4, 5, 6]


def test_every_row_under_merged_cells_is_an_error(app: Flask, book: Any, tmp_path: Path) -> None:
    book.merge_cells("B3:B5")
    reading = read(app, book, tmp_path)
    assert [(e.row, e.code) for e in reading.errors] == [
        (3, "MERGED_CELLS"),
        (4, "MERGED_CELLS"),
        (5, "MERGED_CELLS"),
    ]
    assert lines(reading) == [2, 6]


def test_merged_cells_in_titles_and_beside_the_table_do_not_matter(
    app: Flask, book: Any, tmp_path: Path
) -> None:
    book.merge_cells("F2:G4")
    assert read(app, book, tmp_path).errors == []

"""An import between its preview and its commit: what a colleague changes meanwhile is never overwritten."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from app.access.context import current_grants
from app.change import Result, staging
from app.change.long import commit_long
from app.entity import registry
from app.importing.run import read_and_plan
from tests.support.gate import insert, rows_of, send, update

ROWS = 100


@pytest.fixture
def preview(system: Flask, tmp_path: Path) -> int:
    """A staged import that gives each of 100 parameters a new value."""
    send(*(insert(f"k{n:03}", "old") for n in range(ROWS)))
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["code", "value"])
    for n in range(ROWS):
        sheet.append([f"k{n:03}", "new"])
    book.save(tmp_path / "new.xlsx")
    reading, planned = read_and_plan(registry.get("biz_param"), tmp_path / "new.xlsx", current_grants())
    assert (reading.rows, planned.count("update"), reading.errors) == (ROWS, ROWS, [])
    set_id = staging.stage(planned, [], {"entity": "biz_param"})
    found = rows_of("biz_param")
    assert {r["value"] for r in found.values()} == {"old"}
    for record in sorted(found)[:3]:
        assert send(update(record, {"value": "old"}, value="colleague's")).ok
    return set_id


def committed(preview: int, *, partial: bool) -> Result:
    """Commit the preview as the job does."""
    found = staging.staged(preview, partial=partial, key="k")
    assert found is not None
    return commit_long(found.asked, found.stretches, current_grants(), found.rows)


def values() -> list[str]:
    return sorted(r["value"] for r in rows_of("biz_param").values())


def test_all_or_nothing_writes_nothing_and_lists_the_conflicts(preview: int) -> None:
    result = committed(preview, partial=False)
    assert (result.state, len(result.conflicts)) == ("refused", 3)
    assert {(c.yours, c.theirs) for c in result.conflicts} == {("new", "colleague's")}
    assert values() == ["colleague's"] * 3 + ["old"] * (ROWS - 3)


def test_partial_writes_all_but_the_conflicts(preview: int) -> None:
    result = committed(preview, partial=True)
    assert (result.updated, len(result.conflicts)) == (ROWS - 3, 3)
    assert values() == ["colleague's"] * 3 + ["new"] * (ROWS - 3)


def test_a_preview_is_committed_once(preview: int) -> None:
    staging.discard(preview)
    assert staging.staged(preview, partial=True, key="k") is None

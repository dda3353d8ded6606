"""An import between its preview and its commit: what a colleague changes meanwhile is never overwritten."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from app.access.context import current_grants
from app.change import commit, staging
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


def values() -> list[str]:
    return sorted(r["value"] for r in rows_of("biz_param").values())


def test_all_or_nothing_writes_nothing_and_lists_the_conflicts(preview: int) -> None:
    asked = staging.staged(preview, partial=False, key="k")
    assert asked is not None
    result = commit(asked)
    assert (result.state, len(result.conflicts)) == ("refused", 3)
    assert {(c.yours, c.theirs) for c in result.conflicts} == {("new", "colleague's")}
    assert values() == ["colleague's"] * 3 + ["old"] * (ROWS - 3)


def test_partial_writes_all_but_the_conflicts(preview: int) -> None:
    asked = staging.staged(preview, partial=True, key="k")
    assert asked is not None
    result = commit(asked)
    assert (result.updated, len(result.conflicts)) == (ROWS - 3, 3)
    assert values() == ["colleague's"] * 3 + ["new"] * (ROWS - 3)


def test_a_preview_is_committed_once(preview: int) -> None:
    staging.discard(preview, "applied")
    assert staging.staged(preview, partial=True, key="k") is None

"""Lines that a file no longer has, removed where that was asked for: counted, shown and told before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from app.entity import registry
from app.importing.options import options_from
from app.importing.run import import_file
from tests.importing.desk import csv
from tests.importing.way import API, Way
from tests.models.conftest import insert
from tests.support.gate import rows_of, send

LINES = {"entity": "customer_contact", "group": ["customer_code"], "by": "order", "gone": "remove"}


@pytest.fixture
def way(app: Flask) -> Way:
    """王浩 at the import page; a customer of 王芳's has three contacts."""
    found = Way.open(app)
    with app.app_context(), acting_as(None, source="test"):
        mine = found.cast.customers["sr.wang"]
        named = enumerate(("何先生", "刘女士", "孙先生"))
        rows = (
            insert("customer_contact", parent_id=mine, name=n, mobile=f"1540000000{at}") for at, n in named
        )
        assert send(*rows).ok
    return found


def file(way: Way, path: Path, *names: str) -> Path:
    with way.app.app_context():
        code = rows_of("customer")[way.cast.customers["sr.wang"]]["customer_code"]
    return csv(path / "a.csv", *([code, name] for name in names), headers=("客户编码", "姓名"))


def options(**more: Any) -> dict[str, Any]:
    columns = {"客户编码": {"field": "customer_code"}, "姓名": {"field": "customer_contact.name"}}
    return {"columns": columns, "lines": LINES, "key": ["customer_code"], **more}


def test_lines_that_go_are_counted_and_shown_and_told_in_the_history(way: Way, tmp_path: Path) -> None:
    summary = way.preview("customer", file(way, tmp_path, "何先生"), "a.csv", **options())
    assert (summary["deleted"], summary["updated"], summary["error_rows"]) == (2, 0, 0)
    gone = way.rows(summary["set"], "delete")
    assert [(row["op"], row["line"], row["values"]["name"]) for row in gone] == [
        ("delete", 2, "刘女士"), ("delete", 2, "孙先生"),
    ]  # fmt: skip
    done = way.commit(summary["set"])
    assert (done["deleted"], done["state"]) == (2, "applied")
    (batch,) = way.get(f"{API}/history?entity=customer").json["items"]
    assert (batch["deleted"], batch["label"]) == (2, "客户档案")
    with way.app.app_context():
        assert [row["name"] for row in rows_of("customer_contact").values()] == ["何先生"]


def test_the_report_of_a_command_tells_what_goes(way: Way, tmp_path: Path) -> None:
    path = file(way, tmp_path, "何先生", "刘女士")
    with way.app.app_context(), way.cast.acting("sm.east") as grants:
        entity, asked = registry.get("customer"), options_from(options())
        for dry in (True, False):
            report = import_file(entity, path, grants, asked, dry_run=dry)
            assert (report.deleted, report.errors, report.as_json()["deleted"]) == (1, [], 1)
            assert "文件里没有而删除的：1" in report.lines()


def test_who_may_not_change_the_header_removes_none_of_its_lines(way: Way, tmp_path: Path) -> None:
    with way.app.app_context(), acting_as(None, source="test"):
        verbs = frozenset({"list", "add", "import"})
        change_rights([RightsChange("sales_manager", "customer", verbs=verbs)], "试")
    summary = way.preview("customer", file(way, tmp_path, "何先生"), "a.csv", **options())
    assert summary["deleted"] == 0
    told = [code for errors in way.wrong(summary["set"]).values() for _field, code in errors]
    assert set(told) == {"FORBIDDEN"}

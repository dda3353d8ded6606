"""What nobody can be given is refused when it is asked for, by a sentence that names the part, wherever it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from app.exporting.asked import Asked, asked_from
from app.jobs.worker import run_next
from tests.exporting.office import FEW, ON_ONE, Office, open_office, table_of

BAD: dict[str, dict[str, Any]] = {
    "no_sort": {"sort": [["no_sort", "asc"]]},
    "排序方式": {"sort": ["name"]},
    "no_group": {"groups": ["no_group"]},
    "no_column": {"fields": ["name", "no_column"]},
    "“id”": {"fields": ["id"]},
    "no_condition": {"filter": {"field": "no_condition", "op": "eq", "value": 1}},
    "3 个字段": {"groups": ["region_id", "customer_type", "status", "name"]},
    "“sort”": {"sort": "name"},
    "“groups”": {"groups": [1]},
    "“fields”": {"fields": "name"},
    "“filter”": {"filter": "name"},
    "“ids”": {"ids": ["1"]},
    "“q”": {"q": ["name"]},
    "“format”": {"format": "doc"},
    "“what”": {"what": "everything"},
}
"""What is asked for, by what the sentence must name."""


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office(app)


def scheduled(office: Office, form: str = "xlsx", **asked: Any) -> Any:
    values = {"name": "客户", "for_entity": "customer", "format": form, "period": "daily", "asked": asked}
    return office.send("sr.wang", {"entity": "scheduled_export", "op": "insert", "values": values})


def requested(office: Office, form: str = "xlsx", **asked: Any) -> Any:
    values = {"for_entity": "customer", "format": form, "rows": 5, "reason": "盘点", "asked": asked}
    return office.send("sr.wang", {"entity": "export_request", "op": "insert", "values": values})


def about(answer: Any, field: str) -> str:
    """What is said about one field of a refused record."""
    assert answer.status_code == 422, answer.json
    return " ".join(e["message"] for e in answer.json["errors"] if e["field"] == field)


def hide(office: Office, field: str) -> None:
    """Take a field from 王芳's role."""
    with office.app.app_context(), acting_as(office.cast.users["admin"], "test"):
        change_rights([RightsChange("sales_rep", "customer", levels={field: "hidden"})], "不再需要")


def made(office: Office) -> None:
    """The worker does what waits."""
    with office.app.app_context():
        while run_next(office.app):
            pass


@ON_ONE
def test_a_part_that_cannot_be_read_is_named_by_export_size_request_and_schedule(office: Office) -> None:
    for named, asked in BAD.items():
        for answer in (
            office.export("sr.wang", **asked),
            office.export("sr.wang", **asked, background=True),
            office.ask("sr.wang", "/api/v1/customer/export/size", asked),
        ):
            assert answer.status_code == 400, named
            assert named in answer.json["message"]
        if "format" not in asked:  # records have a field of their own for it
            assert named in about(requested(office, **asked), "asked")
        if not {"format", "ids"} & asked.keys():  # nor do selected rows come round
            assert named in about(scheduled(office, **asked), "asked")
    assert (office.downloads("sr.wang"), office.logged()) == ([], [])


@ON_ONE
def test_a_field_that_is_hidden_is_refused_like_one_that_is_not_there(office: Office) -> None:
    hide(office, "credit_limit")
    for name in ("credit_limit", "no_such_field"):
        answer = office.export("sr.wang", fields=["name", name])
        assert answer.status_code == 400
        assert answer.json["message"] == f"没有“{name}”这个字段可以导出，请去掉它。"


@ON_ONE
def test_a_column_that_was_taken_away_before_the_file_was_made_is_not_in_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, jobs="process")
    kept, lost, sorted_by = (
        office.export("sr.wang", background=True, **asked).json["download"]
        for asked in (
            {"fields": ["name", "credit_limit"]},
            {"fields": ["credit_limit"]},
            {"fields": ["name"], "sort": [["credit_limit", "asc"]]},
        )
    )
    hide(office, "credit_limit")
    made(office)
    found = {item["id"]: item for item in office.downloads("sr.wang")}
    content = office.get("sr.wang", f"/api/v1/download/{kept}/file").data
    assert [row[0] for row in table_of(content)[:1]] == ["客户名称"]
    assert {len(row) for row in table_of(content)} == {1}
    assert len(table_of(content)) == FEW + 2
    assert (found[lost]["state"], found[sorted_by]["state"]) == ("failed", "failed")
    assert "请选择其他字段" in found[lost]["message"]
    assert "credit_limit" in found[sorted_by]["message"]


@ON_ONE
def test_where_exports_bear_a_watermark_there_is_no_csv(office: Office) -> None:
    office.limit("sales_rep", "*", None, watermark=True)
    size = office.ask("sr.wang", "/api/v1/customer/export/size", {"format": "csv"})
    for answer in (size, office.export("sr.wang"), office.export("sr.wang", background=True)):
        assert answer.status_code == 400
        assert "CSV 带不了水印" in answer.json["message"]
    for answer in (scheduled(office, form="csv"), requested(office, form="csv")):
        assert "CSV 带不了水印" in about(answer, "format")
    assert office.export("sr.wang", format="xlsx").status_code == 200


@ON_ONE
def test_a_watermark_that_is_wanted_by_the_time_the_file_is_made_counts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, jobs="process")
    assert office.export("sr.wang", background=True).status_code == 202
    office.limit("sales_rep", "*", None, watermark=True)
    made(office)
    [item] = office.downloads("sr.wang")
    assert (item["state"], office.files()) == ("failed", [])
    assert "CSV 带不了水印" in item["message"]


def test_the_json_form_is_read_back() -> None:
    asked = Asked(
        {"field": "name", "op": "eq", "value": "a"}, [["name", "asc"]], "q", (1,), ("name",), ("region_id",),
        "pdf", True, True,
    )  # fmt: skip
    assert asked_from(asked.as_json()) == asked
    assert (asked_from({}), asked_from(Asked().as_json())) == (Asked(), Asked(sort=[]))

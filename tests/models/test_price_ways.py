"""Policies, adjustments and notices over HTTP and from files: the same rules and rights, said in Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event

from app.access.context import acting_as, current_grants
from app.change import ChangeSet, commit
from app.db import db
from app.entity import registry
from app.importing.run import import_file
from tests.access.world import token_of
from tests.cast import Cast, assemble
from tests.change.desk import Desk
from tests.models.conftest import Write, insert, new_id
from tests.models.pricing_data import approved, draft_policy, price_list, product, rows

ZH = {"Accept-Language": "zh"}
POLICY = {"code": "ZC-1", "name": "满件折扣", "kind": "tier", "scope_all": True, "valid_from": "2026-01-01",
          "valid_to": "2026-12-31"}  # fmt: skip


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app, assemble(app))


def steps(*pairs: tuple[int, str]) -> list[dict[str, Any]]:
    """A policy with steps as the sheet sends it."""
    lines = [{"parent_id": {"ref": "p"}, "min_qty": least, "rate": rate} for least, rate in pairs]
    return [
        {"entity": "discount_policy", "op": "insert", "ref": "p", "values": POLICY},
        *({"entity": "discount_tier", "op": "insert", "values": values} for values in lines),
    ]


def test_the_sheet_hears_in_chinese_which_step_is_wrong(desk: Desk) -> None:
    asked = {"changes": steps((60, "0.95"), (120, "0.97"))}
    answer = desk.ask("sm.east", "/api/v1/change_set", asked, headers=ZH)
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["row"], error["field"], error["code"]) == (2, "rate", "TIERS")
    assert error["message"] == "买得越多折扣要越低，请检查阶梯。"
    assert desk.send("sm.east", *steps((60, "0.97"), (120, "0.95"))).status_code == 200
    assert desk.send("sr.wang", *steps((60, "0.97"))).status_code == 403


def test_a_submit_over_http_says_what_is_missing(desk: Desk) -> None:
    made = desk.send(
        "sm.east", {"entity": "discount_policy", "op": "insert", "values": {**POLICY, "scope_all": False}}
    )
    record = made.json["results"][0]["id"]
    change = {"entity": "discount_policy", "op": "update", "id": record, "version": 1, "verb": "submit"}
    answer = desk.ask("sm.east", "/api/v1/change_set", {"changes": [change]}, headers=ZH)
    assert answer.status_code == 422
    assert [(e["code"], e["message"]) for e in answer.json["errors"]] == [
        ("SCOPE", "请先选适用产品、系列，或勾选全部产品。"),
    ]
    change["values"] = {"scope_all": True}
    answer = desk.ask("sm.east", "/api/v1/change_set", {"changes": [change]}, headers=ZH)
    assert [(e["code"], e["message"]) for e in answer.json["errors"]] == [
        ("TIERS", "请先填阶梯：买到多少瓶，打几折。"),
    ]


def test_the_form_asks_the_same_rules(desk: Desk) -> None:
    page = desk.ask("sm.east", "/discount_policy/add", None, "GET").text
    assert 'name="used_amount"' not in page
    form = {"code": "F-1", "name": "表单", "kind": "rate", "rate": "0.95", "valid_from": "2026-02-01",
            "valid_to": "2026-01-01", "priority": "50", "csrf_token": token_of(page)}  # fmt: skip
    client = desk._signed_in["sm.east"][0]
    refused = client.post("/discount_policy/add", data=form)
    assert refused.status_code == 422
    assert "失效日期早于生效日期" in refused.text or "before the first day" in refused.text
    with desk.app.app_context(), acting_as(None, source="test"):
        assert rows("discount_policy", "code") == []
    assert client.post("/discount_policy/add", data={**form, "valid_to": "2026-03-01"}).status_code == 302
    with desk.app.app_context(), acting_as(None, source="test"):
        assert rows("discount_policy", "code", "status") == [("F-1", "draft")]


def test_a_notice_is_acknowledged_over_http_by_whose_it_is(desk: Desk) -> None:
    with desk.app.app_context(), acting_as(None, source="test"):
        bottle = _bottle()
        adjustment = _adjustment(bottle)
        approved(_write, "price_adjustment", adjustment)
        mine = {who: n for n, who in rows("price_notice", "id", "assignee_id")}
    users = desk.cast.users
    theirs = mine[users["sr.li"]]
    change = {"entity": "price_notice", "op": "update", "version": 1, "verb": "acknowledge"}
    assert desk.send("sr.wang", {**change, "id": theirs}).status_code == 404
    assert desk.send("sm.east", {**change, "id": theirs}).status_code == 422
    assert desk.send("sr.li", {**change, "id": theirs}).status_code == 200
    sheet = desk.ask("sr.wang", "/api/v1/price_notice/rows", {"limit": 10}).json
    assert [row["values"]["assignee_id"] for row in sheet["rows"]] == [users["sr.wang"]]
    seen = desk.ask("sr.wang", "/api/v1/price_adjustment_line/rows", {"limit": 10}).json["rows"]
    assert [row["values"].get("new_price") for row in seen] == ["420.00", None]
    assert all(not {"old_floor", "new_floor"} & row["values"].keys() for row in seen)
    history = desk.ask("sr.wang", f"/api/v1/price_adjustment/{adjustment}/history", None, "GET").text
    assert "330.00" not in history


# --- files and numbers -----------------------------------------------------------------------------------------


def _write(*changes: Any, **more: Any) -> Any:
    return commit(ChangeSet(list(changes), "test", **more))


def _bottle() -> int:
    found = product(_write)
    price_list(_write, {found: {}}, valid_to=None)
    return found


def _adjustment(bottle: int) -> int:
    head = insert(
        "price_adjustment", "a", title="调价", basis="成本", effective_date="2099-01-01", notify_depts=["hr"]
    )
    line = {"parent_id": {"ref": "a"}, "product_id": bottle}
    lines = [
        insert("price_adjustment_line", **line, tier="ex_factory", new_price="420"),
        insert("price_adjustment_line", **line, tier="floor", new_floor="330"),
    ]
    return new_id(_write(head, *lines))


def book(path: Path, *table: list[Any]) -> Path:
    made = openpyxl.Workbook()
    for row in table:
        made.worksheets[0].append(row)
    made.save(path)
    return path


def test_policies_and_their_steps_come_from_files(cast: Cast, tmp_path: Path) -> None:
    heads = book(
        tmp_path / "policies.xlsx",
        ["政策编码", "政策名称", "优惠类型", "折扣率", "适用全部产品", "生效日期", "失效日期"],
        ["ZC-1", "满件折扣", "阶梯", None, "是", "2026-01-01", "2026-12-31"],
        ["ZC-2", "团购", "折扣率", 0.95, "是", "2026-01-01", "2026-12-31"],
        ["ZC-3", "太大方", "折扣率", 1.5, "是", "2026-01-01", "2025-12-31"],
    )
    tiers = [["所属单据", "最低数量（瓶）", "折扣率"], ["ZC-1", 60, 0.97], ["ZC-1", 120, 0.95]]
    with cast.acting("sm.east"):
        refused = import_file(registry.get("discount_policy"), heads, current_grants())
        assert [(e.row, e.field, e.code) for e in refused.errors] == [(4, "rate", "OUT_OF_RANGE")]
        workbook = openpyxl.load_workbook(heads)
        workbook.worksheets[0].delete_rows(4)
        workbook.save(heads)
        assert import_file(registry.get("discount_policy"), heads, current_grants()).inserted == 2
        written = import_file(
            registry.get("discount_tier"), book(tmp_path / "t.xlsx", *tiers), current_grants()
        )
        assert (written.inserted, written.errors) == (2, [])
        tiers[2][2] = 0.98
        wrong = import_file(
            registry.get("discount_tier"), book(tmp_path / "w.xlsx", *tiers), current_grants()
        )
        assert [(e.row, e.field, e.code) for e in wrong.errors] == [(3, "rate", "TIERS")]


def test_an_import_does_not_open_what_was_submitted(write: Write, cast: Cast, tmp_path: Path) -> None:
    bottle = product(write)
    price_list(write, {bottle: {}})
    approved(write, "discount_policy", draft_policy(write, "ZC-9"))
    again = book(tmp_path / "p.xlsx", ["政策编码", "折扣率"], ["ZC-9", 0.5])
    with cast.acting("sm.east"):
        wrong = import_file(registry.get("discount_policy"), again, current_grants())
    assert [e.code for e in wrong.errors] == ["NOT_DRAFT"]


def test_five_hundred_new_prices_ask_the_database_as_often_as_five(write: Write, cast: Cast) -> None:
    goods = [product(write, f"N{n}") for n in range(5)]
    price_list(write, {one: {} for one in goods}, valid_to=None)
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def ask(count: int) -> int:
        seen.clear()
        head = {"title": "调价", "basis": "成本", "effective_date": "2099-01-01", "notify_depts": ["hr"]}
        changes = []
        for n in range(count):
            changes.append(insert("price_adjustment", f"a{n}", **head))
            changes += [insert("price_adjustment_line", parent_id={"ref": f"a{n}"}, product_id=one, tier="retail",
                               new_price="610") for one in goods]  # fmt: skip
        assert write(*changes).ok
        return len(seen)

    assert ask(100) <= ask(1) + 10

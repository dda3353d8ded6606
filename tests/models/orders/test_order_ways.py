"""Orders over HTTP and from files: the same rules and rights in sheet, form, REST and import, in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event

from app.access.context import acting_as, current_grants
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import registry
from app.importing.options import Options
from app.importing.run import import_file
from tests.access.world import token_of
from tests.cast import Cast, assemble
from tests.change.desk import Desk
from tests.models.conftest import stored
from tests.models.orders.conftest import COMPLETE, Shop, order, placed, set_up

SECRET = {"floor_price", "cost"}


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app, assemble(app))


@pytest.fixture
def stocked(desk: Desk) -> Shop:
    with desk.app.app_context(), acting_as(None, source="test"):
        return set_up()


def sent(cast: Cast, shop: Shop, **line: Any) -> list[dict[str, Any]]:
    """An order with one line, as the sheet sends it."""
    head = {"customer_id": cast.customers["sr.wang"], **COMPLETE}
    values = {"parent_id": {"ref": "o"}, "product_id": shop.wine, "cases": 10, **line}
    return [
        {"entity": "sales_order", "op": "insert", "ref": "o", "values": head},
        {"entity": "sales_order_line", "op": "insert", "values": values},
    ]


def test_the_sheet_makes_an_order_and_hears_in_chinese_what_is_wrong(desk: Desk, stocked: Shop) -> None:
    answer = desk.send("sr.wang", *sent(desk.cast, stocked, unit_price="1"))
    assert answer.status_code == 422
    zh = desk.ask("sr.wang", "/api/v1/change_set", {"changes": sent(desk.cast, stocked, unit_price="1")},
                  headers={"Accept-Language": "zh"})  # fmt: skip
    error = zh.json["errors"][0]
    assert (error["row"], error["field"], error["code"]) == (1, "unit_price", "BELOW_FLOOR")
    assert error["message"] == "价格太低，谁也批不了，请提高成交价。"
    made = desk.send("sr.wang", *sent(desk.cast, stocked))
    assert made.status_code == 200, made.text
    line = made.json["results"][1]["values"]
    assert (line["qty"], line["unit_price"], line["amount"]) == (60, "400.00", "24000.00")


def test_a_rep_sees_neither_floor_nor_cost_nor_margin(desk: Desk, stocked: Shop) -> None:
    made = desk.send("sr.wang", *sent(desk.cast, stocked))
    head = made.json["results"][0]["id"]
    assert not SECRET & made.json["results"][1]["values"].keys()
    assert "gross_margin" not in made.json["results"][0]["values"]
    for person, order_fields, line_fields in (
        ("sr.wang", set(), set()),
        ("lg.sun", set(), set()),
        ("sm.east", set(), {"floor_price"}),
        ("auditor", {"gross_margin"}, SECRET),
    ):
        seen = {
            name: {f["name"] for f in desk.ask(person, f"/api/v1/{name}/sheet", None, "GET").json["fields"]}
            for name in ("sales_order", "sales_order_line")
        }
        assert seen["sales_order"] & {"gross_margin"} == order_fields, person
        assert seen["sales_order_line"] & SECRET == line_fields, person
    for path in (f"/sales_order/show/{head}", f"/api/v1/sales_order/{head}/history"):
        text = desk.ask("sr.wang", path, None, "GET").text
        assert "320.00" not in text
        assert "71.7" not in text
        assert "0.7175" not in text


def test_logistics_read_every_order_and_whom_to_call(desk: Desk, stocked: Shop) -> None:
    assert desk.send("sr.wang", *sent(desk.cast, stocked)).status_code == 200
    for person, mobile in (("lg.sun", "15400000001"), ("sm.east", "15400000001"), ("auditor", "154****0001")):
        rows = desk.ask(person, "/api/v1/sales_order/rows", {"limit": 10}).json["rows"]
        assert [row["values"]["receiver_mobile"] for row in rows] == [mobile], person
    assert desk.ask("sr.li", "/api/v1/sales_order/rows", {"limit": 10}).json["rows"] == []
    change = {"entity": "sales_order", "op": "insert", "values": {**COMPLETE, "customer_id": 1}}
    assert desk.send("lg.sun", change).status_code == 403


def test_the_form_asks_the_same_rules(desk: Desk, stocked: Shop) -> None:
    assert stocked
    page = desk.ask("sr.wang", "/sales_order/add", None, "GET").text
    assert 'name="total_amount"' not in page
    form = {"customer_id": str(desk.cast.customers["sr.wang"]), "order_date": "2026-11-20", "order_form": "electronic",
            "delivery_date": "2026-11-01", "payment_term": "", "csrf_token": token_of(page)}  # fmt: skip
    client = desk._signed_in["sr.wang"][0]
    refused = client.post("/sales_order/add", data=form)
    assert (
        "DELIVERY_BEFORE_ORDER" in refused.text
        or "before the order date" in refused.text
        or "早于" in refused.text
    )
    assert client.post("/sales_order/add", data={**form, "delivery_date": "2026-11-30"}).status_code == 302
    with desk.app.app_context(), acting_as(None, source="test"):
        assert stored("sales_order", 1, "status", "payment_term") == ("draft", "prepay")


def test_a_submit_over_http_tells_what_is_missing(desk: Desk, stocked: Shop) -> None:
    changes = sent(desk.cast, stocked)
    changes[0]["values"] = {**changes[0]["values"], "receiver": None}
    head = desk.send("sr.wang", *changes).json["results"][0]["id"]
    submit = {"entity": "sales_order", "op": "update", "id": head, "version": 1, "verb": "submit"}
    answer = desk.send("sr.wang", submit)
    assert answer.status_code == 200, answer.text
    assert [note["code"] for note in answer.json["notes"]] == ["ORDER_INCOMPLETE"]
    assert answer.json["results"][0]["values"]["status"] == "to_verify"


# --- files and numbers -----------------------------------------------------------------------------------------


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return set_up()


def book(path: Path, *rows: list[Any]) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(path)
    return path


def test_orders_and_their_lines_come_from_two_files(cast: Cast, shop: Shop, tmp_path: Path) -> None:
    heads = book(
        tmp_path / "orders.xlsx",
        ["order_no", "customer_id", "order_date", "delivery_date", "delivery_address", "receiver", "receiver_mobile"],
        *([f"SO-20261120-900{n}", "00001商行", "2026-11-20", "2026-11-27", "南京", "何先生", "15400000001"]
          for n in (1, 2)),
    )  # fmt: skip
    columns = ["parent_id", "line_no", "product_id", "cases", "unit_price"]
    rows = [[f"SO-20261120-900{n}", line, "P1", 10 * n, None] for n in (1, 2) for line in (1, 2)]
    lines = book(tmp_path / "lines.xlsx", columns, *rows)
    with cast.acting("sr.wang"):
        written = import_file(registry.get("sales_order"), heads, current_grants())
        assert (written.inserted, written.errors) == (2, [])
        written = import_file(registry.get("sales_order_line"), lines, current_grants())
        assert (written.inserted, written.errors) == (4, [])
        again = import_file(registry.get("sales_order_line"), lines, current_grants())
        assert (again.inserted, again.updated, again.errors) == (0, 0, [])
        rows[3][3:] = [5, 319]
        cheap = import_file(
            registry.get("sales_order_line"), book(tmp_path / "l.xlsx", columns, *rows), current_grants()
        )
        assert [(e.row, e.field, e.code) for e in cheap.errors] == [(5, "unit_price", "BELOW_FLOOR")]
        new = book(
            tmp_path / "new.xlsx", ["parent_id", "product_id", "loose"], ["SO-20261120-9001", "P2", 24]
        )
        assert import_file(registry.get("sales_order_line"), new, current_grants(), Options()).inserted == 1
    assert stored("sales_order", 1, "total_amount", "order_no") == ("48384.00", "SO-20261120-9001")
    assert stored("sales_order", 2, "total_amount") == ("96000.00",)


@contextmanager
def counting() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_thousand_orders_ask_the_database_as_often_as_a_few(cast: Cast, shop: Shop) -> None:
    def many(count: int) -> int:
        changes: list[Change] = []
        for n in range(count):
            lines = [{"product_id": shop.wine, "cases": n % 20 + 1}, {"product_id": shop.sample, "cases": 1}]
            made = order(cast, *lines, order_date=f"2026-11-{n % 20 + 1:02}")
            made[0].ref = f"o{n}"
            for line in made[1:]:
                line.values["parent_id"] = {"ref": f"o{n}"}
            changes += made
        with counting() as seen:
            placed(commit(ChangeSet(changes, "import", confirmed=frozenset({"*"}))))
        return len(seen)

    few, thousand = many(20), many(1000)
    # What is read comes in parts of 500, what is written in parts of 1,000.
    assert thousand <= few + 40, (few, thousand)

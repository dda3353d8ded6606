"""An error workbook of orders with their lines comes back: what was imported is not imported a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from app.access.context import acting_as
from tests.importing.test_errorbook import error_workbook
from tests.importing.way import API, Way
from tests.models.orders.conftest import COMPLETE, set_up
from tests.support.apps import Applications
from tests.support.database import SqliteFiles
from tests.support.gate import rows_of

HEAD = (
    "单号",
    "客户",
    "订单日期",
    "交货日期",
    "送货地址",
    "收货人",
    "收货人手机",
    "付款方式",
    "行号",
    "产品",
    "箱数",
)
FIELDS = ("order_no", "customer_id", *COMPLETE, "line_no", "product_id", "cases")
LINES = ("line_no", "product_id", "cases")


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


@pytest.fixture
def way(app: Flask) -> Way:
    """王芳 at the import page of a shop."""
    found = Way.open(app, "sr.wang")
    with app.app_context(), acting_as(None, source="test"):
        set_up()
    return found


def book(path: Path, *rows: tuple[Any, ...]) -> Path:
    """Orders with their lines in one sheet: number, customer, line, product, cases."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.append(HEAD)
    for number, customer, line, product, cases in rows:
        sheet.append([number, customer, *COMPLETE.values(), line, product, cases])
    made.save(path)
    return path


def options(**more: Any) -> dict[str, Any]:
    columns = {header: {"field": f"sales_order_line.{name}" if name in LINES else name}
               for header, name in zip(HEAD, FIELDS, strict=True)}  # fmt: skip
    return {
        "columns": columns,
        "lines": {"entity": "sales_order_line", "group": ["order_no"], "by": "number"},
        **more,
    }


def three_orders(way: Way, folder: Path) -> Path:
    """Three orders of which the second is wrong, imported without it: the error workbook."""
    file = book(folder / "订单.xlsx", ("A-1", "00001商行", 1, "云溪窖藏", 1), ("A-1", None, 2, "云溪小酌", 2),
                ("A-2", "00001商行", 1, "云溪窖藏", "许多"), ("A-2", None, 2, "云溪小酌", 4),
                ("A-3", "00001商行", 1, "云溪窖藏", 5))  # fmt: skip
    found = way.preview("sales_order", file, "订单.xlsx", **options())
    assert (found["inserted"], found["error_rows"], found["already"]) == (5, 2, 0), found["kinds"]
    done = way.commit(found["set"], partial=True)
    assert done["inserted"] == 5
    path, said = error_workbook(way, done["change_set"], folder / "错误.xlsx")
    assert said["marked"] == 1
    return path


def cases(way: Way) -> list[list[int]]:
    """The cases of each order there is, line by line."""
    with way.app.app_context():
        lines, orders = rows_of("sales_order_line").values(), sorted(rows_of("sales_order"))
    return [[line["cases"] for line in lines if line["parent_id"] == order] for order in orders]


def corrected(path: Path, **cells: Any) -> Path:
    made = openpyxl.load_workbook(path)
    for place, value in cells.items():
        made.worksheets[0][place] = value
    made.save(path)
    return path


def test_of_three_orders_the_corrected_one_alone_is_imported(way: Way, tmp_path: Path) -> None:
    path = corrected(three_orders(way, tmp_path), K4=3)
    again = way.preview("sales_order", path, "改.xlsx")
    assert (again["inserted"], again["error_rows"], again["unchanged"], again["already"]) == (3, 0, 3, 3)
    assert not [header for header in again["ignored"] if header.startswith("@")]
    assert way.commit(again["set"])["inserted"] == 3
    assert cases(way) == [[1, 2], [5], [3, 4]]
    # The very same workbook once more: now all its orders are known.
    second, _said = error_workbook(way, again["set"], tmp_path / "二.xlsx")
    last = way.preview("sales_order", second, "改.xlsx")
    assert (last["inserted"], last["already"]) == (0, 5)


def test_an_order_that_is_still_wrong_is_marked_alone_and_can_be_mended_in_place(
    way: Way, tmp_path: Path
) -> None:
    path = corrected(three_orders(way, tmp_path), K4="不少")
    again = way.preview("sales_order", path, "改.xlsx")
    assert (again["inserted"], again["error_rows"], again["already"]) == (0, 2, 3)
    assert way.wrong(again["set"]).keys() == {4, 5}
    _second, said = error_workbook(way, again["set"], tmp_path / "二.xlsx")
    assert said["marked"] == 1
    field, seq = "sales_order_line.cases", way.rows(again["set"], "error")[0]["seq"]
    mended = way.post(
        f"/api/v1/import/{again['set']}/mend", {"rows": [{"seq": seq, "values": {field: "3"}}]}
    ).json
    assert mended["summary"]["error_rows"] == 0
    assert way.commit(again["set"])["inserted"] == 3
    assert cases(way) == [[1, 2], [5], [3, 4]]


def test_a_row_added_to_an_imported_order_becomes_a_line_of_it(way: Way, tmp_path: Path) -> None:
    row = {"A7": "A-3", "I7": 2, "J7": "云溪小酌", "K7": 6}
    path = corrected(three_orders(way, tmp_path), **row)
    again = way.preview("sales_order", path, "改.xlsx")
    assert (again["inserted"], again["error_rows"], again["already"]) == (1, 2, 2)
    way.commit(again["set"], partial=True)
    assert cases(way) == [[1, 2], [5, 6]]


def test_once_the_import_is_taken_back_its_orders_come_again(way: Way, tmp_path: Path) -> None:
    path = corrected(three_orders(way, tmp_path), K4=3)
    batch = way.get("/api/v1/import/history").json["items"][0]["set"]
    assert way.post(f"/api/v1/change_set/{batch}/undo", {}).status_code == 200
    assert cases(way) == []
    again = way.preview("sales_order", path, "改.xlsx")
    assert (again["inserted"], again["already"]) == (8, 0)


def test_orders_in_a_workbook_that_says_nothing_of_imports_are_not_left_out(way: Way, tmp_path: Path) -> None:
    made = openpyxl.load_workbook(three_orders(way, tmp_path))
    del made["_taizhang"]
    made.save(tmp_path / "改.xlsx")
    again = way.preview("sales_order", tmp_path / "改.xlsx", "改.xlsx", **options())
    assert (again["inserted"], again["already"]) == (5, 0)


def test_of_a_new_order_with_a_line_the_gate_refuses_no_row_is_new_until_it_is_corrected(
    way: Way, tmp_path: Path
) -> None:
    file = book(tmp_path / "订单.xlsx", ("A-1", "00001商行", 1, "云溪窖藏", 1), ("A-1", None, 2, None, 2),
                ("A-2", "00001商行", 1, "云溪窖藏", 3))  # fmt: skip
    found = way.preview("sales_order", file, "订单.xlsx", **options())
    assert (found["inserted"], found["error_rows"]) == (2, 3), found["kinds"]
    rows = way.rows(found["set"], "error")
    assert {(row["line"], row["errors"][0]["code"]) for row in rows} == {(2, "DOCUMENT"), (3, "REQUIRED")}
    [wrong] = [row for row in rows if row["errors"][0]["code"] == "REQUIRED"]
    mended = way.post(
        f"{API}/{found['set']}/mend", {"rows": [{"seq": wrong["seq"], "values": {"product_id": "云溪小酌"}}]}
    ).json
    assert (mended["summary"]["inserted"], mended["summary"]["error_rows"]) == (5, 0)
    assert way.commit(found["set"])["inserted"] == 5
    assert cases(way) == [[1, 2], [3]]

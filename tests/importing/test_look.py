"""The first look at a file: what is proposed before anybody has chosen anything."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from tests.importing.way import Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def way(applications: Applications) -> Way:
    """王浩 at the import page; what is proposed does not depend on the database."""
    return Way.open(applications.fresh(SqliteFiles()).flask)


def test_a_sheet_with_the_columns_of_lines_is_taken_for_orders_with_their_lines(way: Way) -> None:
    text = "订单号,客户,订单日期,产品,单价,备注\nHD-1,某店,2026-11-02,某酒,10,\n,,,别的酒,12,\n"
    found = way.upload("sales_order", text.encode("utf-8-sig"), "订单.csv").json
    lines = found["options"]["lines"]
    assert (lines["entity"], lines["group"], lines["by"]) == ("sales_order_line", ["order_no"], "order")
    assert found["mapping"]["产品"] == "sales_order_line.product_id"
    assert found["mapping"]["备注"] == "remark"


def test_a_sheet_of_headers_alone_is_not_taken_for_more(way: Way) -> None:
    text = "订单号,客户,订单日期,备注\nHD-1,某店,2026-11-02,\n"
    found = way.upload("sales_order", text.encode("utf-8-sig"), "订单.csv").json
    assert found["options"]["lines"] is None
    assert "产品" not in found["mapping"]


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        (["4/27/2017", "12/9/2017"], ["mdy"]),
        (["27.4.2017", "9.12.2017 08:30"], ["dmy"]),
        (["3/4/2017", ""], ["mdy", "dmy"]),
        (["4/27/2017", "27/4/2017"], None),
        (["2017-04-27", "2017/4/27"], None),
    ],
)
def test_the_dates_of_a_column_say_in_which_order_they_are_written(
    way: Way, cells: list[str], orders: list[str] | None
) -> None:
    text = "客户,订单日期\n" + "".join(f"某店,{cell}\n" for cell in cells)
    found = way.upload("sales_order", text.encode(), "订单.csv").json
    assert found["date_orders"].get("订单日期") == orders


def test_merged_titles_and_sums_are_no_matter_and_columns_show_what_they_hold(way: Way) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["客户（１１月）"])
    sheet.append(["客户", "备注"])
    for number in range(20):
        sheet.append([f"店{number % 2}", "晚到" if number > 10 else None])
        if number == 3:
            sheet.append(["本页小计", 4])
    sheet.append(["合计", 20])
    for merged in ("A1:B1", "A7:B7", "A24:B24"):
        sheet.merge_cells(merged)
    found = way.upload("customer", saved(book), "客户.xlsx").json
    assert found["merged"] == 0
    assert [each["text"] for each in found["titles"]] == ["客户（１１月）"]
    assert [each["row"] for each in found["totals"]] == [7, 24]
    assert [row["row"] for row in found["sample"]] == [3, 4, 5, 6, 8, 9, 10, 11]
    assert found["examples"] == [["店0", "店1"], ["晚到"]]
    sheet.merge_cells("A3:A5")
    assert way.upload("customer", saved(book), "客户.xlsx").json["merged"] == 1


def saved(book: openpyxl.Workbook) -> bytes:
    """The workbook as it would be uploaded."""
    content = BytesIO()
    book.save(content)
    return content.getvalue()

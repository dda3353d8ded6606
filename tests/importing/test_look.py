"""The first look at a file: what is proposed before anybody has chosen anything."""

from __future__ import annotations

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

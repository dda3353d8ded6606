"""A real ledger goes through: from a workbook to a governed sheet, in and out, corrected, taken back.

The ledger is made here, in the shape of the ones branches send: dates, codes, choices, money with float noise.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.acceptance.conftest import Product

ROWS = 1000
HEADERS = ["行 ID", "订单 ID", "订单日期", "客户名称", "邮寄方式", "条码", "数量", "销售额"]
WAYS = ["一级", "二级", "标准级", "当日"]


def ledger() -> list[list[Any]]:
    """Rows of a ledger; the amounts carry the noise that Excel's own arithmetic leaves."""
    dice = random.Random(7)
    rows: list[list[Any]] = []
    for number in range(1, ROWS + 1):
        amount = dice.randrange(1, 10**7)
        rows.append(
            [number, f"CN-{number // 3:05}", date(2024, 1, 1) + timedelta(days=number % 700), f"客户{number % 97}",
             WAYS[number % 4], f"{number:08}", dice.randrange(1, 50), amount / 1000 + 1e-11]
        )  # fmt: skip
    return rows


def save(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "订单"
    sheet.append(HEADERS)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def file(product: Product) -> Path:
    """The ledger as the branch sent it, its entity declared and its database ready."""
    path = save(product.folder / "ledger.xlsx", ledger())
    made = product.json("new", str(path), "--sheet", "订单", "--entity", "store_order")
    assert (made["rows"], made["key"]) == (ROWS, ["row_no"])
    product.json("init")
    return path


def sums(product: Product) -> tuple[int, Decimal]:
    """How many rows there are, and what they sell for, as the exported workbook says."""
    out = product.folder / "sum.xlsx"
    product.json("export", "store_order", str(out))
    rows = list(openpyxl.load_workbook(out).worksheets[0].iter_rows(values_only=True))
    place = rows[0].index("销售额")
    return len(rows) - 1, sum((Decimal(repr(row[place])) for row in rows[1:]), Decimal(0))


def test_a_ledger_goes_through(product: Product, file: Path) -> None:
    """In order, for each step stands on the one before."""
    rows = ledger()
    wrong_key = product.json("import", "store_order", str(file), "--key", "订单 ID", code=1)
    assert {e["code"] for e in wrong_key["errors"]} == {"DUPLICATE_IN_FILE"}
    assert wrong_key["change_set"] is None
    assert {"row", "column", "field", "code", "message"} <= wrong_key["errors"][0].keys()
    first = product.json("import", "store_order", str(file))
    assert (first["rows"], first["inserted"], first["errors"]) == (ROWS, ROWS, [])
    assert sums(product) == (ROWS, sum((Decimal(repr(round(r[7], 3))) for r in rows), Decimal(0)))
    logged = product.json("log", "--entity", "store_order", "--limit", "5000")["entries"]
    assert len(logged) == ROWS
    assert {(e["actor"], e["source"], e["change_set"]) for e in logged} == {
        ("system", "import", first["change_set"])
    }

    again = product.json("import", "store_order", str(file))
    assert (again["unchanged"], again["change_set"]) == (ROWS, None)

    for row in rows[:100]:
        row[6] += 1
    changed = product.json("import", "store_order", str(save(product.folder / "changed.xlsx", rows)))
    assert (changed["updated"], changed["unchanged"]) == (100, ROWS - 100)
    entries = product.json("log", "--change-set", str(changed["change_set"]), "--limit", "500")["entries"]
    assert len(entries) == 100
    assert all(set(e["new"]) - {"version", "updated_at", "updated_by_id"} == {"quantity"} for e in entries)

    out = product.folder / "out.xlsx"
    product.json("export", "store_order", str(out))
    assert product.json("import", "store_order", str(out))["unchanged"] == ROWS


def test_an_import_is_taken_back_a_day_later_but_for_what_was_touched(product: Product, file: Path) -> None:
    made = product.json("import", "store_order", str(save(product.folder / "more.xlsx", [
        [row[0] + 10**6, *row[1:]] for row in ledger()])))  # fmt: skip
    touched = [[row[0] + 10**6, *row[1:]] for row in ledger()[:20]]
    for row in touched:
        row[3] = "已改"
    product.json("import", "store_order", str(save(product.folder / "touched.xlsx", touched)))
    tomorrow = {"TAIZHANG_NOW": (date.today() + timedelta(days=1)).isoformat() + "T12:00:00"}
    back = product.json("revert", str(made["change_set"]), **tomorrow)
    assert (back["deleted"], len(back["left"])) == (ROWS - 20, 20)
    assert product.json("revert", str(made["change_set"]), code=1)["error"]


def test_a_truly_finer_amount_is_an_error_never_rounded(product: Product, file: Path) -> None:
    row = [10**7, "CN-1", date(2024, 1, 1), "客户", "一级", "00000001", 1, 1.23456]
    refused = product.json("import", "store_order", str(save(product.folder / "fine.xlsx", [row])), code=1)
    assert [(e["row"], e["column"], e["code"]) for e in refused["errors"]] == [(2, "销售额", "TOO_PRECISE")]


def test_a_template_can_be_filled_in_and_imported(product: Product, file: Path) -> None:
    path = product.folder / "template.xlsx"
    product.json("template", "store_order", str(path))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headers = [str(cell.value).rstrip("*") for cell in sheet[1]]
    values = dict(
        zip(HEADERS, [10**8, "CN-9", date(2024, 1, 1), "客户", "一级", "00000009", 1, 2.5], strict=True)
    )
    sheet.append([values.get(header.strip()) for header in headers])
    book.save(path)
    assert product.json("import", "store_order", str(path))["inserted"] == 1


def test_wrong_usage_is_exit_2_and_a_refusal_exit_1(product: Product, file: Path) -> None:
    assert product.run("import").returncode == 2
    assert product.run("import", "no_such_entity", str(file)).returncode == 1
    assert product.run("revert", "999999").returncode == 1
    assert product.run("export", "store_order", "x.xlsx", "--filter", "{").returncode == 2
    lost = product.run("export", "store_order", str(file.parent / "no_folder" / "x.xlsx"))
    assert (lost.returncode, "Traceback" in lost.stderr) == (1, False)

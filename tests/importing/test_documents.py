"""Header and lines from a file: who belongs to whom, what must agree, which lines are known, which go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import Change, Result
from app.db import db
from app.entity import registry
from app.importing.contract import LINK, ReadRow, RowError
from app.importing.documents import Documents
from app.importing.options import Lines, LinesSheet, Options, Treatment
from app.importing.run import import_file
from tests.cast import Cast, assemble
from tests.models.conftest import insert, new_id
from tests.models.orders.conftest import COMPLETE, Shop, order, placed, set_up
from tests.support.gate import rows_of, send

HEAD = ("order_no", "customer_id", "order_date", "remark")
LINE = ("line_no", "product_id", "cases", "unit_price")


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, inside the application."""
    found = assemble(app)
    with app.app_context():
        yield found


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """Two products with prices."""
    with acting_as(None, source="test"):
        return set_up()


def options(*group: str, **more: Any) -> Options:
    """Orders with their lines in one flat sheet."""
    given = {n: more.pop(n) for n in ("by", "gone", "sheet") if n in more}
    return Options(lines=Lines("sales_order_line", group, **given), **more)


def flat(*rows: tuple[Any, ...], head: tuple[str, ...] = HEAD, line: tuple[str, ...] = LINE) -> list[ReadRow]:
    """Rows of a flat sheet from row 2 on: header cells, then line cells."""
    names = [*head, *(f"sales_order_line.{n}" for n in line)]
    return [ReadRow(n, dict(zip(names, row, strict=True))) for n, row in enumerate(rows, 2)]


@dataclass(frozen=True)
class Found:
    """What was wrong with some rows, the changes of the others, and how many lines are to go."""

    errors: list[RowError]
    stretches: list[list[Change]]
    removed: int


def documents(
    cast: Cast, asked: Options, rows: list[ReadRow], lines: Sequence[ReadRow] = (), entity: str = "sales_order",
    size: int = 2000, **more: Any,
) -> Found:  # fmt: skip
    """The documents of some rows as 王芳 imports them."""
    headers = {n: n for row in [*rows, *lines] for n in row.values}
    with cast.acting("sr.wang") as grants:
        found = Documents(db.session(), registry.get(entity), grants, asked, headers)
        found.gather(rows, lines, **more)
        stretches = list(found.stretches(rows, lines, size))
        again = list(found.stretches(rows, lines, size))
        assert again == stretches  # a plan and a commit ask for the same
        return Found(found.errors, stretches, found.removed)


def imported(
    cast: Cast, asked: Options, rows: list[ReadRow], lines: Sequence[ReadRow] = (), **more: Any
) -> Result:  # fmt: skip
    """What the gate makes of them."""
    found = documents(cast, asked, rows, lines, **more)
    assert found.errors == []
    with cast.acting("sr.wang"):
        result = send(*chain.from_iterable(found.stretches), source="import")
    assert not result.errors, [(e.line, e.field, str(e.message)) for e in result.errors]
    return result


def lines_of(head: int) -> list[tuple[Any, ...]]:
    """An order's lines by number: number, product, cases."""
    rows = [row for row in rows_of("sales_order_line").values() if row["parent_id"] == head]
    return sorted((row["line_no"], row["product_id"], row["cases"]) for row in rows)


def new_order(cast: Cast, shop: Shop) -> tuple[int, str]:
    """An order of two lines: its id and its number."""
    with cast.acting("sr.wang"):
        lines = ({"product_id": shop.wine, "cases": 1}, {"product_id": shop.sample, "cases": 2})
        head = placed(send(*order(cast, *lines)))[0]
    return head, rows_of("sales_order")[head]["order_no"]


def test_rows_of_one_number_become_one_order_with_its_lines(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(
        ("SO-20261120-0701", mine, "2026-11-20", "急", 1, shop.wine, 2, None),
        ("SO-20261120-0701", mine, None, "急", 2, shop.sample, 3, None),
        (None, None, None, None, 3, shop.wine, 1, None),
        ("SO-20261120-0702", mine, "2026-11-21", None, None, shop.wine, 4, None),
    )
    result = imported(cast, options("order_no"), rows)
    assert result.inserted == 6
    orders = {row["order_no"]: (n, row["remark"]) for n, row in rows_of("sales_order").items()}
    assert {n: text for n, (_id, text) in orders.items()} == {
        "SO-20261120-0701": "急",
        "SO-20261120-0702": None,
    }
    assert lines_of(orders["SO-20261120-0701"][0]) == [
        (1, shop.wine, 2),
        (2, shop.sample, 3),
        (3, shop.wine, 1),
    ]
    assert lines_of(orders["SO-20261120-0702"][0]) == [(1, shop.wine, 4)]


def test_rows_of_an_order_may_lie_apart_and_stay_in_one_stretch(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(*(
        (f"A-{n % 3}", mine, "2026-11-20", None, n // 3 + 1, shop.wine, n + 1, None) for n in range(9)
    ))  # fmt: skip
    stretches = documents(cast, options("order_no"), rows, size=1).stretches
    assert [len(s) for s in stretches] == [4, 4, 4]
    assert all(
        s[0].entity == "sales_order" and len({str(c.values["parent_id"]) for c in s[1:]}) == 1
        for s in stretches
    )


def test_a_foreign_number_only_says_which_rows_belong_together(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(
        ("单1", mine, "2026-11-20", None, 1, shop.wine, 1, None),
        ("单2", mine, "2026-11-20", None, 1, shop.wine, 2, None),
    )
    assert imported(cast, options("order_no"), rows).inserted == 4
    assert {row["order_no"][:11] for row in rows_of("sales_order").values()} == {"SO-20261120"}


def test_a_file_without_numbers_is_grouped_by_other_fields(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(
        (mine, "2026-11-20", shop.wine, 1), (None, None, shop.sample, 2), (mine, "2026-11-21", shop.wine, 3),
        head=("customer_id", "order_date"), line=("product_id", "cases"),
    )  # fmt: skip
    assert imported(cast, options("customer_id", "order_date"), rows).inserted == 5


def test_header_cells_that_disagree_are_errors_that_name_both_rows_and_values(cast: Cast, shop: Shop) -> None:
    mine, other = cast.customers["sr.wang"], cast.customers["sr.li"]
    rows = flat(
        ("单1", mine, "2026-11-20", None, 1, shop.wine, 1, None),
        ("单1", mine, "2026-11-21", "急", 2, shop.wine, 2, None),
        ("单1", other, "2026-11-20", "缓", 3, shop.wine, 3, None),
        ("单2", mine, "2026-11-20", None, 1, shop.wine, 4, None),
    )
    found = documents(cast, options("order_no"), rows)
    told = [(e.row, e.column, e.code) for e in found.errors]
    assert told == [
        (3, "order_date", "HEADERS_DIFFER"), (4, "customer_id", "HEADERS_DIFFER"),
        (4, "remark", "HEADERS_DIFFER"), (2, None, "DOCUMENT"),
    ]  # fmt: skip
    first, second, third, _held = [str(e.message) for e in found.errors]
    assert all(part in first for part in ("第 3 行", "2026-11-21", "第 2 行", "2026-11-20"))
    assert "00001商行" in second
    assert all(part in third for part in ("第 4 行", "缓", "第 3 行", "急"))
    (stretch,) = found.stretches
    assert [c.line for c in stretch] == [5, 5]


def test_lines_of_a_known_order_are_told_apart_by_number(cast: Cast, shop: Shop) -> None:
    head, number = new_order(cast, shop)
    rows = flat(
        (number, None, None, None, 2, shop.sample, 9, None), (number, None, None, None, 5, shop.wine, 4, None)
    )
    for row in rows:
        del row.values["customer_id"], row.values["order_date"]
    result = imported(cast, options("order_no"), rows)
    assert (result.inserted, result.deleted) == (1, 0)
    assert lines_of(head) == [(1, shop.wine, 1), (2, shop.sample, 9), (5, shop.wine, 4)]


def test_lines_of_a_known_order_are_told_apart_by_their_order_and_the_rest_removed(
    cast: Cast, shop: Shop
) -> None:
    head, number = new_order(cast, shop)
    rows = flat((number, shop.sample, 7), head=("order_no",), line=("product_id", "cases"))
    asked = options("order_no", by="order", gone="remove")
    found = documents(cast, asked, rows)
    changes = [c for s in found.stretches for c in s]
    assert [(c.entity, c.op) for c in changes[1:]] == [
        ("sales_order_line", "update"),
        ("sales_order_line", "delete"),
    ]
    assert found.removed == 1
    assert imported(cast, asked, rows).deleted == 1
    assert lines_of(head) == [(1, shop.sample, 7)]


def test_a_file_without_any_column_of_lines_removes_none(cast: Cast, shop: Shop) -> None:
    head, number = new_order(cast, shop)
    found = documents(
        cast, options("order_no", by="order", gone="remove"), [ReadRow(2, {"order_no": number})]
    )
    assert [(e.row, e.code) for e in found.errors] == [(0, "NO_KEY")]
    assert (found.stretches, found.removed, len(lines_of(head))) == ([], 0, 2)


def test_without_a_line_number_the_lines_of_a_known_order_are_not_guessed(cast: Cast, shop: Shop) -> None:
    _head, number = new_order(cast, shop)
    rows = flat((number, shop.sample, 7), head=("order_no",), line=("product_id", "cases"))
    assert [(e.row, e.code) for e in documents(cast, options("order_no"), rows).errors] == [
        (2, "NO_LINE_KEY")
    ]


def test_the_same_line_twice_and_a_row_of_no_document_are_errors(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(
        (None, mine, "2026-11-20", None, 1, shop.wine, 1, None),
        ("单1", mine, "2026-11-20", None, 1, shop.wine, 1, None),
        ("单1", mine, "2026-11-20", None, 1, shop.wine, 2, None),
    )
    errors = documents(cast, options("order_no"), rows).errors
    assert [(e.row, e.code) for e in errors] == [(2, "NO_GROUP"), (3, "LINE_TWICE"), (4, "LINE_TWICE")]
    assert "3、4" in str(errors[1].message)


def test_a_document_with_a_row_that_cannot_be_read_is_left_out_whole(cast: Cast, shop: Shop) -> None:
    mine = cast.customers["sr.wang"]
    rows = flat(
        ("单1", mine, "2026-11-20", None, 1, shop.wine, 1, None),
        ("单1", mine, "2026-11-20", None, 2, shop.wine, 2, None),
        ("单2", mine, "2026-11-20", None, 1, shop.wine, 3, None),
    )
    del rows[1].values["sales_order_line.cases"]
    found = documents(cast, options("order_no"), rows, wrong={3})
    assert [(e.row, e.code) for e in found.errors] == [(2, "DOCUMENT")]
    assert "3" in str(found.errors[0].message)
    assert [c.line for s in found.stretches for c in s] == [4, 4]


@pytest.mark.parametrize(("mode", "codes"), [("new", ["KNOWN_RECORD"]), ("update", ["UNKNOWN_RECORD"])])
def test_only_new_or_only_known_orders_are_taken_where_that_is_asked(
    cast: Cast, shop: Shop, mode: str, codes: list[str]
) -> None:
    _head, number = new_order(cast, shop)
    mine = cast.customers["sr.wang"]
    rows = flat(*((n, mine, "2026-11-20", None, 1, shop.wine, 3, None) for n in (number, "单9")))
    assert [e.code for e in documents(cast, options("order_no", mode=mode), rows).errors] == codes


def test_lines_on_a_sheet_of_their_own_name_their_order(cast: Cast, shop: Shop) -> None:
    head, number = new_order(cast, shop)
    mine = cast.customers["sr.wang"]
    asked = options("order_no", sheet=LinesSheet("明细", "单号"))
    rows = [ReadRow(2, {"order_no": "单1", "customer_id": mine, "order_date": "2026-11-20"})]
    cells = ("line_no", "product_id", "cases")
    lines = [
        ReadRow(n, {LINK: text, **{f"sales_order_line.{k}": v for k, v in zip(cells, values, strict=True)}})
        for n, (text, *values) in enumerate((
            ("单1", 1, shop.wine, 1), (number.lower(), 1, shop.wine, 8), ("单1", 2, shop.sample, 2),
        ), 2)
    ]  # fmt: skip
    result = imported(cast, asked, rows, lines)
    assert result.inserted == 3
    assert lines_of(head)[0] == (1, shop.wine, 8)
    lines += [ReadRow(9, {LINK: "没有"}), ReadRow(10, {LINK: None})]
    errors = documents(cast, asked, rows, lines).errors
    assert [(e.row, e.column, e.sheet, e.code) for e in errors] == [
        (10, "单号", "明细", "NO_GROUP"), (9, "单号", "明细", "NO_HEADER"),
    ]  # fmt: skip


def test_another_persons_order_is_not_touched_by_its_number(cast: Cast, shop: Shop) -> None:
    with cast.acting("sr.li"):
        head = new_id(send(insert("sales_order", customer_id=cast.customers["sr.li"], **COMPLETE)))
    number = rows_of("sales_order")[head]["order_no"]
    rows = flat((number, 1, shop.wine, 1), head=("order_no",), line=("line_no", "product_id", "cases"))
    found = documents(cast, options("order_no", mode="update"), rows)
    assert [e.code for e in found.errors] == ["UNKNOWN_RECORD"]


def test_a_customer_and_its_contacts_come_from_one_sheet(cast: Cast) -> None:
    mine = cast.customers["sr.wang"]
    code = rows_of("customer")[mine]["customer_code"]
    names = ("customer_code", "wechat", "customer_contact.name", "customer_contact.mobile")
    cells = ((code, "wang-1", "何先生", "15400000001"), (None, None, "刘女士", "15400000002"))
    rows = [ReadRow(n, dict(zip(names, row, strict=True))) for n, row in enumerate(cells, 2)]
    asked = Options(lines=Lines("customer_contact"))
    assert imported(cast, asked, rows, entity="customer").inserted == 2
    rows[1].values["customer_contact.mobile"] = "15400000003"
    result = imported(cast, asked, rows, entity="customer")
    assert (result.inserted, result.updated, result.unchanged) == (0, 1, 2)
    contacts = {r["name"]: (r["parent_id"], r["mobile"]) for r in rows_of("customer_contact").values()}
    assert contacts == {"何先生": (mine, "15400000001"), "刘女士": (mine, "15400000003")}


def test_an_adjustment_and_its_prices_are_told_apart_by_product_and_price(cast: Cast, shop: Shop) -> None:
    names = ("adjust_no", "title", "basis", "effective_date", "notify_depts")
    line = ("product_id", "tier", "new_price")
    head = ("春季", "春季调价", "成本上涨", "2027-03-01", ["sales"])
    rows = [
        ReadRow(n, dict(zip((*names, *(f"price_adjustment_line.{f}" for f in line)), (*head, *cells), strict=True)))
        for n, cells in enumerate(((shop.wine, "ex_factory", "410.00"), (shop.wine, "retail", "620.00")), 2)
    ]  # fmt: skip
    asked = Options(lines=Lines("price_adjustment_line", gone="remove"))
    with acting_as(None, source="test") as grants:

        def taken() -> Result:
            db.session.rollback()
            found = Documents(
                db.session(),
                registry.get("price_adjustment"),
                grants,
                asked,
                dict.fromkeys(rows[0].values, "x"),
            )
            found.gather(rows)
            assert found.errors == []
            return send(*(c for s in found.stretches(rows) for c in s), source="import")

        result = taken()
        assert result.inserted == 3, [(e.field, str(e.message)) for e in result.errors]
        (number,) = (row["adjust_no"] for row in rows_of("price_adjustment").values())
        for row in rows:
            row.values["adjust_no"] = number
        del rows[0]
        result = taken()
        assert (result.inserted, result.deleted) == (0, 1), [(e.field, str(e.message)) for e in result.errors]
    assert [row["tier"] for row in rows_of("price_adjustment_line").values()] == ["retail"]


def test_a_flat_file_of_orders_is_imported_and_its_mistakes_told_at_their_cells(
    cast: Cast, shop: Shop, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    head = "单号,客户,订单日期,产品,箱数"
    lines = ("A-1,00001商行,2026-11-20,云溪窖藏,1", "A-1,,,云溪小酌,2", "A-2,00001商行,2026-11-21,云溪窖藏,3")
    path.write_text("\n".join((head, *lines)), "utf-8")
    asked = options(
        "order_no", columns={"单号": Treatment("order_no"), "箱数": Treatment("sales_order_line.cases"),
                             "产品": Treatment("sales_order_line.product_id")},
    )  # fmt: skip
    entity = registry.get("sales_order")
    with cast.acting("sr.wang") as grants:
        report = import_file(entity, path, grants, asked)
    assert (report.errors, report.inserted) == ([], 5)
    assert sorted(row["cases"] for row in rows_of("sales_order_line").values()) == [1, 2, 3]
    path.write_text("\n".join((head, *lines[:1], "A-1,00001商行,2026-11-22,云溪小酌,多", lines[2])), "utf-8")
    with cast.acting("sr.wang") as grants:
        report = import_file(entity, path, grants, asked, partial=True)
    told = sorted((e.row, e.column, e.code) for e in report.errors if e.column)
    assert told == [(3, "箱数", "BAD_NUMBER"), (3, "订单日期", "HEADERS_DIFFER")]
    assert [(e.row, e.code) for e in report.errors if not e.column] == [(2, "DOCUMENT")]
    assert report.inserted == 2

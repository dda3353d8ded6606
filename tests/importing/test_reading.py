"""A file as a branch sends it, read once into stretches of changes: exact, told, and in memory that does not grow."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from app.access.context import acting_as, current_grants
from app.db import db
from app.entity import registry
from app.importing.mapping import map_columns
from app.importing.options import options_from
from app.importing.reading import read_changes
from app.importing.run import import_file, limits
from tests.cast import Cast, assemble
from tests.importing.desk import HEADERS, book, changes, csv, errors, imported, line, reading
from tests.support.gate import rows_of


@pytest.fixture
def engine_kind() -> str:
    """Reading is the same whatever the database; matching and links are tested on both."""
    return "sqlite"


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The cast in a fresh database, acting as the system."""
    found = assemble(app)
    with app.app_context(), acting_as(None, source="test"):
        yield found


LEDGER = (
    "客户全称",
    "客户类型",
    "渠道类型",
    "价格组",
    "地区",
    "对接人",
    "联系电话",
    "详细地址",
    "线索来源",
    "不相干",
)


def test_a_ledger_of_a_branch_is_read_by_labels_and_synonyms(cast: Cast, tmp_path: Path) -> None:
    row = ["甲商行", *line(60)[1:4], "华东大区", "何先生", "１３８００００００１２", "云溪镇", "visit", "x"]
    path = csv(tmp_path / "a.csv", row, ["合计"], headers=LEDGER, encoding="gb18030")
    with cast.acting("sr.wang"):
        report = imported("customer", path)
    assert report.ok, [str(e.message) for e in report.errors]
    assert (report.ignored, report.totals) == (["不相干"], [(3, "合计")])
    made = rows_of("customer")[max(rows_of("customer"))]
    assert (made["name"], made["contact_name"], made["mobile"], made["phone"]) == (
        "甲商行",
        "何先生",
        "13800000012",
        None,
    )
    assert (made["region_id"], made["address"]) == (cast.region, "云溪镇")


def test_a_label_wins_over_a_synonym_and_the_user_over_both(cast: Cast) -> None:
    entity, grants = registry.get("customer"), current_grants()
    found = map_columns(entity, ["联系电话", "手机", "电话"], grants)
    assert (found.fields, found.doubled, found.ignored) == ({1: "mobile", 2: "phone"}, [], ["联系电话"])
    said = options_from({"columns": {"联系电话": "mobile", "手机": None}}).columns
    assert map_columns(entity, ["手机", "联系电话"], grants, said).fields == {1: "mobile"}


def test_every_treatment_reaches_its_column(cast: Cast, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv", [*line(70), "02/01/1990", "1.2万元"], [*line(71), "", "30000元"],
        headers=(*HEADERS, "生日", "市场"),
    )  # fmt: skip
    columns = {"生日": {"field": "birthday", "order": "dmy"}, "市场": None,
               "contact_name": {"field": "contact_name", "values": {"何先生": "何总"}}}  # fmt: skip
    first, second = changes("customer", path, columns=columns)
    assert (first.values["birthday"], first.values["contact_name"]) == ("1990-01-02", "何总")
    assert "birthday" not in second.values
    regions = csv(
        tmp_path / "b.csv",
        ["R1", "x", "city", "1.2万", "3.456"],
        headers=("code", "name", "level", "市场", "人口"),
    )
    columns = {"市场": {"field": "market_size", "unit": "万"}, "人口": {"field": "population", "round": True}}
    with reading("region", regions, columns=columns) as found:
        (change,) = next(found.stretches())
        assert (change.values["market_size"], change.values["population"]) == ("12000.00", "3.46")
        assert found.rounded == {"population": 1}
    report = imported("region", regions, columns=columns)
    assert list(report.rounded.values()) == [1]
    assert rows_of("region")[max(rows_of("region"))]["population"] == "3.46"


def test_a_constant_fills_what_the_file_lacks_also_a_link(cast: Cast, tmp_path: Path) -> None:
    headers = [n for n in HEADERS if n not in ("region_id", "lead_source")]
    row = [cell for cell, name in zip(line(72), HEADERS, strict=True) if name in headers]
    path = csv(tmp_path / "a.csv", row, headers=headers)
    (change,) = changes("customer", path, constants={"region_id": "HD", "lead_source": "visit"})
    assert (change.values["region_id"], change.values["lead_source"]) == (cast.region, "visit")
    assert errors("customer", path, constants={"region_id": "火星", "nothing": "1"}) == [
        (1, "nothing", "NO_FIELD"), (2, "region_id", "LINK_NOT_FOUND"),
    ]  # fmt: skip


def test_long_numbers_and_leading_zeros_survive_every_format(cast: Cast, tmp_path: Path) -> None:
    rows = [["007", "110101199003071234"], ["0.10", "00.5"]]
    files = (
        book(tmp_path / "a.xlsx", ["code", "value"], *rows),
        csv(tmp_path / "a.csv", *rows, headers=("code", "value")),
    )
    for path in files:
        assert [list(c.values.values()) for c in changes("biz_param", path)] == rows
    number = book(tmp_path / "b.xlsx", ["code", "value"], ["a", 110101199003071234], ["b", Decimal("0.1")])
    assert errors("biz_param", number) == [(2, "value", "LOST_DIGITS")]


def test_wrong_rows_are_handed_back_with_what_could_be_read(cast: Cast, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv", line(80), line(81, mobile="138", region_id="火星"), line(82), headers=HEADERS
    )
    with reading("customer", path) as found:
        (row,) = found.refused()
        assert (row["line"], [e.code for e in row["errors"]]) == (3, ["BAD_MOBILE", "LINK_NOT_FOUND"])
        assert (row["cells"]["name"], "mobile" in row["cells"], "region_id" in row["cells"]) == (
            "00081商行",
            False,
            False,
        )
        assert [e.text for e in row["errors"]] == ["138", "火星"]
        assert [c.line for stretch in found.stretches() for c in stretch] == [2, 4]


def test_stretches_may_be_asked_for_again_and_are_as_long_as_asked(cast: Cast, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", *([f"k{n}", n] for n in range(1200)), headers=("code", "value"))
    with reading("biz_param", path) as found:
        first = [[c.line for c in stretch] for stretch in found.stretches(400)]
        both = zip(found.stretches(), found.stretches(), strict=True)
        assert all([c.values for c in a] == [c.values for c in b] for a, b in both)
    assert [line for stretch in first for line in stretch] == list(range(2, 1202))
    assert len(first) > 1


def test_what_was_kept_aside_is_gone_when_the_reading_is_closed(cast: Cast, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", ["a", 1], headers=("code", "value"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with reading("biz_param", path):
        pass
    wrong = csv(tmp_path / "b.csv", ["a", 1], headers=("code", "value"))
    with pytest.raises(RuntimeError):
        _broken(wrong)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _broken(path: Path) -> None:
    with reading("biz_param", path) as found:
        assert found.rows == 1
        raise RuntimeError


def test_header_and_lines_come_from_one_flat_sheet_or_from_two(cast: Cast, tmp_path: Path) -> None:
    number = rows_of("customer")[cast.customers["sr.wang"]]["customer_code"]
    asked = {"entity": "customer_contact"}
    headers = ("customer_code", "address", "人", "号码")
    columns = {"人": "customer_contact.name", "号码": "customer_contact.mobile"}
    flat = csv(
        tmp_path / "a.csv",
        [number, "新街", "甲", "13800000001"],
        ["", "", "乙", "13800000002"],
        headers=headers,
    )
    expected = [("customer", "update"), ("customer_contact", "insert"), ("customer_contact", "insert")]
    found = changes("customer", flat, columns=columns, lines=asked)
    assert [(c.entity, c.op) for c in found] == expected
    assert [c.values.get("mobile") for c in found] == [None, "13800000001", "13800000002"]
    made = openpyxl.Workbook()
    made.worksheets[0].append(["customer_code", "address"])
    made.worksheets[0].append([number, "新街"])
    second = made.create_sheet("联系人")
    for row in (["客户", "人", "号码"], [number, "甲", "13800000001"], [number, "乙", "138"]):
        second.append(row)
    made.save(tmp_path / "b.xlsx")
    asked = {**asked, "sheet": {"sheet": "联系人", "link": "客户"}}
    with reading("customer", tmp_path / "b.xlsx", columns=columns, lines=asked) as two:
        (wrong,) = (error for error in two.errors if error.code != "DOCUMENT")
        assert (wrong.row, wrong.sheet, wrong.column, wrong.code) == (3, "联系人", "号码", "BAD_MOBILE")
        assert len(two.errors) > 1, "the other rows of the document say so too"
        assert {(row["line"], row["sheet"]) for row in two.refused()} >= {(3, "联系人")}
    second["C3"] = "13800000002"
    made.save(tmp_path / "b.xlsx")
    assert [
        (c.entity, c.op) for c in changes("customer", tmp_path / "b.xlsx", columns=columns, lines=asked)
    ] == expected


def test_a_file_that_is_not_ours_is_not_matched_by_id(cast: Cast, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", [1, 1, "a", 1], headers=("@id", "@version", "code", "value"))
    with reading("biz_param", path, match="id") as found:
        assert [(e.row, e.field, e.code) for e in found.errors] == [(0, None, "NOT_OURS")]
        assert list(found.stretches()) == [], "nor as new records, when only the valid rows are wanted"
    with reading("biz_param", path) as found:
        assert (found.errors, found.columns.ignored) == ([], [])


def test_memory_does_not_grow_with_the_rows(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), acting_as(None, source="test"):
        entity, peaks = registry.get("biz_param"), []
        for count in (2_000, 40_000):
            path = csv(tmp_path / "a.csv", *([f"k{n}", "x" * 100, "y" * 100] for n in range(count)),
                       headers=("code", "value", "meaning"))  # fmt: skip
            with read_changes(
                db.session(), entity, path, current_grants(), options_from({}), limits()
            ) as found:
                assert sum(len(stretch) for stretch in found.stretches()) == count
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    assert peaks[1] - peaks[0] < 40, "MB for forty thousand rows"


def test_an_import_reports_what_it_left_out_and_what_it_wrote(cast: Cast, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["参数表"], ["code", "value"], ["k1", "1"], ["k2", ""], ["合计", "1"])
    entity = registry.get("biz_param")
    dry = import_file(entity, path, current_grants(), dry_run=True)
    assert (dry.rows, dry.inserted, [(e.row, e.column, e.code) for e in dry.errors]) == (
        2,
        1,
        [(4, "value", "REQUIRED")],
    )
    report = imported("biz_param", path, partial=True)
    assert (report.ok, report.inserted, report.change_set is not None) == (True, 1, True)
    body = report.as_json()
    assert (body["titles"], body["totals"]) == (
        [{"row": 1, "text": "参数表"}],
        [{"row": 5, "text": "合计  1"}],
    )
    again = imported("biz_param", book(tmp_path / "b.xlsx", ["code", "value"], ["k1", "1"]))
    assert (again.ok, again.unchanged, again.change_set) == (True, 1, None)

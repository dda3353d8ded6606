"""No text of a record becomes a formula, in no program and no format, also when the file was saved once more."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from flask import Flask

from app.exporting.asked import Asked
from app.exporting.csvout import unguard
from tests.exporting.shop import RISKY, Shop, book_of, xml_of
from tests.support.needs import LIBREOFFICE, program

NAMES = Asked(
    fields=("name", "is_key"),
    sort=[["customer_code", "asc"]],
    filter={"field": "name", "op": "ne", "value": "x"},
)


@pytest.fixture
def engine_kind() -> str:
    return "sqlite"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app, *RISKY)


def test_every_risky_text_is_a_string_that_stays_one_after_f2_and_enter(shop: Shop) -> None:
    content = shop.file(NAMES, "sr.wang")
    assert not re.search(r"<f[ >]", xml_of(content))
    cells = [row[0] for row in book_of(content).worksheets[0].iter_rows(min_row=3)]
    assert [cell.value for cell in cells] == RISKY
    for cell in cells:
        assert (cell.data_type, cell.number_format) == ("s", "@")
        assert cell.quotePrefix or cell.value in ("#N/A", "<b>&amp;</b>", "00123")


def test_headers_and_titles_of_groups_are_texts_as_well(shop: Shop) -> None:
    content = shop.file(Asked(fields=("customer_type",), groups=("name",)), "sr.wang")
    assert not re.search(r"<f[ >]", xml_of(content))
    texts = [row[0] for row in book_of(content).worksheets[0].iter_rows()]
    for cell in texts:
        assert cell.data_type == "s"
        assert cell.quotePrefix or cell.value[0] not in "=+-@'＝"


def test_csv_has_its_mark_and_guards_texts_but_not_numbers(shop: Shop) -> None:
    shop.regions(("-1+1", "city", "0.00", 3))
    asked = Asked(
        fields=("name", "market_size", "target_terminals"),
        format="csv",
        filter={"field": "level", "op": "eq", "value": "city"},
    )
    text = shop.file(asked, entity="region").decode("utf-8")
    assert text == "\ufeff区域名称,年市场容量,目标终端数\r\n'-1+1,0.00,3\r\n"
    rows = list(csv.reader(io.StringIO(shop.file(Asked(fields=("name",), format="csv")).decode("utf-8-sig"))))
    assert {unguard(row[0]) for row in rows} >= set(RISKY)
    assert not [row[0] for row in rows if row[0][:1] in tuple("=+-@＝")]


@pytest.mark.libreoffice
def test_libreoffice_saves_them_as_texts_and_so_does_a_recalculation(shop: Shop, tmp_path: Path) -> None:
    ours = tmp_path / "ours.xlsx"
    ours.write_bytes(shop.file(NAMES, "sr.wang"))
    office = program(*LIBREOFFICE)
    assert office
    for kind in ("ods", "xlsx"):
        command = [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            kind,
        ]
        subprocess.run(
            [*command, "--outdir", tmp_path / kind, ours], check=True, timeout=120, capture_output=True
        )
    with ZipFile(tmp_path / "ods" / "ours.ods") as archive:
        assert "table:formula" not in archive.read("content.xml").decode()
    sheet = openpyxl.load_workbook(tmp_path / "xlsx" / "ours.xlsx").worksheets[0]
    assert [(row[0].data_type, row[0].value) for row in sheet.iter_rows(min_row=3)] == [
        ("s", text) for text in RISKY
    ]

"""Pages to print: every row, every column, texts within their cells, sums, and whose they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from fontTools.ttLib import TTCollection

from app.exporting import fonts, pdf
from app.exporting.asked import Asked
from app.exporting.export import ExportRefused
from app.exporting.layout import Line, bands, paged, wrap
from tests.exporting.shop import RISKY, Shop

DEALERS = {"field": "customer_type", "op": "eq", "value": "dealer"}


@pytest.fixture
def engine_kind() -> str:
    return "sqlite"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app, *RISKY)


def length(text: str) -> float:
    return sum(8.0 if ord(sign) > 0x2E7F else 4.0 for sign in text)


def texts_of(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """(page, text) of all that is drawn from now on."""
    drawn: list[tuple[int, str]] = []
    real = pdf.FPDF.text

    def text(self: pdf.FPDF, x: float, y: float, text: str = "") -> None:
        drawn.append((self.page_no(), text))
        real(self, x, y, text)

    monkeypatch.setattr(pdf.FPDF, "text", text)
    return drawn


def test_every_page_has_header_and_number_and_the_first_says_what_it_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(*(f"商行{n}" for n in range(60)))
    drawn = texts_of(monkeypatch)
    content = shop.file(
        Asked(fields=("name", "customer_type"), format="pdf", filter=DEALERS),
        "sr.wang", by="王芳", watermark="王芳 (sr.wang)",
    )  # fmt: skip
    assert content.startswith(b"%PDF")
    count = len(re.findall(rb"/Type /Page\b", content))
    assert count == 3
    for page in range(1, count + 1):
        texts = [text for number, text in drawn if number == page]
        assert {"客户名称", "客户类型", f"{page} / {count}", "王芳 (sr.wang)"} <= set(texts)
    first = [text for number, text in drawn if number == 1]
    assert "客户档案" in first
    assert any("经销商" in text and "王芳" in text and f"{len(RISKY) + 61} 行" in text for text in first)
    assert {text for _, text in drawn} >= {*RISKY, *(f"商行{n}" for n in range(60))}


def test_groups_are_printed_with_their_sums(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.regions(("甲", "city", "1000.10", 2), ("乙", "city", "0.20", 3))
    drawn = texts_of(monkeypatch)
    asked = Asked(fields=("name", "market_size", "target_terminals"), groups=("level",), format="pdf")
    shop.file(asked, entity="region")
    texts = [text for _, text in drawn]
    assert texts[texts.index("市 · 2 行") :][:3] == ["市 · 2 行", "1,000.30", "5"]


def test_more_rows_than_anybody_prints_are_refused_with_a_way_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "MOST_ROWS", 5)
    with pytest.raises(ExportRefused) as refused:
        shop.file(Asked(format="pdf"), "sr.wang")
    with shop.reading():
        assert "请导出为 Excel" in str(refused.value.message)


def test_the_font_that_is_installed_with_us_draws_chinese_as_mainland_readers_know_it(tmp_path: Path) -> None:
    path, number = fonts.chinese_font(tmp_path / "none")
    with TTCollection(path, lazy=True) as found:
        font = found.fonts[number]
        assert font["name"].getBestFamilyName() == "Noto Sans CJK SC"
        assert {ord(sign) for sign in "客户档案喆堃镕囍𠮷〇①Ａa￥㎡℃—…“”·≤→✓"} <= font.getBestCmap().keys()


def test_a_font_in_the_home_folder_comes_first(tmp_path: Path) -> None:
    ours, number = fonts.chinese_font(tmp_path)
    (tmp_path / "own.ttc").symlink_to(ours)
    assert fonts.chinese_font(tmp_path) == (tmp_path / "own.ttc", number)


def test_a_font_in_the_home_folder_that_cannot_be_read_is_told(shop: Shop) -> None:
    own = shop.app.config["TAIZHANG"].home / "fonts"
    own.mkdir()
    (own / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(ExportRefused) as refused:
        shop.file(Asked(format="pdf"), "sr.wang")
    with shop.reading():
        assert "请导出为 Excel" in str(refused.value.message)


@pytest.mark.parametrize(
    "text", ["云溪镇" * 30, "a" * 200, "one two three " * 12, "甲a乙 " * 20, "", "第一行\n第二行"]
)
def test_wrapped_text_fits_its_column_and_loses_nothing(text: str) -> None:
    lines = wrap(text, 60, length)
    assert all(length(line) <= 60 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_are_broken_at_blanks() -> None:
    assert wrap("one two three", 40, length) == ["one two", "three"]


@pytest.mark.parametrize("count", [1, 8, 9, 30])
def test_every_column_stands_on_some_page_and_fits(count: int) -> None:
    found = bands([150.0] * count, 2, 780)
    assert {n for band in found for n in band.columns} == set(range(count))
    assert all(sum(band.widths) <= 780.01 for band in found)
    assert all(list(band.columns)[:2] == [0, 1] for band in found if count > 1)


def test_every_line_stands_on_one_page() -> None:
    lines = [Line([["x"] * (n % 4 + 1)]) for n in range(100)]
    found = paged(lines, 200, 300)
    assert [line for page in found for line in page] == lines
    assert all(sum(line.height for line in page) <= 300 for page in found)
    assert sum(line.height for line in found[0]) <= 200

"""An export as pages to print: A4 across, with the header on each page, sums, and who asked for what when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from fontTools.ttLib import TTLibError
from fpdf import FPDF
from fpdf.enums import TextMode
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.excel.cellxml import Value
from app.excel.styles import COLORS
from app.exporting.asked import Asked
from app.exporting.fonts import chinese_font
from app.exporting.layout import LINE, PAD, Band, Line, bands, paged, wrap
from app.exporting.rows import Group, grouped, how_many, pages
from app.exporting.shape import Column, ExportRefused, Shape, colors_of
from app.exporting.words import rows_in_words
from app.exporting.workbook import summary
from app.query.display import when

MOST_ROWS = 5000
_WIDTH, _HEIGHT, _EDGE = 842.0, 595.0, 30.0
_SIZE, _TITLE, _SMALL, _MARK = 8.0, 15.0, 8.0, 16.0
_FOOT = 34.0
_INK, _QUIET, _RULE, _GROUND = (31, 41, 55), (110, 122, 117), (203, 213, 225), (241, 245, 249)
# One line for every sign the font lacks, on every page: of no use to anybody.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


def write_pdf(
    session: Session,
    shape: Shape,
    grants: Grants,
    asked: Asked,
    out: BinaryIO,
    *,
    watermark: str = "",
    by: str = "",
) -> int:
    """Write the rows as a PDF; answers how many. Raises ExportRefused for more rows than anybody prints."""
    rows = how_many(session, shape, grants, asked)
    if rows > MOST_ROWS:
        raise ExportRefused(
            _l(
                "A PDF holds at most %(most)s rows, these are %(rows)s. Please export to Excel, or narrow the filter.",
                most=f"{MOST_ROWS:,}",
                rows=f"{rows:,}",
            )
        )
    sheet = _Pages(shape, watermark)
    found = pages(session, shape, grants, asked)
    if shape.groups:
        for row in grouped(shape, found):
            sheet.add(summary(shape, row) if isinstance(row, Group) else row, isinstance(row, Group))
    else:
        for page in found:
            for values in zip(*page.columns, strict=True):
                sheet.add(values)
    told = [
        rows_in_words(session, shape.entity, grants, asked),
        _("%(rows)s rows", rows=f"{rows:,}"),
        by,
        when(clock.now()),
    ]
    sheet.draw(str(shape.entity.label), "  ·  ".join(text for text in told if text))
    out.write(bytes(sheet.pdf.output()))
    return rows


def shown(column: Column, value: Value) -> str:
    """A value as the sheet shows it."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Decimal) and column.kind == "percent":
        return f"{(value * 100).normalize():f}%"
    if isinstance(value, Decimal):
        return f"{value:,.{column.spec.scale}f}"
    if isinstance(value, int):
        return f"{value:,}"
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)


class _Pages:
    """The pages being made: first all rows as lines, then, the number of pages being known, drawn."""

    def __init__(self, shape: Shape, watermark: str) -> None:
        self.pdf, self._shape, self._watermark = _document(), shape, watermark
        self._signs: dict[str, float] = {}
        kept = min(max(shape.frozen, 1), 2)
        self._bands = bands([column.width for column in shape.columns], kept, _WIDTH - 2 * _EDGE)
        self._widths = {
            n: width for band in self._bands for n, width in zip(band.columns, band.widths, strict=True)
        }
        self._lines: list[Line] = []
        self._right = {
            n for n, column in enumerate(shape.columns) if column.spec.type.numeric and not column.masked
        }
        self._colors = [colors_of(column.spec) for column in shape.columns]

    def add(self, values: Sequence[Value], is_summary: bool = False) -> None:
        """One more row."""
        texts = [shown(column, value) for column, value in zip(self._shape.columns, values, strict=True)]
        self._lines.append(self._line(texts, is_summary))

    def draw(self, title: str, told: str) -> None:
        """Draw everything."""
        header = self._line(self._shape.headers)
        told_lines = wrap(told, _WIDTH - 2 * _EDGE, self._measure)[:4]
        top = _EDGE + 22 + len(told_lines) * LINE
        room = _HEIGHT - _FOOT - header.height
        found = paged(self._lines, room - top, room - _EDGE)
        number, count = 0, len(found) * len(self._bands)
        for place, lines in enumerate(found):
            for band in self._bands:
                number += 1
                self.pdf.add_page()
                self._mark()
                y = _EDGE
                if place == 0 and band is self._bands[0]:
                    self._text(_EDGE, _EDGE + 10, title, _TITLE)
                    for n, text in enumerate(told_lines):
                        self._text(_EDGE, _EDGE + 26 + n * LINE, text, _SMALL, _QUIET)
                    y = top
                y = self._row(band, header, y, strong=True)
                for line in lines:
                    y = self._row(band, line, y, strong=line.summary)
                self._foot(f"{number} / {count}")

    def _row(self, band: Band, line: Line, y: float, *, strong: bool) -> float:
        pdf, x, height = self.pdf, _EDGE, line.height
        if strong:
            pdf.set_fill_color(*_GROUND)
            pdf.rect(x, y, sum(band.widths), height, style="F")
        for n, width in zip(band.columns, band.widths, strict=True):
            color = self._colors[n].get("".join(line.cells[n]), "")
            ink = _rgb(COLORS[color][0]) if color in COLORS else _INK
            for place, text in enumerate(line.cells[n]):
                left = x + width - PAD - self._measure(text) if n in self._right else x + PAD
                self._text(left, y + PAD + 8 + place * LINE, text, _SIZE, ink, strong=strong)
            x += width
        pdf.set_draw_color(*_RULE)
        pdf.set_line_width(0.4)
        pdf.line(_EDGE, y + height, x, y + height)
        return y + height

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        ink: tuple[int, int, int] = _INK,
        *,
        strong: bool = False,
    ) -> None:
        if not text:
            return
        pdf = self.pdf
        pdf.set_font("text", size=size)
        pdf.set_text_color(*ink)
        if not strong:
            pdf.text(x, y, text)
            return
        pdf.set_draw_color(*ink)
        with pdf.local_context(text_mode=TextMode.FILL_STROKE, line_width=0.22):
            pdf.text(x, y, text)

    def _foot(self, number: str) -> None:
        width = self._measure(number)
        self._text((_WIDTH - width) / 2, _HEIGHT - 16, number, _SMALL, _QUIET)
        if self._watermark:
            self._text(_EDGE, _HEIGHT - 16, self._watermark, _SMALL, _QUIET)

    def _mark(self) -> None:
        """The watermark, slanting over the page below the text."""
        if not self._watermark:
            return
        pdf = self.pdf
        width = self._measure(self._watermark) * _MARK / _SIZE
        pdf.set_font("text", size=_MARK)
        pdf.set_text_color(*_INK)
        lefts = (50.0, 440.0) if width < 380 else (max(50.0, (_WIDTH - width * 0.92) / 2),)
        with pdf.local_context(fill_opacity=0.1):
            for left in lefts:
                for bottom in (210.0, 370.0, 530.0):
                    with pdf.rotation(20, left, bottom):
                        pdf.text(left, bottom, self._watermark)

    def _line(self, texts: Sequence[str], is_summary: bool = False) -> Line:
        cells = [wrap(text, self._widths[n] - 2 * PAD, self._measure) for n, text in enumerate(texts)]
        return Line(cells, is_summary)

    def _measure(self, text: str) -> float:
        known = self._signs
        if len(text) > 1:
            return sum([known[sign] if sign in known else self._measure(sign) for sign in text])
        if text not in known:
            self.pdf.set_font("text", size=_SIZE)
            known[text] = self.pdf.get_string_width(text)
        return known[text]


def _document() -> FPDF:
    home = Path(current_app.config["TAIZHANG"].home)
    pdf = FPDF("landscape", "pt", "A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(clock.now())
    try:
        path, number = chinese_font(home / "fonts")
        pdf.add_font("text", "", path, collection_font_number=number)
    except (TTLibError, OSError):
        raise ExportRefused(
            _l(
                "The font in the folder “fonts” of the data folder cannot be read. Please export to Excel, or ask the "
                "administrator to replace it (.ttf, .otf, .ttc) or take it out."
            )
        ) from None
    return pdf


def _rgb(argb: str) -> tuple[int, int, int]:
    return int(argb[2:4], 16), int(argb[4:6], 16), int(argb[6:8], 16)

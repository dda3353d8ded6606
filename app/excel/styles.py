"""styles.xml: the fonts, grounds and cell styles our workbooks use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from app.excel.xmltext import HEAD, MAIN, attribute

PLAIN, HEADER, REQUIRED, BOLD, EXAMPLE, TITLE = range(6)
"""Fonts: a plain cell, a header and a required one, a row of sums, an example to write over, a heading."""
_FONTS = (
    '<sz val="11"/><color rgb="FF1F2937"/>',
    '<b/><sz val="11"/><color rgb="FF1F2937"/>',
    '<b/><sz val="11"/><color rgb="FFB42318"/>',
    '<b/><sz val="11"/><color rgb="FF1F2937"/>',
    '<i/><sz val="11"/><color rgb="FF7A8781"/>',
    '<b/><sz val="14"/><color rgb="FF1F2937"/>',
)
_SHADED = {HEADER, REQUIRED, BOLD}
COLORS = {
    "blue": ("FF1A5AB8", "FFE7F0FC"), "amber": ("FF865000", "FFFFF3D9"), "red": ("FFB42318", "FFFDECEA"),
    "violet": ("FF6539B4", "FFF1EBFC"), "green": ("FF1B6A37", "FFE5F4E9"), "cyan": ("FF0B6175", "FFE0F2F6"),
    "pink": ("FF9C2760", "FFFBE8F1"), "brown": ("FF74471C", "FFF5EBE0"),
}  # fmt: skip
"""Text and ground of a choice's colour, as the sheet shows it by day; grey is plain."""
_BORDERS = (
    '<borders count="2"><border><left/><right/><top/><bottom/></border>'
    '<border><left/><right/><top/><bottom style="thin"><color rgb="FFCBD5E1"/></bottom></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
)


class Style(NamedTuple):
    """One cell style. `quoted` is Excel's leading apostrophe, `color` a key of `COLORS` or ""."""

    code: str = "General"
    quoted: bool = False
    font: int = PLAIN
    color: str = ""
    wrapped: bool = False

    def xf(self, code: int) -> str:
        """The style as styles.xml lists it, `code` being the number of its format."""
        shaded, place = self.font in _SHADED, list(COLORS).index(self.color) if self.color else -1
        font = len(_FONTS) + place if self.color else self.font
        fill = 3 + place if self.color else 2 if shaded else 0
        align = '<alignment vertical="top" wrapText="1"/>' if self.wrapped else ""
        return (
            f'<xf numFmtId="{code}" fontId="{font}" fillId="{fill}" borderId="{1 if shaded else 0}" xfId="0" '
            f'quotePrefix="{self.quoted:d}" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"'
            + (f' applyAlignment="1">{align}</xf>' if align else "/>")
        )


@dataclass(slots=True)
class Styles:
    """The cell styles a workbook uses, numbered as they are asked for; number 0 is the plain cell."""

    _known: dict[Style, int] = field(default_factory=lambda: {Style(): 0})

    def number(
        self, code: str, quoted: bool = False, font: int = PLAIN, color: str = "", wrapped: bool = False
    ) -> int:
        """The number of a style."""
        style = Style(code, quoted, font, color if color in COLORS else "", wrapped)
        return self._known.setdefault(style, len(self._known))

    def xml(self) -> str:
        """styles.xml."""
        built_in = {"General": 0, "@": 49}
        codes = list(dict.fromkeys(style.code for style in self._known if style.code not in built_in))
        ids = built_in | {code: 164 + index for index, code in enumerate(codes)}
        formats = "".join(
            f'<numFmt numFmtId="{ids[code]}" formatCode="{attribute(code)}"/>' for code in codes
        )
        return (
            f'{HEAD}<styleSheet xmlns="{MAIN}">'
            + (f'<numFmts count="{len(codes)}">{formats}</numFmts>' if codes else "")
            + _fonts_and_fills()
            + f'{_BORDERS}<cellXfs count="{len(self._known)}">'
            + "".join(style.xf(ids[style.code]) for style in self._known)
            + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>"
        )


def _fonts_and_fills() -> str:
    fonts = [*_FONTS, *(f'<sz val="11"/><color rgb="{text}"/>' for text, _ in COLORS.values())]
    listed = "".join(f'<font>{font}<name val="等线"/><family val="2"/></font>' for font in fonts)
    grounds = ["FFF1F5F9", *(ground for _, ground in COLORS.values())]
    solid = "".join(
        f'<fill><patternFill patternType="solid"><fgColor rgb="{ground}"/><bgColor indexed="64"/></patternFill></fill>'
        for ground in grounds
    )
    return (
        f'<fonts count="{len(fonts)}">{listed}</fonts><fills count="{len(grounds) + 2}">'
        '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        f"{solid}</fills>"
    )

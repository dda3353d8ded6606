"""The font of printed pages: one that knows Chinese, ours or the one that was put into the home folder."""

from __future__ import annotations

from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont
from noto_cjk_sans_otc import FONT_PATH

_KINDS = (".ttf", ".otf", ".ttc")


def chinese_font(own: Path) -> tuple[Path, int]:
    """A font's file and its number in the file: whatever lies in the folder `own`, else Noto Sans CJK.

    Raises OSError, and fontTools' TTLibError for a file that is no font.
    """
    found = sorted(path for path in own.rglob("*") if path.suffix.lower() in _KINDS)
    path = found[0] if found else Path(str(FONT_PATH))
    return path, _simplified(path)


def _simplified(path: Path) -> int:
    """Which font of a collection draws Chinese as mainland readers know it: collections have one for each region."""
    with path.open("rb") as file:
        is_collection = path.suffix.lower() == ".ttc"
        fonts = TTCollection(file, lazy=True).fonts if is_collection else [TTFont(file, lazy=True)]
        names = [str(font["name"].getBestFamilyName()) for font in fonts]
    return next((number for number, name in enumerate(names) if name.endswith(" SC")), 0)

"""The font of printed pages: one that knows Chinese, found on this machine or put into the home folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

KNOWN = {
    "NotoSansCJK-Regular.ttc": 2, "NotoSansCJKsc-Regular.otf": 0, "NotoSansSC-Regular.ttf": 0,
    "SourceHanSansSC-Regular.otf": 0, "SourceHanSansCN-Regular.otf": 0,
    "msyh.ttc": 0, "wqy-microhei.ttc": 0, "wqy-zenhei.ttc": 0, "simhei.ttf": 0,
    "Deng.ttf": 0, "simsun.ttc": 0, "Hiragino Sans GB.ttc": 0, "STHeiti Light.ttc": 0, "Arial Unicode.ttf": 0,
    "NotoSerifCJK-Regular.ttc": 2, "DroidSansFallbackFull.ttf": 0,
}  # fmt: skip
"""Files of fonts that know simplified Chinese, the best first, and which of the fonts in the file it is."""
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "${WINDIR}/Fonts", "/System/Library/Fonts", "/Library/Fonts",
)  # fmt: skip
_KINDS = (".ttf", ".otf", ".ttc")


@lru_cache(maxsize=4)
def chinese_font(own: Path) -> tuple[Path, int] | None:
    """A font's file and its number in the file: whatever lies in the folder `own`, else the best of the machine's."""
    for path in sorted(_files(own)):
        return path, KNOWN.get(path.name, 0)
    places = [Path(os.path.expandvars(folder)).expanduser() for folder in _FOLDERS]
    found = {path.name: path for place in reversed(places) for path in _files(place) if path.name in KNOWN}
    return next(((found[name], number) for name, number in KNOWN.items() if name in found), None)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.rglob("*") if path.suffix.lower() in _KINDS)

"""Pages of a printed table: which columns stand together, how texts wrap, which rows fit on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

LINE, PAD = 10.5, 3.0
"""Points from one line of text to the next, and around the text of a cell."""
_TIGHTEST = 0.72
_WIDEST, _NARROWEST = 190.0, 34.0

Measure = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Band:
    """Columns that stand beside each other on a page, by position, and their widths in points."""

    columns: Sequence[int]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: the lines of text of each cell, and how it looks (0 plain, else a sum of that depth)."""

    cells: Sequence[Sequence[str]]
    summary: bool = False

    @property
    def height(self) -> float:
        """Its height in points."""
        return max((len(cell) for cell in self.cells), default=1) * LINE + 2 * PAD


def bands(widths: Sequence[float], kept: int, room: float) -> list[Band]:
    """Columns beside each other as far as they fit; what does not goes on further pages behind the first `kept`.

    Widths in pixels of the sheet become points; columns are narrowed a little before they are parted.
    """
    points = [min(_WIDEST, max(_NARROWEST, width * 0.62)) for width in widths]
    total = sum(points)
    if total * _TIGHTEST <= room:
        scale = min(room / total, 1.35)
        return [Band(range(len(points)), [point * scale for point in points])]
    lead = list(range(kept)) if sum(points[:kept]) < room / 2 else []
    found: list[list[int]] = [list(lead)]
    left = room - sum(points[n] for n in lead)
    for n in range(len(lead), len(points)):
        if points[n] > left and len(found[-1]) > len(lead):
            found.append(list(lead))
            left = room - sum(points[m] for m in lead)
        found[-1].append(n)
        left -= points[n]
    return [Band(part, _stretched([points[n] for n in part], room)) for part in found]


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """The lines a text takes in a column: broken at blanks, within long words, and anywhere in Chinese."""
    lines: list[str] = []
    for piece in text.split("\n"):
        while measure(piece) > width and len(piece) > 1:
            cut = _cut(piece, width, measure)
            lines.append(piece[:cut].rstrip())
            piece = piece[cut:].lstrip()
        lines.append(piece)
    return lines


def paged(lines: Sequence[Line], first: float, room: float) -> list[list[Line]]:
    """The lines of each page: `first` points on the first page, `room` on the others. A page has one at least."""
    found: list[list[Line]] = [[]]
    left = first
    for line in lines:
        if line.height > left and found[-1]:
            found.append([])
            left = room
        found[-1].append(line)
        left -= line.height
    return found


def _cut(piece: str, width: float, measure: Measure) -> int:
    used, cut = 0.0, 0
    for sign in piece:
        used += measure(sign)
        if used > width:
            break
        cut += 1
    cut = max(cut, 1)
    if cut < len(piece) and piece[cut - 1].isascii() and piece[cut].isascii() and piece[cut] != " ":
        blank = piece.rfind(" ", 0, cut)
        return blank + 1 if blank > 0 else cut
    return cut


def _stretched(points: Sequence[float], room: float) -> list[float]:
    scale = min(room / sum(points), 1.35)
    return [point * scale for point in points]

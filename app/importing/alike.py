"""Whether a cell of a workbook we wrote still shows what its record held, as exactly as a workbook can show it.

A cell is the wire value that was read of it; in a link field the text; or the text of what cannot be read at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from app import clock
from app.entity import Field
from app.entity.keys import half_width, normal_form
from app.entity.labels import LANGUAGES, in_every_language
from app.excel import cells
from app.query.display import display

Comparison: TypeAlias = Callable[[Any, Any], bool]
"""Of a cell and a wire value that are not equal and of which neither is empty."""
_SECOND = timedelta(seconds=1)


def comparison(spec: Field, titles: Mapping[int, str | None], *, masked: bool) -> Comparison:
    """How the cells of a field are compared. `titles` are those of the field's target, and may be filled later;
    a masked field's values are given as masked."""
    if masked:
        return _same_text
    if spec.is_link:
        return _shows_title(titles)
    if spec.choices:
        return _shows_choices(spec)
    if spec.kind == "datetime":
        return _shows_moment
    if spec.kind == "number" or (spec.kind == "text" and spec.pattern):
        return _same_text  # codes are read half-width
    if spec.kind in ("text", "long_text"):
        return lambda cell, held: isinstance(held, str) and cell == cells.clean_text(held)
    return lambda cell, held: isinstance(cell, str) and _same_text(cell, display(spec, held))


def _plain(shown: Any) -> str:
    return cells.clean_text(half_width(str(shown)))


def _same_text(cell: Any, held: Any) -> bool:
    return _plain(cell) == _plain(held)


def _shows_title(titles: Mapping[int, str | None]) -> Comparison:
    def shows(cell: Any, held: Any) -> bool:
        if not isinstance(cell, str) or not isinstance(held, int):
            return False
        title = titles.get(held)
        shown = f"#{held}" if title is None else title
        return cell == shown or normal_form(cell) == normal_form(shown)

    return shows


def _shows_choices(spec: Field) -> Comparison:
    """By the labels in every language: two options may have the same one, of which only one is ever read."""
    labels = {c.code: in_every_language(c.label) for c in spec.choices}
    words = {code: {normal_form(text) for text in texts} for code, texts in labels.items()}

    def alike(cell: Any, held: Any) -> bool:
        return not words.get(cell, {normal_form(str(cell))}).isdisjoint(
            words.get(held, {normal_form(str(held))})
        )

    def shows(cell: Any, held: Any) -> bool:
        if not isinstance(held, list):
            return isinstance(held, str) and alike(cell, held)
        if isinstance(cell, list):
            return len(cell) == len(held) and all(map(alike, cell, held))
        joined = zip(*(labels.get(code, (code,) * len(LANGUAGES)) for code in held), strict=False)
        return any(_plain(cell) == _plain("、".join(texts)) for texts in joined)

    return shows


def _shows_moment(cell: Any, held: Any) -> bool:
    """To the second on the company's clock: no workbook tells the hours apart that summer time repeats."""
    try:
        shown, was = (clock.local(clock.parse_instant(v)).replace(tzinfo=None) for v in (cell, held))
    except (TypeError, ValueError, AttributeError):
        return False
    return abs(shown - was) < _SECOND

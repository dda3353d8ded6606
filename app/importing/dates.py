"""In which order the text dates of a column are written: what its first cells themselves say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TWO_WAYS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2\d{4}(\s.*)?", re.ASCII)
_MONTHS = 12


def date_orders(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """By header the orders its cells can be read in, for the columns that hold dates like 4/27/2017."""
    columns = ((header, [row[at] for row in rows if at < len(row)]) for at, header in enumerate(headers))
    return {header: fit for header, texts in columns if header and (fit := _orders(texts))}


def _orders(texts: Iterable[str]) -> list[str]:
    """The orders that all such dates allow: two where the reader has to say which, none where there are no such dates
    or no one order fits."""
    pairs = [(int(found[1]), int(found[3])) for text in texts if (found := _TWO_WAYS.fullmatch(text.strip()))]
    if not pairs:
        return []
    first, second = (max(numbers) <= _MONTHS for numbers in zip(*pairs, strict=True))
    return [order for order, fit in (("mdy", first), ("dmy", second)) if fit]

"""How the rows of a sheet are written, learned from some of them: one expression takes a whole row apart.

A cell's XML but for its value is the same all the way down a column, or has few forms. Rows that follow the forms
give the texts of their cells, and a column of texts is made values together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from app.excel.contract import Cell, column_letters, column_number
from app.excel.plainxml import plain

_FORMULA = r"<f(?:\s[^<>]*)?(?:/>|>[^<&]*(?:&(?:amp|lt|gt|quot|apos);[^<&]*)*</f>)"
CELL = re.compile(
    r'(<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d{1,5})")?(?: t="(b|d|e|n|s|str|inlineStr)")?'
    rf'(?:/>|>({_FORMULA})?(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>))'
)
"""A cell: whole, letters, row, style, type, formula, value, inline text."""
Found: TypeAlias = "tuple[str, str, str, str, str, str, str, str]"
Convert: TypeAlias = Callable[[str, str, str], Cell]
"""Type, style and text of a cell to its value."""
Texts: TypeAlias = "tuple[str | Any, ...]"

_ROW = r'<row r="([1-9]\d{0,6})"([^<>/]*)>'
_NUMBERS = re.compile(r"-?\d+(?:\.\d*[1-9])?(?:,-?\d+(?:\.\d*[1-9])?)*", re.ASCII)
_VALUE_END, _INLINE_END = len("</v></c>"), len("</t></is></c>")
_COLUMNS = 300
_FORMS = 4
_SAMPLE = 10


class Form(NamedTuple):
    """An expression for a cell from behind the row's number (with a group where it has a value); its style and type."""

    expression: str
    style: str
    kind: str
    valued: bool
    computed: bool


class RowForms:
    """The forms of a sheet's cells, column by column. `strings` and `dated` as of `QuickSheet`.

    They are learned from rows that had to be read cell by cell: of the first ten, and again whenever there were
    twice as many. What occurs once, as a header does, is no form. `formulas` counts values that were computed.
    """

    def __init__(self, convert: Convert, strings: Sequence[str], dated: Container[str]) -> None:
        self._convert, self._strings, self._dated = convert, strings, dated
        self._forms: dict[int, list[Form]] = {}
        self._seen: Counter[tuple[int, Form]] = Counter()
        self._missed, self._learn_at, self.formulas = 0, _SAMPLE, 0
        self._expression: re.Pattern[str] | None = None
        self._places: list[tuple[int, Form]] = []

    def take(self, row: str) -> Texts | None:
        """Number, other attributes and the texts of a row's cells; None where it does not follow the forms."""
        match = self._expression.match(row) if self._expression is not None else None
        # Each cell may be missing, so the expression always fits the beginning, and never tries in vain for long.
        return match.groups() if match is not None and match.end() == len(row) else None

    def saw(self, found: Sequence[Found]) -> bool:
        """A row was read cell by cell; whether it is time to learn."""
        self._missed += 1
        if self._missed > self._learn_at - _SAMPLE:
            self._seen.update((column_number(each[1]), _form(each)) for each in found if len(each[1]) < 3)
        return self._missed == self._learn_at

    def learn(self) -> None:
        """Make an expression of the forms that were seen. Texts taken before must have been made cells."""
        self._learn_at *= 2
        for (column, form), times in self._seen.items():
            forms = self._forms.setdefault(column, [])
            if times > 1 and column <= _COLUMNS and form not in forms and len(forms) < _FORMS:
                forms.append(form)
        self._seen.clear()
        source, self._places = _ROW, []
        for column in sorted(self._forms):
            forms = self._forms[column]
            cells = "|".join(form.expression for form in forms)
            source += rf'(?:<c r="{column_letters(column)}\1"(?:{cells})|)' if forms else ""
            self._places += [(column, form) for form in forms if form.valued]
        self._expression = re.compile(source)

    def cells(self, taken: Sequence[Texts]) -> Iterator[list[Cell]]:
        """The cells of rows whose texts were taken."""
        width = max((column for column, _form in self._places), default=0)
        columns: list[Sequence[Cell]] = [[None] * len(taken)] * width
        filled = set()
        for (column, form), texts in zip(self._places, list(zip(*taken, strict=True))[2:], strict=True):
            if any(texts):
                values = self._values(form, texts)
                self.formulas += form.computed and len(texts) - texts.count(None)
                if column in filled:
                    pairs = zip(columns[column - 1], values, strict=True)
                    values = [one if one is not None else other for one, other in pairs]
                filled.add(column)
                columns[column - 1] = values
        for row in zip(*columns, strict=True) if width else ([] for _row in taken):
            cells = list(row)
            while cells and cells[-1] is None:
                cells.pop()
            yield cells

    def _values(self, form: Form, texts: Texts) -> list[Cell]:
        kind, style = form.kind, form.style
        strings, given = self._strings, [text for text in texts if text]
        joined, number = "".join(given), kind in ("", "n") and style not in self._dated
        if (number or kind == "s") and joined.isdigit() and joined.isascii() and max(map(len, given)) < 16:
            if number:
                return [int(text) if text else None for text in texts]
            with suppress(IndexError):
                return [(strings[int(text)] or None) if text else None for text in texts]
        elif number and _exact(given):
            return [(Decimal(text) if "." in text else int(text)) if text else None for text in texts]
        elif kind == "str" and "&" not in joined and "_x" not in joined:
            return [text or None for text in texts]
        known = {text: self._convert(kind, style, plain(text)) for text in set(given)}
        return [known[text] if text else None for text in texts]


def _exact(given: list[str]) -> bool:
    """Whether all numbers are what they say: see `exact_number`."""
    joined = ",".join(given)
    return (
        max(map(len, given)) < 16
        and joined.count(",") < len(given)
        and _NUMBERS.fullmatch(joined) is not None
    )


def _form(found: Found) -> Form:
    whole, letters, row, style, kind, formula, value, inline = found
    rest = whole[len(f'<c r="{letters}{row}"') :]
    text = value or inline
    if not text:
        return Form(re.escape(rest), style, kind, valued=False, computed=False)
    end = len(rest) - (_VALUE_END if value else _INLINE_END)
    before, behind = rest[: end - len(text)], rest[end:]
    if formula:
        # Without a value a formula was never computed, which is another form.
        head, tail = (re.escape(part) for part in before.split(formula, 1))
        return Form(f"{head}{_FORMULA}{tail}([^<]+){behind}", style, kind, valued=True, computed=True)
    return Form(
        f"{re.escape(before)}([^<]*){behind}", style, kind if value else "str", valued=True, computed=False
    )

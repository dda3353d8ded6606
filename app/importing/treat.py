"""A column of cells made wire values of its field, as the column's treatment says: exact or an error, never a guess.

Whole columns are passed on where every cell is already what the field keeps; other cells are read one by one, equal
ones once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from flask_babel import lazy_gettext as _l

from app import clock
from app.entity import Field, FieldError
from app.entity.keys import half_width, normal_form
from app.entity.kinds import MAX_INTEGER
from app.excel import cells
from app.excel.contract import Cell, CellProblem
from app.excel.exact import fit_decimal
from app.excel.headers import folded
from app.excel.wire import decode_cell
from app.importing.options import Treatment

_REMEMBERED = 20_000
_UNREAD: Any = object()
_TEXTS = ("text", "long_text", "number")
_TEN = {"千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_SCALED = re.compile(r"(千万|百万|千|万|亿)(.*)")
_WITH_UNIT = re.compile(r"[¥￥$]?[-+]?\d[\d,]*(?:\.\d+)?\s*(?:[^\W\da-zA-Z_]{1,6}|[a-zA-Z][^\W\d_]{1,5})")
_TWO_WAYS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be read: a stable code, the sentence, the cell as the file shows it, a text that would do."""

    code: str
    message: Any
    text: str
    suggest: str | None = None


@dataclass(frozen=True, slots=True)
class _Rounded:
    value: Any


class ColumnReader:
    """Reads the cells of one column, as they travel, for one field. `rounded` counts the cells it altered.

    The value of a link is the text still to be looked up.
    """

    def __init__(self, spec: Field, treatment: Treatment | None = None, header: str = "") -> None:
        self.spec, self.rounded = spec, 0
        self._said = said = treatment or Treatment(spec.name)
        self._words = {normal_form(old): new for old, new in said.values.items()}
        self._codes = said.half or spec.kind == "number" or (spec.kind == "text" and bool(spec.pattern))
        self._numeric = bool(spec.digits) or spec.kind == "integer"
        self._units, self._ten = _units(spec, said.unit) if self._numeric else ((), 0)
        self._in_header = bool(self._ten) and f"({folded(said.unit)})" in folded(header)
        self._memo: dict[Any, Any] = {}
        free = spec.check is None and not self._words and not self._ten
        self._plain = {
            "integer": self._plain_integers, "yes_no": self._plain_answers, "link": self._plain_texts,
            "person": self._plain_texts, **dict.fromkeys(_TEXTS, self._plain_texts),
        }.get(spec.kind) if free else None  # fmt: skip
        whole = spec.digits - spec.scale
        fraction = rf"(?:\.(\d{{1,{spec.scale}}}))?" if spec.scale else "()"
        quick = spec.digits and free and whole > 0
        self._number = (
            re.compile(rf"(-?(?:0|[1-9]\d{{0,{whole - 1}}})){fraction}", re.ASCII) if quick else None
        )

    def read(self, column: list[Any]) -> tuple[list[Any], list[tuple[int, Wrong]]]:
        """The wire values of a column, and by position what cannot be read (its value is None)."""
        kinds = set(map(type, column))
        kinds.discard(type(None))
        if not kinds:
            return column, []
        if self._plain is not None and len(kinds) == 1:
            plain = self._plain(column, kinds.pop())
            if plain is not None:
                return plain, []
        memo, values, wrong = self._memo, list[Any](), list[tuple[int, Wrong]]()
        for at, cell in enumerate(column):
            if cell is None:
                values.append(None)
                continue
            # 1, True and 1E+0 are equal, but not the same cell.
            key = (
                cell
                if cell.__class__ is str
                else tuple(cell)
                if cell.__class__ is list
                else (cell.__class__, cell)
            )
            value = memo.get(key, _UNREAD)
            if value is _UNREAD:
                value = self._make(cell)
                if len(memo) >= _REMEMBERED:
                    memo.clear()
                memo[key] = value
            if value.__class__ is Wrong:
                wrong.append((at, value))
                value = None
            elif value.__class__ is _Rounded:
                self.rounded += 1
                value = value.value
            values.append(value)
        return values, wrong

    def read_one(self, cell: Cell) -> Any:
        """The wire value of one cell, or what is `Wrong`."""
        if cell is None:
            return None
        value = self._make(cell)
        return value.value if isinstance(value, _Rounded) else value

    def _plain_texts(self, column: list[Any], kind: type) -> list[Any] | None:
        joined = "".join(filter(None, column)) if kind is str else "\n"
        if not joined.isprintable() or (self._codes and not joined.isascii()):
            return None
        if " " in joined:
            column = [cell and (cell.strip() or None) for cell in column]
        limit = self.spec.length
        if limit and max(map(len, filter(None, column)), default=0) > limit:
            return None
        return column

    def _plain_integers(self, column: list[Any], kind: type) -> list[Any] | None:
        numbers = [cell for cell in column if cell is not None]
        return (
            column if kind is int and min(numbers) >= -MAX_INTEGER and max(numbers) <= MAX_INTEGER else None
        )

    def _plain_answers(self, column: list[Any], kind: type) -> list[Any] | None:
        return column if kind is bool else None

    def _make(self, cell: Any) -> Any:
        if self._number is not None and cell.__class__ is not str:
            found = self._quick_number(cell)
            if found is not None:
                return found
        cell = decode_cell(cell)
        try:
            value = self._read(self._translated(cell))
            if isinstance(value, CellProblem):
                # Its sentence is made when it is read: a file may have hundreds of thousands.
                return Wrong(value.code, value, cell_text(cell))
            if self.spec.kind == "json":
                orjson.dumps(value)
            return value
        except FieldError as problem:
            near = self.spec.near_choice(cell_text(cell)) if self.spec.kind == "choice" else None
            return Wrong(problem.code, problem.message, cell_text(cell), str(near.label) if near else None)
        except TypeError:
            return Wrong("NOT_JSON", _l("This is not valid JSON."), cell_text(cell))

    def _quick_number(self, cell: Any) -> str | None:
        """The canonical text of a number cell that has no digit too many; the usual case by far."""
        assert self._number is not None
        if cell.__class__ is list:
            match = self._number.fullmatch(cell[1]) if cell[0] == "n" else None
        else:
            match = self._number.fullmatch(str(cell)) if cell.__class__ is int else None
        if match is None or match[0][:2] == "-0":
            return None
        scale = self.spec.scale
        return f"{match[1]}.{match[2] or '':0<{scale}}" if scale else match[1]

    def _translated(self, cell: Cell) -> Cell:
        text = cells.to_text(cell) if self._words else None
        return (self._words.get(normal_form(text), cell) or None) if isinstance(text, str) else cell

    def _read(self, cell: Cell) -> Any:
        spec = self.spec
        coerced: Any
        rounded = False
        if self._numeric:
            coerced, rounded = self._fitted(self._to_number(cell))
        elif self._codes:
            coerced = cells.to_code(cell)
        elif spec.kind in ("date", "datetime"):
            coerced = cells.COERCIONS[spec.kind](self._ordered(cell))
            if isinstance(coerced, CellProblem) and self._said.order != "ymd" and isinstance(cell, str):
                # As it stands in the file; that the order has to be said is no longer what helps.
                code = "BAD_DATE" if coerced.code == "AMBIGUOUS_DATE" else coerced.code
                coerced = CellProblem(code, cell[:40])
        else:
            coerced = cells.COERCIONS.get(spec.kind, cells.to_text)(cell)
        if coerced is None or isinstance(coerced, CellProblem) or spec.is_link:
            return coerced
        if isinstance(coerced, datetime):
            coerced = coerced.replace(tzinfo=clock.zone())
        value = spec.parse(coerced)
        return _Rounded(value) if rounded else value

    def _to_number(self, cell: Cell) -> Decimal | CellProblem | None:
        text = cells.to_code(cell) if isinstance(cell, str) else None
        if not isinstance(text, str):
            number = cells.to_number(cell)
            scaled = self._in_header
        else:
            bare, scaled = self._bare(text)
            percent = self.spec.kind == "percent" and bare.endswith("%")
            number = cells.to_number(bare.removesuffix("%").rstrip() if percent else bare)
            if number is None or isinstance(number, CellProblem):
                return CellProblem("HAS_UNIT" if _WITH_UNIT.fullmatch(bare) else "BAD_NUMBER", text[:40])
            number = number.scaleb(-2) if percent else number
        if not isinstance(number, Decimal) or not self._ten:
            return number
        if not scaled:
            message = _l("“%(text)s” has no unit. Write it as %(example)s.", text=cell_text(cell)[:40],
                         example=f"{cell_text(cell)[:40]}{self._said.unit}")  # fmt: skip
            raise FieldError("NO_UNIT", message)
        return number.scaleb(self._ten)

    def _bare(self, text: str) -> tuple[str, bool]:
        """The text without its unit, and whether it had one (or the header names it)."""
        for unit in self._units:
            if text.endswith(unit):
                return text[: -len(unit)].rstrip(), True
            if text.startswith(unit):
                return text[len(unit) :].lstrip(), True
        return text, self._in_header

    def _fitted(self, number: Decimal | CellProblem | None) -> tuple[Any, bool]:
        """The number with the field's decimals, and whether that altered it."""
        spec = self.spec
        if not isinstance(number, Decimal):
            return number, False
        exponent = number.as_tuple().exponent
        if spec.kind == "integer" and isinstance(exponent, int) and exponent > 0 and number.adjusted() >= 15:
            return CellProblem("LOST_DIGITS", str(number)), False
        fitted = fit_decimal(number, spec.scale)
        if fitted is not None:
            return fitted, False
        if not self._said.round:
            code = "NOT_WHOLE" if spec.kind == "integer" else "TOO_PRECISE"
            return CellProblem(code, f"{number:f}"[:40]), False
        return number.quantize(Decimal(1).scaleb(-spec.scale), ROUND_HALF_UP), True

    def _ordered(self, cell: Cell) -> Cell:
        """A text date that can be read several ways, in the order that was said."""
        match = None
        if (
            self._said.order != "ymd"
            and isinstance(cell, str)
            and isinstance(text := cells.to_code(cell), str)
        ):
            match = _TWO_WAYS.fullmatch(text)
        if match is None:
            return cell
        first, _mark, second, year, rest = match.groups()
        month, day = (first, second) if self._said.order == "mdy" else (second, first)
        return f"{year}-{month}-{day}{rest}"


def _units(spec: Field, asked: str) -> tuple[tuple[str, ...], int]:
    """Texts to take off a number, longest first, and the power of ten that the asked unit stands for."""
    scaled = _SCALED.fullmatch(asked.strip())
    if scaled:
        return tuple(sorted({asked.strip(), scaled[1], f"{scaled[1]}元"}, key=len, reverse=True)), _TEN[
            scaled[1]
        ]
    texts = {half_width(cells.clean_text(asked)), half_width(spec.unit)} | (
        {"元"} if spec.kind == "money" else set()
    )
    return tuple(sorted((t for t in texts if t and t != "%"), key=len, reverse=True)), 0


def cell_text(cell: Cell) -> str:
    """A cell as the file shows it, for people to recognise."""
    if cell is None:
        return ""
    if isinstance(cell, CellProblem):
        return cell.text
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes").removesuffix(" 00:00")
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def readers_of(
    fields: Mapping[int, str],
    specs: Mapping[str, Field],
    treatments: Mapping[str, Treatment],
    headers: list[str],
) -> dict[int, ColumnReader]:
    """A reader for each mapped column."""
    return {
        index: ColumnReader(specs[name], treatments.get(name), headers[index])
        for index, name in fields.items()
        if name in specs
    }

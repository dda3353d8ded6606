"""What the cells of one column have in common: gathered in little memory, then asked for a kind."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal

from app.excel.cells import clean_text, to_datetime, to_number, to_time, to_yes_no
from app.excel.contract import Cell, CellProblem
from app.excel.exact import fit_decimal

_MAX_SCALE = 9
_MAX_VALUES = 1_000
_MAX_PROBLEMS = 20
_MAX_INTEGER = 2**53
_CODE_WORDS = re.compile(
    r"编号|编码|代码|单号|号码|账号|工号|学号|卡号|货号|款号|型号|条码|批号|证号|税号|电话|手机|传真|邮编|"
    r"\b(id|no|code|sku|phone|mobile|tel|zip|postcode|barcode)\b",
    re.IGNORECASE,
)
_DATE_WORDS = re.compile(r"日期|生日|时间|\bdate\b", re.IGNORECASE)


class Evidence:
    """One column. `filled` counts its cells, `values` the different texts up to 1,000, `longest` the longest.

    A kind is ruled out by the first cell that is not of it.
    """

    def __init__(self, header: str) -> None:
        self.header = header
        self.filled = self.longest = 0
        self.values: dict[str, int] = {}
        self.problems: list[tuple[int, CellProblem]] = []
        self._kinds = {"yes_no", "number", "date", "time"}
        self._scales = set(range(_MAX_SCALE + 1))
        self._whole = True
        self._midnight = True
        self._lines = False
        self._lowest: Decimal | None = None
        self._highest: Decimal | None = None
        self._all_text = True

    def add(self, row: int, cell: Cell) -> None:
        """Take one cell into account; an empty one says nothing."""
        if isinstance(cell, str):
            cell = clean_text(cell) or None
        if cell is None:
            return
        self.filled += 1
        if isinstance(cell, CellProblem):
            self._refuse(row, cell)
            return
        text = _text(cell)
        self.longest = max(self.longest, len(text))
        if text in self.values:
            self.values[text] += 1
            return  # a value seen before rules nothing out
        if len(self.values) < _MAX_VALUES:
            self.values[text] = 1
        self._lines = self._lines or "\n" in text
        self._all_text = self._all_text and isinstance(cell, str)
        for kind in tuple(self._kinds):
            if not getattr(self, f"_may_be_{kind}")(cell):
                self._kinds.discard(kind)
        if isinstance(cell, (int, Decimal)) and abs(Decimal(cell)) >= 10**15:
            self._refuse(row, CellProblem("LOST_DIGITS", str(cell)))

    def kind(self) -> str:
        """The field kind all cells allow: the narrowest one that does not lose anything."""
        if not self.filled or not self.values:
            return "text"
        if self._kinds >= {"yes_no"} and not self._kinds & {"number"}:
            return "yes_no"
        if "date" in self._kinds and ("number" not in self._kinds or _DATE_WORDS.search(self.header)):
            return "date" if self._midnight else "datetime"
        if "time" in self._kinds:
            return "time"
        if "number" in self._kinds and self._scales and not self.is_code():
            return "integer" if 0 in self._scales else "decimal"
        return "long_text" if self._lines or self.longest > 200 else "text"

    def scale(self) -> int:
        """The fewest decimals with which every number is exactly itself."""
        return min(self._scales)

    def is_code(self) -> bool:
        """Whether these are names made of digits or letters, not amounts: they stay text.

        The header says so, unless the column just counts its rows; or they are digits of one length, as text.
        """
        digits = [value for value in self.values if value.isdigit()]
        if len(digits) == len(self.values) and self._all_text and self.longest >= 6:
            return len({len(value) for value in digits}) == 1
        return bool(_CODE_WORDS.search(self.header)) and not self._counts_rows()

    def _counts_rows(self) -> bool:
        if self._all_text or self._lowest is None or self._highest is None or 0 not in self._scales:
            return False
        return self._highest - self._lowest + 1 == self.filled and max(self.values.values()) == 1

    def _may_be_yes_no(self, cell: Cell) -> bool:
        return isinstance(to_yes_no(cell), bool)

    def _may_be_number(self, cell: Cell) -> bool:
        if isinstance(cell, (bool, date, time)):
            return False
        number = to_number(cell)
        if not isinstance(number, Decimal) or abs(number) >= _MAX_INTEGER:
            return False
        if isinstance(cell, str) and re.match(r"[+-]?0\d", cell):
            return False
        exponent = number.as_tuple().exponent
        exact = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        self._scales = {s for s in self._scales if s >= exact or fit_decimal(number, s) is not None}
        self._lowest = number if self._lowest is None else min(self._lowest, number)
        self._highest = number if self._highest is None else max(self._highest, number)
        return True

    def _may_be_date(self, cell: Cell) -> bool:
        moment = to_datetime(cell)
        if isinstance(moment, datetime):
            self._midnight = self._midnight and moment.time() == time()
        return isinstance(moment, datetime)

    def _may_be_time(self, cell: Cell) -> bool:
        return isinstance(to_time(cell), time)

    def _refuse(self, row: int, problem: CellProblem) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append((row, problem))


def _text(cell: str | bool | int | Decimal | datetime | date | time) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)

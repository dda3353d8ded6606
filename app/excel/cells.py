"""From a cell to the value a field needs: exact or a problem, never guessed and never rounded.

Every function takes a `Cell` and answers the value, None for an empty cell, or a `CellProblem` (also the one
it was given).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from app.entity.keys import half_width, visible_text
from app.excel.contract import Cell, CellProblem
from app.excel.exact import fit_decimal

_LOSSY = Decimal(10**15)
# Birthdays are old; before March 1900 Excel's own calendar is wrong.
EARLIEST, LATEST = date(1900, 3, 1), date(2100, 12, 31)

_HALF = re.compile("[\ud800-\udfff]")
_PLAIN_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(\.\d+)?", re.ASCII)
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})", re.ASCII
)
_TWO_WAYS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?", re.ASCII)
_YES = frozenset(("是", "y", "yes", "true", "1", "√", "✓", "✔"))
_NO = frozenset(("否", "n", "no", "false", "0", "×", "✗", "✘"))
_DASHES = str.maketrans({"−": "-", "–": "-", "￥": "¥"})


def clean_text(text: str) -> str:
    """Text without what cannot be seen, half characters included: no encoding carries them."""
    return _HALF.sub("", visible_text(text))


def to_text(cell: Cell) -> str | CellProblem | None:
    """Text for names, remarks, codes: '00123' stays, 123 → "123", a number from 1e15 is LOST_DIGITS."""
    if cell is None or isinstance(cell, CellProblem):
        return cell
    if isinstance(cell, str):
        return clean_text(cell) or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, Decimal)):
        if abs(Decimal(cell)) >= _LOSSY:
            return CellProblem("LOST_DIGITS", str(cell))
        return f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()


def to_code(cell: Cell) -> str | CellProblem | None:
    """Like `to_text`, with full-width digits and letters made half-width: for codes, phones, keys."""
    text = to_text(cell)
    return clean_text(half_width(text)) or None if isinstance(text, str) else text


def to_number(cell: Cell) -> Decimal | CellProblem | None:
    """A number with all its digits: `1,234.50`, `￥1,234`, `１２３`, `(5)` as text too; else BAD_NUMBER."""
    if cell is None or isinstance(cell, CellProblem):
        return cell
    if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return Decimal(cell)
    text = to_code(cell)
    if not isinstance(text, str):
        return text
    number = _number_text(text)
    return CellProblem("BAD_NUMBER", text[:40]) if number is None else number


def to_decimal(cell: Cell, scale: int) -> Decimal | CellProblem | None:
    """A number with exactly `scale` decimals; one that truly has more is TOO_PRECISE. See `fit_decimal`."""
    number = to_number(cell)
    if not isinstance(number, Decimal):
        return number
    fitted = fit_decimal(number, scale)
    return CellProblem("TOO_PRECISE", f"{number:f}"[:40]) if fitted is None else fitted


def to_integer(cell: Cell) -> int | CellProblem | None:
    """A whole number; NOT_WHOLE otherwise, LOST_DIGITS when the file no longer holds its last digits."""
    number = to_number(cell)
    if not isinstance(number, Decimal):
        return number
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0 and number.adjusted() >= 15:
        return CellProblem("LOST_DIGITS", str(number))
    fitted = fit_decimal(number, 0)
    return CellProblem("NOT_WHOLE", f"{number:f}"[:40]) if fitted is None else int(fitted)


def to_percent(cell: Cell, scale: int) -> Decimal | CellProblem | None:
    """The fraction a percentage stands for, with `scale` decimals: "12%" and 0.12 are 0.12."""
    text = to_code(cell) if isinstance(cell, str) else None
    if isinstance(text, str) and text.endswith("%"):
        number = _number_text(text[:-1].rstrip())
        return (
            CellProblem("BAD_NUMBER", text[:40]) if number is None else to_decimal(number.scaleb(-2), scale)
        )
    return to_decimal(cell, scale)


def to_date(cell: Cell, earliest: date = EARLIEST, latest: date = LATEST) -> date | CellProblem | None:
    """A date cell, or a written form of `to_datetime`; a time of day other than midnight is HAS_TIME."""
    moment = to_datetime(cell, earliest, latest)
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.time() == time() else CellProblem("HAS_TIME", moment.isoformat(" "))


def to_datetime(
    cell: Cell, earliest: date = EARLIEST, latest: date = LATEST
) -> datetime | CellProblem | None:
    """A moment in the company's zone, naive. Text: 2026-01-02, 2026/1/2, 2026年1月2日, 20260102, then a time.

    `03/04/2026` is AMBIGUOUS_DATE, a number that is not yyyymmdd BAD_DATE, outside the bounds DATE_RANGE.
    """
    if cell is None or isinstance(cell, CellProblem):
        return cell
    moment: datetime | CellProblem | None
    if isinstance(cell, datetime):
        moment = cell
    elif isinstance(cell, date):
        moment = datetime.combine(cell, time())
    else:
        text = to_code(cell)
        if not isinstance(text, str):
            return text
        moment = _moment_text(text) or CellProblem("BAD_DATE", text[:40])
    if isinstance(moment, datetime) and not earliest <= moment.date() <= latest:
        return CellProblem("DATE_RANGE", moment.date().isoformat())
    return moment


def to_time(cell: Cell) -> time | CellProblem | None:
    """A time of day: a time cell or text like 8:30 or 08:30:00. BAD_TIME otherwise."""
    if cell is None or isinstance(cell, (time, CellProblem)):
        return cell
    text = to_code(cell)
    if not isinstance(text, str):
        return text
    found = _time_text(text)
    return CellProblem("BAD_TIME", text[:40]) if found is None else found


def to_yes_no(cell: Cell) -> bool | CellProblem | None:
    """是/否, Y/N, true/false, 1/0, √/×. BAD_YES_NO otherwise."""
    if cell is None or isinstance(cell, (bool, CellProblem)):
        return cell
    text = to_code(cell)
    if not isinstance(text, str):
        return text
    word = text.casefold()
    if word in _YES:
        return True
    return False if word in _NO else CellProblem("BAD_YES_NO", text[:40])


def _number_text(text: str) -> Decimal | None:
    text = text.translate(_DASHES)
    negative = text.startswith("(") and text.endswith(")")
    if negative:
        text = text[1:-1].strip()
        if text[:1] in ("-", "+"):
            return None
    sign, rest = (text[0], text[1:].lstrip()) if text[:1] in ("-", "+") else ("", text)
    if rest[:1] in ("¥", "$", "€"):
        rest = rest[1:].lstrip()
    match = _PLAIN_NUMBER.fullmatch(rest)
    if match is None or (match[2] is None and match[3] is None) or (sign and match[1]) or len(rest) > 400:
        return None
    number = Decimal(sign + rest.replace(",", ""))
    return number.copy_negate() if negative else number


def _moment_text(text: str) -> datetime | CellProblem | None:
    day_text, _, time_text = text.replace("T", " ").partition(" ")
    match = _DATE.fullmatch(day_text)
    if match is None:
        return CellProblem("AMBIGUOUS_DATE", text[:40]) if _TWO_WAYS.fullmatch(day_text) else None
    year, month, day = (int(part) for part in match.groups() if part and part not in "-/.")
    clock = _time_text(time_text.strip()) if time_text else time()
    try:
        return datetime.combine(date(year, month, day), clock) if clock is not None else None
    except ValueError:
        return None


def _time_text(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    micro = int(f"{fraction[1:]:0<6}") if fraction else 0
    try:
        return time(int(hour), int(minute), int(second or 0), micro)
    except ValueError:
        return None


# The kinds whose coercion needs no parameter of the field.
COERCIONS: dict[str, Callable[[Cell], str | int | bool | date | datetime | time | CellProblem | None]] = {
    "text": to_text,
    "long_text": to_text,
    "integer": to_integer,
    "date": to_date,
    "datetime": to_datetime,
    "time": to_time,
    "yes_no": to_yes_no,
}

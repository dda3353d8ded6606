"""Numbers and dates as the file holds them, without float noise and without losing a digit."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from app.excel.contract import Cell, CellProblem

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_SHORT = re.compile(r"-?\d+\.\d*[1-9]", re.ASCII)
_WIDE = Context(prec=800, rounding=ROUND_HALF_EVEN)
# The noise a few operations on doubles leave, relative: 4 units in the last place.
_NOISE = Decimal("9e-16")
_DAY = 86_400_000_000
# Before March 1900 Excel's calendar has a day that never was; after 2999 it is a typing error.
_EARLIEST, _LATEST = date(1900, 3, 1), date(2999, 12, 31)


def exact_number(text: str) -> Cell:
    """The number a file's text stands for: int, Decimal, or CellProblem BAD_NUMBER (nan, inf, 1E+400, junk).

    Up to 15 significant digits are taken as written. Longer texts are doubles written out: 125.43999999999998
    is 125.44, but a value that is not noise away from a short one keeps every digit. Whole numbers below 1e15
    become int, also from 1.38E+10; above, only if the file holds all digits: 1.10101199003071E+17 stays a
    Decimal with a positive exponent, so that a text column can tell that digits are lost.
    """
    if len(text) < 16 and text.isascii() and text.isdigit():
        return int(text)
    if len(text) < 17 and _SHORT.fullmatch(text):
        return Decimal(text)
    value = _parse(text)
    if value is None:
        return CellProblem("BAD_NUMBER", text[:40])
    parts = value.as_tuple()
    if len(parts.digits) > 15 and (parts.exponent != 0 or "." in text):
        value = _without_noise(value)
    if value.adjusted() < 15 or "E" not in text.upper():
        whole = value.to_integral_value()
        if whole == value and value.adjusted() < 18:
            return int(whole)
    return value


def _parse(text: str) -> Decimal | None:
    text = text.strip()
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    if not value:
        return Decimal(0)
    return value if abs(value.adjusted()) <= 308 else None


def _without_noise(value: Decimal) -> Decimal:
    short = Decimal(f"{float(value):.15g}")
    near = abs(_WIDE.subtract(short, value)) <= _WIDE.multiply(abs(value), _NOISE)
    return short if near and len(_WIDE.normalize(short).as_tuple().digits) < 14 else value


def number_from_float(value: float) -> Cell:
    """A double as the decimal it stands for, see `exact_number`; whole ones from 1e15 keep their exponent."""
    if value.is_integer() and abs(value) < 1e15:
        return int(value)
    if abs(value) >= 1e15:
        return exact_number(f"{value:.16E}")
    return exact_number(repr(value))


def fit_decimal(value: Decimal | int, scale: int) -> Decimal | None:
    """`value` with exactly `scale` decimals, or None when it truly has more.

    Within 10⁻⁶ of the last unit of a value with that scale, it is that value: what doubles do to 60.06 is
    undone, what a person typed is never rounded.
    """
    unit = Decimal(1).scaleb(-scale)
    value = Decimal(value)
    fitted = value.quantize(unit, context=_WIDE)
    if abs(_WIDE.subtract(value, fitted)) > unit.scaleb(-6):
        return None
    return _WIDE.add(fitted, Decimal(0))


@lru_cache(maxsize=65_536)
def date_from_serial(text: str, kind: str, epoch_1904: bool) -> Cell:
    """A date-formatted number: date, datetime or time, by the format's `kind` ("date", "datetime", "time").

    A date format over a value with hours gives a datetime: hidden hours are not dropped. Times are exact to
    the microsecond and snapped to the whole second within 10 µs, the noise of a double. Outside 1900-03-01
    to 2999-12-31 it is CellProblem BAD_DATE.
    """
    number = _parse(text)
    if number is None or not 0 <= number < 3_000_000:
        return CellProblem("BAD_DATE", text[:40])
    ticks = int((number * _DAY).to_integral_value(ROUND_HALF_EVEN))
    second = (ticks + 500_000) // 1_000_000 * 1_000_000
    if abs(ticks - second) <= 10:
        ticks = second
    days, rest = divmod(ticks, _DAY)
    if kind == "time" and days == 0:
        return (datetime.min + timedelta(microseconds=rest)).time()
    moment = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)
    try:
        moment += timedelta(days=days, microseconds=rest)
    except OverflowError:
        return CellProblem("BAD_DATE", text[:40])
    return in_calendar(moment.date() if kind == "date" and not rest else moment)


def in_calendar(value: date | datetime) -> Cell:
    """`value`, or CellProblem BAD_DATE when Excel's calendar does not know that day."""
    day = value.date() if isinstance(value, datetime) else value
    return value if _EARLIEST <= day <= _LATEST else CellProblem("BAD_DATE", value.isoformat())


def serial_of(value: date | datetime | time) -> str:
    """The 1900 serial Excel stores for a date, datetime or time, with digits enough for the microsecond."""
    if isinstance(value, time):
        ticks = (datetime.combine(datetime.min, value) - datetime.min) // timedelta(microseconds=1)
    elif isinstance(value, datetime):
        ticks = (value - datetime(1899, 12, 30)) // timedelta(microseconds=1)
    else:
        return str((value - date(1899, 12, 30)).days)
    days, rest = divmod(ticks, _DAY)
    return f"{days}.{str(round(Decimal(rest).scaleb(12) / _DAY)).rjust(12, '0')}" if rest else str(days)

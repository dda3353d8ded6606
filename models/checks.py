"""Checks of single values: each takes a wire value and raises a FieldError that says what to do.

Beside them what makes the ways people write such a value one, before it is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app import clock
from app.entity import FieldError
from app.entity.keys import half_width

_MOBILE = re.compile(r"1[3-9]\d{9}")
_DASHES = re.compile(r"[-‐-―−.()]")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
# GB 32100-2015: letters that look like digits are left out, and each place has its weight.
_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
# GB 11643-1999
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))


def one_code(text: str) -> str:
    """A code as it is kept: half-width, capital letters, no spaces."""
    return "".join(half_width(text).split()).upper()


def one_mobile(text: str) -> str:
    """A mobile number as it is kept: its digits, without spaces, dashes and the 86 of the country."""
    code = one_code(text)
    digits = _DASHES.sub("", code)
    return _COUNTRY.sub("", digits) if digits.lstrip("+").isdigit() else code


def cn_mobile(value: str) -> None:
    """A mainland mobile number: 11 digits, the second of them 3 to 9."""
    if not (value.isascii() and _MOBILE.fullmatch(value)):
        raise FieldError("BAD_MOBILE", _l("A mobile number has 11 digits and starts with 13 to 19."))


def email(value: str) -> None:
    """Something before and after one @, with a dot behind it."""
    if not _EMAIL.fullmatch(value):
        raise FieldError("BAD_EMAIL", _l("Please enter an e-mail address such as name@example.com."))


def uscc_check_sign(first: str) -> str:
    """The 18th sign of a unified social credit code, from its first 17. Raises ValueError for other signs."""
    total = sum(_USCC_SIGNS.index(sign) * weight for sign, weight in zip(first, _USCC_WEIGHTS, strict=True))
    return _USCC_SIGNS[-total % 31]


def uscc(value: str) -> None:
    """A unified social credit code (统一社会信用代码): 18 signs, the last of which checks the others."""
    try:
        right = len(value) == 18 and uscc_check_sign(value[:17]) == value[17]
    except ValueError:
        right = False
    if not right:
        raise FieldError(
            "BAD_USCC",
            _l("This is not a valid credit code. It has 18 digits and capital letters; see the licence."),
        )


def ean_check_digit(first: str) -> str:
    """The 13th digit of a bar code, from its first 12."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first))
    return str(-total % 10)


def ean13(value: str) -> None:
    """A bar code (69码): 13 digits, the last of which checks the others."""
    if not (
        value.isascii() and value.isdigit() and len(value) == 13 and ean_check_digit(value[:12]) == value[12]
    ):
        raise FieldError(
            "BAD_BARCODE", _l("This is not a valid bar code. It has 13 digits; please scan it again.")
        )


def id_check_sign(first: str) -> str:
    """The 18th sign of an identity number, from its first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def id_number(value: str) -> None:
    """A resident identity number (身份证号): 17 digits and a check sign, with a real birthday in it."""
    body, sign = value[:17], value[17:]
    right = body.isascii() and body.isdigit() and len(value) == 18 and id_check_sign(body) == sign
    try:
        right = right and date.fromisoformat(f"{value[6:10]}-{value[10:12]}-{value[12:14]}") <= clock.today()
    except ValueError:
        right = False
    if not right:
        raise FieldError(
            "BAD_ID_NO", _l("This is not a valid identity number. It has 18 digits, the last may be X.")
        )


def between(low: Any, high: Any, code: str = "OUT_OF_RANGE") -> Callable[[Any], None]:
    """A check that a number lies between two bounds, both allowed."""

    def check(value: Any) -> None:
        if not Decimal(low) <= Decimal(value) <= Decimal(high):
            raise FieldError(
                code, _l("Please enter a number from %(low)s to %(high)s.", low=str(low), high=str(high))
            )

    return check


def at_least(low: Any, code: str = "TOO_SMALL") -> Callable[[Any], None]:
    """A check that a number is not below a bound."""

    def check(value: Any) -> None:
        if Decimal(value) < Decimal(low):
            raise FieldError(code, _l("Please enter %(low)s or more.", low=str(low)))

    return check


def past_day(value: str) -> None:
    """A day that has come already, such as a birthday."""
    if date.fromisoformat(value) > clock.today():
        raise FieldError("IN_FUTURE", _l("This day is still to come. Please check the year."))

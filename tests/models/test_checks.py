"""Checks of single values: what passes, what is refused, and that the refusal names a code and says something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.entity import FieldError
from models import checks


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.cn_mobile, "13800138000"),
        (checks.cn_mobile, "19912345678"),
        (checks.email, "a.b@c-d.cn"),
        (checks.uscc, "91350100M000100Y43"),  # the example of the standard
        (checks.ean13, "4006381333931"),
        (checks.id_number, "11010519491231002X"),  # the example of the standard
        (checks.between(18, 73), "18.0"),
        (checks.between(18, 73), "73.0"),
        (checks.between(1, 31), 31),
        (checks.at_least(0), "0.00"),
        (checks.at_least(1), 1),
        (checks.past_day, "1980-02-29"),
    ],
)
def test_right_values_pass(check: Callable[[Any], None], value: Any) -> None:
    check(value)


@pytest.mark.parametrize(
    ("check", "value", "code"),
    [
        (checks.cn_mobile, "1380013800", "BAD_MOBILE"),
        (checks.cn_mobile, "138001380000", "BAD_MOBILE"),
        (checks.cn_mobile, "12800138000", "BAD_MOBILE"),
        (checks.cn_mobile, "138-0013-8000", "BAD_MOBILE"),
        (checks.cn_mobile, "１３８００１３８０００", "BAD_MOBILE"),
        (checks.cn_mobile, "1380013800٠", "BAD_MOBILE"),
        (checks.email, "a b@c.cn", "BAD_EMAIL"),
        (checks.email, "a@b", "BAD_EMAIL"),
        (checks.email, "a@@b.cn", "BAD_EMAIL"),
        (checks.uscc, "91350100M000100Y44", "BAD_USCC"),
        (checks.uscc, "91350100M000100Y4", "BAD_USCC"),
        (checks.uscc, "91350100m000100y43", "BAD_USCC"),
        (checks.uscc, "O1350100M000100Y43", "BAD_USCC"),
        (checks.uscc, "统一社会信用代码统一社会信用代码一二", "BAD_USCC"),
        (checks.ean13, "4006381333930", "BAD_BARCODE"),
        (checks.ean13, "400638133393", "BAD_BARCODE"),
        (checks.ean13, "400638133393X", "BAD_BARCODE"),
        (checks.ean13, "²006381333931", "BAD_BARCODE"),
        (checks.id_number, "110105194912310021", "BAD_ID_NO"),
        (checks.id_number, "11010519491331002X", "BAD_ID_NO"),
        (checks.id_number, "11010519491231002", "BAD_ID_NO"),
        (checks.between(18, 73, "BAD_ABV"), "17.9", "BAD_ABV"),
        (checks.between(18, 73, "BAD_ABV"), "73.1", "BAD_ABV"),
        (checks.between(1, 31), 0, "OUT_OF_RANGE"),
        (checks.at_least(0), "-0.01", "TOO_SMALL"),
        (checks.past_day, "2999-12-31", "IN_FUTURE"),
    ],
)
def test_wrong_values_are_refused_with_a_sentence(
    check: Callable[[Any], None], value: Any, code: str
) -> None:
    with pytest.raises(FieldError) as caught:
        check(value)
    assert caught.value.code == code
    assert str(caught.value.message).endswith(".")


@pytest.mark.parametrize(
    ("tidy", "written", "kept"),
    [
        (checks.one_mobile, "+86 138-0013-8000", "13800138000"),
        (checks.one_mobile, "0086 13800138000", "13800138000"),
        (checks.one_mobile, "8613800138000", "13800138000"),
        (checks.one_mobile, "１３８ ００１３ ８０００", "13800138000"),
        (checks.one_mobile, "86138001380", "86138001380"),
        (checks.one_mobile, "call 138-0013-8000", "CALL138-0013-8000"),
        (checks.one_code, " 11010119900307１２3x ", "11010119900307123X"),
    ],
)
def test_what_people_write_in_several_ways_is_kept_in_one(
    tidy: Callable[[str], str], written: str, kept: str
) -> None:
    assert tidy(written) == kept
    assert tidy(kept) == kept


def test_one_wrong_sign_anywhere_spoils_a_credit_code() -> None:
    right = "91350100M000100Y43"
    for place, sign in enumerate(right):
        wrong = right[:place] + ("1" if sign != "1" else "2") + right[place + 1 :]
        with pytest.raises(FieldError):
            checks.uscc(wrong)

"""A cell becomes a field's value exactly, or says why not. Nothing is guessed, nothing rounded."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.excel import cells
from app.excel.contract import Cell, CellProblem
from app.excel.exact import date_from_serial, exact_number, fit_decimal, number_from_float, serial_of

D = Decimal
ZWJ = "\u200d"


def code(value: object) -> str:
    assert isinstance(value, CellProblem), value
    return value.code


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("00123", "00123"),
        (123, "123"),
        (D("1.50"), "1.5"),
        (D("1E-7"), "0.0000001"),
        (True, "TRUE"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),
        ("\xa0甲\u200b乙\ufeff ", "甲乙"),
        ("a\xa0b", "a b"),
        ("Ａ公司", "Ａ公司"),
        ("a\r\nb\rc\x0b\x00\uffff", "a\nb\nc"),
        (f"👩{ZWJ}💻", f"👩{ZWJ}💻"),
        (f"王{ZWJ}浩", "王浩"),
        (" \u200b ", None),
        (None, None),
    ],
)
def test_text_keeps_what_can_be_seen(cell: Cell, text: str | None) -> None:
    assert cells.to_text(cell) == text


@pytest.mark.parametrize("cell", [D("1.10101199003071E+17"), 110101199003071234, 10**15, D("-1E+15")])
def test_a_number_too_long_for_a_number_cell_is_lost_digits_in_a_text_column(cell: Cell) -> None:
    assert code(cells.to_text(cell)) == "LOST_DIGITS"


def test_fifteen_digits_are_all_there() -> None:
    assert cells.to_text(999999999999999) == "999999999999999"


def test_a_code_is_made_half_width() -> None:
    assert cells.to_code("ＡＢ－１２３　") == "AB-123"
    assert cells.to_code("Ａ－１②") == "A-1②"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1,234.50", "1234.50"), ("￥1,234", "1234"), ("¥ 5", "5"), ("１２３", "123"),
        ("(5)", "-5"), ("（1,000.5）", "-1000.5"),
        ("-5", "-5"), ("−5", "-5"), ("-￥5", "-5"), ("+.5", "0.5"), ("1234567", "1234567"), (7, "7"), (D("0.1"), "0.1"),
    ],
)  # fmt: skip
def test_written_numbers_are_read_with_all_their_digits(cell: Cell, number: str) -> None:
    assert cells.to_number(cell) == D(number)


@pytest.mark.parametrize(
    "cell",
    ["1.2.3", "12%", "1,23", "13,75", "12,3456", "1e5", "--5", "(-5)", "5元", "NaN", "inf", "1_000", "", ".", "-", "٣",
     "=1+1", "1,234①", "10²", "⑴", True, date(2026, 1, 2)],
)  # fmt: skip
def test_what_is_not_plainly_a_number_is_a_problem(cell: Cell) -> None:
    assert cells.to_number(cell) is None if cell == "" else code(cells.to_number(cell)) == "BAD_NUMBER"


@pytest.mark.parametrize(
    ("value", "scale", "fitted"),
    [
        (D("125.43999999999998"), 2, "125.44"), (D("60.0599999999999"), 2, "60.06"), (D("60.0599999999999"), 3, "60.060"),
        (D("1.005"), 2, None), (D("0.1234"), 3, None), (D("-0.0000000001"), 2, "0.00"), (5, 2, "5.00"),
        (D("0.12500001"), 4, None), (D("1E+3"), 0, "1000"), (D("1.00000001"), 2, "1.00"), (D("1.0000001"), 2, None),
    ],
)  # fmt: skip
def test_noise_is_undone_and_real_decimals_are_refused(
    value: Decimal | int, scale: int, fitted: str | None
) -> None:
    found = fit_decimal(value, scale)
    assert (None if found is None else str(found)) == fitted


@given(st.integers(-(10**13), 10**13), st.integers(0, 4))
def test_a_decimal_that_became_a_double_fits_again(units: int, scale: int) -> None:
    value = D(units).scaleb(-scale)
    if len(value.as_tuple().digits) <= 13:
        read = number_from_float(float(value))
        assert isinstance(read, (int, Decimal))
        assert fit_decimal(read, scale) == value


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6),
    st.integers(0, 6),
)
def test_fitting_never_moves_a_value_further_than_noise(value: Decimal, scale: int) -> None:
    fitted = fit_decimal(value, scale)
    if fitted is not None:
        assert abs(fitted - value) <= D(10) ** (-scale - 6)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_read_within_its_own_precision(value: float) -> None:
    read = number_from_float(value)
    if isinstance(read, CellProblem):
        assert abs(value) < 1e-300 or abs(value) > 1e300
    else:
        assert isinstance(read, (int, Decimal))
        assert abs(D(read) - D(value)) <= abs(D(value)) * D("1e-15")


def test_too_many_decimals_and_fractions_have_their_own_problems() -> None:
    assert code(cells.to_decimal("1.005", 2)) == "TOO_PRECISE"
    assert code(cells.to_integer(D("1.5"))) == "NOT_WHOLE"
    assert code(cells.to_integer(D("1.10101199003071E+17"))) == "LOST_DIGITS"
    assert cells.to_integer(110101199003071234) == 110101199003071234
    assert cells.to_integer(D("5.0000000001")) == 5


@pytest.mark.parametrize(
    ("cell", "fraction"),
    [("12%", "0.1200"), ("12.5 %", "0.1250"), ("１２％", "0.1200"), (D("0.125"), "0.1250"), (1, "1.0000")],
)
def test_a_percentage_is_its_fraction(cell: Cell, fraction: str) -> None:
    assert str(cells.to_percent(cell, 4)) == fraction


def test_a_percentage_with_more_decimals_than_the_field_is_refused() -> None:
    assert code(cells.to_percent("12.345%", 4)) == "TOO_PRECISE"


@pytest.mark.parametrize(
    "cell",
    ["2026-01-02", "2026/1/2", "2026.1.2", "2026年1月2日", "20260102", 20260102, "２０２６－０１－０２", " 2026-1-2 ",
     "2026-01-02 00:00:00", date(2026, 1, 2), datetime(2026, 1, 2)],
)  # fmt: skip
def test_the_written_forms_of_a_date(cell: Cell) -> None:
    assert cells.to_date(cell) == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("03/04/2026", "AMBIGUOUS_DATE"), ("3-4-26", "AMBIGUOUS_DATE"), ("2026/2/30", "BAD_DATE"), ("2026-1/2", "BAD_DATE"),
        (45000, "BAD_DATE"), ("45000", "BAD_DATE"), ("2026年", "BAD_DATE"), ("昨天", "BAD_DATE"), (True, "BAD_DATE"),
        (time(8), "BAD_DATE"), ("1899-01-01", "DATE_RANGE"), (date(2101, 1, 1), "DATE_RANGE"),
        (datetime(2026, 1, 2, 3), "HAS_TIME"), ("2026-01-02 03:00", "HAS_TIME"),
    ],
)  # fmt: skip
def test_what_is_not_plainly_a_date_is_a_problem(cell: Cell, problem: str) -> None:
    assert code(cells.to_date(cell)) == problem


def test_the_range_of_a_date_can_be_narrowed() -> None:
    assert code(cells.to_date("1985-05-05", earliest=date(1990, 1, 1))) == "DATE_RANGE"
    assert cells.to_date("1985-05-05") == date(1985, 5, 5)


def test_moments_and_times_are_read() -> None:
    assert cells.to_datetime("2026/1/2 3:04") == datetime(2026, 1, 2, 3, 4)
    assert cells.to_datetime("2026-01-02T03:04:05.25") == datetime(2026, 1, 2, 3, 4, 5, 250000)
    assert code(cells.to_datetime("2026-01-02 25:00")) == "BAD_DATE"
    assert cells.to_time("8:30") == time(8, 30)
    assert code(cells.to_time("8.30")) == "BAD_TIME"


@pytest.mark.parametrize("cell", ["是", "Y", "yes", "TRUE", "True", "1", 1, "√", True, "Ｙ"])
def test_yes_in_many_ways(cell: Cell) -> None:
    assert cells.to_yes_no(cell) is True


@pytest.mark.parametrize("cell", ["否", "n", "No", "false", "0", 0, "×", False])
def test_no_in_many_ways(cell: Cell) -> None:
    assert cells.to_yes_no(cell) is False


@pytest.mark.parametrize("cell", ["也许", 2, D("0.5"), "是是"])
def test_neither_yes_nor_no(cell: Cell) -> None:
    assert code(cells.to_yes_no(cell)) == "BAD_YES_NO"


@pytest.mark.parametrize("coerce", [cells.to_code, cells.to_number, *cells.COERCIONS.values()])
def test_an_empty_cell_is_empty_and_a_problem_stays_the_problem(coerce: object) -> None:
    problem = CellProblem("ERROR_CELL", "#REF!")
    assert callable(coerce)
    assert coerce(None) is None
    assert coerce(" \u200b") is None
    assert coerce(problem) is problem


@given(st.text(max_size=30))
def test_no_text_makes_a_coercion_fail(text: str) -> None:
    for coerce in cells.COERCIONS.values():
        coerce(text)
    cells.to_percent(text, 4)
    cells.to_decimal(text, 2)
    exact_number(text)


@given(st.datetimes(datetime(1900, 3, 1), datetime(2999, 12, 31)))
def test_a_moment_survives_as_a_serial_to_the_microsecond(moment: datetime) -> None:
    read = date_from_serial(serial_of(moment), "datetime", False)
    assert isinstance(read, datetime)
    assert abs((read - moment).total_seconds()) <= (0 if 10 < moment.microsecond < 999_990 else 0.00001)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 12, 31)).map(lambda m: m.replace(microsecond=0)))
def test_a_whole_second_survives_as_a_double(moment: datetime) -> None:
    assert date_from_serial(repr(float(serial_of(moment))), "datetime", False) == moment

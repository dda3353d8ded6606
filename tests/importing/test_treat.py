"""A column of cells becomes exactly what its field keeps, or an error at the cell: never a guess."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.entity import Choice, Field, FieldError
from app.excel.contract import Cell, CellProblem
from app.excel.wire import _encode
from app.importing.options import Treatment
from app.importing.treat import ColumnReader, Wrong
from models.checks import cn_mobile

FIELDS = {
    "text": Field("text", "Name", "name", length=12),
    "code": Field("text", "Code", "code", length=20, pattern="x"),
    "number": Field("number", "Number", "no", length=40),
    "integer": Field("integer", "Quantity", "quantity", unit="箱"),
    "money": Field("money", "Amount", "amount", digits=14, scale=2),
    "decimal": Field("decimal", "Weight", "weight", digits=12, scale=3),
    "percent": Field("percent", "Discount", "discount", digits=7, scale=4),
    "date": Field("date", "Date", "day"),
    "datetime": Field("datetime", "Moment", "moment"),
    "time": Field("time", "Hour", "hour"),
    "yes_no": Field("yes_no", "Paid", "paid"),
    "choice": Field(
        "choice", "Gender", "gender", choices=(Choice("male", "Male"), Choice("female", "Female"))
    ),
    "json": Field("json", "Rule", "rule"),
    "link": Field("link", "Region", "region_id", target="region"),
}


def sent(cell: Cell) -> Any:
    """A cell as it arrives from the reader's process."""
    how = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
    return orjson.loads(orjson.dumps(cell, default=_encode, option=how))


def read(kind: str, *cells: Cell, header: str = "", **how: Any) -> list[Any]:
    """The wire values of a column, and the codes of what cannot be read."""
    spec = FIELDS[kind]
    reader = ColumnReader(spec, Treatment(spec.name, **how), header)
    values, wrong = reader.read([sent(cell) for cell in cells])
    values = list(values)
    for at, problem in wrong:
        assert values[at] is None
        values[at] = problem.code
    return values


def test_leading_zeros_and_long_numbers_stay_what_they_are() -> None:
    assert read("text", "00123", "007") == ["00123", "007"]
    assert read("code", "110101199003071234", 110101199003071234) == ["110101199003071234", "LOST_DIGITS"]
    assert read("code", Decimal("1.10101199003071E+17"), 622202) == ["LOST_DIGITS", "622202"]
    assert read("integer", "00123", 10**14) == [123, 10**14]


def test_full_width_is_half_in_codes_and_numbers_and_elsewhere_when_asked() -> None:
    assert read("code", "ＡＢ１２") == ["AB12"]
    assert read("money", "１，２３４．５０") == ["1234.50"]
    assert read("text", "ＡＢ（甲）") == ["ＡＢ（甲）"]
    assert read("text", "ＡＢ（甲）", half=True) == ["AB(甲)"]


@pytest.mark.parametrize("typed", ["1,234①", "10²", "⑴"])
def test_a_mark_behind_a_typed_amount_is_no_digit_either(typed: str) -> None:
    with pytest.raises(FieldError, match="NOT_NUMBER"):
        FIELDS["money"].parse(typed)


def test_json_is_what_every_program_reads_as_such() -> None:
    assert read("json", '{"a": [1, null]}', "1e308") == [{"a": [1, None]}, 1e308]
    wrong = ("NaN", "-Infinity", '{"a": [1e400]}', "[1", "12345678901234567890123")
    assert read("json", *wrong) == ["NOT_JSON"] * len(wrong)


def test_what_nobody_sees_is_taken_off() -> None:
    assert read("text", "  甲\u200b ", "\u3000", " ", "a\xa0b", None) == ["甲", None, None, "a b", None]


def test_units_are_taken_off_the_end_or_the_front() -> None:
    assert read("integer", "12箱", "12 箱", 7, "十箱", "箱") == [12, 12, 7, "BAD_NUMBER", "BAD_NUMBER"]
    assert read("money", "¥1,234", "1,234.5元", "(5)") == ["1234.00", "1234.50", "-5.00"]
    assert read("decimal", "3.5 kg", "kg 2", unit="kg") == ["3.500", "2.000"]
    assert read("decimal", "120㎡", "1（箱）", "3m²", unit="㎡") == ["120.000", "BAD_NUMBER", "HAS_UNIT"]
    assert read("decimal", "3m²", unit="m²") == ["3.000"]
    assert read("decimal", "1（箱）", unit="（箱）") == ["1.000"]
    assert read("decimal", "3.5kg", "1O") == ["HAS_UNIT", "BAD_NUMBER"]


def test_percentages_are_fractions() -> None:
    assert read("percent", "12%", "12.5 ％", 0.12.__str__(), Decimal("0.125"), 1) == [
        "0.1200", "0.1250", "0.1200", "0.1250", "1.0000",
    ]  # fmt: skip
    assert read("percent", "12.34567%", "百分之十") == ["TOO_PRECISE", "BAD_NUMBER"]


def test_ten_thousands_are_taken_only_where_they_are_written() -> None:
    assert read("money", "1.2万", unit="万") == ["12000.00"]
    assert read("money", "1.2万元", "3万", unit="万元") == ["12000.00", "30000.00"]
    assert read("money", "1.2万") == ["HAS_UNIT"]
    assert read("money", Decimal("1.2"), 5, unit="万") == ["NO_UNIT", "NO_UNIT"]
    assert read("money", Decimal("1.2"), "5", header="金额（万元）", unit="万元") == ["12000.00", "50000.00"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("ymd", ["AMBIGUOUS_DATE", "AMBIGUOUS_DATE", "2026-04-03"]),
        ("mdy", ["2026-03-04", "BAD_DATE", "2026-04-03"]),
        ("dmy", ["2026-04-03", "2026-12-25", "2026-04-03"]),
    ],
)
def test_a_date_that_can_be_read_in_several_ways_needs_an_order(order: str, expected: list[str]) -> None:
    assert read("date", "03/04/2026", "25.12.2026", "2026年4月3日", order=order) == expected


def test_the_order_also_counts_before_a_time_and_years_of_two_digits_are_no_years() -> None:
    assert read("datetime", "03/04/2026 8:30", order="dmy") == ["2026-04-03T00:30:00.000000Z"]
    # That the order has to be said would be no help to who has said it; what cannot be is quoted as it stands there.
    assert read("date", "03/04/26", order="dmy") == ["BAD_DATE"]
    wrong = ColumnReader(FIELDS["date"], Treatment("day", order="mdy")).read_one("27/04/2017")
    assert wrong.message == CellProblem("BAD_DATE", "27/04/2017")


def test_dates_are_exact() -> None:
    cells: list[Cell] = [
        date(2026, 1, 2),
        datetime(2026, 1, 2),
        datetime(2026, 1, 2, 3),
        20260102,
        "2026/1/2",
        46024,
    ]
    assert read("date", *cells) == [
        "2026-01-02",
        "2026-01-02",
        "HAS_TIME",
        "2026-01-02",
        "2026-01-02",
        "BAD_DATE",
    ]


def test_rounding_cuts_half_up_and_counts_the_cells_it_alters() -> None:
    reader = ColumnReader(FIELDS["money"], Treatment("amount", round=True))
    cells = [
        sent(c) for c in (Decimal("1.005"), Decimal("1.5"), "2.344元", Decimal("-1.005"), Decimal("1.005"), 3)
    ]
    assert reader.read(cells)[0] == ["1.01", "1.50", "2.34", "-1.01", "1.01", "3.00"]
    assert reader.rounded == 4
    assert read("money", Decimal("1.005"), "60.0600000000001") == ["TOO_PRECISE", "60.06"]
    assert read("integer", Decimal("2.5"), "3.2", round=True) == [3, 3]


def test_translations_come_before_everything_else() -> None:
    assert read("choice", "男", "女", "male", "不详", values={"男": "male", "女": "Female"}) == [
        "male", "female", "male", "NOT_A_CHOICE",
    ]  # fmt: skip
    assert read("yes_no", "是", "否", True, "对公", values={"对公": "是"}) == [True, False, True, True]
    assert read("code", 17, "Ａ旧", "b", values={"17": "B-17", "a旧": "新", "b": ""}) == ["B-17", "新", None]


def test_a_refused_choice_is_given_the_one_it_most_likely_means() -> None:
    spec = Field(
        "choice", "Kind", "kind",
        choices=(Choice("dealer", "经销"), Choice("direct", "直营门店"), Choice("old", "旧经销商", retired=True)),
    )  # fmt: skip
    reader = ColumnReader(spec)
    cells = ("经销商", "门店", "直盈门店", "营", "x")
    assert [reader.read_one(cell).suggest for cell in cells] == ["经销", "直营门店", "直营门店", None, None]


def test_equal_cells_of_different_kinds_are_not_mixed_up() -> None:
    assert read("text", 1, True, "1", Decimal("1E+20"), 1) == ["1", "TRUE", "1", "LOST_DIGITS", "1"]


def test_a_number_too_large_for_its_field_is_refused_quick_or_slow() -> None:
    assert read("money", 10**12, Decimal("999999999999.99"), "1000000000000") == [
        "TOO_LARGE", "999999999999.99", "TOO_LARGE",
    ]  # fmt: skip
    assert read("integer", 2**53, 1) == ["TOO_LARGE", 1]


def test_a_check_of_the_field_is_made_of_every_cell() -> None:
    mobile = Field("text", "Mobile", "mobile", length=20, check=cn_mobile)
    values, wrong = ColumnReader(mobile).read(["13800000001", "1380000000", 13800000002])
    assert values == ["13800000001", None, "13800000002"]
    assert [(at, problem.text) for at, problem in wrong] == [(1, "1380000000")]


def test_what_is_wrong_says_how_the_cell_shows_it() -> None:
    reader = ColumnReader(FIELDS["integer"])
    _values, wrong = reader.read(
        [sent(CellProblem("ERROR_CELL", "#REF!")), sent(datetime(2026, 1, 2, 3, 4)), "x"]
    )
    assert [(at, w.code, w.text) for at, w in wrong] == [
        (0, "ERROR_CELL", "#REF!"), (1, "BAD_NUMBER", "2026-01-02 03:04"), (2, "BAD_NUMBER", "x"),
    ]  # fmt: skip


CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.sampled_from((0, 1, -1, "", "是", "0.00", "-0", " a ")),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**13), max_value=10**13),
    st.text(max_size=14), st.dates(), st.datetimes(), st.times(),
)  # fmt: skip


@given(
    kind=st.sampled_from(sorted(FIELDS)),
    column=st.lists(CELLS, max_size=6) | st.lists(st.text(" ab\n１", max_size=14), max_size=6),
)
def test_a_column_is_read_as_its_cells_are_one_by_one(kind: str, column: list[Cell]) -> None:
    spec = FIELDS[kind]
    column = [cell or None if isinstance(cell, str) else cell for cell in column]
    slow = ColumnReader(spec, Treatment(spec.name))
    slow._plain = slow._number = None
    alone = [slow.read_one(cell) for cell in column]
    values, wrong = ColumnReader(spec, Treatment(spec.name)).read([sent(cell) for cell in column])
    assert values == [None if isinstance(one, Wrong) else one for one in alone]
    assert [type(v) for v in values] == [type(None if isinstance(one, Wrong) else one) for one in alone]
    assert {at: problem.code for at, problem in wrong} == {
        at: one.code for at, one in enumerate(alone) if isinstance(one, Wrong)
    }


def test_a_time_of_day_and_an_empty_column_are_read() -> None:
    assert read("time", time(8, 30), "9:00") == ["08:30:00", "09:00:00"]
    assert read("money", None, None) == [None, None]

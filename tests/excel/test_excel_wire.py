"""Cells cross from the reader's process as what they are."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.excel.contract import Cell, CellProblem
from app.excel.wire import decode_cells, frame_length, send

cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"])), st.booleans(), st.integers(-(2**63), 2**63 - 1),
    st.decimals(allow_nan=False, allow_infinity=False), st.datetimes(), st.dates(), st.times(),
    st.builds(CellProblem, st.just("ERROR_CELL"), st.text(st.characters(exclude_categories=["Cs"]))),
)  # fmt: skip


def carried(row: list[Cell]) -> list[Cell]:
    pipe = io.BytesIO()
    send(pipe, {"rows": [(2, row)]})
    raw = pipe.getvalue()
    assert frame_length(raw[:4]) == len(raw) - 4
    return decode_cells(orjson.loads(raw[4:])["rows"][0][1])


@given(st.lists(cells))
def test_every_cell_arrives_as_it_left(row: list[Cell]) -> None:
    arrived = carried(row)
    assert arrived == row
    assert [type(cell) for cell in arrived] == [type(cell) for cell in row]


def test_lost_digits_still_show_after_the_journey() -> None:
    (arrived,) = carried([Decimal("1.10101199003071E+17")])
    assert isinstance(arrived, Decimal)
    assert arrived.as_tuple().exponent == 3


def test_a_moment_is_not_taken_for_a_date_nor_text_for_either() -> None:
    row: list[Cell] = [datetime(2026, 1, 2), date(2026, 1, 2), time(0), "2026-01-02", "n"]
    assert carried(row) == row

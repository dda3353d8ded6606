"""Days of the change log's filters at the ends of the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from views.logfilter import day


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "9999-12-31", "2026-02-30", "x", ""])
def test_a_day_no_time_zone_reaches_is_left_out(text: str) -> None:
    assert day(text) is None


def test_a_day_is_a_day() -> None:
    assert day("2026-11-01") == date(2026, 11, 1)

"""When a scheduled export is due, in the company's zone."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from typing import Any

from app import clock

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_due(period: str, weekday: Any, month_day: int | None, hour: int, after: datetime) -> datetime:
    """The first due moment later than `after`; a day that a month lacks is its last."""
    start = clock.local(after).date()
    for ahead in range(63):
        day = start + timedelta(days=ahead)
        moment = datetime.combine(day, time(hour), tzinfo=clock.zone())
        if moment > after and _falls(period, weekday, month_day, day):
            return moment
    raise ValueError(period)


def last_due(period: str, weekday: Any, month_day: int | None, hour: int, now: datetime) -> datetime:
    """The latest due moment that is not later than `now`."""
    start = clock.local(now).date()
    for back in range(63):
        day = start - timedelta(days=back)
        moment = datetime.combine(day, time(hour), tzinfo=clock.zone())
        if moment <= now and _falls(period, weekday, month_day, day):
            return moment
    raise ValueError(period)


def _falls(period: str, weekday: Any, month_day: int | None, day: date) -> bool:
    if period == "weekly":
        return WEEKDAYS[day.weekday()] == (weekday or WEEKDAYS[0])
    if period == "monthly":
        return day.day == min(month_day or 1, calendar.monthrange(day.year, day.month)[1])
    return True

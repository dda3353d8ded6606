"""When things happen in the demo company: a diary, played in order with the clock turned to each entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from app import clock

OPENS, CLOSES = 9, 18
"""People work between these hours, every day."""


class Diary:
    """What happened until now. Entries of one moment are played in the order in which they were made."""

    def __init__(self) -> None:
        self._now = clock.now()
        self._entries: list[tuple[datetime, Callable[[], object]]] = []

    def moment(self, days: int, hour: int) -> datetime:
        """A full hour of the day so many days from today."""
        return _at(clock.local(self._now).date() + timedelta(days=days), hour)

    def on(self, days: int, hour: int, do: Callable[[], object]) -> None:
        """Something that happened at a full hour, so many days from today."""
        self._entries.append((self.moment(days, hour), do))

    def ago(self, hours: float, do: Callable[[], object]) -> None:
        """Something that happened so many working hours ago (half an hour at least), or a little later."""
        # Nobody does everything on the same minute of the hour.
        later = timedelta(minutes=len(self._entries) * 17 % 26)
        self._entries.append((worked_back(self._now, hours) + later, do))

    def play(self) -> None:
        """Do everything, each at its moment."""
        for moment, do in sorted(self._entries, key=lambda entry: entry[0]):
            with clock.standing(moment):
                do()


def worked_back(now: datetime, hours: float) -> datetime:
    """The moment so many working hours before `now`."""
    local = clock.local(now)
    day, hour = local.date(), local.hour + local.minute / 60
    if hour < OPENS:
        day, hour = day - timedelta(days=1), CLOSES
    since_opening = min(hour, CLOSES) - OPENS - hours
    days, rest = divmod(since_opening, CLOSES - OPENS)
    return _at(day + timedelta(days=int(days)), OPENS + rest)


def _at(day: date, hour: float) -> datetime:
    moment = datetime.combine(day, time(0)) + timedelta(minutes=round(hour * 60))
    return clock.parse_instant(moment.isoformat())

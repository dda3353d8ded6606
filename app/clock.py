"""The only clock. Nothing else in the system asks the operating system for the time.

Instants are aware and in UTC; dates are days in the company's zone (``TAIZHANG_ZONE``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class _Clock:
    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    frozen: datetime | None = None


def configure(zone: str, frozen: datetime | None = None) -> None:
    """Set the company's zone and, for tests and demos, the moment at which time stands still."""
    _Clock.zone = ZoneInfo(zone)
    _Clock.frozen = frozen


def turn(delta: timedelta) -> None:
    """Move the clock on by `delta` and leave it standing there (tests of "a day later")."""
    _Clock.frozen = now() + delta


@contextmanager
def standing(moment: datetime) -> Iterator[None]:
    """Let time stand still at a moment inside the block (what happened before today in the demo company)."""
    kept, _Clock.frozen = _Clock.frozen, moment
    try:
        yield
    finally:
        _Clock.frozen = kept


def zone() -> ZoneInfo:
    """The company's time zone."""
    return _Clock.zone


def now() -> datetime:
    """This instant, aware, UTC, to the microsecond."""
    return _Clock.frozen or datetime.now(UTC)


def today() -> date:
    """Today in the company's zone."""
    return now().astimezone(_Clock.zone).date()


def local(instant: datetime) -> datetime:
    """An instant as the company's wall clock shows it."""
    return instant.astimezone(_Clock.zone)


def instant_text(instant: datetime) -> str:
    """The wire form of an instant: ``2026-01-02T03:04:05.000000Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """The instant a wire text stands for; without a zone it is the company's. Raises ValueError."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=_Clock.zone)).astimezone(UTC)

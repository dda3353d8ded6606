"""Business numbers: unique and increasing, not gap-free. ``C-{seq:6}``, ``SO-{date}-{seq:4}``, ``PP-{year}-{seq:3}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.change.model import NumberCounter
from app.entity.keys import normal_form

_PART = re.compile(r"\{(seq|date|year)(?::(\d+))?\}")


def period_of(pattern: str, day: date) -> str:
    """The period a counter runs for: the day, the year, or ever (empty)."""
    if "{date}" in pattern:
        return day.strftime("%Y%m%d")
    return day.strftime("%Y") if "{year}" in pattern else ""


def render(pattern: str, day: date, seq: int) -> str:
    """The number `seq` of a pattern on a day; the width is a minimum."""

    def part(match: re.Match[str]) -> str:
        if match[1] == "date":
            return day.strftime("%Y%m%d")
        return day.strftime("%Y") if match[1] == "year" else str(seq).zfill(int(match[2] or 1))

    return _PART.sub(part, pattern)


def read(pattern: str, text: str) -> tuple[str, int] | None:
    """Period and running number of a number given by hand; None when it does not follow the pattern.

    Width and case do not count, as they do not where numbers are told apart.
    """
    expression, at = "", 0
    for match in _PART.finditer(pattern):
        expression += re.escape(normal_form(pattern[at : match.start()]))
        expression += {
            "date": r"(?P<period>\d{8})",
            "year": r"(?P<period>\d{4})",
            "seq": r"(?P<seq>\d{1,15})",
        }[match[1]]
        at = match.end()
    found = re.fullmatch(expression + re.escape(normal_form(pattern[at:])), normal_form(text))
    return (found.groupdict().get("period") or "", int(found["seq"])) if found else None


def reserve(connection: Connection, pattern: str, period: str, count: int) -> int:
    """Take `count` numbers; returns the first. The row stays locked until the transaction ends."""
    _ensure(connection, pattern, period)
    table = NumberCounter.__table__
    mine = (table.c.pattern == pattern) & (table.c.period == period)
    connection.execute(update(table).where(mine).values(last=table.c.last + count))
    last = connection.execute(select(table.c.last).where(mine)).scalar_one()
    return int(last) - count + 1


@contextmanager
def counting(connection: Connection) -> Iterator[Connection]:
    """Where counters are moved: on PostgreSQL in a short transaction apart, so that an import makes nobody wait."""
    if connection.dialect.name == "sqlite":
        yield connection
        return
    with connection.engine.begin() as apart:
        yield apart


def push(connection: Connection, pattern: str, period: str, seq: int) -> None:
    """A number was given by hand: the counter goes on behind it."""
    _ensure(connection, pattern, period)
    table = NumberCounter.__table__
    mine = (table.c.pattern == pattern) & (table.c.period == period) & (table.c.last < seq)
    connection.execute(update(table).where(mine).values(last=seq))


def _ensure(connection: Connection, pattern: str, period: str) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = insert(NumberCounter.__table__).values(pattern=pattern, period=period, last=0)
    connection.execute(row.on_conflict_do_nothing())

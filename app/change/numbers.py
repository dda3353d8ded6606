"""Business numbers: unique and increasing, not gap-free. ``C-{seq:6}``, ``SO-{date}-{seq:4}``, ``PP-{year}-{seq:3}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.change.contract import chunks
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


def reserve(connection: Connection, pattern: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Take so many numbers of each period; returns the first of each. The rows stay locked until the transaction ends."""
    if not counts:
        return {}
    periods = sorted(counts)  # everybody locks them in this order
    _ensure(connection, pattern, periods)
    table = NumberCounter.__table__
    mine = (table.c.pattern == pattern) & (table.c.period == bindparam("of_period"))
    taken = [{"of_period": one, "n": counts[one]} for one in periods]
    connection.execute(update(table).where(mine).values(last=table.c.last + bindparam("n")), taken)
    first: dict[str, int] = {}
    for part in chunks(periods):
        query = select(table.c.period, table.c.last).where(table.c.pattern == pattern)
        for period, last in connection.execute(query.where(table.c.period.in_(part))):
            first[period] = int(last) - counts[period] + 1
    return first


@contextmanager
def counting(connection: Connection) -> Iterator[Connection]:
    """Where counters are moved: on PostgreSQL in a short transaction apart, so that an import makes nobody wait."""
    if connection.dialect.name == "sqlite":
        yield connection
        return
    with connection.engine.begin() as apart:
        yield apart


def push(connection: Connection, pattern: str, given: Mapping[str, int]) -> None:
    """Numbers were given by hand, the highest of each period so: the counters go on behind them."""
    if not given:
        return
    periods = sorted(given)
    _ensure(connection, pattern, periods)
    table = NumberCounter.__table__
    mine = (table.c.pattern == pattern) & (table.c.period == bindparam("of_period"))
    behind = update(table).where(mine & (table.c.last < bindparam("n"))).values(last=bindparam("n"))
    connection.execute(behind, [{"of_period": one, "n": given[one]} for one in periods])


def _ensure(connection: Connection, pattern: str, periods: list[str]) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [{"pattern": pattern, "period": one, "last": 0} for one in periods]
    connection.execute(insert(NumberCounter.__table__).on_conflict_do_nothing(), rows)

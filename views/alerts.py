"""What an auditor should look at: a few plain rules over both logs, nothing learned and nothing hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.access.log import Wanted, lines
from app.audit.history import Filters, entries
from app.entity import registry
from app.query.display import when
from views.platform import Names

DAYS = 30
REFUSED = 5
"""So many refused tries of one name within an hour are one too many."""
NIGHT = (22, 6)
EXPORTED = 1_000
MOST = 20_000
"""So many lines of a kind are read at most."""


@dataclass(frozen=True)
class Alert:
    """One thing to look at; `url` leads to its lines in the log."""

    icon: str
    title: str
    text: str
    at: datetime
    url: str


def alerts(session: Session) -> list[Alert]:
    """What the last days hold, the latest first."""
    since, names = clock.now() - timedelta(days=DAYS), Names(session)
    found = [*_refusals(session, since), *_nights(session, since, names), *_exports(session, since, names),
             *_favours(session, since, names)]  # fmt: skip
    return sorted(found, key=lambda alert: alert.at, reverse=True)


def _refusals(session: Session, since: datetime) -> Iterator[Alert]:
    """A name refused again and again within an hour, told once a day."""
    tries: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for line in lines(session, Wanted(what=("login_refused",), since=since), limit=MOST):
        tries[line.name, clock.local(line.at).date().isoformat()].append(line.at)
    for (name, day), times in tries.items():
        most = max(
            sum(1 for other in times if timedelta(0) <= other - one < timedelta(hours=1)) for one in times
        )
        if most >= REFUSED:
            yield Alert(
                "key",
                _("%(name)s was refused %(n)s times within an hour", name=name, n=most),
                _(
                    "Somebody may be guessing a password. Ask the person; if it was not them, set a new password."
                ),
                max(times),
                f"/changelog/logins?what=login_refused&from={day}&to={day}",
            )


def _nights(session: Session, since: datetime, names: Names) -> Iterator[Alert]:
    """The first sign-in of a person in a night."""
    first: dict[tuple[int | None, str], Any] = {}
    for line in lines(session, Wanted(what=("login",), since=since), limit=MOST):
        local = clock.local(line.at)
        if local.hour >= NIGHT[0] or local.hour < NIGHT[1]:
            first[line.user_id, (local - timedelta(hours=NIGHT[1])).date().isoformat()] = line
    for line in first.values():
        day = clock.local(line.at).date().isoformat()
        yield Alert(
            "moon",
            _("%(name)s signed in at night", name=names.people.get(line.user_id, line.name)),
            _("At %(time)s, from %(address)s.", time=when(line.at), address=line.ip or "?"),
            line.at,
            f"/changelog/logins?person={line.user_id or ''}&from={day}&to={day}",
        )


def _exports(session: Session, since: datetime, names: Names) -> Iterator[Alert]:
    """Large exports."""
    large = Wanted(what=("export",), since=since, more_than=EXPORTED)
    for line in lines(session, large, limit=MOST):
        entity = line.detail.split(" ")[0]
        label = str(registry.get(entity).label) if entity in registry else line.detail
        day = clock.local(line.at).date().isoformat()
        yield Alert(
            "download",
            _("%(name)s exported %(n)s rows", name=names.people.get(line.user_id, line.name), n=f"{line.rows:,}"),
            _("%(entity)s, more than %(n)s rows at once.", entity=label, n=f"{EXPORTED:,}"),
            line.at,
            f"/changelog/sensitive?person={line.user_id or ''}&what=export&from={day}&to={day}",
        )  # fmt: skip


def _favours(session: Session, since: datetime, names: Names) -> Iterator[Alert]:
    """People who gave themselves a role."""
    wanted = Filters(tables=("ab_user_role", "ab_user_group"), ops=("I",), since=since)
    for entry in entries(session, wanted, limit=MOST):
        if entry.actor_id is not None and entry.new.get("user_id") == entry.actor_id:
            role = names.text("role_id", entry.new.get("role_id"), entry.new)
            yield Alert(
                "shield",
                _("%(name)s gave themselves a role", name=entry.actor_name),
                _("%(role)s. Nobody decides about their own rights: ask who allowed it.", role=role or "?"),
                clock.parse_instant(entry.at),
                f"/changelog/rights?entry={entry.id}",
            )

"""Asking for more rows than a role may take: a request that is sent off at once, or the sentence why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Connection, select

from app.access.grants import Grants
from app.approval.facts import flow_for
from app.approval.people import ADMINISTER, People
from app.change import Change, ChangeSet, Result, commit
from app.db import db
from app.entity import EntityType, registry
from app.exporting.asked import Asked
from app.exporting.entities import ExportRequest
from app.exporting.limits import Limit

ENTITY = ExportRequest.__tablename__
NAMED = 3


class NotAsked(Exception):
    """The request was not made; the message says what to do instead."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Sent:
    """A request that was sent off: its record, and the sentence for whoever asked."""

    id: int
    message: str


def hindrance(connection: Connection, grants: Grants, limit: Limit) -> str | None:
    """Why this person cannot ask for more, as a sentence that says whom to turn to; None when they can."""
    over = _("Your role may export %(n)s rows at once.", n=f"{limit.cap or 0:,}")
    if limit.approve and grants.can("submit", ENTITY) and grants.can("add", ENTITY):
        if flow_for(connection, ENTITY) is not None:
            return None
        why = _("Nobody is set up to agree to more: ask %(who)s to publish a flow for export requests.",
                who=administrators(connection))  # fmt: skip
        return f"{over} {why}"
    return f"{over} {_('Narrow the filter, or ask %(who)s for more.', who=administrators(connection))}"


def administrators(connection: Connection) -> str:
    """Who can change limits and flows, by name."""
    people = People(connection)
    names = [people.name(user) for user in people.holders(ADMINISTER)[:NAMED]]
    return "、".join(names) or str(_("an administrator"))


def ask(entity: EntityType, grants: Grants, asked: Asked, rows: int, reason: str, limit: Limit) -> Sent:
    """Ask for an export of so many rows. Raises NotAsked, and then nothing is left of it."""
    with db.engine.connect() as connection:
        against = hindrance(connection, grants, limit)
    if against is not None:
        raise NotAsked(against)
    if not reason.strip():
        raise NotAsked(_("%(rows)s rows are more than your role may export at once. Please say what they are for.",
                         rows=f"{rows:,}"))  # fmt: skip
    values = {"for_entity": entity.name, "rows": rows, "format": asked.format, "reason": reason.strip(),
              "asked": asked.as_json()}  # fmt: skip
    made = _commit(Change(ENTITY, "insert", values), reason, grants)
    record = made.results[0].id
    assert record is not None
    try:
        sent = _commit(Change(ENTITY, "update", id=record, verb="submit"), reason, grants)
    except NotAsked:
        commit(ChangeSet([Change(ENTITY, "delete", id=record)], "form"), grants)
        raise
    case = sent.cases[0]
    message = _(
        "%(rows)s rows are more than your role may export at once (%(cap)s). Request %(number)s went to %(who)s; "
        "once it is agreed to, the file is among your downloads.",
        rows=f"{rows:,}", cap=f"{limit.cap or 0:,}", number=_number(record), who="、".join(case["waits_for"]),
    )  # fmt: skip
    return Sent(record, message)


def _commit(change: Change, reason: str, grants: Grants) -> Result:
    result = commit(ChangeSet([change], "form", reason), grants)
    if not result.ok:
        raise NotAsked(" ".join(str(e.message) for e in [*result.errors, *result.confirms][:3]))
    return result


def _number(record: int) -> str:
    table = registry.get(ENTITY).table
    with db.engine.connect() as connection:
        return str(connection.execute(select(table.c.request_no).where(table.c.id == record)).scalar())

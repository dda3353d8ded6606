"""What days bring: lists and policies begin and run out, adjustments take effect, and who has not read of one is named.

Every run looks at all there is to do up to its day and does it through the gate as the system, so that a second
run of the day finds nothing, and a run after days without one makes up for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.change import Change, ChangeSet, Result, commit
from app.db import db
from app.entity import Entity, registry
from app.jobs.schedule import daily
from models.price.adjustment import PriceAdjustment, PriceNotice
from models.price.audience import head_of_sales
from models.price.policy import DiscountPolicy
from models.price.price_list import PriceList

DATED: tuple[type[Entity], ...] = (PriceList, DiscountPolicy)


@daily("price_dates", hour=1)
def turn(day: date) -> dict[str, Any]:
    """Bring prices up to a day, acting as the system; returns how many records moved, and what the gate refused."""
    refused: list[str] = []
    dated = [change for cls in DATED for change in _dated(cls, day)]
    moved = _send(dated, _("Prices: what begins or ends today"), refused)
    moved += _send(_escalations(day), _("Not everybody has read the notice of new prices"), refused)
    for adjustment, number in _due(day):
        change = Change("price_adjustment", "update", id=adjustment, verb="begin")
        reason = _("%(number)s takes effect: the next version of the price list", number=number)
        moved += _send([change], reason, refused)
    return {"moved": moved, "refused": refused}


def _send(changes: list[Change], reason: str, refused: list[str]) -> int:
    """Write changes as one set, each for itself; returns how many were written."""
    if not changes:
        return 0
    result: Result = commit(ChangeSet(changes, "job", reason, partial=True))
    refused += [f"{changes[e.row].entity} {changes[e.row].id}: {e.code} {e.message}" for e in result.errors]
    return sum(1 for row in result.results[: len(changes)] if row.state == "done")


def _dated(cls: type[Entity], day: date) -> Iterable[Change]:
    """What ends before it what begins, so that a successor finds the place free."""
    entity = registry.of(cls)
    table = entity.table
    over = table.c.status.in_(("scheduled", "effective", "suspended")) & (table.c.valid_to < day)
    begun = (table.c.status == "scheduled") & (table.c.valid_from <= day)
    begun &= table.c.valid_to.is_(None) | (table.c.valid_to >= day)
    for verb, where in (("expire", over), ("begin", begun)):
        for record in _read(select(table.c.id).where(where).order_by(table.c.valid_from, table.c.id)):
            yield Change(entity.name, "update", id=record[0], verb=verb)


def _escalations(day: date) -> list[Change]:
    """On an adjustment's last day before: a notice for the head of sales that somebody has not read it, once."""
    table, known = registry.of(PriceAdjustment).table, registry.of(PriceNotice).table.c
    head = head_of_sales(db.session.connection())
    told = select(known.adjustment_id).where(known.kind == "escalate")
    late = (table.c.status == "scheduled") & (table.c.effective_date <= day + timedelta(days=1))
    query = select(table.c.id).where(late, table.c.ack_rate < 1, table.c.id.not_in(told))
    if head is None:
        return []
    person, department = head
    values = {"kind": "escalate", "assignee_id": person, "owner_id": person, "department_id": department}
    return [Change("price_notice", "insert", {**values, "adjustment_id": row[0]}) for row in _read(query)]


def _due(day: date) -> list[Any]:
    """The adjustments whose first day has come, the earliest first."""
    table = registry.of(PriceAdjustment).table
    where = (table.c.status == "scheduled") & (table.c.effective_date <= day)
    return _read(
        select(table.c.id, table.c.adjust_no).where(where).order_by(table.c.effective_date, table.c.id)
    )


def _read(query: Any) -> list[Any]:
    found = list(db.session.execute(query))
    db.session.rollback()
    return found

"""Who has to hear of an adjustment (BR-18), that they did, and what becomes of the notices when it is called off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app import clock
from app.change import Change
from app.change.contract import chunks
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.price.adjustment import PriceAdjustment, PriceNotice
from models.price.audience import buyers, head_of_sales, line_products, staff, unread

NOTE = 500
THEIRS = {"status", "method"}
"""What changes about a notice by whoever it is for."""
ANNOUNCED = {"staff": "ack_rate", "customer": "customer_notice_rate"}
"""The figure of an adjustment that says how far it is known, by whom a notice is for."""


@rule(PriceAdjustment, "BR-18", on=("update",), when=("status",))
def announce(batch: Batch) -> None:
    """When it is approved: a notice for everybody concerned, and one for each customer who has to be told."""
    approved = [row for row in batch if row.verb == "approved"]
    if not approved:
        return
    products = line_products(batch.connection, [row.draft.id for row in approved])
    for row in approved:
        row.set("notice_date", batch.today)
        due = date.fromisoformat(row["effective_date"]) - timedelta(days=1)
        people = staff(batch.connection, row["notify_depts"] or [])
        known = buyers(batch.connection, products[row.draft.id], row["region_id"], batch.today)
        for person, department in people.items():
            row.add(notice(row.draft.id, "announce", person, department, due, sent_at=now()))
        head = head_of_sales(batch.connection) if any(one.owner_id is None for one in known) else None
        for customer in known:
            keeper: Any = customer.owner_id or (head and head[0])
            told = {"target_type": "customer", "customer_id": customer.id}
            row.add(notice(row.draft.id, "announce", keeper, customer.department_id, due, **told))
        row.set("ack_rate", "0")
        row.set("customer_notice_rate", "0" if known else "1")


@rule(PriceAdjustment, "BR-18", on=("update",), when=("status",))
def call_off(batch: Batch) -> None:
    """When it is called off: nobody has to read it any more, and whoever knew of it hears that it is off."""
    cancelled = {row.draft.id: row for row in batch if row.verb == "cancel"}
    table = registry.of(PriceNotice).table
    names = ("id", "adjustment_id", "assignee_id", "department_id", "target_type", "customer_id", "status")
    for part in chunks(cancelled):
        query = select(*(table.c[name] for name in names))
        query = query.where(table.c.adjustment_id.in_(part), table.c.kind == "announce")
        for found in batch.connection.execute(query):
            row = cancelled[found.adjustment_id]
            if found.status == "open":
                row.add(Change("price_notice", "update", {"status": "void"}, id=found.id))
            elif found.status == "done":
                told = {"target_type": found.target_type, "customer_id": found.customer_id, "sent_at": now()}
                keeper, department = found.assignee_id, found.department_id
                row.add(notice(row.draft.id, "cancel", keeper, department, batch.today, **told))


def notice(
    adjustment: int | None, kind: str, person: int | None, department: int | None, due: date, **more: Any
) -> Change:
    """A new notice about an adjustment, for an employee if nothing else is said; it belongs to whoever sees to it."""
    values = {
        "adjustment_id": adjustment, "kind": kind, "target_type": "staff", "assignee_id": person,
        "owner_id": person, "department_id": department, "due_on": due.isoformat(), **more,
    }  # fmt: skip
    return Change("price_notice", "insert", values)


def now() -> str:
    """This instant as a field holds it."""
    return clock.instant_text(clock.now())


@rule(PriceNotice, "BY_SYSTEM", on=("insert", "update", "delete"))
def only_by_adjustments(batch: Batch) -> None:
    """Refuse notices that somebody makes, removes or turns into others: they follow from their adjustment."""
    for row in batch:
        theirs = row.op == "update" and row.draft.touched.keys() <= THEIRS
        if not (theirs or row.draft.added or batch.grants.system):
            row.error(None, _l("Notices come and go with their price adjustment."))


@rule(PriceNotice, "BR-18", on=("insert",))
def escalate(batch: Batch) -> None:
    """Name in a notice for the head of sales who has not read of the new prices yet."""
    for row in batch:
        if row["kind"] == "escalate":
            names = "、".join(unread(batch.connection, row["adjustment_id"]))
            row.set("note", str(_l("Not read yet: %(names)s", names=names))[:NOTE])
            row.set("sent_at", now())
            row.set("due_on", batch.today)


@rule(PriceNotice, "NOT_YOURS", on=("update",), when=("status", "method"))
def acknowledge(batch: Batch) -> None:
    """Whose notice it is says that they know, or how they told the customer; nobody does it for them."""
    for row in batch:
        if not (row.draft.added or batch.grants.system or row["assignee_id"] == batch.grants.user_id):
            row.error("assignee_id", _l("Only the person this notice is for can do this."))
        elif row.verb == "acknowledge" and row["target_type"] == "staff":
            row.set("read_at", clock.now())
            row.set("method", "site")
        elif row.verb == "acknowledge":
            row.set("informed_at", clock.now())
            if row["method"] is None:
                row.error("method", _l("Please fill in how you told the customer."), "NO_METHOD")


@rule(PriceNotice, "BR-18", on=("update",), when=("status",))
def rates(batch: Batch) -> None:
    """Keep on the adjustment how many have read it, and how many customers were told."""
    done = [row for row in batch if row.verb == "acknowledge" and row["kind"] == "announce"]
    counts = _counts(batch, {row["adjustment_id"] for row in done})
    for row in done:
        counts[row["adjustment_id"], row["target_type"]][0] += 1
    told: dict[int, tuple[Row, dict[str, str]]] = {}
    for row in done:
        known, everybody = counts[row["adjustment_id"], row["target_type"]]
        _row, figures = told.setdefault(row["adjustment_id"], (row, {}))
        # Rounded down: not everybody knows before everybody does.
        rate = (Decimal(known) / everybody).quantize(Decimal("0.0001"), ROUND_DOWN)
        figures[ANNOUNCED[row["target_type"]]] = format(rate, "f")
    for adjustment, (row, figures) in told.items():
        row.add(Change("price_adjustment", "update", figures, id=adjustment))


def _counts(batch: Batch, adjustments: Iterable[int]) -> dict[tuple[int, str], list[int]]:
    """[those who know, all] by adjustment and by whom the notices are for."""
    table, found = registry.of(PriceNotice).table, dict[tuple[int, str], list[int]]()
    query = select(table.c.adjustment_id, table.c.target_type, table.c.status, func.count())
    query = query.where(table.c.kind == "announce").group_by(*list(query.selected_columns)[:3])
    for part in chunks(sorted(adjustments)):
        for adjustment, target, status, count in batch.connection.execute(
            query.where(table.c.adjustment_id.in_(part))
        ):
            both = found.setdefault((adjustment, target), [0, 0])
            both[0] += count if status == "done" else 0
            both[1] += count if status != "void" else 0
    return found

"""What orders have given away by policies: counted when an order is confirmed, given back when it is cancelled (BR-12)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sqlalchemy import select

from app.change import Change
from app.change.contract import chunks
from app.change.rules import Batch, rule
from app.entity import registry
from models.order.order_line import SalesOrderLine
from models.order.sales_order import SalesOrder

CENT = Decimal("0.01")


@rule(SalesOrder, "BR-12-USED", on=("update",), when=("status",))
def use(batch: Batch) -> None:
    """Count what the policies of confirmed orders have given, once for the whole set."""
    signs: dict[int, int] = {}
    for row in batch:
        if row.draft.id is not None and row["status"] == "confirmed":
            signs[row.draft.id] = 1
        elif (
            row.draft.id is not None and row["status"] == "cancelled" and row.before["status"] == "confirmed"
        ):
            signs[row.draft.id] = -1
    given = _given(batch, signs)
    now = batch.fetch("discount_policy", given, ["used_amount"])
    for policy, amount in sorted(given.items()):
        if policy in now and amount:
            used = Decimal(now[policy]["used_amount"] or 0) + amount
            batch.rows[0].add(
                Change("discount_policy", "update", {"used_amount": format(used, "f")}, id=policy)
            )


def _given(batch: Batch, signs: dict[int, int]) -> dict[int, Decimal]:
    """The amount by policy; policies that met a line together share what they gave."""
    line = registry.of(SalesOrderLine)
    found: dict[int, Decimal] = defaultdict(Decimal)
    names = ("list_price", "policy_price", "qty", "policy_ids")
    for part in chunks(sorted(signs)):
        query = select(line.table.c.parent_id, *(line.table.c[n] for n in names)).where(
            line.table.c.parent_id.in_(part), line.table.c.is_gift.is_not(True)
        )
        for order, listed, policy, qty, ids in batch.connection.execute(query):
            if not ids or None in (listed, policy, qty):
                continue
            amount = (listed - policy) * qty
            share = (amount / len(ids)).quantize(CENT)
            found[ids[0]] += signs[order] * (amount - share * (len(ids) - 1))
            for other in ids[1:]:
                found[other] += signs[order] * share
    return found

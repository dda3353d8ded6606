"""The orders of the demo company: what was agreed in 15 months, and what is in hand today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.change import Change
from app.entity import registry
from seeds.approving import walk_record
from seeds.data.in_hand import IN_HAND, InHand
from seeds.data.orders import Order, drafts, orders
from seeds.diary import Diary, worked_back
from seeds.ledgers import Ids, Place
from seeds.writing import read, write

A_WEEK = 7


class Orders:
    """Writes orders; `products` by SKU, `buyers` the ids of the demo customers in order, who are described by `known`."""

    def __init__(
        self, place: Place, products: Ids, buyers: list[int], known: Sequence[dict[str, Any]]
    ) -> None:
        self._place, self._products, self._buyers, self._known = place, products, buyers, known
        self._made: dict[int, int] = {}

    def enter(self, diary: Diary, since: date) -> None:
        """All orders: what was before a day at once, the rest week by week, those in hand when written."""
        today = clock.today()
        found = orders(self._known, today)
        until = since
        part = [order for order in found if order.values["order_date"] < since.isoformat()]
        diary.on((since - today).days, 17, partial(self._agreed, "before", part))
        while until < today:
            begin, until = until, min(until + timedelta(days=A_WEEK), today)
            part = [o for o in found if begin.isoformat() <= o.values["order_date"] < until.isoformat()]
            diary.on((until - today).days - 1, 17, partial(self._agreed, begin.isoformat(), part))
        now = clock.now()
        days = [clock.local(worked_back(now, asked.ago)).date() for asked in IN_HAND]
        for number, (asked, order) in enumerate(zip(IN_HAND, drafts(self._known, days), strict=True)):
            self._in_hand(diary, number, asked, order)

    def _agreed(self, key: str, found: list[Order]) -> None:
        changes = [change for number, order in enumerate(found) for change in self._changes(number, order)]
        if changes:
            with acting_as(None, source="seed"):
                write(f"demo:orders:{key}", changes, "补录已成交订单", history=True)

    def _in_hand(self, diary: Diary, number: int, asked: InHand, order: Order) -> None:
        key, users = f"demo:orders:hand:{number}", self._place.users

        def draft() -> None:
            with acting_as(users[asked.owner], source="seed"):
                self._made[number] = write(key, self._changes(number, order))[0]
                if asked.rate != "1":
                    write(f"{key}:price", _lowered(self._made[number], Decimal(asked.rate)), "特价")

        diary.ago(asked.ago, draft)
        walk_record(diary, key, asked.way, "sales_order", lambda: self._made[number], asked.owner, users)

    def _changes(self, number: int, order: Order) -> list[Change]:
        kept_by = self._place.kept_by(order.owner)
        values = {**order.values, "customer_id": self._buyers[order.buyer], **kept_by}
        return [
            Change("sales_order", "insert", values, ref=f"o{number}"),
            *(self._line(number, line) for line in order.lines),
        ]

    def _line(self, number: int, line: dict[str, Any]) -> Change:
        values = {name: value for name, value in line.items() if name != "sku"}
        values |= {"parent_id": {"ref": f"o{number}"}, "product_id": self._products[line["sku"]]}
        return Change("sales_order_line", "insert", values)


def _lowered(order: int, rate: Decimal) -> list[Change]:
    """The lines of an order at a share of their policy price, not below the floor."""
    table = registry.get("sales_order_line").table.c
    query = select(table.id, table.policy_price, table.floor_price).where(table.parent_id == order)
    lines = read(query.order_by(table.id))
    prices = [(line.id, max(line.policy_price * rate, line.floor_price)) for line in lines]
    return [Change("sales_order_line", "update", {"unit_price": f"{price:.2f}"}, id=n) for n, price in prices]

"""How prices came about in the demo company: its price list, its discount policies, its adjustments and their notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.change import Change
from app.entity import registry
from models.price.dates import turn
from seeds import ledgers
from seeds.approving import walk_record
from seeds.data.policies import KEEPER, RAISED, WRITTEN, AdjustmentRow, PolicyRow, adjustments, policies
from seeds.data.way import Way, agreed
from seeds.diary import Diary
from seeds.ledgers import Ids, Place
from seeds.writing import read, write

LIST = agreed(398, 397, 396, 395)
METHODS = ("call", "visit", "wechat")


class Prices:
    """Writes prices; `products` are ids by SKU, `began` the day from which on the company works with the system."""

    def __init__(self, place: Place, products: Ids, began: date) -> None:
        self._place, self._products, self._began = place, products, began
        self._made: dict[str, int] = {}

    def enter(self, diary: Diary) -> None:
        """All that happened to prices."""
        today = clock.today()
        self._ask(diary, "price_list", "list", "mm.zhao", LIST, self._price_list)
        for policy in policies(today, self._began):
            changes = partial(self._policy, policy)
            self._ask(diary, "discount_policy", policy.values["code"], policy.keeper, policy.way, changes)
        for number, row in enumerate(adjustments(today)):
            key = f"adjustment{number}"
            self._ask(diary, "price_adjustment", key, KEEPER, row.way, partial(self._adjustment, row))
            if row.read is not None:
                self._read(diary, key, *row.read)
        for days in ((self._began - today).days + 2, RAISED, -9):
            diary.on(days, 1, _night)

    def _ask(
        self, diary: Diary, entity: str, key: str, keeper: str, way: Way, changes: Callable[[], list[Change]]
    ) -> None:
        users = self._place.users

        def draft() -> None:
            with acting_as(users[keeper], source="seed"):
                self._made[key] = write(f"demo:{key}", changes())[0]

        diary.ago((way[0].ago if way else 0) + WRITTEN, draft)
        walk_record(diary, f"demo:{key}", way, entity, lambda: self._made[key], keeper, users)

    def _price_list(self) -> list[Change]:
        return ledgers.price_list(self._place, self._products, self._began.year)

    def _policy(self, row: PolicyRow) -> list[Change]:
        values = {**row.values, **self._place.kept_by(row.keeper)}
        if "product" in values:
            values["scope_product_id"] = self._products[values.pop("product")]
        steps = [{"min_qty": least, "rate": rate, "parent_id": {"ref": "p"}} for least, rate in row.steps]
        return [
            Change("discount_policy", "insert", values, ref="p"),
            *(Change("discount_tier", "insert", dict(step)) for step in steps),
        ]

    def _adjustment(self, row: AdjustmentRow) -> list[Change]:
        values = {**row.values, **self._place.kept_by(KEEPER)}
        lines = []
        for sku, tier, price in row.lines:
            field = "new_floor" if tier == "floor" else "new_price"
            line = {"parent_id": {"ref": "a"}, "product_id": self._products[sku], "tier": tier, field: price}
            lines.append(Change("price_adjustment_line", "insert", line))
        return [Change("price_adjustment", "insert", values, ref="a"), *lines]

    def _read(self, diary: Diary, key: str, since: float, unread: int) -> None:
        """One after the other people read the notices of an adjustment, and say how they told their customers."""
        people = sorted(self._place.users.items(), key=lambda one: one[1])
        for number, (name, user) in enumerate(people[: len(people) - unread]):
            diary.ago(since - number * 1.5, partial(self._acknowledge, key, name, user, METHODS[number % 3]))

    def _acknowledge(self, key: str, name: str, user: int, method: str) -> None:
        with acting_as(user, source="seed"):
            changes = [
                Change(
                    "price_notice",
                    "update",
                    {} if target == "staff" else {"method": method},
                    id=n,
                    verb="acknowledge",
                )
                for n, target in _notices(self._made[key], user)
            ]
            if changes:
                write(f"demo:{key}:read:{name}", changes)


def _night() -> None:
    with acting_as(None, source="job"):
        turn(clock.today())


def _notices(adjustment: int, user: int) -> list[Any]:
    """The notices of an adjustment that somebody has not read."""
    table = registry.get("price_notice").table.c
    query = select(table.id, table.target_type).where(
        table.adjustment_id == adjustment, table.assignee_id == user, table.status == "open"
    )
    return read(query.order_by(table.id))

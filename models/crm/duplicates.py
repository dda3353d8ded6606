"""BR-33: a customer on file already is refused; nearly the same name in the same region is asked about.

A customer outside the asker's scope is never named: they are only told that it is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change.contract import chunks
from app.change.rules import Batch, Row, rule
from app.entity import registry
from app.entity.keys import text_key
from models.crm.customer import Customer
from models.crm.similar import Names

ALIKE = 0.9
TAKEN = _l("Already in use.")


class Holder(NamedTuple):
    """A customer on file, as far as a duplicate must be told of them."""

    id: int
    value: Any
    code: str
    name: str
    owner_id: int | None
    department_id: int | None


@rule(Customer, "BR-33", on=("insert", "update", "delete"), when=("uscc", "mobile"))
def same_number(batch: Batch) -> None:
    """Refuse a credit code or a mobile number that another customer has."""
    for field in ("uscc", "mobile"):
        claims: dict[str, list[Row]] = defaultdict(list)
        for row in _new(batch, field):
            claims[text_key(row[field])].append(row)
        leaving = {row.draft.id for row in batch if row.op == "delete" or row.changed(field)}
        holders = {
            holder.value: holder
            for holder in _holders(batch, f"{field}_key", claims)
            if holder.id not in leaving
        }
        for key, rows in claims.items():
            for row in rows:
                if len(rows) > 1:
                    row.error(field, _l("Rows %(rows)s have the same.", rows=_numbers(rows)), "DUP")
                if key in holders:
                    row.error(field, _message(batch, holders[key]), "DUP")


@rule(Customer, "BR-33", on=("insert", "update", "delete"), when=("name", "region_id"))
def similar_name(batch: Batch) -> None:
    """Ask before a customer is kept whose name is nearly that of another one in the same region."""
    moved = dict.fromkeys([*_new(batch, "name"), *_new(batch, "region_id")])
    asked = {row: _place(row["region_id"]) for row in moved if row["name"] and row["region_id"]}
    leaving = {row.draft.id for row in batch}
    there = batch.kept.setdefault(OnFile, OnFile()).names(batch, _ids(asked.values()))
    sent: dict[Any, Names[Row]] = defaultdict(lambda: Names(ALIKE))
    for row, region in asked.items():
        sent[region].add(row, row["name"])
    found: dict[Row, int] = {}
    for row, region in asked.items():
        alike, other = sent[region].closest(row["name"], (row,))
        score, record = there[region].closest(row["name"], leaving) if region in there else (0, None)
        if record is not None and score >= alike:
            found[row] = record
        elif other is not None:
            message = _l(
                "Row %(row)s has nearly the same name. Is this another customer?", row=_numbers([other])
            )
            row.confirm("name", "DUP_NAME", message)
    holders = {holder.id: holder for holder in _holders(batch, "id", set(found.values()))}
    for row, record in found.items():
        row.confirm("name", "DUP_NAME", _message(batch, holders[record]))


class OnFile:
    """The names on file in the regions asked about, read once for all stretches of a long set.

    What a stretch moved is looked up anew when the next one comes: whether it was written is known by then only.
    """

    def __init__(self) -> None:
        self._names: dict[int, Names[int]] = {}
        self._moved: list[Row] = []
        self._before = 0

    def names(self, batch: Batch, regions: set[int]) -> dict[int, Names[int]]:
        """The names by region, of at least these, as they are before this stretch."""
        if batch.before != self._before:
            self._catch_up(batch)
            self._before = batch.before
        self._moved += batch
        new = regions - self._names.keys()
        self._names.update((region, Names(ALIKE)) for region in new)
        for record, region, name in _named(batch, "region_id", new):
            self._names[region].add(record, name)
        return self._names

    def _catch_up(self, batch: Batch) -> None:
        moved = {row.draft.id for row in self._moved if row.draft.id is not None}
        for names in self._names.values():
            names.drop(moved)
        for record, region, name in _named(batch, "id", moved):
            if region in self._names:
                self._names[region].add(record, name)
        self._moved = []


def _new(batch: Batch, field: str) -> Iterator[Row]:
    for row in batch:
        if row[field] is not None and (row.op == "insert" or (row.op == "update" and row.changed(field))):
            yield row


def _holders(batch: Batch, column: str, values: Iterable[Any]) -> Iterator[Holder]:
    """The customers that have one of the values in a column, scope left aside: judging needs all of them."""
    table = registry.of(Customer).table
    names = (column, "customer_code", "name", "owner_id", "department_id")
    query = select(table.c.id, *(table.c[name] for name in names))
    for part in chunks(values):
        for record in batch.connection.execute(query.where(table.c[column].in_(part))):
            yield Holder(*record)


def _named(batch: Batch, column: str, values: Iterable[int]) -> Iterator[tuple[int, int, str]]:
    """Id, region and name of the customers that have one of the values in a column, scope left aside."""
    table = registry.of(Customer).table
    query = select(table.c.id, table.c.region_id, table.c.name)
    for part in chunks(values):
        yield from map(tuple, batch.connection.execute(query.where(table.c[column].in_(part))))


def _place(region: Any) -> int | str:
    """A region as a key: its id, or the reference to one that the set inserts."""
    found: int | str = region["ref"] if isinstance(region, dict) else region
    return found


def _ids(places: Iterable[int | str]) -> set[int]:
    return {place for place in places if isinstance(place, int)}


def _message(batch: Batch, holder: Holder) -> Any:
    if batch.grants.reaches("customer", holder.owner_id, holder.department_id):
        return _l("Already on file: %(code)s %(name)s.", code=holder.code, name=holder.name)
    return TAKEN


def _numbers(rows: list[Row]) -> str:
    return "、".join(str(row.draft.change.line or row.draft.row + 1) for row in rows[:10])

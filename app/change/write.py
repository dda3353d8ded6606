"""Writing planned rows in batches: ids, numbers, inserts, updates, deletes. Called under the write lock only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, delete, text, update

from app import clock
from app.change import many, numbers, progress
from app.change.columns import columns_of
from app.change.contract import Draft, by_entity, chunks
from app.entity import EntityType, Field, registry

BATCH = 1000
FEW = 50
"""Updates of fewer records than this share a statement with others."""


def take_ids(connection: Connection, entity: EntityType, count: int) -> list[int]:
    """`count` fresh ids, never used before, so that lines can point at headers in one pass."""
    if connection.dialect.name == "postgresql":
        sequence = f"{entity.name}_id_seq"
        query = text("select nextval(:name) from generate_series(1, :n)")
        return [row[0] for row in connection.execute(query, {"name": sequence, "n": count})]
    query = text("select coalesce((select seq from sqlite_sequence where name = :name), 0)")
    last = max(
        connection.execute(query, {"name": entity.name}).scalar_one(),
        connection.execute(text(f'select coalesce(max(id), 0) from "{entity.name}"')).scalar_one(),
    )
    return list(range(last + 1, last + 1 + count))


def give_ids(connection: Connection, drafts: list[Draft]) -> None:
    """Give inserts their ids (an undone delete keeps its own) and resolve references between them."""
    refs: dict[str, int] = {}
    for name, group in by_entity(d for d in drafts if d.op == "insert").items():
        fresh = [d for d in group if d.id is None]
        for draft, new_id in zip(fresh, take_ids(connection, registry.get(name), len(fresh)), strict=True):
            draft.id = new_id
        refs.update({d.change.ref: d.id for d in group if d.change.ref and d.id})
    for draft in drafts if refs else ():
        for name in draft.entity.links:
            value = draft.after.get(name)
            if isinstance(value, dict):
                draft.after[name] = refs[value["ref"]]
                if name in draft.touched:
                    draft.touched[name] = draft.after[name]


def give_numbers(connection: Connection, drafts: list[Draft]) -> None:
    """Fill automatic numbers; one given by hand pushes the counter."""
    for name, group in by_entity(d for d in drafts if d.op == "insert").items():
        for field in registry.get(name).fields.values():
            if field.kind != "number":
                continue
            empty = [d for d in group if d.after.get(field.name) is None]
            given: dict[str, int] = {}
            for draft in group:
                found = numbers.read(field.pattern, draft.after.get(field.name) or "")
                if found:
                    given[found[0]] = max(found[1], given.get(found[0], 0))
            if not empty and not given:
                continue
            days = [_day(field, draft) for draft in empty]
            periods = [numbers.period_of(field.pattern, day) for day in days]
            with numbers.counting(connection) as counters:
                numbers.push(counters, field.pattern, given)
                free = numbers.reserve(counters, field.pattern, Counter(periods))
            for draft, day, period in zip(empty, days, periods, strict=True):
                draft.after[field.name] = numbers.render(field.pattern, day, free[period])
                free[period] += 1


def _day(field: Field, draft: Draft) -> date:
    """The day that dates a number: the record's business date, else today."""
    found = draft.after.get(field.date_from) if field.date_from else None
    return date.fromisoformat(found) if found else clock.today()


def write(connection: Connection, drafts: list[Draft], actor_id: int | None) -> None:
    """Write the drafts: inserts, then updates, then deletes with lines before their headers."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    else:
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
    for name, group in by_entity(d for d in drafts if d.op == "insert").items():
        _insert(connection, registry.get(name), group, actor_id)
    for name, group in by_entity(d for d in drafts if d.op == "update" and d.touched).items():
        _update(connection, registry.get(name), group, actor_id)
    doomed = by_entity(d for d in drafts if d.op == "delete")
    for name in sorted(doomed, key=lambda n: not registry.get(n).about.parent):
        table = registry.get(name).table
        for part in chunks([d.id for d in doomed[name]]):
            connection.execute(delete(table).where(table.c.id.in_(part)))


def _insert(connection: Connection, entity: EntityType, drafts: list[Draft], actor_id: int | None) -> None:
    now = clock.instant_text(clock.now())
    for draft in drafts:
        after = draft.after
        draft.version = (draft.version or 0) + 1
        if after.get("created_at") is None:  # a restored record keeps who made it, be it nobody
            after["created_at"], after["created_by_id"] = now, after.get("created_by_id") or actor_id
        after["updated_at"], after["updated_by_id"] = now, actor_id
    _send(connection, *columns_of(entity, connection).insert(), drafts)


def _update(connection: Connection, entity: EntityType, drafts: list[Draft], actor_id: int | None) -> None:
    now, fields = clock.instant_text(clock.now()), entity.fields
    movers = [d for d in drafts if d.touched.keys() & set(entity.about.key)]
    if len(movers) > 1:
        _vacate_keys(connection, entity, movers)
    groups: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[frozenset(draft.touched)].append(draft)
    for names, group in groups.items():
        # What follows from the lines alone is nobody's edit: who has the header open is not disturbed.
        step = 0 if all(fields[name].derived for name in names) else 1
        for draft in group:
            draft.version = (draft.version or 0) + step
            draft.after["updated_at"], draft.after["updated_by_id"] = now, actor_id
    columns = columns_of(entity, connection)
    for names, group in _gathered(groups, alone=len({d.id for d in drafts}) < len(drafts)):
        _send(connection, *columns.update(names), group)
    if len(movers) > 1 and "vacated" in entity.table.c:
        for part in chunks([d.id for d in movers]):
            connection.execute(update(entity.table).where(entity.table.c.id.in_(part)).values(vacated=0))


def _gathered(
    groups: dict[frozenset[str], list[Draft]], *, alone: bool
) -> Iterator[tuple[frozenset[str], list[Draft]]]:
    """Updates by the fields their statement writes. A statement costs more than some cells written again as they
    are, so small groups share one; but not (`alone`) where a record is written twice: each knows its own cells only.
    """
    small = {} if alone else {names: group for names, group in groups.items() if len(group) < FEW}
    yield from ((names, group) for names, group in groups.items() if names not in small)
    if small:
        yield frozenset().union(*small), [draft for group in small.values() for draft in group]


def _send(
    connection: Connection, statement: str, values: Callable[[Draft], tuple[Any, ...]], drafts: list[Draft]
) -> None:  # fmt: skip
    """Execute a statement for many drafts, saying how far it is."""
    for count, part in enumerate(chunks(drafts, BATCH)):
        progress.report(count * BATCH, len(drafts), "write")
        many.send(connection, statement, [values(draft) for draft in part])


def _vacate_keys(connection: Connection, entity: EntityType, movers: list[Draft]) -> None:
    """Rows that swap business keys first give them up: no unique index looks at a batch as a whole."""
    table, empty = entity.table, defaultdict[str, list[dict[str, Any]]](list)
    for draft in movers:
        if "vacated" in table.c:
            empty["vacated"].append({"k_id": draft.id, "v_key": draft.id})
        else:
            moved = next(name for name in entity.about.key if name in draft.touched)
            empty[entity.key_columns[moved]].append({"k_id": draft.id, "v_key": f"\x01{draft.id}"})
    for column, group in empty.items():
        statement = update(table).where(table.c.id == bindparam("k_id")).values({column: bindparam("v_key")})
        for part in chunks(group, BATCH):
            connection.execute(statement, part)

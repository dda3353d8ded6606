"""Writing planned rows in batches: ids, numbers, inserts, updates, deletes. Called under the write lock only."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Insert, Update, bindparam, delete, insert, text, update

from app import clock
from app.change import numbers, progress
from app.change.contract import Draft, chunks
from app.change.plan import by_entity
from app.entity import EntityType, Field, registry
from app.entity.keys import text_key

BATCH = 1000


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
    for draft in drafts:
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


def _stored(entity: EntityType, values: dict[str, Any]) -> dict[str, Any]:
    stored = {}
    for name, value in values.items():
        stored[name] = entity.fields[name].to_stored(value)
        if name in entity.key_columns:
            stored[entity.key_columns[name]] = None if value is None else text_key(value)
    return stored


def _insert(connection: Connection, entity: EntityType, drafts: list[Draft], actor_id: int | None) -> None:
    now, rows = clock.now(), []
    for draft in drafts:
        after = draft.after
        row = _stored(entity, after)
        row["id"] = draft.id
        row["version"] = draft.version = (draft.version or 0) + 1
        if row.get("created_at") is None:  # a restored record keeps who made it, be it nobody
            row["created_at"], row["created_by_id"] = now, row.get("created_by_id") or actor_id
        row["updated_at"], row["updated_by_id"] = now, actor_id
        if entity.about.parent:
            row["position"] = (draft.id or 0) * 1024
        after["created_at"] = clock.instant_text(row["created_at"])
        after["updated_at"], after["updated_by_id"] = clock.instant_text(now), actor_id
        after["created_by_id"] = row.get("created_by_id")
        rows.append(row)
    _send(connection, insert(entity.table), rows)


def _update(connection: Connection, entity: EntityType, drafts: list[Draft], actor_id: int | None) -> None:
    now, table = clock.now(), entity.table
    _vacate_keys(connection, entity, drafts)
    groups: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[frozenset(draft.touched)].append(draft)
    for names, group in groups.items():
        # What follows from the lines alone is nobody's edit: who has the header open is not disturbed.
        step = 0 if all(entity.fields[name].derived for name in names) else 1
        sample = _stored(entity, dict.fromkeys(names))
        values = {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in sample}
        statement = (
            update(table)
            .where(table.c.id == bindparam("k_id"))
            .values(version=bindparam("v_version"), updated_at=now, updated_by_id=actor_id, **values)
        )
        rows = []
        for draft in group:
            draft.version = (draft.version or 0) + step
            draft.after["updated_at"], draft.after["updated_by_id"] = clock.instant_text(now), actor_id
            row = {f"v_{name}": value for name, value in _stored(entity, draft.touched).items()}
            rows.append({"k_id": draft.id, "v_version": draft.version, **row})
        _send(connection, statement, rows)


def _send(connection: Connection, statement: Insert | Update, rows: list[dict[str, Any]]) -> None:
    """Execute a statement for many rows, saying how far it is."""
    for count, part in enumerate(chunks(rows, BATCH)):
        progress.report(count * BATCH, len(rows), "write")
        connection.execute(statement, part)


def _vacate_keys(connection: Connection, entity: EntityType, drafts: list[Draft]) -> None:
    """Rows that swap business keys first give them up: no unique index looks at a batch as a whole."""
    keyed = [entity.key_columns[n] for n in entity.about.key if n in entity.key_columns]
    movers = [d for d in drafts if d.touched.keys() & set(entity.about.key)]
    if not keyed or len(movers) < 2:
        return
    column = entity.table.c[keyed[0]]
    statement = (
        update(entity.table)
        .where(entity.table.c.id == bindparam("k_id"))
        .values({column: bindparam("v_key")})
    )
    for part in chunks([{"k_id": d.id, "v_key": f"\x01{d.id}"} for d in movers], BATCH):
        connection.execute(statement, part)

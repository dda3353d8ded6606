"""The checks of a plan, each over a whole batch: rights, required cells, links, keys, references, after-image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select, tuple_

from app.access.grants import Grants
from app.change.contract import ChangeSet, Draft, by_entity, chunks
from app.change.earlier import Earlier
from app.entity import EntityType, registry
from app.entity.field import PERSON
from app.entity.keys import text_key

_VERBS = {"insert": "add", "update": "edit", "delete": "delete"}


def rights(
    connection: Connection, entity: EntityType, drafts: list[Draft], grants: Grants, change_set: ChangeSet,
    known: list[Draft],
) -> None:  # fmt: skip
    """As `decide` says: the verb on the entity, then the record, which does not exist for whoever cannot reach it."""
    reach = _reach(
        connection, entity, [d for d in drafts if d.op != "insert" and not d.missing], grants, known
    )
    may = {op: grants.can(verb, entity.name) for op, verb in _VERBS.items()}
    for draft in drafts:
        # What a rule adds needs no right; that of a lifecycle verb alone is asked where the verb is read.
        if not (may[draft.op] or draft.added or (draft.change.verb and not draft.change.values)):
            _turn_away(draft, "FORBIDDEN", _l("Your role may not do this."))
        elif draft.op != "insert" and not (draft.missing or draft.added or reach(draft.before)):
            _turn_away(draft, "NOT_FOUND", _l("This record does not exist any more, or you may not see it."))
    if change_set.source == "import" and not grants.can("import", entity.name):
        for draft in drafts:
            if not draft.errors:
                draft.error(None, "FORBIDDEN", _l("Your role may not import here."))


def _turn_away(draft: Draft, code: str, message: Any) -> None:
    """Refuse a row without a word about the record: nothing else is looked at, nothing of it is told."""
    draft.missing, draft.version = True, None
    draft.errors.clear()
    draft.error(None, code, message)


def _reach(
    connection: Connection, entity: EntityType, drafts: list[Draft], grants: Grants, known: Iterable[Draft]
) -> Any:
    """A function that tells whether a record (wire values) is inside the asker's scope; a line is where its header is."""
    if not entity.about.parent:
        if grants.scope(entity.name) == "all":
            return lambda values: True
        return lambda values: grants.reaches(entity.name, values.get("owner_id"), values.get("department_id"))
    parent = registry.get(entity.about.parent)
    ids = sorted({v for d in drafts if isinstance(v := (d.after or d.before).get("parent_id"), int)})
    table, inside = parent.table, set()
    for part in chunks(ids):
        query = select(table.c.id, table.c.owner_id, table.c.department_id).where(table.c.id.in_(part))
        inside |= {row[0] for row in connection.execute(query) if grants.reaches(parent.name, row[1], row[2])}
    for draft in known:  # a header that comes back in the same set, with the id it had
        owner, department = draft.after.get("owner_id"), draft.after.get("department_id")
        if draft.op == "insert" and draft.entity is parent and grants.reaches(parent.name, owner, department):
            inside.add(draft.id)
    return lambda values: isinstance(values.get("parent_id"), dict) or values.get("parent_id") in inside


def required(entity: EntityType, drafts: Iterable[Draft]) -> None:
    """Every required cell is filled; for an update only the cells it touches are asked about."""
    specs = [spec for spec in entity.fields.values() if spec.required]
    for draft in drafts:
        if draft.op == "delete" or draft.missing:
            continue
        after, touched, new = draft.after, draft.touched, draft.op == "insert"
        empty = [s for s in specs if after.get(s.name) is None and (new or s.name in touched)]
        if empty:
            named = {e.field for e in draft.errors}
            for spec in empty:
                if spec.name not in named:
                    message = _l("“%(label)s” must be filled in.", label=spec.label)
                    draft.error(spec.name, "REQUIRED", message)


def after_image(
    connection: Connection, entity: EntityType, drafts: list[Draft], grants: Grants, known: list[Draft]
) -> None:
    """What is written must still be inside the asker's scope (nobody moves a record where they cannot see it)."""
    live = [d for d in drafts if d.op != "delete" and d.ok and not d.added]
    moved = [
        d for d in live if d.op == "insert" or {"owner_id", "department_id", "parent_id"} & d.touched.keys()
    ]
    reach = _reach(connection, entity, moved, grants, known)
    for draft in moved:
        if not reach(draft.after):
            name = "parent_id" if entity.about.parent else "owner_id"
            draft.error(name, "OUT_OF_SCOPE", _l("This would put the record where you may not see it."))


def links(
    connection: Connection, drafts: list[Draft], grants: Grants, change_set: ChangeSet, earlier: Earlier
) -> None:
    """Every newly given link points at a record the asker can see, or at one this set inserts."""
    refs = {ref: entity for ref, (entity, _id) in earlier.refs.items()}
    for draft in drafts:
        if draft.op == "insert" and draft.change.ref:
            if draft.change.ref in refs:
                draft.error(None, "REF_TWICE", _l("Two new records of this change have the same reference."))
            refs[draft.change.ref] = draft.entity.name
    given: dict[str, list[tuple[str, list[Draft]]]] = defaultdict(list)
    wanted: dict[str, set[int]] = defaultdict(set)
    for name, group in by_entity(drafts).items():
        live = [(d, d.given if d.op == "insert" else d.touched)
                for d in group if d.op != "delete" and not d.missing]  # fmt: skip
        for link, spec in registry.get(name).links.items():
            linking = [draft for draft, cells in live if link in cells]
            given[spec.target].append((link, linking))
            for draft in linking:
                value = draft.after.get(link)
                if isinstance(value, dict):
                    if refs.get(value["ref"]) != spec.target:
                        draft.error(link, "NO_REF", _l("This points at nothing in the same change."))
                elif value is not None:
                    wanted[spec.target].add(value)
    for target, ids in wanted.items():
        seen = visible(connection, target, sorted(ids), grants, trusted=change_set.restoring)
        seen |= {d.id for d in drafts if d.op == "insert" and d.id is not None and d.entity.name == target}
        lost = ids - seen
        for link, linking in given[target] if lost else ():
            for draft in linking:
                value = draft.after.get(link)
                if not isinstance(value, dict) and value in lost:
                    draft.error(
                        link, "LINK_NOT_FOUND", _l("This record does not exist, or you may not see it.")
                    )


def visible(
    connection: Connection, target: str, ids: list[int], grants: Grants, *, trusted: bool = False
) -> set[int]:
    """Which of `ids` are there and within the asker's reach; with `trusted`, all that are there."""
    if target == PERSON:
        table = registry.target_class(PERSON).__table__
        query = select(table.c.id)
        return {r[0] for part in chunks(ids) for r in connection.execute(query.where(table.c.id.in_(part)))}
    entity = registry.get(target)
    owner, table = entity.parent or entity, entity.table
    if trusted or grants.scope(owner.name) == "all":
        there = select(table.c.id)
        return {r[0] for part in chunks(ids) for r in connection.execute(there.where(table.c.id.in_(part)))}
    query = select(table.c.id, owner.table.c.owner_id, owner.table.c.department_id)
    if entity.parent:
        query = query.join(owner.table, owner.table.c.id == table.c.parent_id)
    return {
        record
        for part in chunks(ids)
        for record, who, where in connection.execute(query.where(table.c.id.in_(part)))
        if grants.reaches(owner.name, who, where)
    }


def key_of(entity: EntityType, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """The record's business key as equality sees it; None while a part of it is empty."""
    names = entity.about.key
    if entity.about.parent and "parent_id" not in names:
        names = ("parent_id", *names)
    parts = []
    for name in names:
        value = values.get(name)
        if value is None or isinstance(value, dict):
            return None
        parts.append(text_key(value) if name in entity.key_columns else value)
    return tuple(parts)


def key_columns(entity: EntityType) -> list[Any]:
    """The columns that hold the business key, in the order of `key_of`."""
    names = list(entity.about.key)
    if entity.about.parent and "parent_id" not in names:
        names.insert(0, "parent_id")
    return [entity.table.c[entity.key_columns.get(name, name)] for name in names]


def find_by_key(
    connection: Connection, entity: EntityType, keys: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], int]:
    """Record ids by business key (as `key_of` gives it); no scope applied."""
    columns = key_columns(entity)
    specs = [entity.fields.get(c.name) for c in columns]
    found: dict[tuple[Any, ...], int] = {}
    for part in chunks(dict.fromkeys(keys)):
        stored = [tuple(s.to_stored(v) if s else v for s, v in zip(specs, key, strict=True)) for key in part]
        where = columns[0].in_([k[0] for k in stored]) if len(columns) == 1 else tuple_(*columns).in_(stored)
        for row in connection.execute(select(entity.table.c.id, *columns).where(where)):
            found[tuple(s.to_wire(v) if s else v for s, v in zip(specs, row[1:], strict=True))] = row[0]
    return found


def keys(connection: Connection, drafts: list[Draft], earlier: Earlier) -> None:
    """No two records share a business key, neither in the set nor with what is there."""
    for name, group in by_entity(drafts).items():
        entity = registry.get(name)
        if entity.about.key:
            _entity_keys(connection, entity, group, earlier)


def _entity_keys(connection: Connection, entity: EntityType, group: list[Draft], earlier: Earlier) -> None:
    parts = set(entity.about.key) | {"parent_id"}
    asked: dict[tuple[Any, ...], list[Draft]] = defaultdict(list)
    leaving = set()
    for draft in group:
        moves = draft.op == "update" and not parts.isdisjoint(draft.touched)
        if draft.op == "delete" or moves:
            leaving.add(draft.id)
            key = key_of(entity, draft.before)
            if key is not None:
                earlier.leave(entity.name, key)
        if draft.op == "insert" or moves:
            key = key_of(entity, draft.after)
            if key is not None and not draft.missing:
                asked[key].append(draft)
    if not asked:
        return
    label = "、".join(str(entity.fields[n].label) for n in entity.about.key if n in entity.fields)
    column = entity.about.key[0]
    taken = find_by_key(connection, entity, asked)
    for key, claimants in asked.items():
        numbers = [d.change.line or d.row + 1 for d in claimants[:10]]
        before = earlier.claim(entity.name, key, numbers[0])
        numbers = numbers if before is None else [before, *numbers]
        if len(numbers) > 1:
            rows = "、".join(map(str, numbers))
            for draft in claimants:
                message = _l("“%(label)s” occurs more than once here: rows %(rows)s.", label=label, rows=rows)
                draft.error(column, "DUPLICATE_IN_SET", message)
        holder = taken.get(key)
        free = holder is None or holder in leaving or earlier.left(entity.name, key)
        if not free and before is None:
            for draft in claimants:
                draft.error(column, "TAKEN", _l("This “%(label)s” is already in use.", label=label))


def references(connection: Connection, drafts: list[Draft]) -> None:
    """A record that others link to is not deleted."""
    doomed: dict[str, dict[int, Draft]] = defaultdict(dict)
    for draft in drafts:
        if draft.op == "delete" and not draft.missing and isinstance(draft.id, int):
            doomed[draft.entity.name][draft.id] = draft
    for name, victims in doomed.items():
        for other in registry:
            for link_name, spec in other.links.items():
                if spec.target == name and not (link_name == "parent_id" and other.about.parent == name):
                    _references_from(connection, other, link_name, victims, doomed.get(other.name, {}))


def _references_from(
    connection: Connection,
    other: EntityType,
    link_name: str,
    victims: dict[int, Draft],
    dying: dict[int, Draft],
) -> None:
    table = other.table
    column = table.c[link_name]
    for part in chunks(sorted(victims)):
        for holder, target in connection.execute(
            select(table.c.id, column).where(column.in_(part)).limit(1000)
        ):
            draft = victims[target]
            if holder not in dying and not any(e.code == "REFERENCED" for e in draft.errors):
                draft.error(None, "REFERENCED",
                            _l("“%(label)s” still refers to this record, so it cannot be deleted.", label=other.label)
                )  # fmt: skip

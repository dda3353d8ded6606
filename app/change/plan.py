"""The gate's first half: what would happen, and every error. Reads only, on a snapshot of its own."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, func, select

from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.change import approving, attachments, check, merge, progress
from app.change.columns import columns_of
from app.change.contract import Change, ChangeSet, Draft, Plan, by_entity, chunks
from app.change.earlier import Earlier
from app.change.rules import MAX_DEPTH, Batch, rules_of
from app.entity import EntityType, FieldError, registry

STEP = 500
LOCKED = _l("This record is being approved. Withdraw the request to change it.")


def make_plan(
    connection: Connection, change_set: ChangeSet, grants: Grants, earlier: Earlier | None = None
) -> Plan:
    """Plan a change set: rights, values, comparison cell by cell, rules, links, keys. Collects all errors.

    Nothing is written; what stands in the way of a row is on its draft. `earlier` are the stretches before this
    one where the set is a long one.
    """
    earlier = earlier or Earlier()
    drafts = _drafts(change_set.changes, earlier.rows)
    drafts += _deleted_lines(connection, drafts)
    fresh, depth = drafts, 0
    reads: set[str] = set()
    while fresh:
        added = _plan_part(connection, change_set, grants, fresh, drafts, reads, earlier)
        depth += 1
        if added and depth > MAX_DEPTH:
            added[0].error(
                None, "TOO_DEEP", _l("This change would set off too many others. Please split it.")
            )
            drafts += added[:1]
            break
        drafts += added
        fresh = added
    refused = {d.row for d in drafts if d.missing and not d.added}
    drafts = [d for d in drafts if not (d.added and d.row in refused)]  # lines of a header that is not there
    check.links(connection, drafts, grants, change_set, earlier)
    attachments.check(connection, drafts, grants)
    check.keys(connection, drafts, earlier)
    check.references(connection, drafts)
    approvals = approving.current()
    held = None if change_set.erasing else approvals.plan(connection, change_set, drafts, grants)
    return Plan(change_set, drafts, table_epochs(connection, _relied_on(drafts) | reads), held)


def _relied_on(drafts: list[Draft]) -> set[str]:
    """The entities a plan looked at: those it writes, and what these link to or have as lines."""
    entities = {name: registry.get(name) for name in by_entity(drafts)}
    near = {spec.target for e in entities.values() for spec in e.links.values() if spec.target in registry}
    return near | {line.name for e in entities.values() for line in e.lines} | entities.keys()


def _drafts(changes: Iterable[Change], first: int) -> list[Draft]:
    entities: dict[str, EntityType] = {}
    drafts = []
    for row, change in enumerate(changes, first):
        entity = entities.get(change.entity)
        if entity is None:
            entity = entities[change.entity] = registry.get(change.entity)
        drafts.append(Draft(row, change, entity))
    return drafts


def table_epochs(connection: Connection, entities: set[str]) -> dict[str, int]:
    """The highest change log id per table that this connection can see."""
    log, names = ChangeLog.__table__, sorted(entities)
    if not names:
        return {}
    heights = [select(func.max(log.c.id)).where(log.c.tbl == name).scalar_subquery() for name in names]
    row = connection.execute(select(*heights)).one()
    return {name: height or 0 for name, height in zip(names, row, strict=True)}


def _plan_part(
    connection: Connection, change_set: ChangeSet, grants: Grants, fresh: list[Draft], known: list[Draft],
    reads: set[str], earlier: Earlier,
) -> list[Draft]:  # fmt: skip
    """Everything is read before any rule runs: a rule may look at the other rows of the set (`Batch.known`)."""
    added: list[Draft] = []
    groups = [(registry.get(name), group) for name, group in by_entity(fresh).items()]
    for entity, group in groups:
        load_before(connection, entity, group, change_set.case, earlier.records(entity.name))
        check.rights(connection, entity, group, grants, change_set, known)
        plain = _plain(entity, grants) if change_set.parsed else frozenset()
        for count, draft in enumerate(group):
            if count % STEP == 0:
                progress.report(count, len(group), "plan")
            if not draft.errors:
                _read_values(draft, grants, change_set, plain)
                _resolve(draft, earlier)
        progress.report(0, 0, "rules")
        merge.compare(connection, entity, group, grants, restoring=change_set.restoring)
        _defaults(entity, group, grants)
    seen = fresh if fresh is known else [*known, *fresh]
    for entity, group in groups:
        added += _run_rules(connection, entity, group, change_set, grants, seen, reads, earlier)
    for entity, group in groups:
        if not change_set.erasing:
            check.required(entity, group)
        check.after_image(connection, entity, group, grants, known)
    return added


def load_before(
    connection: Connection, entity: EntityType, drafts: list[Draft], case: int | None = None,
    earlier: Set[int] = frozenset(),
) -> None:  # fmt: skip
    """Read the records that updates and deletes are about; those not there are marked missing.

    A record (or the lines of one) that is being approved is refused to everybody but its own `case`. None may
    occur twice, be it among the ids of `earlier` stretches.
    """
    wanted = {d.id for d in drafts if d.op != "insert" and isinstance(d.id, int)}
    found = columns_of(entity, connection).read(connection, sorted(wanted))
    seen: set[int] = set()
    for draft in drafts:
        if draft.op == "insert":
            continue
        record = found.get(draft.id) if isinstance(draft.id, int) else None
        if record is None:
            draft.missing = True
            draft.error(None, "NOT_FOUND", _l("This record does not exist any more, or you may not see it."))
            continue
        draft.version, locked, draft.before = record[0], record[1], record[2]
        draft.after = dict(draft.before)
        if locked not in (None, case):
            draft.error(None, "LOCKED", LOCKED)
        if draft.id in seen or draft.id in earlier:
            draft.error(None, "TWICE", _l("This record occurs twice in the same change."))
        seen.add(draft.id)  # type: ignore[arg-type]
    if entity.parent is not None:
        _locked_headers(connection, entity.parent, drafts, case)


def _locked_headers(
    connection: Connection, header: EntityType, drafts: list[Draft], case: int | None
) -> None:
    above = {
        draft: {v for v in (draft.before.get("parent_id"), draft.change.values.get("parent_id")) if isinstance(v, int)}
        for draft in drafts
    }  # fmt: skip
    table, locked = header.table, set()
    for part in chunks(sorted(set().union(*above.values()))):
        query = select(table.c.id).where(table.c.id.in_(part), table.c.locked_by_case.is_not(None))
        locked |= set(connection.execute(query.where(table.c.locked_by_case != (case or 0))).scalars())
    for draft, headers in above.items():
        if headers & locked:
            draft.error(None, "LOCKED", LOCKED)


def _plain(entity: EntityType, grants: Grants) -> Set[str]:
    """The fields whose parsed values need no look at each: the asker may change them, and they show no mask."""
    return {n for n in grants.editable_fields(entity.name) if not entity.fields[n].mask}


def _resolve(draft: Draft, earlier: Earlier) -> None:
    """Links to what an earlier stretch inserted become its id, where that is written already."""
    for name in draft.entity.links if earlier.refs else ():
        value = draft.given.get(name)
        if isinstance(value, dict):
            _entity, record = earlier.refs.get(value["ref"], ("", None))
            if record is not None and _entity == draft.entity.links[name].target:
                draft.given[name] = record


def _read_values(draft: Draft, grants: Grants, change_set: ChangeSet, plain: Set[str]) -> None:
    """Coerce what was given; a field the asker may not change must be left as it is."""
    if draft.op == "delete":
        return
    values = draft.change.values
    if values.keys() <= plain:
        draft.given = values.copy()
    else:
        draft.given = {name: value for name, value in values.items() if name in plain}
        _read_each(draft, {n: v for n, v in values.items() if n not in plain}, grants, change_set)
    if change_set.restoring and not grants.system:
        _keep_state(draft)
    if draft.change.verb and not draft.errors:
        _transition(draft, grants, change_set.case)


def _read_each(draft: Draft, values: dict[str, Any], grants: Grants, change_set: ChangeSet) -> None:
    entity, fields = draft.entity, draft.entity.fields
    for name, raw in values.items():
        spec = fields.get(entity.renamed.get(name, name))
        level = grants.level(entity.name, spec.name) if spec is not None else "hidden"
        # What a rule adds or a restored record brings is not typed by a person: every field may be given. An
        # undone edit is one: taking a colleague's back needs the rights of making it, but for computed fields.
        free = draft.added or (
            change_set.restoring
            and (draft.op == "insert" or (spec is not None and not spec.written_by_people))
        )
        if spec is None or (level == "hidden" and not free):
            draft.error(name, "NO_FIELD", _l("There is no field “%(name)s”.", name=name[:60]))
            continue
        if not free and (level != "edit" or not spec.written_by_people):
            _keep(draft, spec.name, raw, level)
            continue
        if spec.mask and isinstance(raw, str) and "****" in raw:
            if draft.op == "insert" or raw != spec.masked(draft.before.get(spec.name)):
                draft.error(spec.name, "MASKED", _l("This is a masked value. Please enter the full one."))
            continue
        try:
            value = raw if change_set.parsed else spec.parse(raw)
        except FieldError as problem:
            # What is there already may stay, such as an option that is none any more.
            if draft.op != "update" or raw != draft.before.get(spec.name):
                draft.error(spec.name, problem.code, problem.message)
            continue
        draft.given[spec.name] = value


def _keep_state(draft: Draft) -> None:
    """What an approval or a date decided is not taken back by undo, nor brought back by undoing that."""
    lifecycle = draft.entity.about.lifecycle
    if draft.op != "update" or lifecycle is None or not any(t.case for t in lifecycle.transitions):
        return
    now = draft.before.get(lifecycle.field)
    if draft.given.get(lifecycle.field, now) != now:
        draft.error(lifecycle.field, "BY_CASE", _l("The approval decides this."))


def _keep(draft: Draft, name: str, raw: Any, level: str) -> None:
    spec = draft.entity.fields[name]
    now = draft.before.get(name)
    if raw is None and now is None:
        return
    if draft.op == "update" and (raw == spec.masked(now) if level == "masked" else _same(spec, raw, now)):
        return
    draft.error(name, "NOT_EDITABLE", _l("You may not change “%(label)s”.", label=spec.label))


def _same(spec: Any, raw: Any, now: Any) -> bool:
    try:
        return bool(spec.parse(raw) == now)
    except FieldError:
        return False


def _transition(draft: Draft, grants: Grants, case: int | None) -> None:
    lifecycle = draft.entity.about.lifecycle
    found = [t for t in lifecycle.transitions if t.verb == draft.change.verb] if lifecycle else []
    if not found or lifecycle is None:
        draft.error(None, "NO_VERB", _l("This is not possible here."))
        return
    now = draft.before.get(lifecycle.field)
    move = next((t for t in found if now in t.source), found[0])
    # What a case decides, or a date, is not for a person to press.
    if move.case not in ("", "submit") and case is None and not grants.system:
        message = (
            _l("A date does this by itself.") if move.case == "job" else _l("The approval decides this.")
        )
        draft.error(lifecycle.field, "BY_CASE", message)
    elif case is None and not grants.can(move.right, draft.entity.name):
        draft.error(None, "FORBIDDEN", _l("Your role may not do this."))
    elif now not in move.source:
        draft.error(
            lifecycle.field, "WRONG_STATE", _l("“%(verb)s” is not possible in this state.", verb=move.label)
        )
    else:
        try:
            if move.guard is not None:
                move.guard({**draft.before, **draft.given})
        except FieldError as problem:
            draft.error(lifecycle.field, problem.code, problem.message)
        draft.given[lifecycle.field] = move.target
        draft.move = move


def _defaults(entity: EntityType, drafts: list[Draft], grants: Grants) -> None:
    fixed = {name: spec.default for name, spec in entity.fields.items() if not callable(spec.default)}
    made = [spec for spec in entity.fields.values() if callable(spec.default)]
    for draft in drafts:
        if draft.op != "insert" or draft.missing:
            continue
        given = draft.given
        after = draft.after = {**draft.after, **fixed}
        for spec in made:
            if spec.name not in given:
                after[spec.name] = spec.default_value()
        after.update(given)
        if after.get("owner_id") is None:
            after["owner_id"] = grants.user_id
        if after.get("department_id") is None:
            after["department_id"] = grants.department_id


def _run_rules(
    connection: Connection, entity: EntityType, group: list[Draft], change_set: ChangeSet, grants: Grants,
    seen: list[Draft], reads: set[str], earlier: Earlier,
) -> list[Draft]:  # fmt: skip
    added: list[Draft] = []
    for rule in rules_of(entity):
        live = [d for d in group if not d.missing and (d.op != "update" or d.touched)]
        batch = Batch(rule, live, connection, change_set.confirmed, grants, seen, earlier)
        if batch.rows:
            rule.check(batch)
            reads |= batch.reads
            added += [
                Draft(row, change, registry.get(change.entity), added=True) for row, change in batch.added
            ]
    return added


def _deleted_lines(connection: Connection, drafts: list[Draft]) -> list[Draft]:
    """Deleting a header deletes its lines, each as a change of its own, so that it is logged and can be undone."""
    named = {(d.entity.name, d.id) for d in drafts if d.op == "delete"}
    expanded: list[Draft] = []
    for name, group in by_entity(d for d in drafts if d.op == "delete").items():
        rows = {d.id: d.row for d in group if isinstance(d.id, int)}
        for line in registry.get(name).lines:
            table = line.table
            for part in chunks(sorted(rows)):
                query = select(table.c.id, table.c.parent_id).where(table.c.parent_id.in_(part))
                for line_id, parent_id in connection.execute(query):
                    if (line.name, line_id) not in named:
                        change = Change(line.name, "delete", id=line_id)
                        expanded.append(Draft(rows[parent_id], change, line, added=True))
    return expanded

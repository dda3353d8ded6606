"""Restore: what the past holds, written again as a change of today through the gate, so that history only grows.

Rights, rules, locks, versions and approvals are those of any edit. Of a record that is there, the cells people
write are restored; what rules and lifecycles keep follows from them. A deleted record comes back whole, under its
own id, with the lines that went with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.access.wall import visible_ids
from app.audit.asof import Later, Past, changed_since, current, lines_at, record_after
from app.audit.history import Filters, entries, record_history
from app.audit.pii import is_erased
from app.change.contract import Change, ChangeSet, Result
from app.change.gate import commit
from app.db import db
from app.entity import EntityType

MAX_LINES = 10_000


class RestoreRefused(ValueError):
    """There is nothing to restore, or not for this person; the message says why."""

    def __init__(self, code: str, message: Any) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


def restore(
    entity: EntityType,
    record_id: int,
    grants: Grants | None = None,
    *,
    at: datetime | None = None,
    log: int | None = None,
    fields: Iterable[str] | None = None,
    version: int | None = None,
    key: str | None = None,
) -> Result:
    """Bring a record, or some of its fields, back to a moment or to what a log entry left.

    With neither, a deleted record comes back as it went. `version` is the one the restorer sees (default: the
    latest). `Result.left` names the cells they see but may not change. Raises RestoreRefused.
    """
    grants = grants or current_grants()
    if not grants.can("history", entity.name):
        raise RestoreRefused("FORBIDDEN", _l("Your role may not do this."))
    session = db.session()
    now = current(session, entity, [record_id]).get(record_id)
    if now is not None and record_id in visible_ids(session, entity, [record_id]):
        changes, left = _cells(entity, now, _wanted(entity, record_id, now, at, log), grants, fields)
        if changes:
            changes[0].version = now.version if version is None else version
    elif now is None:
        changes, left = _whole(entity, record_id, at, log, grants), []
    else:
        raise _unknown()
    if not changes:
        return Result(None, "unchanged", [], [], [], [], left=left)
    asked = ChangeSet(
        changes, source="restore", reason=_reason(at, log), key=key, restoring=now is None,
        confirmed=frozenset({"*"}),
    )  # fmt: skip
    result = commit(asked, grants)
    result.left = left
    return result


def _wanted(entity: EntityType, record_id: int, now: Past, at: datetime | None, log: int | None) -> Past:
    """How a record that is there should be."""
    then: Past | None = now
    if log is not None:
        then = record_after(db.session(), entity, record_id, log)[0]
    elif at is not None:
        later = changed_since(db.session(), entity, at, record_id).get(record_id)
        then = later.then if later is not None else now
    if then is None:
        raise RestoreRefused("NOT_THERE", _l("This record did not exist then."))
    return then


def _cells(
    entity: EntityType, now: Past, then: Past, grants: Grants, fields: Iterable[str] | None
) -> tuple[list[Change], list[dict[str, Any]]]:
    """The change that takes a record's cells back, and the cells its reader sees but may not change."""
    values, left = dict[str, Any](), list[dict[str, Any]]()
    if then.erased:
        reason = str(_l("Personal data was erased; it does not come back."))
        left.append({"entity": entity.name, "id": now.id, "code": "ERASED", "reason": reason})
    if fields is not None:
        wanted = {name: entity.renamed.get(name, name) for name in fields}
        values = {n: then.values.get(present) for n, present in wanted.items() if present not in then.erased}
    else:
        for name, spec in entity.fields.items():
            level = grants.level(entity.name, name)
            if then.values[name] == now.values[name] or name in then.erased:
                continue
            if not spec.written_by_people or level == "hidden":
                continue
            if level == "edit":
                values[name] = then.values[name]
                continue
            reason = str(_l("You may not change “%(label)s”.", label=spec.label))
            left.append({"entity": entity.name, "id": now.id, "code": "NOT_EDITABLE", "reason": reason})
    return ([Change(entity.name, "update", values, now.id)] if values else []), left


def _whole(
    entity: EntityType, record_id: int, at: datetime | None, log: int | None, grants: Grants
) -> list[Change]:
    """The changes that bring a deleted record back with its lines, for whom it was in reach when it went."""
    session = db.session()
    gone = next(iter(record_history(session, entity, record_id, limit=1)), None)
    if gone is None or gone.op != "D" or not _in_reach(entity, gone.old, grants):
        raise _unknown()
    last = Past(record_id, gone.old.get("version", 1), _known(entity, gone.old))
    later: Later | None = None
    if log is not None and log < gone.id:
        later = record_after(session, entity, record_id, log)[1]
    elif at is not None and at < clock.parse_instant(gone.at):
        later = changed_since(session, entity, at, record_id).get(record_id)
    elif at is not None:
        raise RestoreRefused("NOT_THERE", _l("This record was already deleted then."))
    then = last if later is None else later.then
    if then is None:
        raise RestoreRefused("NOT_THERE", _l("This record did not exist then."))
    # What the restorer may not write is as it was last: a state is reached by its actions only.
    values = _laid_over(entity, last.values, then.values, grants)
    lines = _lines(entity, record_id, at if later else None, gone.change_set, grants)
    return [_insert(entity, last, values), *lines]


def _laid_over(
    entity: EntityType, last: dict[str, Any], then: dict[str, Any], grants: Grants
) -> dict[str, Any]:
    written = grants.editable_fields(entity.name)
    return {**last, **{name: then[name] for name in written}}


def _lines(
    entity: EntityType, header_id: int, at: datetime | None, change_set: int | None, grants: Grants
) -> list[Change]:
    """The lines of a moment, or those that were deleted together with their header."""
    session, found = db.session(), list[Change]()
    for line in entity.lines:
        wanted = Filters(tables=(line.name, *line.about.was), change_set=change_set or 0, ops=("D",))
        deleted = entries(session, wanted, limit=MAX_LINES)
        pasts = [Past(e.record_id or 0, e.old.get("version", 1), _known(line, e.old)) for e in deleted[::-1]]
        if at is not None:
            last = {one.id: one.values for one in pasts}
            pasts = lines_at(session, line, header_id, at)
            for one in pasts:
                one.values = _laid_over(line, last.get(one.id, one.values), one.values, grants)
        found += [_insert(line, one, one.values) for one in pasts if one.values["parent_id"] == header_id]
    return found


def _insert(entity: EntityType, past: Past, values: dict[str, Any]) -> Change:
    quiet = ("updated_at", "updated_by_id")
    given = {
        n: v for n, v in values.items() if v is not None and n not in quiet and not entity.fields[n].derived
    }
    return Change(entity.name, "insert", given, id=past.id, version=past.version)


def _known(entity: EntityType, old: dict[str, Any]) -> dict[str, Any]:
    present = {entity.renamed.get(name, name): value for name, value in old.items()}
    return {n: None if is_erased(present.get(n)) else present.get(n) for n in entity.fields}


def _in_reach(entity: EntityType, old: dict[str, Any], grants: Grants) -> bool:
    if entity.parent is None:
        return grants.reaches(entity.name, old.get("owner_id"), old.get("department_id"))
    return bool(visible_ids(db.session(), entity.parent, [old.get("parent_id") or 0]))


def _unknown() -> RestoreRefused:
    return RestoreRefused("NOT_FOUND", _l("This record does not exist any more, or you may not see it."))


def _reason(at: datetime | None, log: int | None) -> str:
    if log is not None:
        return str(_l("Restored to what entry %(log)s left", log=log))
    if at is not None:
        return str(_l("Restored to %(when)s", when=clock.local(at).strftime("%Y-%m-%d %H:%M:%S")))
    return str(_l("Brought back"))

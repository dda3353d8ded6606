"""Remembered mappings: the last one of each person and entity by itself, others under a name, private or shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from app import clock
from app.access.grants import Grants
from app.change.staging import writing
from app.db import db
from app.entity import EntityType
from app.excel.headers import header_form
from app.importing.model import ImportProfile
from app.importing.options import OptionsRefused, options_from

_table = ImportProfile.__table__
_SAME = ("columns", "constants", "match", "key", "mode", "create", "lines", "totals")
"""What is remembered of options; sheet and row are the file's own."""


def listed(entity: EntityType, grants: Grants) -> list[dict[str, Any]]:
    """The named profiles that a person may use: their own and the shared ones."""
    mine = _table.c.user_id == grants.user_id
    query = select(_table).where(
        _table.c.entity == entity.name, _table.c.name != "", or_(mine, _table.c.shared)
    )
    with db.engine.connect() as connection:
        found = connection.execute(query.order_by(_table.c.name, _table.c.id)).mappings().all()
    return [_shown(dict(row), entity, grants) for row in found]


def _shown(row: dict[str, Any], entity: EntityType, grants: Grants) -> dict[str, Any]:
    options, dropped = _usable(row["options"], entity, grants)
    return {"id": row["id"], "name": row["name"], "entity": row["entity"], "shared": row["shared"],
            "mine": row["user_id"] == grants.user_id, "options": options, "headers": row["headers"],
            "dropped": dropped}  # fmt: skip


def _usable(options: dict[str, Any], entity: EntityType, grants: Grants) -> tuple[dict[str, Any], list[str]]:
    """Options without the fields that are no more, or that this person does not see; and what was dropped."""
    kept, dropped = dict(options), list[str]()
    columns: dict[str, Any] = {}
    for header, treated in (options.get("columns") or {}).items():
        name = treated.get("field") if isinstance(treated, dict) else treated
        if name is not None and not _known(entity, str(name), grants):
            dropped.append(f"{header} → {name}")
        else:
            columns[header] = treated
    constants = options.get("constants") or {}
    dropped += [name for name in constants if not _known(entity, name, grants)]
    kept |= {
        "columns": columns,
        "constants": {n: v for n, v in constants.items() if _known(entity, n, grants)},
    }
    kept["key"] = [n for n in options.get("key") or [] if _known(entity, n, grants)]
    create = options.get("create") or []
    known = [n for n in create if _known(entity, n, grants)]
    kept["create"] = {n: create[n] for n in known} if isinstance(create, dict) else known
    return kept, dropped


def _known(entity: EntityType, name: str, grants: Grants) -> bool:
    owner, _dot, plain = name.rpartition(".")
    found = next((line for line in entity.lines if line.name == owner), None) if owner else entity
    return found is not None and (plain in grants.visible_fields(found.name) or plain.startswith("@"))


def remembered(entity: EntityType, headers: Sequence[str], grants: Grants) -> dict[str, Any] | None:
    """How this person last read such a file: the very same headers before any other; what differs is told."""
    mine = (_table.c.user_id == grants.user_id) & (_table.c.entity == entity.name)
    with db.engine.connect() as connection:
        query = select(_table).where(mine).order_by(_table.c.name != "", _table.c.used_at.desc())
        rows = [dict(row) for row in connection.execute(query).mappings()]
    now = {header_form(h): h for h in headers if h}
    same = [row for row in rows if {header_form(h) for h in row["headers"]} == now.keys()]
    found = same or [row for row in rows if not row["name"]]
    if not found:
        return None
    row = found[0]
    was = {header_form(h): h for h in row["headers"]}
    options, dropped = _usable(row["options"], entity, grants)
    return {
        "options": options, "dropped": dropped, "name": row["name"],
        "added": [h for form, h in now.items() if form not in was],
        "gone": [h for form, h in was.items() if form not in now],
    }  # fmt: skip


def keep(
    entity: EntityType,
    name: str,
    shared: bool,
    options: dict[str, Any],
    headers: Sequence[str],
    grants: Grants,
) -> dict[str, Any]:
    """Keep options under a name, in the place of one's own of that name. Raises OptionsRefused."""
    body = options_from(options).as_json()
    asked = {n: v for n, v in body.items() if n in _SAME}
    values = {
        "user_id": grants.user_id, "entity": entity.name, "name": name, "shared": shared, "options": asked,
        "headers": [h for h in headers if h], "used_at": clock.now(),
    }  # fmt: skip
    here = (_table.c.user_id == grants.user_id) & (_table.c.entity == entity.name) & (_table.c.name == name)
    with writing() as connection:
        if not connection.execute(update(_table).where(here).values(values)).rowcount:
            connection.execute(insert(_table).values(values))
        row = connection.execute(select(_table).where(here)).mappings().one()
    return _shown(dict(row), entity, grants)


def remember(facts: dict[str, Any], grants: Grants) -> None:
    """After an import: how its file was read is what this person is offered next time."""
    from app.entity import registry

    name = str(facts.get("entity"))
    if grants.user_id is not None and facts.get("options") and name in registry:
        keep(registry.get(name), "", False, facts["options"], facts.get("headers") or [], grants)


def remove(profile_id: int, grants: Grants) -> bool:
    """Remove a profile of one's own (an administrator: any shared one); False when there is none such."""
    mine = _table.c.user_id == grants.user_id
    may = (
        or_(mine, _table.c.shared) if grants.permits("can_administer", "Approval") or grants.system else mine
    )
    with writing() as connection:
        return bool(connection.execute(delete(_table).where(_table.c.id == profile_id, may)).rowcount)


__all__ = ["OptionsRefused", "keep", "listed", "remember", "remembered", "remove"]

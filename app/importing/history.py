"""What was imported: by whom, when, from which file, with what outcome. Read from the change sets themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.change.model import ChangeRow, ChangeSetRow
from app.entity import registry
from app.entity.sentences import told
from app.importing import uploads
from app.query.display import actor_label

PAGE = 50
STATES = ("planned", "held", "applied", "reverted", "refused")
DONE = ("held", "applied", "reverted")
_sets, _rows = ChangeSetRow.__table__, ChangeRow.__table__


def batches(
    session: Session, grants: Grants, entity: str | None = None, before: int | None = None
) -> dict[str, Any]:
    """A page of imports, the latest first, that a person may know of."""
    query = select(_sets).where(_may_see(grants), _sets.c.source == "import", _sets.c.state.in_(STATES))
    if entity:
        # A set that touched nothing but lines goes by their name.
        lines = [line.name for line in registry.get(entity).lines] if entity in registry else []
        query = query.where(_sets.c.entity.in_([entity, *lines]))
    if before:
        query = query.where(_sets.c.id < before)
    found = [dict(row) for row in session.execute(query.order_by(_sets.c.id.desc()).limit(PAGE)).mappings()]
    items = _shown(session, found, grants)
    return {"items": items, "next": found[-1]["id"] if len(found) == PAGE else None}


def batch(session: Session, set_id: int, grants: Grants) -> dict[str, Any] | None:
    """One import; None when there is none, or none this person may know of. A staged set leads to what it became."""
    where = (_sets.c.id == set_id, _sets.c.source == "import", _may_see(grants))
    row = session.execute(select(_sets).where(*where)).mappings().first()
    if row is not None and row["state"] == "committed":
        for other in session.execute(
            select(_sets).where(_sets.c.id > set_id, _sets.c.source == "import", _sets.c.actor_id == row["actor_id"])
            .order_by(_sets.c.id)
        ).mappings():  # fmt: skip
            if (other["file"] or {}).get("staged") == set_id:
                row = other
                break
    return _shown(session, [dict(row)], grants)[0] if row is not None else None


def _may_see(grants: Grants) -> ColumnElement[bool]:
    known = [entity.name for entity in registry if grants.can("history", entity.name)]
    return or_(_sets.c.actor_id == grants.user_id, _sets.c.entity.in_(known))


def staged_of(row: dict[str, Any]) -> int:
    """The staged set whose rows an import left out."""
    return int((row["file"] or {}).get("staged") or row["id"])


def _shown(session: Session, found: list[dict[str, Any]], grants: Grants) -> list[dict[str, Any]]:
    ids = [row["id"] for row in found]
    undone = select(_sets.c.inverse_of, _sets.c.id).where(
        _sets.c.inverse_of.in_(ids), _sets.c.state == "applied"
    )
    inverse = {row[0]: row[1] for row in session.execute(undone)}
    staged = [staged_of(row) for row in found]
    wrong = select(_rows.c.set_id, func.count()).where(
        _rows.c.set_id.in_(staged), _rows.c.state.in_(("error", "conflict", "ask"))
    )
    left = {row[0]: row[1] for row in session.execute(wrong.group_by(_rows.c.set_id))}
    return [_batch(row, inverse, left, grants) for row in found]


def _batch(
    row: dict[str, Any], inverse: dict[int, int], left: dict[int, int], grants: Grants
) -> dict[str, Any]:
    file = row["file"] or {}
    name = file.get("entity") or row["entity"]
    known = name in registry
    open_ = may_open(row, grants)
    changed = (row["inserted"] or 0) + (row["updated"] or 0) + (row["deleted"] or 0)
    return {
        "set": row["id"], "entity": name, "label": str(registry.get(name).label) if known else name,
        "at": clock.instant_text(row["applied_at"] or row["created_at"]), "by": actor_label(row["actor_name"]),
        "mine": row["actor_id"] == grants.user_id, "name": file.get("name"), "sha256": file.get("sha256"),
        "size": file.get("size"), "sheet": file.get("sheet"), "rows": file.get("rows"),
        "inserted": row["inserted"], "updated": row["updated"], "deleted": row["deleted"],
        "unchanged": (row["unchanged"] or 0) + file.get("same", 0), "refused": row["refused"],
        "seconds": file.get("seconds"), "state": row["state"], "why": told(file.get("why")), "reason": row["reason"],
        "inverse": inverse.get(row["id"]),
        "file": open_ and path_of(row) is not None, "errors": open_ and bool(left.get(staged_of(row))),
        "revert": row["state"] == "applied" and changed > 0,
        "log": known and grants.can("history", name) and row["state"] in ("applied", "reverted") and changed > 0,
    }  # fmt: skip


def may_open(row: dict[str, Any], grants: Grants) -> bool:
    """Whether a person may have the file itself: whose it is, and who sees every record and field that can be in it."""
    if row["actor_id"] == grants.user_id:
        return True
    name = row["entity"]
    if name not in registry or not grants.can("history", name) or grants.scope(name) != "all":
        return False
    entity = registry.get(name)
    return all(
        set(grants.open_fields(one.name)) >= {n for n, spec in one.fields.items() if not spec.system}
        for one in (entity, *entity.lines)
    )


def path_of(row: dict[str, Any]) -> Path | None:
    """Where the file of an import still lies."""
    stored = (row["file"] or {}).get("stored")
    path = uploads.folder() / Path(stored).name if stored else None
    return path if path is not None and path.exists() else None


def find(session: Session, set_id: int, grants: Grants) -> dict[str, Any] | None:
    """The row of an import whose file this person may have."""
    where = (_sets.c.id == set_id, _sets.c.source == "import")
    row = session.execute(select(_sets).where(*where)).mappings().first()
    return dict(row) if row is not None and may_open(dict(row), grants) else None


def seen(session: Session, sha256: str, entity: str, sheet: str, grants: Grants) -> dict[str, Any] | None:
    """The last time this very file was imported here, by anybody; who it was is told to those who may know."""
    query = select(_sets).where(
        _sets.c.source == "import", _sets.c.entity == entity, _sets.c.state.in_(("held", "applied"))
    )
    wanted = query.where(_json(sha256)).order_by(_sets.c.id.desc()).limit(20)
    for row in session.execute(wanted).mappings():
        file = row["file"] or {}
        if file.get("sha256") == sha256 and file.get("sheet") in (None, sheet):
            may = row["actor_id"] == grants.user_id or grants.can("history", entity)
            return {"set": row["id"] if may else None, "by": actor_label(row["actor_name"]) if may else _("Somebody else"),
                    "at": clock.instant_text(row["applied_at"] or row["created_at"]),
                    "inserted": row["inserted"], "updated": row["updated"],
                    "state": row["state"], "refused": row["refused"]}  # fmt: skip
    return None


def _json(text: str) -> Any:
    from sqlalchemy import Text, type_coerce

    return type_coerce(_sets.c.file, Text()).contains(text, autoescape=True)

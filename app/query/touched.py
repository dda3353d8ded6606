"""Records by the change set that touched them: what an import brought, what one save or one undo altered.

Asked of the change log, which knows every record that was written. Whose set it is may ask, and whoever has the
history right on the entity; for others no record answers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

from app.access.grants import Grants
from app.audit.log import ChangeLog
from app.entity import EntityType

ID = "id"
"""What such a condition names in the place of a field."""
OPERATORS = ("changed_by", "inserted_by", "updated_by")


def touched(entity: EntityType, operator: str, change_set: int, grants: Grants) -> ColumnElement[bool]:
    """Records that a set added or changed, by themselves or in their lines; only added ones, or only known ones."""
    record = entity.cls.id
    added = record.in_(_written(entity, change_set, grants, "I"))
    if operator == "inserted_by":
        return added
    changed: list[ColumnElement[bool]] = [record.in_(_written(entity, change_set, grants, "I", "U"))]
    for line in entity.lines:
        mine = line.cls.id.in_(_written(line, change_set, grants, "I", "U"))
        changed.append(record.in_(select(line.cls.parent_id).where(mine)))
    found = or_(*changed)
    return found if operator == "changed_by" else and_(found, not_(added))


def _written(entity: EntityType, change_set: int, grants: Grants, *operations: str) -> Select[Any]:
    """Ids of the records of one entity that a set wrote."""
    log = ChangeLog.__table__.c
    whose = [] if grants.can("history", entity.name) else [log.actor_id == grants.user_id]
    return select(log.record_id).where(
        log.change_set == change_set,
        log.tbl.in_((entity.name, *entity.about.was)),
        log.op.in_(operations),
        log.record_id.is_not(None),
        *whose,
    )

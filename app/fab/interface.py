"""FAB's data interface over an entity: reads through the wall, writes through the gate, keeps no ORM object."""

from __future__ import annotations

from typing import Any, cast

from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.change import Change, ChangeSet, Result, commit
from app.entity import Entity, EntityType, registry


class EntityInterface(SQLAInterface):
    """What FAB's own code gets in place of SQLAInterface: its writes become change sets.

    Our views and API call the gate themselves, with the base values their form or client carried; this seam
    catches whatever else in FAB adds, edits or deletes an item.
    """

    def __init__(self, obj: type[Entity], session: Any = None) -> None:
        super().__init__(obj, session)
        self.entity: EntityType = registry.of(obj)

    def add(self, item: Entity, commit: bool = True) -> None:
        """Insert the item's values through the gate; the item gets the id."""
        values = self._values(item)
        self._expunge(item)
        result = self._commit(Change(self.entity.name, "insert", values))
        item.id = cast(Any, result.results[0].id)

    def edit(self, item: Entity, commit: bool = True) -> None:
        """Update through the gate what differs from the record as it was loaded."""
        values = self._values(item)
        item_id, version = _identity(item)
        self._expunge(item)
        self._commit(Change(self.entity.name, "update", values, id=item_id, version=version))

    def delete(self, item: Entity, commit: bool = True) -> None:
        """Delete through the gate."""
        item_id, version = _identity(item)
        self._expunge(item)
        self._commit(Change(self.entity.name, "delete", id=item_id, version=version))

    def delete_all(self, items: list[Entity]) -> None:
        """Delete several through the gate, as one change set."""
        changes = [Change(self.entity.name, "delete", id=i, version=v) for i, v in map(_identity, items)]
        for item in items:
            self._expunge(item)
        self._commit(*changes)

    def _values(self, item: Entity) -> dict[str, Any]:
        with self.session.no_autoflush:
            fields = {n: f for n, f in self.entity.fields.items() if f.written_by_people}
            return {name: spec.to_wire(getattr(item, name)) for name, spec in fields.items()}

    def _expunge(self, item: Entity) -> None:
        if item in self.session:
            self.session.expunge(item)

    def _commit(self, *changes: Change) -> Result:
        from app.fab.refusal import Refused

        result = commit(ChangeSet(list(changes), source="form"))
        if not result.ok:
            raise Refused(result)
        return result


def _identity(item: Any) -> tuple[int, int]:
    return item.id, item.version

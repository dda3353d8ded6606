"""`Grants`: everything one person may do, read in three statements and then asked without the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.access.model import LEVELS, SCOPES
from app.entity import EntityType, Field, registry
from app.entity.describe import VERBS

ALL_VERBS = frozenset(VERBS)
_LINE_WRITES = frozenset({"add", "edit", "delete"})
_LINE_READS = frozenset({"list", "export", "history", "import"})


@dataclass(frozen=True)
class RoleGrants:
    """What one role gives: FAB's (permission, view) pairs, scope by entity, level by (entity, field)."""

    id: int
    name: str
    pairs: frozenset[tuple[str, str]] = frozenset()
    scopes: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def verbs(self, entity: EntityType) -> frozenset[str]:
        """The verbs held on an entity. A line's follow from its header: writing it is editing the header."""
        if entity.parent is not None:
            above = self.verbs(entity.parent)
            writes = _LINE_WRITES if "edit" in above else frozenset[str]()
            return writes | (above & _LINE_READS)
        view = entity.view_name
        return frozenset(verb for verb in VERBS if (f"can_{verb}", view) in self.pairs)

    def level(self, entity: EntityType, spec: Field, verbs: frozenset[str]) -> str:
        """The level on one field: as granted, else masked if it declares a mask, else as the verbs say."""
        granted = self.levels.get((entity.name, spec.name))
        if granted is not None:
            return granted
        if spec.mask:
            return "masked"
        return "edit" if verbs & {"add", "edit"} else "read"


@dataclass(frozen=True)
class Grants:
    """What one person may do: the union over their roles. `system` may everything.

    Entities and fields are named by their identities (``customer``, ``mobile``). `departments` are those the
    person belongs to or heads, `subtree` those and all below them. Nothing here asks the database.
    """

    user_id: int | None
    name: str
    roles: tuple[RoleGrants, ...] = ()
    departments: frozenset[int] = frozenset()
    subtree: frozenset[int] = frozenset()
    system: bool = False
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def role_names(self) -> tuple[str, ...]:
        """The roles' stable names."""
        return tuple(role.name for role in self.roles)

    def verbs(self, entity: str) -> frozenset[str]:
        """The verbs held on an entity: list, add, edit, delete, import, export, history, submit, approve."""
        if self.system:
            return ALL_VERBS
        key = ("verbs", entity)
        if key not in self._known:
            found = registry.get(entity)
            self._known[key] = frozenset[str]().union(*(role.verbs(found) for role in self.roles))
        return self._known[key]  # type: ignore[no-any-return]

    def can(self, verb: str, entity: str) -> bool:
        """Whether the verb is held on the entity; says nothing of a particular record (see `decide`)."""
        return verb in self.verbs(entity)

    def scope(self, entity: str) -> str | None:
        """own, department, tree or all: the widest given by a role that may list. None: no row."""
        if self.system:
            return "all"
        key = ("scope", entity)
        if key not in self._known:
            found = registry.get(entity)
            header = found
            while header.parent is not None:
                header = header.parent
            given = [
                role.scopes[header.name]
                for role in self.roles
                if header.name in role.scopes and "list" in role.verbs(found)
            ]
            self._known[key] = _widest(given, SCOPES)
        return self._known[key]  # type: ignore[no-any-return]

    @property
    def department_id(self) -> int | None:
        """The department a new record of this person belongs to."""
        return min(self.departments, default=None)

    def reaches(self, entity: str, owner_id: Any, department_id: Any) -> bool:
        """Whether a record of this owner and department is in scope. For a line ask about its header."""
        scope = self.scope(entity)
        if scope is None:
            return False
        if scope == "all" or (owner_id is not None and owner_id == self.user_id):
            return True
        reach = {"department": self.departments, "tree": self.subtree}.get(scope, frozenset())
        return department_id in reach

    def levels(self, entity: str) -> dict[str, str]:
        """The level of every field: the most permissive over the roles that hold any verb on the entity."""
        key = ("levels", entity)
        if key not in self._known:
            self._known[key] = self._find_levels(registry.get(entity))
        return self._known[key]  # type: ignore[no-any-return]

    def _find_levels(self, entity: EntityType) -> dict[str, str]:
        if self.system:
            return dict.fromkeys(entity.fields, "edit")
        held = [(role, verbs) for role in self.roles if (verbs := role.verbs(entity))]
        return {
            name: _widest([role.level(entity, spec, verbs) for role, verbs in held], LEVELS) or "hidden"
            for name, spec in entity.fields.items()
        }

    def level(self, entity: str, name: str) -> str:
        """``hidden``, ``masked``, ``read`` or ``edit``. A field that does not exist is hidden."""
        return self.levels(entity).get(name, "hidden")

    def visible_fields(self, entity: str) -> list[str]:
        """Fields that may be shown, masked ones included, in declared order."""
        return [name for name, level in self.levels(entity).items() if level != "hidden"]

    def editable_fields(self, entity: str) -> list[str]:
        """Fields this person may give a value, in declared order."""
        if not self.verbs(entity) & {"add", "edit"}:
            return []
        fields = registry.get(entity).fields
        return [
            name
            for name, level in self.levels(entity).items()
            if level == "edit" and fields[name].written_by_people
        ]

    def open_fields(self, entity: str) -> list[str]:
        """Fields shown in full: only these may be filtered, sorted, searched and totalled."""
        return [name for name, level in self.levels(entity).items() if level in ("read", "edit")]

    def permits(self, permission: str, view: str) -> bool:
        """FAB's question: may this person do `permission` (``can_list``) on the view or menu `view`?"""
        if self.system:
            return True
        if any((permission, view) in role.pairs for role in self.roles):
            return True
        entity = _line_views().get(view)
        return entity is not None and permission.removeprefix("can_") in self.verbs(entity)


def _widest(given: Iterable[str], order: tuple[str, ...]) -> str | None:
    known = [word for word in given if word in order]
    return max(known, key=order.index) if known else None


def _line_views() -> dict[str, str]:
    return {entity.view_name: entity.name for entity in registry if entity.about.parent}


SYSTEM_GRANTS = Grants(None, "system", system=True)
"""The named system actor: migrations, seeds, scheduled work. Never a person."""
NO_GRANTS = Grants(None, "anonymous")
"""Nobody: may nothing."""

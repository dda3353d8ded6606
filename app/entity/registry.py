"""The one registry: entities and workbooks, filled by declaration, asked by everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Table

from app.entity.base import About, Entity
from app.entity.field import PERSON, Field, named


@dataclass(frozen=True)
class Workbook:
    """A module as the user sees it: sheets that belong together."""

    name: str
    label: Any
    icon: str = "table"
    order: int = 100


@dataclass(frozen=True)
class EntityType:
    """One declared entity with everything derived from its declaration."""

    cls: type[Entity]

    @property
    def name(self) -> str:
        """The entity's identity: its table name."""
        return str(self.cls.__tablename__)

    @property
    def about(self) -> About:
        """What its declaration says of it."""
        return self.cls.about

    @property
    def label(self) -> Any:
        """Its lazy label."""
        return self.about.label

    @property
    def table(self) -> Table:
        """Its table; reading it goes past the wall, so only the gate and link titles may."""
        return cast(Table, self.cls.__table__)

    @property
    def view_name(self) -> str:
        """The name FAB's permissions are kept under; never changes, whatever views are called."""
        return self.cls.__name__

    @cached_property
    def fields(self) -> dict[str, Field]:
        """All fields by name, declared ones first, then the common ones."""
        found = {}
        for column in self.table.columns:
            spec = column.info.get("field")
            if isinstance(spec, Field):
                asked = column.name in self.about.key and spec.kind != "number" and not spec.auto
                required = spec.required or asked
                spec = named(spec, column.name)
                found[column.name] = spec if not required else _required(spec)
        return found

    @cached_property
    def key_columns(self) -> dict[str, str]:
        """Text key column by the field it belongs to."""
        return {c.info["key_of"]: c.name for c in self.table.columns if "key_of" in c.info}

    @cached_property
    def links(self) -> dict[str, Field]:
        """The link and person fields."""
        return {n: f for n, f in self.fields.items() if f.is_link}

    @cached_property
    def file_fields(self) -> tuple[str, ...]:
        """Names of the attachment fields."""
        return tuple(n for n, f in self.fields.items() if f.kind == "attachment")

    @cached_property
    def renamed(self) -> dict[str, str]:
        """Present name by former name, for readers of stored JSON."""
        return {old: f.name for f in self.fields.values() for old in f.was}

    @cached_property
    def unlogged(self) -> frozenset[str]:
        """Columns the change log leaves out: what keys derive from or vacate, line positions, locks (cases say)."""
        names = set(self.key_columns.values()) | {n for n, f in self.fields.items() if not f.logged}
        return frozenset(
            names | {"locked_by_case", "vacated"} | ({"position"} if self.about.parent else set())
        )

    @property
    def parent(self) -> EntityType | None:
        """The header entity if this one is a line."""
        return registry.get(self.about.parent) if self.about.parent else None

    @property
    def lines(self) -> list[EntityType]:
        """The line entities that have this one as their header."""
        return [e for e in registry if e.about.parent == self.name]


def _required(spec: Field) -> Field:
    from dataclasses import replace

    return replace(spec, required=True)


class Registry:
    """Entities by name. Declaring an `Entity` subclass is registering it; names are checked at first use."""

    def __init__(self) -> None:
        self._types: dict[type[Entity], EntityType] = {}
        self._named: dict[str, EntityType] = {}
        self.workbooks: dict[str, Workbook] = {}

    def workbook(self, book: Workbook) -> Workbook:
        """Declare a workbook."""
        self.workbooks[book.name] = book
        return book

    def _all(self) -> dict[str, EntityType]:
        found: dict[str, EntityType] = {}
        stack: list[type[Entity]] = list(Entity.__subclasses__())
        while stack:
            cls = stack.pop(0)
            stack.extend(cls.__subclasses__())
            if "__tablename__" in cls.__dict__:
                info = self._types.setdefault(cls, EntityType(cls))
                found[info.name] = info
        self._named = found
        return found

    def __iter__(self) -> Iterator[EntityType]:
        return iter(self._all().values())

    def __contains__(self, name: str) -> bool:
        # Asked for every change of a set: only an unknown name is worth looking at all classes again.
        return name in self._named or name in self._all()

    def get(self, name: str) -> EntityType:
        """The entity called `name` (or once called so). Raises KeyError."""
        if name in self:
            return self._named[name]
        for info in self._named.values():
            if name in info.about.was:
                return info
        raise KeyError(name)

    def of(self, cls: type[Any]) -> EntityType:
        """The entity of a mapped class."""
        return self._types.setdefault(cls, EntityType(cls))

    def target_class(self, target: str) -> Any:
        """The mapped class a link points at; people are FAB's users."""
        if target == PERSON:
            from flask_appbuilder.security.sqla.models import User

            return User
        return self.get(target).cls

    def sheets(self, workbook: str) -> list[EntityType]:
        """The entities of a workbook in the order of its tabs, headers before their lines."""
        found = [e for e in self if e.about.workbook == workbook]
        return sorted(found, key=lambda e: (e.about.order, e.name))


registry = Registry()

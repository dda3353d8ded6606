"""Which entities a statement reads: what a walk of it shows, and what joins and eager loads bring in unseen.

Relationship joins and loader options name their targets only in SQLAlchemy's private ``_setup_joins``,
``_memoized_select_entities`` and ``_with_options``. SQLAlchemy is pinned; ``tests/access/test_wall.py`` holds
the query shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql import visitors

from app.entity import Entity, registry

_WILDCARDS = ("relationship:*", "relationship:_sa_default")


def entities_of(statement: Any) -> set[type[Entity]]:
    """The entity classes a statement reads, aliases resolved to what they are aliases of."""
    statement = getattr(statement, "_resolved", statement)
    return {cls for cls in _classes(statement, set()) if issubclass(cls, Entity)}


def _classes(root: Any, seen: set[int]) -> Iterator[type[Any]]:
    if id(root) in seen or not hasattr(root, "get_children"):
        return
    for element in visitors.iterate(root):
        if id(element) in seen:
            continue
        seen.add(id(element))
        yield from _named(element)
        for source in (element, *getattr(element, "_memoized_select_entities", ())):
            for target, onclause, *_ in getattr(source, "_setup_joins", ()):
                for part in (target, onclause):
                    yield from _named(part)
                    yield from _classes(part, seen)
            for option in getattr(source, "_with_options", ()):
                yield from _of_option(option)


def _named(element: Any) -> Iterator[type[Any]]:
    """The classes one element stands for."""
    notes = getattr(element, "_annotations", None) or {}
    for key in ("parententity", "parentmapper"):
        yield from _mapped(notes.get(key))
    if isinstance(element, QueryableAttribute):
        yield from _mapped(element.parent)
        yield from _mapped(getattr(element, "_of_type", None))
        if isinstance(element.property, RelationshipProperty):
            yield element.property.mapper.class_
    elif isinstance(element, type) and hasattr(element, "__mapper__"):
        yield element


def _mapped(entity: Any) -> Iterator[type[Any]]:
    mapper = getattr(entity, "mapper", None)
    if isinstance(mapper, Mapper):
        yield mapper.class_


def _of_option(option: Any) -> Iterator[type[Any]]:
    """The classes on the paths of a loader option; a wildcard may reach any entity."""
    for load in (option, *getattr(option, "context", ())):
        path = getattr(load, "path", ())
        for part in getattr(path, "path", path):
            if isinstance(part, str):
                if part in _WILDCARDS:
                    yield from (entity.cls for entity in registry)
            elif isinstance(part, RelationshipProperty):
                yield part.mapper.class_
            else:
                yield from _mapped(part)
        yield from _mapped(getattr(load, "_of_type", None))

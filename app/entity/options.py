"""Options that come from the declarations themselves: the sheets, for fields that name one."""

from __future__ import annotations

from functools import lru_cache

from app.entity.field import Choice, ChoicesOf
from app.entity.registry import EntityType, registry


def sheets(*before: Choice) -> ChoicesOf:
    """Every sheet by its label, in the order of the workbooks; `before` come first, such as one for all of them."""

    @lru_cache(maxsize=1)
    def made(entities: tuple[EntityType, ...]) -> tuple[Choice, ...]:
        return (*before, *(Choice(entity.name, entity.label) for entity in sorted(entities, key=_place)))

    return ChoicesOf(lambda: made(tuple(registry)))


def _place(entity: EntityType) -> tuple[int, str, int, str]:
    book = registry.workbooks.get(entity.about.workbook)
    return (book.order if book else 0, entity.about.workbook, entity.about.order, entity.name)

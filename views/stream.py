"""Both logs as one stream: what changed, and between it who signed in, was refused, exported, looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.access.log import lines
from views.accessentries import shown_lines
from views.logfilter import Asked
from views.loglist import PAGE, Listed, visible_page
from views.platform import Names

END = 0
"""Where a log goes on that has nothing more."""


@dataclass(frozen=True)
class Place:
    """Where a page begins: below these entries of the change log and of the access log (None: at the newest)."""

    before: int | None = None
    past: int | None = None


@dataclass(frozen=True)
class Page:
    """A page of the stream; where the next one begins (None: there is none), and the change sets it leaves out."""

    items: list[dict[str, Any]]
    following: Place | None
    without: tuple[int, ...] = ()


@dataclass
class _Queue:
    items: list[dict[str, Any]]
    more: bool
    taken: int = 0

    @property
    def head(self) -> dict[str, Any] | None:
        return self.items[self.taken] if self.taken < len(self.items) else None

    @property
    def left(self) -> bool:
        return self.more or self.taken < len(self.items)


def page(session: Session, asked: Asked, grants: Grants, place: Place, *, fold: bool) -> Page:
    """A page of the stream, the latest first. Each log keeps an order and a place to go on from of its own."""
    listed = Listed([], None, ())
    if asked.changes is not None and place.before != END:
        listed = visible_page(session, asked.changes, grants, place.before, fold=fold)
    if asked.access is None:
        following = None if listed.before is None else Place(listed.before, END)
        return Page(listed.items, following, listed.without)
    found = () if place.past == END else lines(session, asked.access, limit=PAGE, before=place.past)
    changes = _Queue(listed.items, listed.before is not None)
    signs = _Queue(shown_lines(found, Names(session)), len(found) == PAGE)
    items = _merged(changes, signs)
    if not (changes.left or signs.left):
        return Page(items, None)
    following = Place(_goes_on(changes, place.before, listed.before), _goes_on(signs, place.past))
    folded = {item["change_set"] for item in items if "number" in item} | set(asked.filters.without)
    return Page(items, following, tuple(n for n in listed.without if n in folded))


def _merged(changes: _Queue, signs: _Queue) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    while len(items) < PAGE:
        heads = [(q.head["moment"], q) for q in (changes, signs) if q.head is not None]
        if not heads or any(q.head is None and q.more for q in (changes, signs)):
            break  # what one has next, unread yet, may be newer than the other's
        queue = max(heads, key=lambda one: one[0])[1]
        items.append(queue.items[queue.taken])
        queue.taken += 1
    return items


def _goes_on(queue: _Queue, began: int | None, below: int | None = None) -> int | None:
    if not queue.left:
        return END
    if queue.taken == len(queue.items) and below is not None:
        return below
    return queue.items[queue.taken - 1]["key"] if queue.taken else began

"""Who is acting, from where, and for which change set: context that triggers read and fail closed without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person (their FAB user id) or a named system actor (id None), and the way they came in."""

    id: int | None
    name: str
    source: str = "system"
    request: str = ""


ANONYMOUS = Actor(None, "anonymous", "web")
AUTHENTICATION = Actor(None, "authentication", "login")
SYSTEM = Actor(None, "system", "system")

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_change_set: ContextVar[int | None] = ContextVar("change_set", default=None)


def current_actor() -> Actor | None:
    """Who is acting; None means that nothing may be written."""
    return _actor.get()


def current_change_set() -> int | None:
    """The change set being written; only `app.change` sets it."""
    return _change_set.get()


def become(actor: Actor | None) -> None:
    """Set the actor for the rest of this context (start of a request)."""
    _actor.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Act as `actor` inside the block."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


@contextmanager
def writing(change_set: int) -> Iterator[None]:
    """Write entity tables on behalf of a change set. For `app.change` alone; a test bans other callers."""
    token = _change_set.set(change_set)
    try:
        yield
    finally:
        _change_set.reset(token)

"""Who is acting, from where, and for which change set: context that triggers read and fail closed without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app import clock


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


@dataclass(frozen=True)
class Writing:
    """The change set being written, the one moment all its changes bear (wire text), the case it is part of.

    A record locked by an approval is written on behalf of that case only.
    """

    change_set: int
    moment: str
    case: int | None = None


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_writing: ContextVar[Writing | None] = ContextVar("writing", default=None)


def current_actor() -> Actor | None:
    """Who is acting; None means that nothing may be written."""
    return _actor.get()


def current_change_set() -> int | None:
    """The change set being written; only `app.change` sets it."""
    found = _writing.get()
    return found.change_set if found else None


def current_case() -> int | None:
    """The approval case on whose behalf the change set is written; what it has locked is open to it."""
    found = _writing.get()
    return found.case if found else None


def current_context() -> tuple[Actor | None, Writing | None]:
    """Both together: what the database is told before it writes."""
    return _actor.get(), _writing.get()


def moment() -> str:
    """The instant the log gives to a write made now, as wire text: one for a whole change set."""
    found = _writing.get()
    return found.moment if found else clock.instant_text(clock.now())


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
def writing(change_set: int, case: int | None = None) -> Iterator[None]:
    """Write entity tables on behalf of a change set, and of the case that has locked or now locks records.

    For `app.change` alone; a test bans other callers.
    """
    token = _writing.set(Writing(change_set, clock.instant_text(clock.now()), case))
    try:
        yield
    finally:
        _writing.reset(token)

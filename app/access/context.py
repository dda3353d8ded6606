"""Whose grants hold here: those of the request's user, or of whom a block acts as."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import current_app, g, has_app_context, has_request_context
from sqlalchemy.orm import Session

from app.access.errors import NoGrants
from app.access.grants import SYSTEM_GRANTS, Grants
from app.access.load import load_grants
from app.audit.actor import SYSTEM, Actor, acting

_grants: ContextVar[Grants | None] = ContextVar("grants", default=None)


def current_grants() -> Grants:
    """The grants that hold here, read once per request. Raises NoGrants where nobody acts."""
    found = _grants.get()
    if found is not None:
        return found
    if not has_request_context():
        raise NoGrants("nobody's rights are known here: use acting_as()")
    user = g.get("user")
    user_id = user.id if user is not None and user.is_authenticated else None
    kept: Grants | None = g.get("grants")
    if kept is None or kept.user_id != user_id:
        kept = g.grants = load_grants(_session(), user_id)
    return kept


def forget_grants() -> None:
    """Read the grants anew at the next question of this request (after its rights were changed)."""
    if has_app_context():
        g.pop("grants", None)
        g.pop("role_options", None)


@contextmanager
def granted(grants: Grants) -> Iterator[Grants]:
    """These grants hold inside the block. Use a session of its own: see `acting_as`."""
    token = _grants.set(grants)
    try:
        yield grants
    finally:
        _grants.reset(token)


@contextmanager
def acting_as(user_id: int | None, source: str = "system", request: str = "") -> Iterator[Grants]:
    """Act as a person (or, for None, as the system) outside their request: jobs, the command line, seeds.

    Runs in an application context of its own and so in a database session of its own: nothing that somebody
    else may see is shared through it. Raises NoGrants for a person who is gone or inactive.
    """
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        grants = SYSTEM_GRANTS if user_id is None else load_grants(_session(), user_id)
        if user_id is not None and grants.user_id is None:
            raise NoGrants(f"user {user_id} is gone or inactive")
        actor = Actor(user_id, SYSTEM.name if user_id is None else grants.name, source, request)
        with acting(actor), granted(grants):
            yield grants


def _session() -> Session:
    from app.db import db

    return db.session()  # type: ignore[no-any-return]

"""Who asks: every request begins as nobody and becomes a person only through a live session.

The cookie carries the session's id under ``sid``; a token carries it as a claim. Signing out ends the
session, and with it every copy of the cookie or token.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request, session
from flask_babel import gettext as _
from flask_jwt_extended import JWTManager, get_jwt, verify_jwt_in_request
from flask_login import user_logged_in, user_logged_out

from app.access import session_store
from app.access.load import person_name
from app.access.log import note
from app.access.session_store import Live
from app.audit.actor import ANONYMOUS, Actor, become, current_actor
from app.db import db

COOKIE_KEY = CLAIM = "sid"
_SEEN_EVERY = 300


def install(app: Flask) -> None:
    """Identify whoever asks, before anything else looks. To be called once FAB is set up."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin_as_nobody)
    app.before_request(_identify)
    app.teardown_request(_end_as_before)
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    _install_tokens(app.appbuilder.sm.jwt_manager)  # type: ignore[attr-defined]
    session_store.watch(db.session)


def live(key: str | None, user_id: Any) -> Live | None:
    """The live session `key` of a person, read once per request; None when it is not theirs or has ended."""
    asked = (key, str(user_id))
    if not str(user_id).isdigit():
        return None
    known: dict[tuple[str | None, str], Live | None] = g.setdefault("live_sessions", {})
    if asked not in known:
        settings = current_app.config["TAIZHANG"]
        known[asked] = session_store.live(
            db.session(), key, int(user_id), settings.session_idle, settings.session_absolute
        )
    return known[asked]


def enter(key: str | None, user_id: Any) -> Any:
    """The user of a live session, whose grants then hold for this request; None otherwise."""
    kept = live(key, user_id)
    if kept is None:
        return None
    g.grants, g.live_session = kept.grants, kept
    return kept.user


def _begin_as_nobody() -> None:
    g.request_id, g.actor_before = secrets.token_hex(8), current_actor()
    become(Actor(None, ANONYMOUS.name, ANONYMOUS.source, g.request_id))


def _end_as_before(error: BaseException | None) -> None:
    become(g.get("actor_before"))


def _identify() -> None:
    if request.endpoint == "static":
        return
    bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
    if bearer and not g.user.is_authenticated and not (request.endpoint or "").startswith("SecurityApi."):
        verify_jwt_in_request(optional=True)
    if not g.user.is_authenticated:
        if "_user_id" in session:
            session.clear()
        return
    source = "api" if bearer and "_user_id" not in session else "web"
    become(Actor(g.user.id, person_name(g.user.first_name, g.user.last_name), source, g.request_id))
    idle: int = current_app.config["TAIZHANG"].session_idle
    session_store.touch(db.engine, g.live_session, min(_SEEN_EVERY, idle // 4))


def _start(user: Any) -> str:
    agent = request.headers.get("User-Agent", "")
    key = session_store.begin(db.session(), user, agent, request.remote_addr or "")
    note("login", user_id=user.id, name=user.username)
    return key


def _signed_in(sender: Flask, user: Any, **more: Any) -> None:
    session.pop("csrf_token", None)
    session[COOKIE_KEY] = _start(user)
    session.permanent = True


def _signed_out(sender: Flask, user: Any, **more: Any) -> None:
    key = session.get(COOKIE_KEY)
    session.clear()
    if key:
        session_store.end(db.session(), key)
        note("logout")


def end_token() -> None:
    """End the session of the token this request came with."""
    session_store.end(db.session(), get_jwt().get(CLAIM, ""))
    note("logout")


def _install_tokens(manager: JWTManager) -> None:
    @manager.additional_claims_loader
    def claims(identity: str) -> dict[str, str]:
        """Access and refresh token of one sign-in carry the same session; a refreshed token keeps it."""
        shown = get_jwt() if "_jwt_extended_jwt" in g else {}
        if shown.get("sub") == identity and shown.get("type") == "refresh":
            return {CLAIM: shown[CLAIM]}
        started: dict[str, str] = g.setdefault("token_sessions", {})
        if identity not in started:
            user = current_app.appbuilder.sm.get_user_by_id(int(identity))  # type: ignore[attr-defined]
            started[identity] = _start(user)
        return {CLAIM: started[identity]}

    @manager.token_in_blocklist_loader
    def ended(header: dict[str, Any], payload: dict[str, Any]) -> bool:
        """A token is worth nothing once its session has ended."""
        return live(payload.get(CLAIM), payload.get("sub")) is None

    for loader in (
        manager.invalid_token_loader,
        manager.revoked_token_loader,
        manager.expired_token_loader,
        manager.user_lookup_error_loader,
        manager.needs_fresh_token_loader,
    ):
        loader(_refused)
    manager.unauthorized_loader(_unknown)


def _unknown(*_details: Any) -> tuple[Response, int]:
    return jsonify(message=_("Please sign in first."), errors=[]), 401


def _refused(*_details: Any) -> tuple[Response, int]:
    return jsonify(message=_("Please sign in again: this token is not valid any more."), errors=[]), 401

"""No unsafe request on the strength of a cookie alone: whoever sends our cookie also sends our token.

Flask-WTF checks the token; we decide where. It is asked for on every unsafe request that carries the session
cookie, FAB's REST API included (FAB exempts it). Without the cookie there is nothing to abuse: tokens in the
Authorization header are never sent by a browser on its own.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, jsonify, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def install(app: Flask) -> None:
    """Check every request; templates get ``csrf_token()``. To be called before FAB is set up."""
    protection = CSRFProtect(app)

    @app.before_request
    def check() -> None:
        carried = current_app.config["SESSION_COOKIE_NAME"] in request.cookies
        if carried and request.method not in _SAFE and current_app.config["WTF_CSRF_ENABLED"]:
            protection.protect(apply_exemptions=False)

    @app.errorhandler(CSRFError)
    def refused(error: CSRFError) -> tuple[Any, int]:
        message = _("This page has expired. Please reload it and try again; nothing was changed.")
        if request.path.startswith("/api/") or request.is_json:
            return jsonify(message=message, errors=[]), 400
        page = render_template(
            "taizhang/error.html", status=400, title=_("This page has expired"), advice=message, number=""
        )
        return page, 400

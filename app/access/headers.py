"""Security headers of every answer, and ``csp_nonce()`` for the few scripts that stand in a page.

The content security policy lets scripts come from our own files or carry this request's nonce, nothing else;
nobody may frame us. Styles may stand in the page (grids position their cells so). Everything but static files
is kept out of caches, so that the back button shows nothing after signing out.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request

_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def csp_nonce() -> str:
    """This request's nonce, for ``<script nonce="{{ csp_nonce() }}">``."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def install(app: Flask) -> None:
    """Set the headers on every answer."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=csp_nonce()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-store")
    elif "v" in request.args and response.status_code in (200, 304):
        # The address changes with the content.
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response

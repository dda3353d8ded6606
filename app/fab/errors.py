"""What went wrong, said once: JSON for the API, a page for people, a number to quote for what nobody expected."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import prison
from flask import Flask, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.access.errors import AccessError, NoGrants
from app.change import Busy
from app.db import db
from app.fab.why_api import why_here
from app.fab.wire import answer
from app.query.filters import FilterError

log = logging.getLogger(__name__)


def wants_json() -> bool:
    """Whether the asker is a program."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def words(status: int) -> tuple[str, str]:
    """Title and what to do next, for a status."""
    known = {
        400: (_("This request cannot be read"), _("Go back, reload the page and try again.")),
        401: (_("Please sign in first"), _("Your session has ended or you are not signed in.")),
        403: (_("You may not see this"), _("Your role does not include it. An administrator can tell you why.")),
        404: (_("There is nothing here"), _("It does not exist, or you may not see it. Check the address.")),
        405: (_("This cannot be done here"), _("Go back, reload the page and try again.")),
        409: (_("Somebody else was faster"), _("Reload the page and repeat your change.")),
        413: (_("This file is too large"), _("Split the file, or ask an administrator to raise the limit.")),
        429: (_("Too many tries"), _("Wait a minute, then try again.")),
        503: (_("Many people are saving just now"), _("Try again in a moment. Nothing is lost.")),
    }  # fmt: skip
    return known.get(
        status, (_("Something went wrong"), _("Try again. If it happens again, quote the number below."))
    )


def page(status: int, number: str = "", detail: str = "") -> BaseResponse | tuple[str, int]:
    """The answer for a status, in the asker's form."""
    title, advice = words(status)
    if wants_json():
        body: dict[str, Any] = {
            "message": detail or _("%(title)s. %(advice)s", title=title, advice=advice),
            "errors": [],
        }
        return answer(status, {**body, "number": number} if number else body)
    why = why_here() if status == 403 else None
    return render_template(
        "taizhang/error.html", status=status, title=title, advice=detail or advice, number=number, why=why
    ), status


def unreadable_arguments() -> BaseResponse | tuple[str, int] | None:
    """FAB's own reader of ``?q=(page:1)`` fails on some texts that are no rison; they are a bad request."""
    wanted = (request.endpoint or "").rpartition(".")[2] in ("get_list", "get", "info")
    if not wanted or not request.path.startswith("/api/v1/") or "q" not in request.args:
        return None
    try:
        prison.loads(request.args["q"])
    except Exception:  # whatever the reader stumbles over
        return page(400)
    return None


def install(app: Flask) -> None:
    """Register the handlers."""
    app.before_request(unreadable_arguments)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return page(error.code)

    @app.errorhandler(FilterError)
    def bad_filter(error: FilterError) -> Any:
        return page(400, detail=str(error.message))

    @app.errorhandler(AccessError)
    def refused(error: AccessError) -> Any:
        return page(401 if isinstance(error, NoGrants) else 403, detail=str(error.message))

    @app.errorhandler(Busy)
    def busy(error: Busy) -> Any:
        response: Response = app.make_response(page(503))
        response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        db.session.rollback()
        if isinstance(error, TimeoutError) or (
            isinstance(error, OperationalError) and (error.connection_invalidated or "locked" in str(error))
        ):
            return busy(Busy())
        number = secrets.token_hex(4)
        log.exception("error %s on %s %s", number, request.method, request.path)
        return page(500, number=number)

"""How routes read what is sent and answer: JSON in, JSON out, numbers in addresses."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.routing import IntegerConverter, Map

from app.query.filters import FilterError
from app.query.rows import Window

_BEYOND = 2**53
"""Ids from here on a browser cannot tell apart."""


class RecordNumber(IntegerConverter):
    """``<int:pk>`` in addresses: what no record can have as its id names no page."""

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, max=_BEYOND - 1)


def answer(status: int, body: dict[str, Any]) -> Response:
    """A JSON answer."""
    try:
        text = orjson.dumps(body)
    except TypeError:  # half a character that somebody sent: quoted back to them escaped
        text = json.dumps(body).encode()
    return Response(text, status, mimetype="application/json")


def refuse(status: int, message: str, **more: Any) -> Response:
    """A JSON answer in the shape of all that is refused."""
    return answer(status, {"message": message, "errors": [], **more})


class Refusals:
    """What FAB's ``@protect`` answers whom it refuses: in our shape and the reader's language."""

    def response_401(self) -> Response:
        """Nobody is signed in."""
        return refuse(401, _("Please sign in first."))

    def response_403(self) -> Response:
        """Their role does not include it."""
        return refuse(403, _("Your role does not include this. An administrator can tell you why."))


def body_json() -> dict[str, Any] | None:
    """The request's JSON object; None when it is none."""
    try:
        found = request.get_json(silent=True)
    except RecursionError:  # nested deeper than anything a client means
        found = None
    return found if isinstance(found, dict) else None


def question_json() -> dict[str, Any]:
    """The JSON object that a reading request asks with; empty when nothing was sent. Raises FilterError."""
    sent = request.get_data()
    try:
        found = orjson.loads(sent) if sent.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise FilterError(_l("The request is not valid JSON."))
    return found


def window_of(body: dict[str, Any]) -> Window:
    """The window of rows that a request asks for."""
    at, limit = body.get("at"), body.get("limit")
    return Window(
        body.get("filter"), _list(body.get("sort")), names_of(body) or None, str(body.get("q") or ""),
        at if is_whole(at) else None, str(body["after"]) if body.get("after") else None,
        (limit if is_whole(limit) else None) or 200,
    )  # fmt: skip


def names_of(body: dict[str, Any]) -> list[str]:
    """The fields that a request names."""
    return [name for name in _list(body.get("fields")) if isinstance(name, str)]


def picks_of(body: dict[str, Any]) -> dict[str, list[int]] | None:
    """The approvers a submitter chose, by step; None when they cannot be read."""
    picks = body.get("picks") or {}
    readable = isinstance(picks, dict) and all(
        isinstance(people, list) and all(map(is_whole, people)) for people in picks.values()
    )
    return picks if readable else None


def is_whole(value: Any) -> bool:
    """Whether a JSON value is a whole number that an id or a count can be."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _BEYOND


def whole_number(text: str | None) -> int | None:
    """The whole number that an address or a form names; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None


def plain_text(value: Any, most: int) -> str:
    """What a person typed as one line of at most `most` characters, without what no database keeps."""
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:most]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

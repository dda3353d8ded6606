"""The change set API: what the sheet, imports and integrations write through."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.change import Change, ChangeSet, UndoRefused, commit, undo
from app.entity import FieldError, registry
from app.entity.kinds import clean_text
from app.fab.refusal import result_json, status_of
from app.fab.wire import Refusals, answer, body_json, is_whole, picks_of, refuse

MAX_CHANGES = 20_000
SOURCES = ("sheet", "paste", "fill", "bulk", "api")


class BadChange(ValueError):
    """A change that cannot be read; the message says what is wrong with it."""


def read_change(item: Any) -> Change:
    """A change from its JSON. Raises BadChange."""
    if not isinstance(item, dict) or str(item.get("entity")) not in registry:
        raise BadChange(_("A change names no known entity."))
    op, values, base = item.get("op"), item.get("values") or {}, item.get("base")
    record, version, ref, verb = item.get("id"), item.get("version"), item.get("ref"), item.get("verb")
    if op not in ("insert", "update", "delete") or not isinstance(values, dict):
        raise BadChange(_("A change must insert, update or delete."))
    if base is not None and not isinstance(base, dict):
        raise BadChange(_("The base values of a change cannot be read."))
    if op != "insert" and not (is_whole(record) and record):
        raise BadChange(_("A change names no record."))
    if op == "update" and version is None and base is None:
        raise BadChange(_("Say which version you changed: send “version” or “base”."))
    if version is not None and not (type(version) is int and 0 <= version < 2**31):
        raise BadChange(_("The version of a change cannot be read."))
    if ref is not None and not (isinstance(ref, str) and 0 < len(ref) <= 64 and ref.isprintable()):
        raise BadChange(_("The reference of a change cannot be read."))
    if op == "insert":
        record = version = base = None  # only an undone delete has an identity before it is written
    name = registry.get(item["entity"]).name
    return Change(name, op, values, record, version, base,
                  ref, None, str(verb)[:40] if verb else None)  # fmt: skip


class ChangeSetApi(Refusals, BaseApi):
    """Change sets: apply one, take one back."""

    resource_name = "change_set"
    class_permission_name = "ChangeSet"
    base_permissions = ("can_post",)
    method_permission_name = {"post": "post", "undo": "post"}  # noqa: RUF012  FAB reads a class attribute
    allow_browser_login = True

    @expose("/", methods=["POST"])
    @expose("", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Apply a change set: all or nothing, unless partial.
        ---
        post:
          summary: Apply a change set
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    key: {type: string, description: the same key answers with the first result}
                    changes: {type: array, items: {type: object}}
                    reason: {type: string}
                    partial: {type: boolean}
                    confirmed: {type: array, items: {type: string}}
          responses:
            200:
              description: what became of each change
            409:
              description: cells somebody else changed meanwhile
            422:
              description: what has to be mended or confirmed
        """
        body = body_json()
        items = body.get("changes") if body else None
        if body is None or not isinstance(items, list) or not items:
            return refuse(400, _("The request holds no changes."))
        if len(items) > MAX_CHANGES:
            message = _(
                "At most %(n)s changes fit into one change set. Use an import instead.", n=MAX_CHANGES
            )
            return refuse(400, message)
        try:
            changes = [read_change(item) for item in items]
            reason = clean_text(body.get("reason") or "")
        except BadChange as problem:
            return refuse(400, str(problem))
        except FieldError as problem:
            return refuse(400, str(problem.message))
        source, confirmed, picks = body.get("source"), body.get("confirmed"), picks_of(body)
        if picks is None:
            return refuse(400, _("This request cannot be read."))
        asked = ChangeSet(
            changes,
            source=source if isinstance(source, str) and source in SOURCES else "api",
            reason=(reason or "")[:500],
            key=str(body["key"]) if body.get("key") else None,
            partial=bool(body.get("partial")),
            confirmed=frozenset(str(c) for c in confirmed if c != "*")
            if isinstance(confirmed, list)
            else frozenset(),
            picks=picks,
        )
        grants = current_grants()
        result = commit(asked, grants)
        return answer(status_of(result), result_json(result, grants))

    @expose("/<int:pk>/undo", methods=["POST"])
    @protect()
    def undo(self, pk: int) -> Response:
        """Take a change set back; what was touched since is listed in "left" and stays, unless it is named.
        ---
        post:
          summary: Undo a change set
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    include: {type: array, items: {type: object}, description: records that go back all the same}
                    dry_run: {type: boolean}
          responses:
            200:
              description: what was taken back and what was left
            404:
              $ref: '#/components/responses/404'
            422:
              description: why it cannot be undone
        """
        grants, body = current_grants(), body_json() or {}
        include = _places(body.get("include"))
        if include is None:
            return refuse(400, _("This request cannot be read."))
        try:
            result = undo(pk, grants, include=include, dry_run=bool(body.get("dry_run")))
        except UndoRefused as refused:
            status = 404 if refused.code == "NOT_FOUND" else 422
            return refuse(status, str(refused.message), code=refused.code)
        return answer(status_of(result), result_json(result, grants))


def _places(named: Any) -> set[tuple[str, int]] | None:
    """The records that a request names; None when it cannot be read."""
    if not isinstance(named or [], list):
        return None
    places = set()
    for item in named or []:
        name = str(item.get("entity")) if isinstance(item, dict) else ""
        if name not in registry or not is_whole(item.get("id")):
            return None
        places.add((registry.get(name).name, item["id"]))
    return places

"""The approval API: inbox, cases, and the one way to decide. Reading never decides anything."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.approval import Asked, Done, act
from app.approval.reading import TABS, case_json, inbox, of_record, preview
from app.db import db
from app.entity import registry
from app.fab.wire import Refusals, answer, body_json, is_whole, picks_of, refuse, whole_number
from app.query.rows import records

MAX_ITEMS = 500


class ApprovalApi(Refusals, BaseApi):
    """Approvals of the person who asks."""

    resource_name = "approval"
    class_permission_name = "Approval"
    base_permissions = ("can_get", "can_post", "can_administer")
    method_permission_name = {  # noqa: RUF012  FAB reads a class attribute
        "inbox": "get", "case": "get", "preview": "get", "record": "get", "act": "post",
    }  # fmt: skip
    allow_browser_login = True

    @expose("/inbox", methods=["GET"])
    @protect()
    def inbox(self) -> Response:
        """A page of what waits for me, what I asked, decided, was told of.
        ---
        get:
          summary: The inbox
          parameters:
            - {in: query, name: tab, schema: {type: string, enum: [todo, mine, done, cc]}}
            - {in: query, name: before, schema: {type: integer}}
            - {in: query, name: limit, schema: {type: integer}}
          responses:
            200:
              description: cases, the latest first, and how many each tab holds
        """
        tab, typed = request.args.get("tab", "todo"), request.args.get("before", "")
        before, limit = whole_number(typed), whole_number(request.args.get("limit", "50"))
        if tab not in TABS or (typed and before is None) or limit is None:
            return refuse(400, _("This request cannot be read."))
        size = max(1, min(limit, 100))
        return answer(200, inbox(db.session(), current_grants(), tab, before, size))

    @expose("/case/<int:pk>", methods=["GET"])
    @protect()
    def case(self, pk: int) -> Response:
        """One case, whole.
        ---
        get:
          summary: A case
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the case with its route, changes and opinions
            404:
              $ref: '#/components/responses/404'
        """
        found = case_json(db.session(), pk, current_grants()) if pk < 2**53 else None
        if found is None:
            return refuse(404, _("There is no such request, or it is none of yours."))
        return answer(200, found)

    @expose("/preview", methods=["GET"])
    @protect()
    def preview(self) -> Response:
        """What submitting a record would lead to.
        ---
        get:
          summary: The route a submit would take
          parameters:
            - {in: query, name: entity, schema: {type: string}}
            - {in: query, name: id, schema: {type: integer}}
          responses:
            200:
              description: the route drawn whole, and what stands in the way
            404:
              $ref: '#/components/responses/404'
        """
        return self._of_record(request.args.get("entity", ""), request.args.get("id", ""), whole=False)

    @expose("/record/<string:entity>/<int:pk>", methods=["GET"])
    @protect()
    def record(self, entity: str, pk: int) -> Response:
        """The open case of a record and its earlier ones.
        ---
        get:
          summary: Approvals of a record
          parameters:
            - {in: path, name: entity, schema: {type: string}}
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the open case and the earlier ones
            404:
              $ref: '#/components/responses/404'
        """
        return self._of_record(entity, str(pk), whole=True)

    def _of_record(self, name: str, text: str, *, whole: bool) -> Response:
        grants, record = current_grants(), whole_number(text)
        missing = refuse(404, _("This record does not exist any more, or you may not see it."))
        if name not in registry or record is None or not grants.can("list", registry.get(name).name):
            return missing
        entity = registry.get(name)
        if not records(db.session(), entity, grants, [record], [entity.about.title]):
            return missing
        if whole:
            return answer(200, of_record(db.session(), entity, record, grants))
        db.session.rollback()
        return answer(200, preview(entity, record, grants))

    @expose("/act", methods=["POST"])
    @protect()
    def act(self) -> Response:
        """Do a verb on one or more cases, each for itself.
        ---
        post:
          summary: Decide, hand over, withdraw, comment
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    verb: {type: string}
                    items: {type: array, items: {type: object}}
                    comment: {type: string}
          responses:
            200:
              description: what became of each case
            409:
              description: decided already, or changed since it was opened
            422:
              description: what has to be mended
        """
        body = body_json() or {}
        asked = read_asked(body)
        if asked is None:
            return refuse(400, _("This request cannot be read."))
        grants = current_grants()
        results = [act(one, grants) for one in asked]
        status = 200 if any(r.status == 200 for r in results) else results[0].status
        return answer(status, {"results": [done_json(r) for r in results], "message": results[0].message,
                               "errors": [e for r in results for e in r.errors]})  # fmt: skip


def done_json(done: Done) -> dict[str, Any]:
    """What became of one case."""
    return {"case": done.case, "rev": done.rev, "state": done.state, "status": done.status, "message": done.message,
            "errors": list(done.errors)}  # fmt: skip


def read_asked(body: dict[str, Any]) -> list[Asked] | None:
    """What is asked of each case; None when it cannot be read."""
    items, verb, comment = body.get("items"), body.get("verb"), body.get("comment") or ""
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS or not isinstance(verb, str):
        return None
    ids = {name: body.get(name) or [] for name in ("to", "exclude", "drop")}
    step, edits, changes, picks = body.get("step"), body.get("edits"), body.get("changes"), picks_of(body)
    readable = (
        isinstance(comment, str)
        and all(isinstance(v, list) and all(map(is_whole, v)) for v in ids.values())
        and (step is None or isinstance(step, str))
        and isinstance(edits or {}, dict)
        and isinstance(changes or [], list)
        and all(isinstance(c, dict) for c in changes or [])
        and picks is not None
    )
    places = [(i.get("case"), i.get("rev")) for i in items if isinstance(i, dict)]
    if (
        not readable
        or len(places) != len(items)
        or not all(is_whole(c) and (r is None or is_whole(r)) for c, r in places)
    ):
        return None
    return [
        Asked(
            case, verb, rev, comment, tuple(ids["to"]), str(body.get("where") or "parallel"), step,
            tuple(ids["exclude"]), dict(edits or {}), tuple(changes or ()), tuple(ids["drop"]), dict(picks or {}),
        )
        for case, rev in places
        if case is not None
    ]  # fmt: skip

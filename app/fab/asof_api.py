"""Looking back and restoring: the part of an entity's API that answers how things were."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, request
from flask_appbuilder.api import expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.change import RestoreRefused, restore
from app.db import db
from app.entity import EntityType
from app.fab.refusal import result_json, status_of
from app.fab.wire import answer, question_json, refuse, whole_number, window_of
from app.query.asof import PastSheet, moment, record_as_of
from app.query.filters import FilterError

_STATUS = {"NOT_FOUND": 404, "FORBIDDEN": 403}


class AsOfRoutes:
    """Mixed into `EntityApi`."""

    entity: ClassVar[EntityType]

    def _past(self, body: dict[str, Any]) -> PastSheet:
        return PastSheet(db.session(), self.entity, current_grants(), moment(body.get("moment")))

    @expose("/rows_at", methods=["POST"])
    @protect()
    def rows_at(self) -> Response:
        """A window of the sheet as it was at a moment, each row with what has become of it since.
        ---
        post:
          summary: Rows of the sheet at a moment
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    moment: {type: string, description: an instant, or a local date and time}
                    filter: {type: object, nullable: true}
                    sort: {type: array, items: {type: array, items: {type: string}}}
                    at: {type: integer}
                    after: {type: string}
                    limit: {type: integer}
                    q: {type: string}
          responses:
            200:
              description: rows, next and total
            400:
              $ref: '#/components/responses/400'
        """
        body = question_json()
        window = window_of(body)
        page = self._past(body).page(window)
        return answer(200, {"rows": page.rows, "next": page.next, "total": page.total, "at": window.at})

    @expose("/totals_at", methods=["POST"])
    @protect()
    def totals_at(self) -> Response:
        """Count, sums, least and greatest under a filter, as they were at a moment.
        ---
        post:
          summary: Totals of the sheet at a moment
          responses:
            200:
              description: count, sums, min and max
        """
        body = question_json()
        window = window_of(body)
        found = self._past(body).totals(window.filter, list(window.fields or ()), window.q)
        return answer(200, found)

    @expose("/<pk>/at", methods=["GET"])
    @protect()
    def record_at(self, pk: str) -> Response:
        """A record at a moment, or as a log entry left it, with its lines then and what differs from now.
        ---
        get:
          summary: A record as it was
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
            - {in: query, name: moment, schema: {type: string}}
            - {in: query, name: log, schema: {type: integer}}
          responses:
            200:
              description: values, titles, lines and what differs from now
            404:
              $ref: '#/components/responses/404'
        """
        log = request.args.get("log", type=int)
        at = moment(request.args.get("moment")) if log is None else None
        record = whole_number(pk)
        found = record and record_as_of(
            db.session(), self.entity, current_grants(), record, at=at, log=whole_log(log)
        )
        return answer(200, found) if found else _missing()

    @expose("/<pk>/restore", methods=["POST"])
    @protect()
    def restore(self, pk: str) -> Response:
        """Bring a record, or some of its fields, back to a log entry or a moment, through the gate.
        ---
        post:
          summary: Restore a record
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    log: {type: integer, description: as this entry left it}
                    moment: {type: string}
                    fields: {type: array, items: {type: string}}
                    version: {type: integer, description: the version the restorer sees}
                    key: {type: string, description: the same key answers with the first result}
          responses:
            200:
              description: what was restored, and under left what was not
            404:
              $ref: '#/components/responses/404'
            409:
              description: cells somebody else changed meanwhile
            422:
              description: why it cannot be restored
        """
        body, record = question_json(), whole_number(pk)
        if record is None:
            return _missing()
        names = body.get("fields")
        if names is not None and not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
            raise FilterError(_("The fields to restore cannot be read."))
        log, version = body.get("log"), body.get("version")
        if log is not None and type(log) is not int:
            raise FilterError(_("This entry of the change log cannot be read."))
        at = moment(body["moment"]) if body.get("moment") is not None and log is None else None
        grants = current_grants()
        try:
            result = restore(
                self.entity, record, grants, at=at, log=whole_log(log), fields=names,
                version=version if type(version) is int and 0 <= version < 2**31 else None,
                key=str(body["key"]) if body.get("key") else None,
            )  # fmt: skip
        except RestoreRefused as problem:
            status = _STATUS.get(problem.code, 422)
            return refuse(status, str(problem.message), code=problem.code)
        return answer(status_of(result), result_json(result, grants))


def whole_log(log: int | None) -> int | None:
    """The number of a log entry, kept within what the databases can compare."""
    return None if log is None else max(0, min(log, 2**53))


def _missing() -> Response:
    return refuse(404, _("This record was not there then, or you may not see it."))

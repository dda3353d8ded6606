"""The REST API of an entity: FAB's standard routes and the sheet's, both through the wall and the gate."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, request
from flask_appbuilder.api import ModelRestApi, expose, protect
from flask_appbuilder.const import API_RESULT_RES_KEY
from flask_babel import gettext as _
from marshmallow import Schema, fields

from app.access.context import current_grants
from app.approval.held import add_held
from app.audit.history import record_history
from app.change import Busy, Change, ChangeSet, commit
from app.db import db
from app.entity.describe import describe
from app.fab.asof_api import AsOfRoutes
from app.fab.file_routes import FileRoutes
from app.fab.history_json import history_json
from app.fab.permissions_map import BASE_PERMISSIONS, METHOD_PERMISSION_NAME
from app.fab.refusal import result_json, status_of
from app.fab.wire import Refusals, answer, body_json, names_of, question_json, refuse, whole_number, window_of
from app.query import rows as query
from app.query.filters import FilterError

_MARSHMALLOW: dict[str, type[fields.Field[Any]]] = {
    "integer": fields.Integer, "link": fields.Integer, "person": fields.Integer, "yes_no": fields.Boolean,
    "json": fields.Raw, "multi_choice": fields.Raw, "attachment": fields.Raw,
}  # fmt: skip
_OPERATORS = {"eq": "eq", "neq": "ne", "gt": "gt", "lt": "lt", "ct": "contains", "sw": "starts", "rel_o_m": "eq",
              "dt_gt": "gt", "dt_lt": "lt", "in": "in"}  # fmt: skip
MAX_PAGE = 1000


class EntityApi(FileRoutes, AsOfRoutes, Refusals, ModelRestApi):
    """REST for one entity; a subclass per entity is made by `app.fab.factory`."""

    base_permissions = BASE_PERMISSIONS
    method_permission_name = METHOD_PERMISSION_NAME
    allow_browser_login = True
    openapi_spec_tag = ""
    exclude_route_methods: ClassVar[set[str]] = set()

    def _init_properties(self) -> None:
        names = list(self.entity.fields)
        for attribute in ("list_columns", "show_columns", "add_columns", "edit_columns", "order_columns"):
            setattr(self, attribute, names)
        self.list_select_columns = self.show_select_columns = names
        for attribute in ("search_columns", "search_exclude_columns", "base_filters"):
            setattr(self, attribute, [])
        for attribute in ("description_columns", "validators_columns"):
            setattr(self, attribute, {})
        self.label_columns = {n: f.label for n, f in self.entity.fields.items()}
        self._base_filters = self.datamodel.get_filters()
        self._filters = self.datamodel.get_filters([])

    def _init_model_schemas(self) -> None:
        for use in ("list", "show", "add", "edit"):
            members = {
                n: _MARSHMALLOW.get(f.kind, fields.String)(allow_none=True)
                for n, f in self.entity.fields.items()
            }
            schema = Schema.from_dict(members, name=f"{self.entity.view_name}{use.title()}")
            setattr(self, f"{use}_model_schema", schema())

    def _record(self, pk: Any) -> dict[str, Any] | None:
        number = whole_number(str(pk))
        found = query.records(db.session(), self.entity, current_grants(), [number]) if number else []
        return found[0] if found else None

    def _missing(self) -> Response:
        message = _("This record does not exist any more, or you may not see it.")
        return refuse(404, message)

    # FAB's standard routes

    def info_headless(self, **kwargs: Any) -> Response:
        """What the asker may do, and the description of the entity."""
        return answer(
            200, {"permissions": sorted(current_grants().verbs(self.entity.name)), **self._describe()}
        )

    def get_headless(self, pk: Any, **kwargs: Any) -> Response:
        """One record."""
        record = self._record(pk)
        if record is None:
            return self._missing()
        wanted = (kwargs.get("rison") or {}).get("columns")
        values = {n: v for n, v in record["values"].items() if not wanted or n in wanted}
        body = {
            "id": record["id"],
            "version": record["version"],
            API_RESULT_RES_KEY: values,
            "titles": record["titles"],
        }
        response = answer(200, body)
        response.headers["ETag"] = f'"{record["version"]}"'
        return response

    def get_list_headless(self, **kwargs: Any) -> Response:
        """A page of records, by FAB's rison arguments."""
        args = kwargs.get("rison") or {}
        if not isinstance(args, dict):
            return refuse(400, _("This filter cannot be read."))
        page, size = args.get("page", 0), args.get("page_size", 20)
        if not isinstance(page, int) or not isinstance(size, int) or not 0 <= page < 10**9:
            return refuse(400, _("This page number cannot be read."))
        size = MAX_PAGE if size == -1 else max(1, min(size, MAX_PAGE))
        leaves = []
        for item in args.get("filters") or []:
            if item.get("opr") not in _OPERATORS:
                return refuse(400, _("This filter cannot be read."))
            leaves.append(
                {"field": item.get("col"), "op": _OPERATORS[item["opr"]], "value": item.get("value")}
            )
        sort = (
            [[args["order_column"], args.get("order_direction", "asc")]] if args.get("order_column") else []
        )
        window = query.Window(
            {"and": leaves} if leaves else None, sort, args.get("columns"), at=page * size, limit=size
        )
        try:
            found = query.fetch(db.session(), self.entity, current_grants(), window)
        except FilterError as problem:  # FAB's own routes would make a 500 of it
            return refuse(400, str(problem.message))
        body = {
            "count": found.total,
            "ids": [r["id"] for r in found.rows],
            API_RESULT_RES_KEY: [{"id": r["id"], "version": r["version"], **r["values"]} for r in found.rows],
        }
        return answer(200, body)

    def post_headless(self) -> Response:
        """Insert one record."""
        body = body_json()
        if body is None:
            return refuse(400, _("The request is not valid JSON."))
        return self._commit(Change(self.entity.name, "insert", body), created=201)

    def put_headless(self, pk: Any) -> Response:
        """Update one record; the version seen comes in ``version`` or ``If-Match``, else 428."""
        body, record = body_json(), self._record(pk)
        if body is None:
            return refuse(400, _("The request is not valid JSON."))
        if record is None:
            return self._missing()
        version = body.pop("version", None) or request.headers.get("If-Match", "").strip('W/" ')
        if not str(version).isdigit():
            return refuse(428, _("Say which version you changed: send “version” or If-Match."))
        body.pop("id", None)
        return self._commit(Change(self.entity.name, "update", body, id=record["id"], version=int(version)))

    def delete_headless(self, pk: Any) -> Response:
        """Delete one record."""
        record = self._record(pk)
        if record is None:
            return self._missing()
        return self._commit(Change(self.entity.name, "delete", id=record["id"]))

    def _commit(self, change: Change, created: int = 200) -> Response:
        grants = current_grants()
        try:
            result = commit(ChangeSet([change], source="api"), grants)
        except Busy as busy:  # FAB's own routes would make a 500 of it
            response = refuse(503, _("Many people are saving just now"))
            response.headers["Retry-After"] = str(busy.retry_after)
            return response
        status, body = status_of(result), result_json(result, grants)
        if status == 200:
            first = body["results"][0]
            body = {
                "id": first["id"],
                "version": first["version"],
                API_RESULT_RES_KEY: first["values"],
                **body,
            }
        return answer(created if status == 200 else status, body)

    # The sheet's routes

    def _describe(self) -> dict[str, Any]:
        from app.fab.factory import sheet_tabs

        grants, name = current_grants(), self.entity.name
        found = describe(self.entity, grants.verbs(name), grants.levels(name))
        return {**found, "sheets": sheet_tabs(self.entity, grants)}

    @expose("/sheet", methods=["GET"])
    @protect()
    def sheet(self) -> Response:
        """Describe the entity as the asker sees it.
        ---
        get:
          summary: Description of the entity
          responses:
            200:
              description: fields, rights and urls of the sheet
            401:
              $ref: '#/components/responses/401'
        """
        return answer(200, self._describe())

    @expose("/rows", methods=["POST"])
    @protect()
    def rows(self) -> Response:
        """A window of rows by filter and sort, by row number or cursor.
        ---
        post:
          summary: Rows of the sheet
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    filter: {type: object, nullable: true}
                    sort: {type: array, items: {type: array, items: {type: string}}}
                    at: {type: integer}
                    after: {type: string}
                    limit: {type: integer}
                    fields: {type: array, items: {type: string}}
                    q: {type: string}
          responses:
            200:
              description: rows, next and total
            400:
              $ref: '#/components/responses/400'
        """
        window = window_of(question_json())
        page = query.fetch(db.session(), self.entity, current_grants(), window)
        add_held(db.session(), self.entity, current_grants(), page.rows)
        return answer(200, {"rows": page.rows, "next": page.next, "total": page.total, "at": window.at})

    @expose("/totals", methods=["POST"])
    @protect()
    def totals(self) -> Response:
        """Count, sums, least and greatest under a filter.
        ---
        post:
          summary: Totals of the sheet
          responses:
            200:
              description: count, sums, min and max
        """
        body = question_json()
        found = query.totals(
            db.session(),
            self.entity,
            current_grants(),
            body.get("filter"),
            names_of(body),
            str(body.get("q") or ""),
        )
        return answer(200, found)

    @expose("/lookup", methods=["GET"])
    @protect()
    def lookup(self) -> Response:
        """Records to choose from, by code, name, pinyin or initials.
        ---
        get:
          summary: Look-up for link fields
          parameters:
            - {in: query, name: q, schema: {type: string}}
            - {in: query, name: limit, schema: {type: integer}}
          responses:
            200:
              description: items with id, title and code
        """
        typed, limit = request.args.get("q", "")[:100], request.args.get("limit", 20, type=int)
        return answer(200, {"items": query.lookup(db.session(), self.entity, current_grants(), typed, limit)})

    @expose("/<pk>/history", methods=["GET"])
    @protect()
    def history(self, pk: str) -> Response:
        """What happened to a record, newest first.
        ---
        get:
          summary: History of a record
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: items with actor, time, source and cells old and new
            404:
              $ref: '#/components/responses/404'
        """
        record = self._record(pk)
        if record is None:
            return self._missing()
        entries = record_history(db.session(), self.entity, record["id"])
        return answer(200, {"items": history_json(db.session(), self.entity, entries, current_grants())})

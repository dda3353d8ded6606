"""Import in the browser: upload, map, preview, commit, watch. Reading and writing run as jobs of the user."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import get_locale
from flask_babel import gettext as _

import app.importing.jobs
import app.importing.personal  # noqa: F401  both declare jobs: those this API puts into the queue, and tidying up
from app.access.context import current_grants
from app.change import staging
from app.db import db
from app.entity import EntityType, registry
from app.excel.contract import FileRefused
from app.excel.read import open_workbook, read_sheet
from app.fab.wire import answer, body_json, refuse
from app.importing import uploads
from app.importing.mapping import map_columns
from app.importing.options import Options, Treatment
from app.importing.reading import cell_text, usual_key
from app.importing.run import limits
from app.importing.shown import shown_rows
from app.jobs import queue

SAMPLE = 8
PAGE = 200
ONLY: dict[str, tuple[tuple[str, ...], str | None]] = {
    "error": (("error",), None), "ask": (("ask",), None), "ready": (("ready",), None),
    "insert": (("ready",), "insert"), "update": (("ready",), "update"),
}  # fmt: skip
"""Which rows of a preview can be asked for: states and operation."""


class ImportApi(BaseApi):
    """Steps of an import."""

    resource_name = "import"
    class_permission_name = "ChangeSet"
    base_permissions = ("can_post",)
    method_permission_name = dict.fromkeys(
        ("upload", "look", "preview", "status", "rows", "commit", "discard"), "post"
    )  # fmt: skip
    allow_browser_login = True

    def _entity(self, name: Any) -> EntityType | None:
        if name not in registry or not current_grants().can("import", registry.get(name).name):
            return None
        return registry.get(name)

    def _forbidden(self) -> Response:
        return refuse(403, _("Your role may not import here."))

    @expose("/upload", methods=["POST"])
    @protect()
    def upload(self) -> Response:
        """Keep a file; say which sheets it has and how its columns map.
        ---
        post:
          summary: Upload a workbook to import
          responses:
            200:
              description: ticket, sheets, headers and the proposed mapping
            422:
              description: why the file cannot be read
        """
        entity, file = self._entity(request.form.get("entity")), request.files.get("file")
        if entity is None:
            return self._forbidden()
        if file is None:
            return refuse(400, _("Please choose a file."))
        kept = uploads.keep(file, current_grants().user_id)
        return self._look(entity, kept, None, None)

    @expose("/look", methods=["POST"])
    @protect()
    def look(self) -> Response:
        """The same for another sheet or header row of a file already uploaded.
        ---
        post:
          summary: Look at another sheet of an uploaded workbook
          responses:
            200:
              description: headers and the proposed mapping
        """
        body = body_json() or {}
        entity = self._entity(body.get("entity"))
        if entity is None:
            return self._forbidden()
        kept = uploads.find(body.get("ticket"), current_grants().user_id)
        return self._look(entity, kept, _text(body.get("sheet")), _row(body.get("header_row")))

    def _look(
        self, entity: EntityType, kept: uploads.Upload, sheet: str | None, header_row: int | None
    ) -> Response:
        grants = current_grants()
        try:
            book = open_workbook(kept.path, limits())
            shown = sheet or next((s.name for s in book.sheets if not s.hidden), book.sheets[0].name)
            table = read_sheet(kept.path, shown, header_row, limits())
        except FileRefused as refused:
            return refuse(422, str(refused.message), code=refused.code)
        sample = []
        for number, cells in table.rows:
            sample.append({"row": number, "cells": [cell_text(c) for c in cells]})
            if len(sample) == SAMPLE:
                break
        table.close()
        columns = map_columns(entity, table.headers, grants)
        info = next(s for s in book.sheets if s.name == shown)
        editable, full = set(grants.editable_fields(entity.name)), set(grants.open_fields(entity.name))
        fields = [
            {"name": n, "label": str(f.label), "required": f.required, "kind": f.kind, "auto": f.auto,
             "editable": n in editable, "key": n in full and f.kind not in ("long_text", "multi_choice")}
            for n in grants.visible_fields(entity.name)
            if (f := entity.fields[n]) and f.kind not in ("json", "attachment")
        ]  # fmt: skip
        return answer(200, {
            "ticket": kept.ticket, "name": kept.name, "kind": book.kind, "ignored_contents": book.ignored,
            "sheets": [{"name": s.name, "rows": s.rows, "hidden": s.hidden} for s in book.sheets],
            "sheet": shown, "header_row": table.header_row, "headers": table.headers,
            "rows": max(0, info.rows - table.header_row), "hidden_rows": info.hidden_row_count,
            "hidden_columns": sum(b - a + 1 for a, b in info.hidden_columns), "merged": len(info.merged_ranges),
            "duplicate_headers": table.duplicate_headers,
            "mapping": {table.headers[i]: n for i, n in columns.fields.items()},
            "ignored": columns.ignored, "missing": columns.missing, "sample": sample, "fields": fields,
            "key": usual_key(entity, columns.fields.values()),
        })  # fmt: skip

    @expose("/preview", methods=["POST"])
    @protect()
    def preview(self) -> Response:
        """Check a file through the gate without writing; answers with a job.
        ---
        post:
          summary: Preview an import
          responses:
            202:
              description: the job that checks the file
        """
        body, grants = body_json() or {}, current_grants()
        entity = self._entity(body.get("entity"))
        if entity is None:
            return self._forbidden()
        kept = uploads.find(body.get("ticket"), grants.user_id)
        mapping, key = body.get("mapping"), body.get("key")
        options = Options(
            sheet=_text(body.get("sheet")), header_row=_row(body.get("header_row")),
            columns={h: Treatment(n) if isinstance(n, str) else None for h, n in mapping.items()}
            if isinstance(mapping, dict) else {},
            key=tuple(str(k) for k in key) if isinstance(key, list) else (),
            # The page has said how many rows are hidden and that they come along.
            hidden="import",
        )  # fmt: skip
        args = {
            "entity": entity.name, "ticket": kept.ticket, "options": options.as_json(),
            "reason": str(body.get("reason") or "")[:500],
        }  # fmt: skip
        db.session.rollback()
        return answer(202, {"job": queue.enqueue("import_preview", args, grants.user_id, _language())})

    @expose("/job/<int:pk>", methods=["GET"])
    @protect()
    def status(self, pk: int) -> Response:
        """How far one of the asker's jobs is.
        ---
        get:
          summary: State of a job
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: state, progress and result
        """
        job = queue.find(pk)
        if job is None or job["user_id"] != current_grants().user_id:
            return refuse(404, _("There is no such job."))
        error, staged = job["error"], (job["result"] or {}).get("set")
        head = staging.header(staged) if staged else None
        if error in ("unexpected", "tries"):
            error = _("The server could not finish this. Nothing was written. Please try again.")
        return answer(200, {"kind": job["kind"], "asked": job["args"], "state": job["state"], "done": job["done"],
                            "total": job["total"], "step": job["step"], "result": job["result"],
                            "open": head is not None and head["state"] == "planned", "message": error or ""})  # fmt: skip

    def _mine(self, pk: int) -> dict[str, Any] | None:
        head = staging.header(pk)
        if head is None or head["actor_id"] != current_grants().user_id or head["source"] != "import":
            return None
        return head

    @expose("/<int:pk>/rows", methods=["GET"])
    @protect()
    def rows(self, pk: int) -> Response:
        """The rows of a preview: what changes from what to what, and what is wrong.
        ---
        get:
          summary: Rows of an import preview
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
            - {in: query, name: only, schema: {type: string, enum: [error, ask, ready, insert, update]}}
            - {in: query, name: after, schema: {type: integer}}
          responses:
            200:
              description: rows with cells and errors
        """
        head = self._mine(pk)
        if head is None:
            return refuse(404, _("There is no such import."))
        states, op = ONLY.get(request.args.get("only", ""), ((), None))
        found = staging.rows(pk, states, request.args.get("after", -1, type=int), PAGE, op=op)
        columns = (head["file"] or {}).get("columns", [])
        shown = shown_rows(db.session(), registry.get(head["entity"]), current_grants(), found, columns)
        return answer(200, {"rows": shown, "next": found[-1]["seq"] if len(found) == PAGE else None})

    @expose("/<int:pk>/commit", methods=["POST"])
    @protect()
    def commit(self, pk: int) -> Response:
        """Write a previewed import as one change set; answers with a job.
        ---
        post:
          summary: Commit an import
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            202:
              description: the job that writes
            422:
              description: rows have errors, and not only the others were asked for
        """
        head = self._mine(pk)
        if head is None:
            return refuse(404, _("There is no such import."))
        body, grants = body_json() or {}, current_grants()
        args = {"entity": head["entity"], "set": pk, "partial": bool(body.get("partial")),
                "confirmed": bool(body.get("confirmed"))}  # fmt: skip
        open_rows = staging.waiting(pk)
        wrong = open_rows.get("error", 0) + (0 if args["confirmed"] else open_rows.get("ask", 0))
        if wrong and not args["partial"]:
            message = _(
                "%(n)s rows have errors, so nothing was written. Mend them or import the others.", n=wrong
            )
            return refuse(422, message)
        db.session.rollback()
        return answer(202, {"job": queue.enqueue("import_commit", args, grants.user_id, _language())})

    @expose("/<int:pk>/discard", methods=["POST"])
    @protect()
    def discard(self, pk: int) -> Response:
        """Give a preview up.
        ---
        post:
          summary: Discard an import preview
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: given up
        """
        if self._mine(pk) is None:
            return refuse(404, _("There is no such import."))
        db.session.rollback()
        staging.discard(pk)
        return answer(200, {"message": _("Given up. Nothing was written.")})


def _language() -> str:
    return str(get_locale() or "zh").split("_")[0]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _row(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None

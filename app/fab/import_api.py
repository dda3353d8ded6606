"""Import in the browser: upload, look, preview, watch. Reading and writing run as jobs of the user."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

import app.importing.jobs
import app.importing.personal  # noqa: F401  both declare jobs: those this API puts into the queue, and tidying up
from app.access.context import current_grants
from app.change import staging
from app.db import db
from app.entity import EntityType
from app.entity.sentences import told
from app.excel.contract import FileRefused
from app.fab.import_shelf import ImportProfiles, importable
from app.fab.import_steps import ImportSteps, language
from app.fab.wire import Refusals, answer, body_json, is_whole, plain_text, refuse
from app.importing import preview as previews
from app.importing import uploads
from app.importing.jobs import staged_key
from app.importing.look import look
from app.importing.options import OptionsRefused, options_from
from app.jobs import queue

OPEN = ("planned",)


class ImportApi(ImportSteps, ImportProfiles, Refusals, BaseApi):
    """An import from the file to the preview; `ImportSteps` goes on from there, `ImportProfiles` are its kept mappings."""

    resource_name = "import"
    class_permission_name = "ChangeSet"
    base_permissions = ("can_post",)
    method_permission_name = dict.fromkeys(
        ("upload", "look", "preview", "status", "cancel", "file", "rows", "mend", "commit", "discard", "errors",
         "profiles", "keep_profile", "drop_profile"), "post"
    )  # fmt: skip
    allow_browser_login = True

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
        entity, file = importable(request.form.get("entity")), request.files.get("file")
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
        entity = importable(body.get("entity"))
        if entity is None:
            return self._forbidden()
        kept = uploads.find(body.get("ticket"), current_grants().user_id)
        return self._look(entity, kept, _text(body.get("sheet")), _row(body.get("header_row")))

    def _look(
        self, entity: EntityType, kept: uploads.Upload, sheet: str | None, header_row: int | None
    ) -> Response:
        try:
            return answer(200, look(entity, kept, sheet, header_row, current_grants()))
        except FileRefused as refused:
            return refuse(422, str(refused.message), code=refused.code)

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
        entity = importable(body.get("entity"))
        if entity is None:
            return self._forbidden()
        kept = uploads.find(body.get("ticket"), grants.user_id)
        try:
            options = options_from({"hidden": "import", **_options(body)})
        except OptionsRefused as refused:
            return refuse(400, str(refused.message))
        args = {
            "entity": entity.name, "ticket": kept.ticket, "options": options.as_json(),
            "reason": plain_text(body.get("reason"), 500),
        }  # fmt: skip
        before = body.get("corrected")
        if before is not None:
            head = self._mine(before) if is_whole(before) else None
            if head is None or (head["file"] or {}).get("stored") != kept.path.name:
                return self._unknown()
            args["corrected"] = before
        db.session.rollback()
        return answer(202, {"job": queue.enqueue("import_preview", args, grants.user_id, language())})

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
        error, result = job["error"], job["result"]
        staged = (result or {}).get("set") or (
            staging.by_key(staged_key(pk)) if job["kind"] == "import_preview" else None
        )
        head = staging.header(staged) if staged else None
        if (
            head is not None
            and job["kind"] == "import_preview"
            and "tally" in (head["file"] or {})
            and result
        ):
            result = previews.summary(head["id"], head["file"])
        if error in ("unexpected", "tries"):
            error = _("The server could not finish this. Nothing was written. Please try again.")
        return answer(200, {"kind": job["kind"], "asked": job["args"], "state": job["state"], "done": job["done"],
                            "total": job["total"], "step": job["step"], "result": told(result), "set": staged,
                            "open": head is not None and head["state"] in OPEN, "message": error or ""})  # fmt: skip

    @expose("/job/<int:pk>/cancel", methods=["POST"])
    @protect()
    def cancel(self, pk: int) -> Response:
        """Ask one of the asker's jobs to stop; what it began is taken back.
        ---
        post:
          summary: Cancel a job
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the job's state now
        """
        job = queue.find(pk)
        if job is None or job["user_id"] != current_grants().user_id:
            return refuse(404, _("There is no such job."))
        db.session.rollback()
        return answer(200, {"state": queue.cancel(pk)})


def _options(body: dict[str, Any]) -> dict[str, Any]:
    """The options of a request. The older form names sheet, header row, mapping and key by themselves."""
    if isinstance(body.get("options"), dict):
        return dict(body["options"])
    old = {n: body.get(n) for n in ("sheet", "header_row", "key") if body.get(n)}
    return old | {"columns": body.get("mapping") or {}}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _row(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None

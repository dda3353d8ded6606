"""The API of attachments: upload a file for a field, download one that a visible record holds."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request, send_file
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.db import db
from app.entity import registry
from app.fab import attachments
from app.fab.wire import Refusals, answer, refuse


class AttachmentApi(Refusals, BaseApi):
    """Files of records."""

    resource_name = "attachment"
    class_permission_name = "Attachment"
    base_permissions = ("can_list", "can_post")
    method_permission_name = {"get": "list", "post": "post"}  # noqa: RUF012  FAB reads a class attribute
    allow_browser_login = True

    @expose("/", methods=["POST"])
    @expose("", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Upload a file. It becomes a record's own when a change set names its id in the field.
        ---
        post:
          summary: Upload a file for an attachment field
          requestBody:
            content:
              multipart/form-data:
                schema:
                  type: object
                  properties:
                    file: {type: string, format: binary}
                    entity: {type: string}
                    field: {type: string}
          responses:
            201:
              description: id, name and size in bytes
            403:
              $ref: '#/components/responses/403'
        """
        file, entity = request.files.get("file"), request.form.get("entity", "")
        if file is None or not file.filename:
            return refuse(400, _("Please choose a file."))
        if entity not in registry:
            return refuse(403, str(attachments.UploadRefused.message))
        try:
            kept = attachments.keep(
                file, registry.get(entity), request.form.get("field", ""), current_grants()
            )
        except attachments.UploadRefused as refused:  # FAB's own routes would make a 500 of it
            return refuse(403, str(refused.message))
        return answer(201, kept)

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    def get(self, pk: int) -> Response:
        """Download a file: always as a file to save, never as a page.
        ---
        get:
          summary: Download a file
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the file
            404:
              $ref: '#/components/responses/404'
        """
        found = attachments.find(db.session(), pk, current_grants()) if pk < 2**53 else None
        path = attachments.path_of(found["sha256"]) if found is not None else None
        if found is None or path is None or not path.exists():
            message = _("This file is not there any more, or you may not see it.")
            return refuse(404, message)
        response = send_file(path, mimetype="application/octet-stream", conditional=False, etag=False)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found['name'])}"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response

"""The API of a person's own downloads: files that were made in the background."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.entity import registry
from app.exporting import downloads
from app.fab.file_routes import TYPES, file_response
from app.fab.wire import Refusals, answer, refuse


class DownloadApi(Refusals, BaseApi):
    """One's own files; those of others are not there."""

    resource_name = "download"
    class_permission_name = "Download"
    base_permissions = ("can_list",)
    method_permission_name = dict.fromkeys(("items", "file", "cancel", "remove"), "list")
    allow_browser_login = True

    @expose("/", methods=["GET"])
    @expose("", methods=["GET"])
    @protect()
    def items(self) -> Response:
        """My exported files, the latest first, and how far those are that are being made.
        ---
        get:
          summary: My downloads
          responses:
            200:
              description: files with their states
        """
        return answer(200, {"items": downloads.listed(current_grants())})

    @expose("/<int:pk>/file", methods=["GET"])
    @protect()
    def file(self, pk: int) -> Response:
        """One of my files, as long as I may still export its sheet.
        ---
        get:
          summary: Download an exported file
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the file
            403:
              description: the right to export has gone since
            404:
              description: no such file, or its days are over
        """
        row = self._mine(pk)
        path = downloads.path_of(row) if row is not None else None
        if row is None or path is None:
            return _gone()
        if row["entity"] not in registry or not current_grants().can("export", row["entity"]):
            return refuse(403, _("You may not export this sheet any more, so the file is closed to you."))
        try:
            file = path.open("rb")
        except FileNotFoundError:  # removed this moment
            return _gone()
        return file_response(file, row["name"], TYPES[row["format"]])

    @expose("/<int:pk>/cancel", methods=["POST"])
    @protect()
    def cancel(self, pk: int) -> Response:
        """Stop an export that is being made.
        ---
        post:
          summary: Cancel an export
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: stopped
            409:
              description: it was over already
        """
        row = self._mine(pk)
        if row is None:
            return _nothing()
        if not downloads.cancel(row):
            return refuse(409, _("This export is over already."))
        return answer(200, {"message": _("Cancelled.")})

    @expose("/<int:pk>", methods=["DELETE"])
    @protect()
    def remove(self, pk: int) -> Response:
        """Take a file off my list.
        ---
        delete:
          summary: Remove a download
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: removed
        """
        row = self._mine(pk)
        if row is None:
            return _nothing()
        downloads.remove(row)
        return answer(200, {"message": _("Removed.")})

    def _mine(self, pk: int) -> dict[str, Any] | None:
        return downloads.of_person(current_grants().user_id, pk) if pk < 2**53 else None


def _gone() -> Response:
    return refuse(404, _("This file is not there any more. Please export again."))


def _nothing() -> Response:
    return refuse(404, _("There is no such file among your downloads."))

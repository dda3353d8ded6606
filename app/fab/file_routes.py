"""Export and template of an entity as files: the part of the API that answers with a workbook."""

from __future__ import annotations

import io
from typing import ClassVar
from urllib.parse import quote

from flask import Response, send_file
from flask_appbuilder.api import expose, protect

from app import clock
from app.access.context import current_grants
from app.access.log import note
from app.db import db
from app.entity import EntityType
from app.exporting.export import export, template
from app.fab.wire import question_json, window_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileRoutes:
    """Mixed into `EntityApi`."""

    entity: ClassVar[EntityType]

    @expose("/export", methods=["POST"])
    @protect()
    def export(self) -> Response:
        """The rows of a filter as a workbook, within the reader's rights; the export is logged.
        ---
        post:
          summary: Export to Excel
          responses:
            200:
              description: an .xlsx file
        """
        body, grants = question_json(), current_grants()
        out = io.BytesIO()
        rows = export(db.session(), self.entity, grants, window_of(body), out)
        db.session.rollback()
        note("export", detail=self.entity.name, rows=rows)
        return _file(out, f"{self.entity.label}-{clock.today().isoformat()}.xlsx")

    @expose("/template", methods=["GET"])
    @protect()
    def template(self) -> Response:
        """An empty workbook to fill in, with drop-downs.
        ---
        get:
          summary: Import template
          responses:
            200:
              description: an .xlsx file
        """
        out = io.BytesIO()
        template(db.session(), self.entity, current_grants(), out)
        return _file(out, f"{self.entity.label}.xlsx")


def _file(out: io.BytesIO, name: str) -> Response:
    out.seek(0)
    response = send_file(out, mimetype=XLSX)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response

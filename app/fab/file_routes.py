"""Export and template of an entity as files: the part of the API that answers with a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, ClassVar, TypeVar
from urllib.parse import quote

from flask import Response, current_app
from flask_appbuilder.api import expose, protect
from flask_babel import get_locale
from flask_babel import gettext as _

from app.access.context import current_grants
from app.db import db
from app.entity import EntityType
from app.exporting import downloads, requests
from app.exporting.asked import Asked, asked_from
from app.exporting.export import template, write
from app.exporting.limits import Limit, measured, noted, watermark_text
from app.exporting.rows import checked
from app.fab.wire import answer, question_json, refuse

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}
PART = 256 * 1024
T = TypeVar("T")


class FileRoutes:
    """Mixed into `EntityApi`."""

    entity: ClassVar[EntityType]

    @expose("/export", methods=["POST"])
    @protect()
    def export(self) -> Response:
        """What was asked for as a file within the reader's rights: at once, in the background, or after an approval.
        ---
        post:
          summary: Export to Excel, CSV or PDF
          responses:
            200:
              description: the file
            202:
              description: the file is being made, or a request for it was sent
            422:
              description: why it cannot be made, and what to ask for instead
            507:
              description: there was no room for the file on the server
        """
        body, grants, session = question_json(), current_grants(), db.session()
        asked = asked_from(body)
        checked(self.entity, grants, asked)
        rows, limit = measured(session, self.entity, grants, asked)
        mark = watermark_text(session, grants) if limit.watermark else ""
        # What follows reads for long or writes: neither on the snapshot of the questions before.
        session.rollback()
        if not limit.allows(rows):
            return self._ask_for_more(asked, rows, str(body.get("reason") or ""), limit)
        if asked.background or rows > current_app.config["TAIZHANG"].export_at_once:
            if downloads.crowded(grants.user_id):
                return refuse(429, _("%(n)s exports of yours are being made. Please wait for one, or cancel it.",
                                     n=downloads.MOST_OPEN))  # fmt: skip
            made = downloads.start_new(grants.user_id or 0, self.entity, asked.as_json(), locale=_language())
            message = _("The file is being made. It will be among your downloads.")
            return answer(202, {"download": made, "message": message})
        try:
            out, written = _kept(
                lambda out: write(session, self.entity, grants, asked, out, watermark=mark, by=grants.name)
            )
        except OSError as problem:
            return refuse(507, downloads.unwritten(problem))
        finally:
            session.rollback()
        if not limit.allows(written):  # more came while it was counted
            out.close()
            return self._ask_for_more(asked, written, str(body.get("reason") or ""), limit)
        noted(self.entity, asked, written)
        return file_response(out, downloads.file_name(self.entity, asked.format), TYPES[asked.format])

    def _ask_for_more(self, asked: Asked, rows: int, reason: str, limit: Limit) -> Response:
        try:
            sent = requests.ask(self.entity, current_grants(), asked, rows, reason, limit)
        except requests.NotAsked as refused:
            return refuse(422, refused.message, rows=rows, cap=limit.cap)
        return answer(202, {"request": sent.id, "message": sent.message})

    @expose("/export/size", methods=["POST"])
    @protect()
    def export_size(self) -> Response:
        """How many rows an export would have, and what stands in its way.
        ---
        post:
          summary: Size of an export
          responses:
            200:
              description: rows, the cap if there is one, whether it is made at once, whether it bears a watermark
        """
        grants, session = current_grants(), db.session()
        asked = asked_from(question_json())
        checked(self.entity, grants, asked)
        rows, limit = measured(session, self.entity, grants, asked)
        over = not limit.allows(rows)
        against = requests.hindrance(session.connection(), grants, limit) if over else None
        at_once = not over and rows <= current_app.config["TAIZHANG"].export_at_once
        return answer(200, {"rows": rows, "cap": limit.cap, "at_once": at_once, "watermark": limit.watermark,
                            "ask": over and against is None, "message": against or ""})  # fmt: skip

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
        out, _none = _kept(lambda out: template(db.session(), self.entity, current_grants(), out))
        return file_response(out, f"{self.entity.label}.xlsx", TYPES["xlsx"])


def _kept(fill: Callable[[BinaryIO], T]) -> tuple[BinaryIO, T]:
    """A temporary file that was filled to its last byte, and what the filling answered. Raises OSError."""
    with ExitStack() as stack:
        out = stack.enter_context(tempfile.TemporaryFile())
        result = fill(out)
        out.flush()
        stack.pop_all()
    return out, result


def file_response(out: BinaryIO, name: str, kind: str) -> Response:
    """A file to save under a name in any script; it is sent in parts and closed behind the last."""
    size = out.seek(0, os.SEEK_END)
    out.seek(0)
    response = Response(_parts(out), content_type=kind)
    response.content_length = size
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _parts(out: BinaryIO) -> Iterator[bytes]:
    with out:
        while part := out.read(PART):
            yield part


def _language() -> str:
    return str(get_locale() or "zh").split("_")[0]

"""The steps of an import from its preview on: its rows, mending them, committing, the error workbook."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file
from flask_appbuilder.api import expose, protect
from flask_babel import get_locale
from flask_babel import gettext as _

from app.access.context import current_grants
from app.change import staging
from app.db import db
from app.entity import registry
from app.fab.import_shelf import importable
from app.fab.wire import answer, body_json, is_whole, refuse, whole_number
from app.importing import errorbook, mend
from app.importing.shown import shown_rows
from app.jobs import queue

PAGE = 200
LAST = 2**31 - 1
"""No row has a higher number."""
ONLY: dict[str, dict[str, Any]] = {
    "error": {"states": ("error",)}, "ask": {"states": ("ask",)}, "conflict": {"states": ("conflict",)},
    "ready": {"states": ("ready",), "made": False}, "insert": {"states": ("ready",), "op": "insert", "made": False},
    "update": {"states": ("ready",), "op": "update"}, "delete": {"states": ("ready",), "op": "delete"},
    "new_links": {"states": ("ready",), "made": True},
}  # fmt: skip
"""Which rows of a preview can be asked for."""


class ImportSteps:
    """Routes about one staged set, for who uploaded the file."""

    def _mine(self, pk: int) -> dict[str, Any] | None:
        head = staging.header(pk)
        if head is None or head["actor_id"] != current_grants().user_id or head["source"] != "import":
            return None
        return head if importable(head["entity"]) is not None else None

    def _unknown(self) -> Response:
        return refuse(404, _("There is no such import."))

    @expose("/<int:pk>/rows", methods=["GET"])
    @protect()
    def rows(self, pk: int) -> Response:
        """The rows of a preview: what changes from what to what, and what is wrong.
        ---
        get:
          summary: Rows of an import preview
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
            - {in: query, name: only,
               schema: {type: string, enum: [error, ask, ready, insert, update, delete, conflict, new_links]}}
            - {in: query, name: kind, schema: {type: integer}}
            - {in: query, name: after, schema: {type: integer}}
          responses:
            200:
              description: rows with cells and errors
        """
        head = self._mine(pk)
        if head is None:
            return self._unknown()
        after, kind = (whole_number(request.args.get(name)) for name in ("after", "kind"))
        wanted = dict(ONLY.get(request.args.get("only", ""), {}))
        kinds = list(((head["file"] or {}).get("tally") or {}).get("kinds", {}).values())
        if kind is not None and kind < len(kinds):
            code, name = kinds[kind]["code"], kinds[kind]["name"]
            wanted |= {"states": ("error",), "told": [staging.piece("code", code)], "kind": (code, name)}
        found, following = _page(pk, -1 if after is None else min(after, LAST), wanted)
        return answer(200, {"rows": _shown(head, found), "next": following})

    @expose("/<int:pk>/mend", methods=["POST"])
    @protect()
    def mend(self, pk: int) -> Response:
        """Correct cells in the preview; the rows are read, looked up and planned again.
        ---
        post:
          summary: Correct rows of an import preview
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the rows that changed, and the summary
            409:
              description: the preview is no longer open
        """
        head, body = self._mine(pk), body_json() or {}
        if head is None:
            return self._unknown()
        if _being_written(pk, current_grants().user_id) is not None:
            return refuse(409, _("This import is being written. Cancel that first, or wait for its end."))
        rows, replaced = body.get("rows"), body.get("replace")
        try:
            done = (
                mend.replace(head, _replacement(replaced), current_grants())
                if replaced is not None
                else mend.mend(head, _corrections(rows), current_grants())
            )
        except mend.NotOpen as closed:
            return refuse(409, str(closed.message))
        except ValueError:
            return refuse(400, _("This request cannot be read."))
        shown = _shown(done.head, done.rows[:PAGE])
        return answer(
            200, {"rows": shown, "gone": done.gone, "mended": len(done.rows), "summary": done.summary}
        )

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
            return self._unknown()
        body, grants = body_json() or {}, current_grants()
        # A second click, or another tab: what is being written is followed, not written again.
        running = _being_written(pk, grants.user_id)
        if running is not None:
            return answer(202, {"job": running})
        args = {"entity": head["entity"], "set": pk, "partial": bool(body.get("partial")),
                "confirmed": bool(body.get("confirmed"))}  # fmt: skip
        open_rows = staging.waiting(pk)
        wrong = sum(open_rows.get(n, 0) for n in ("error", "conflict"))
        wrong += 0 if args["confirmed"] else open_rows.get("ask", 0)
        if wrong and not args["partial"]:
            message = _(
                "%(n)s rows have errors, so nothing was written. Mend them or import the others.", n=wrong
            )
            return refuse(422, message)
        db.session.rollback()
        return answer(202, {"job": queue.enqueue("import_commit", args, grants.user_id, language())})

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
            409:
              description: it is being written, or was finished
        """
        if self._mine(pk) is None:
            return self._unknown()
        db.session.rollback()
        if _being_written(pk, current_grants().user_id) is not None:
            return refuse(409, _("This import is being written. Cancel that first, or wait for its end."))
        if not staging.discard(pk):
            return refuse(409, str(mend.NotOpen.message))
        return answer(200, {"message": _("Given up. Nothing was written.")})

    @expose("/<int:pk>/errors", methods=["POST"])
    @protect()
    def errors(self, pk: int) -> Response:
        """Write the error workbook of an import; answers with a job, whose file can then be fetched.
        ---
        post:
          summary: Make the error workbook
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            202:
              description: the job that writes the workbook
        """
        staged, grants = errorbook.staged_of(pk, current_grants()), current_grants()
        if staged is None:
            return self._unknown()
        db.session.rollback()
        return answer(
            202, {"job": queue.enqueue("import_errors", {"set": staged}, grants.user_id, language())}
        )

    @expose("/job/<int:pk>/file", methods=["GET"])
    @protect()
    def file(self, pk: int) -> Response:
        """The file a job has written, for who asked for it.
        ---
        get:
          summary: The file of a job
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the workbook
        """
        job = queue.find(pk)
        mine = (
            job is not None and job["user_id"] == current_grants().user_id and job["kind"] == "import_errors"
        )
        path = errorbook.file_of(pk) if mine else None
        if job is None or path is None:
            return refuse(404, _("This file is no longer there. Please make it again."))
        return send_file(
            path, as_attachment=True, download_name=(job["result"] or {}).get("name") or path.name
        )


def _being_written(pk: int, user_id: int | None) -> int | None:
    """The job that writes a staged set, or waits to."""
    return next(
        (job["id"] for job in queue.living("import_commit", user_id) if job["args"]["set"] == pk), None
    )


def _page(pk: int, after: int, wanted: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """A page of rows. Of a kind of errors those whose field it is are picked from all with its code."""
    code, name = wanted.pop("kind", ("", ""))
    found: list[dict[str, Any]] = []
    while True:
        part = staging.rows(pk, after=after, limit=PAGE, **wanted)
        found += [row for row in part if not code or _has(row, name, code)]
        if len(part) < PAGE:
            return found, None
        after = part[-1]["seq"]
        if len(found) >= PAGE // 2:
            return found, after


def _has(row: dict[str, Any], name: str | None, code: str) -> bool:
    plain = (name or "").rpartition(".")[2]
    return any(
        e["code"] == code and (e["field"] or "").rpartition(".")[2] == plain for e in row["error"] or []
    )


def _shown(head: dict[str, Any], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = (head["file"] or {}).get("columns", [])
    return shown_rows(db.session(), registry.get(head["entity"]), current_grants(), found, columns)


def _corrections(rows: Any) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for item in rows if isinstance(rows, list) else []:
        if not (
            isinstance(item, dict) and is_whole(item.get("seq")) and isinstance(item.get("values"), dict)
        ):
            raise ValueError("rows")
        found[item["seq"]] = {str(n): "" if v is None else str(v) for n, v in item["values"].items()}
    if not found or len(found) > PAGE:
        raise ValueError("rows")
    return found


def _replacement(body: Any) -> tuple[str, str, str]:
    parts = [body.get(n) for n in ("field", "text", "with")] if isinstance(body, dict) else []
    if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        raise ValueError("replace")
    return parts[0], parts[1], parts[2]  # type: ignore[return-value]


def language() -> str:
    """The language of the reader, for the sentences of a job."""
    return str(get_locale() or "zh").split("_")[0]

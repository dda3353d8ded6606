"""What is kept of imports: mappings under a name, and the history with its files."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _
from sqlalchemy import select

from app.access.context import current_grants
from app.approval.running import cases
from app.db import db
from app.entity import EntityType, registry
from app.fab.wire import Refusals, answer, body_json, plain_text, refuse, whole_number
from app.importing import history, profiles
from app.importing.options import OptionsRefused

MAX_NAME, MAX_HEADER, MAX_HEADERS = 80, 200, 1000


class ImportProfiles:
    """Routes about mappings that are kept."""

    @expose("/profile", methods=["GET"])
    @protect()
    def profiles(self) -> Response:
        """The named mappings of an entity: one's own, and those that are shared.
        ---
        get:
          summary: Import profiles
          parameters:
            - {in: query, name: entity, schema: {type: string}}
          responses:
            200:
              description: profiles
        """
        entity = importable(request.args.get("entity"))
        if entity is None:
            return refuse(403, _("Your role may not import here."))
        return answer(200, {"profiles": profiles.listed(entity, current_grants())})

    @expose("/profile", methods=["POST"])
    @protect()
    def keep_profile(self) -> Response:
        """Keep a mapping under a name.
        ---
        post:
          summary: Save an import profile
          responses:
            201:
              description: the profile
        """
        body = body_json() or {}
        entity, headers = importable(body.get("entity")), body.get("headers")
        if entity is None:
            return refuse(403, _("Your role may not import here."))
        name = plain_text(body.get("name"), MAX_NAME + 1)
        if not name or len(name) > MAX_NAME:
            return refuse(422, _("Give the mapping a name of at most %(n)s characters.", n=MAX_NAME))
        try:
            kept = profiles.keep(
                entity, name, bool(body.get("shared")), body.get("options") or {},
                [plain_text(h, MAX_HEADER) for h in headers[:MAX_HEADERS]] if isinstance(headers, list) else [],
                current_grants(),
            )  # fmt: skip
        except OptionsRefused as refused:
            return refuse(400, str(refused.message))
        return answer(201, kept)

    @expose("/profile/<int:pk>", methods=["DELETE"])
    @protect()
    def drop_profile(self, pk: int) -> Response:
        """Remove a mapping.
        ---
        delete:
          summary: Delete an import profile
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: removed
        """
        if not profiles.remove(pk, current_grants()):
            return refuse(404, _("There is no such mapping of yours."))
        return answer(200, {"message": _("Removed.")})


class ImportHistoryApi(Refusals, BaseApi):
    """What was imported, for all who may look at what was changed: whose imports they see, `history` says."""

    resource_name = "import"
    class_permission_name = "ChangeLog"
    base_permissions = ("can_list",)
    method_permission_name = dict.fromkeys(("history", "batch", "batch_file"), "list")
    allow_browser_login = True

    @expose("/history", methods=["GET"])
    @protect()
    def history(self) -> Response:
        """What was imported, the latest first.
        ---
        get:
          summary: Import history
          parameters:
            - {in: query, name: entity, schema: {type: string}}
            - {in: query, name: after, schema: {type: integer}}
          responses:
            200:
              description: imports
        """
        entity, after = (
            plain_text(request.args.get("entity"), 80) or None,
            whole_number(request.args.get("after")),
        )
        found = history.batches(db.session(), current_grants(), entity, after)
        _add_cases(found["items"])
        return answer(200, found)

    @expose("/batch/<int:pk>", methods=["GET"])
    @protect()
    def batch(self, pk: int) -> Response:
        """One import.
        ---
        get:
          summary: One import
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the import
        """
        found = history.batch(db.session(), pk, current_grants())
        if found is None:
            return refuse(404, _("There is no such import."))
        _add_cases([found])
        return answer(200, found)

    @expose("/batch/<int:pk>/file", methods=["GET"])
    @protect()
    def batch_file(self, pk: int) -> Response:
        """The imported file itself, as long as it is kept.
        ---
        get:
          summary: The file of an import
          parameters:
            - {in: path, name: pk, schema: {type: integer}}
          responses:
            200:
              description: the file
        """
        row = history.find(db.session(), pk, current_grants())
        path = history.path_of(row) if row is not None else None
        if row is None or path is None:
            return refuse(404, _("This file is no longer there."))
        name = (row["file"] or {}).get("name") or path.name
        return send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name)


def importable(name: Any) -> EntityType | None:
    """The entity of this name, where the asker may import into it."""
    entity = registry.get(name) if isinstance(name, str) and name in registry else None
    return entity if entity is not None and current_grants().can("import", entity.name) else None


def _add_cases(items: list[dict[str, Any]]) -> None:
    """The approval case that each import waits for, or was agreed to by."""
    ids = [item["set"] for item in items]
    query = select(cases.c.set_id, cases.c.id, cases.c.number).where(cases.c.set_id.in_(ids))
    found = {row[0]: {"case": row[1], "number": row[2]} for row in db.session.execute(query)}
    for item in items:
        item["case"] = found.get(item["set"])

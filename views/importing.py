"""The import page of an entity: the wizard runs in the browser, on the import API."""

from __future__ import annotations

from flask import abort, current_app
from flask_appbuilder import BaseView, expose, has_access

from app.access.context import current_grants
from app.entity import registry


class ImportView(BaseView):
    """Import a file into an entity, for those with the import right on it."""

    route_base = "/import"
    class_permission_name = "ChangeSet"
    base_permissions = ("can_post",)
    method_permission_name = {"wizard": "post"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/<name>")
    @has_access
    def wizard(self, name: str) -> str:
        """The page; 404 for an entity that does not exist, 403 without the right to import."""
        if name not in registry:
            abort(404)
        entity, grants = registry.get(name), current_grants()
        if not grants.can("import", entity.name):
            abort(403)
        book = registry.workbooks.get(entity.about.workbook)
        return str(
            self.render_template(
                "taizhang/import.html",
                entity=entity.name,
                label=str(entity.label),
                workbook=str(book.label) if book else "",
                may_list=grants.can("list", entity.name),
                may_history=grants.can("history", entity.name),
                max_bytes=current_app.config["TAIZHANG"].max_upload,
            )
        )

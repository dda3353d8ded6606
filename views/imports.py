"""What was imported: the list, and the page of one import. The browser draws both, on the import API."""

from __future__ import annotations

import json

from flask_appbuilder import BaseView, expose, has_access

from app.access.context import current_grants
from app.entity import registry


class ImportsView(BaseView):
    """The history of imports. Which of them somebody may see, the API says."""

    route_base = "/import"
    class_permission_name = "ChangeLog"
    base_permissions = ("can_list",)
    method_permission_name = {"history": "list", "batch": "list"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/history")
    @has_access
    def history(self) -> str:
        """The list, of one entity or of all."""
        return str(self.render_template("taizhang/imports.html", entities=_entities()))

    @expose("/batch/<int:pk>")
    @has_access
    def batch(self, pk: int) -> str:
        """One import: its outcome, its file, and taking it back."""
        return str(self.render_template("taizhang/import_batch.html", number=pk, entities=_entities()))


def _entities() -> str:
    """The entities this person imports into or whose changes they review, and what they may do there."""
    grants = current_grants()
    found = [
        {"name": e.name, "label": str(e.label), "import": grants.can("import", e.name), "list": grants.can("list", e.name)}
        for e in registry
        if grants.can("import", e.name) or grants.can("history", e.name)
    ]  # fmt: skip
    return json.dumps(found, ensure_ascii=False)

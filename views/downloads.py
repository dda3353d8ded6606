"""The page of one's own exported files; the browser draws it, on the API."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder import BaseView, expose, has_access


class DownloadView(BaseView):
    """Files that were made in the background, for whoever asked for them."""

    route_base = "/downloads"
    default_view = "index"
    class_permission_name = "Download"
    base_permissions = ("can_list",)
    method_permission_name = {"index": "list"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/")
    @has_access
    def index(self) -> str:
        """The list, with what is being made."""
        days = current_app.config["TAIZHANG"].keep_exports
        return str(self.render_template("taizhang/downloads.html", days=days))

"""The inbox: what waits for this person, what they decided, what they asked for. The browser does it, on the API."""

from __future__ import annotations

from flask import request
from flask_appbuilder import BaseView, expose, has_access

from app.access.context import current_grants
from app.entity import registry

TABS = ("todo", "done", "cc", "mine")


class InboxView(BaseView):
    """One's own approvals; which cases somebody sees is decided by the API, case by case."""

    route_base = "/inbox"
    default_view = "index"
    class_permission_name = "Inbox"
    base_permissions = ("can_list",)
    method_permission_name = {"index": "list", "mine": "list"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/")
    @has_access
    def index(self) -> str:
        """What waits for me, or the tab the address names."""
        asked = request.args.get("tab", "")
        return self._page(asked if asked in TABS else "todo")

    @expose("/mine")
    @has_access
    def mine(self) -> str:
        """What I asked for."""
        return self._page("mine")

    def _page(self, tab: str) -> str:
        grants = current_grants()
        delegation = "approval_delegation"
        return str(
            self.render_template(
                "taizhang/inbox.html",
                tab=tab,
                me=grants.user_id,
                may_delegate=delegation in registry and grants.can("add", delegation),
            )
        )

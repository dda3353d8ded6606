"""What those who watch see besides the change log: sign-ins, looks at sensitive data, rights, seals, alerts."""

from __future__ import annotations

from flask import flash, redirect
from flask_appbuilder import BaseView, expose, has_access
from werkzeug.wrappers import Response

from app.db import db
from app.query.display import when
from views import alerts, sealview
from views.changelog import log_page


class SupervisionView(BaseView):
    """Parts of the log for auditors and administrators. Reading only: whoever watches changes nothing."""

    route_base = "/changelog"
    default_view = "logins"
    class_permission_name = "AccessLog"
    base_permissions = ("can_list",)
    method_permission_name = dict.fromkeys(("logins", "sensitive", "rights", "seals", "verify", "alerts"), "list")  # noqa: RUF012  FAB reads a class attribute  # fmt: skip

    @expose("/logins")
    @has_access
    def logins(self) -> str:
        """Who signed in and out, who was refused."""
        return str(self.render_template("taizhang/changelog.html", **log_page("logins")))

    @expose("/sensitive")
    @has_access
    def sensitive(self) -> str:
        """Who looked at what is masked, who took rows away."""
        return str(self.render_template("taizhang/changelog.html", **log_page("sensitive")))

    @expose("/rights")
    @has_access
    def rights(self) -> str:
        """Who gave and took roles, rights, rows and fields."""
        return str(self.render_template("taizhang/changelog.html", **log_page("rights")))

    @expose("/seals")
    @has_access
    def seals(self) -> str:
        """The chain of seals, and how anybody verifies it."""
        session = db.session()
        return str(
            self.render_template(
                "taizhang/seals.html", seal=sealview.status(session), seals=sealview.chain(session)
            )
        )

    @expose("/verify", methods=["POST"])
    @has_access
    def verify(self) -> Response:
        """Verify the log now, from the first seal to the last."""
        good, said = sealview.verify(db.session())
        flash(said, "success" if good else "danger")
        return redirect("/changelog/seals")

    @expose("/alerts")
    @has_access
    def alerts(self) -> str:
        """What should be looked at."""
        found = [
            {"icon": a.icon, "title": a.title, "text": a.text, "at": when(a.at), "url": a.url}
            for a in alerts.alerts(db.session())
        ]
        return str(self.render_template("taizhang/alerts.html", alerts=found, limits=alerts))

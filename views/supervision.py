"""What those who watch see besides the change log: sign-ins, looks at sensitive data, rights, seals, alerts."""

from __future__ import annotations

from flask import Response, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.access.log import note
from app.db import db
from app.query.display import when
from views import alerts, evidence, sealview
from views.changelog import evidence_url, first, log_page, number


class SupervisionView(BaseView):
    """Parts of the log for auditors and administrators. Reading only: whoever watches changes nothing."""

    route_base = "/changelog"
    default_view = "logins"
    class_permission_name = "AccessLog"
    base_permissions = ("can_list", "can_export")
    method_permission_name = {  # noqa: RUF012  FAB reads a class attribute
        **dict.fromkeys(("logins", "sensitive", "rights", "seals", "verify", "alerts"), "list"),
        "evidence": "export",
    }

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
        """The chain of seals, and how anybody verifies it; with `job`, how far the verification is."""
        session, job = db.session(), number("job")
        return str(
            self.render_template(
                "taizhang/seals.html",
                seal=sealview.status(session),
                seals=(seals := sealview.chain(session, number("before"))),
                older=seals[-1]["number"] if len(seals) == sealview.LISTED else None,
                verified=sealview.verified(job) if job else None,
                evidence_url=evidence_url(),
            )
        )

    @expose("/verify", methods=["POST"])
    @has_access
    def verify(self) -> BaseResponse:
        """Verify the log now, from the first seal to the last."""
        started = sealview.start_verifying()
        if isinstance(started, int):
            return redirect(f"/changelog/seals?job={started}")
        found = sealview.outcome(started)
        for line in found["said"]:
            flash(line, "success" if found["good"] else "danger")
        return redirect("/changelog/seals")

    @expose("/evidence")
    @has_access
    def evidence(self) -> Response:
        """The entries of a filter, or one entry, with all that proves them, as a ZIP file."""
        session, chosen = db.session(), request.args.get("entry", "")
        items = [
            one for one in first(session, evidence.MOST, chosen) if not chosen or str(one["id"]) == chosen
        ]
        content = evidence.package(session, items)
        note("export", detail="evidence", rows=len(items))
        name = f"evidence-{clock.today().isoformat()}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, mimetype="application/zip", headers=headers)

    @expose("/alerts")
    @has_access
    def alerts(self) -> str:
        """What should be looked at."""
        found = [
            {"icon": a.icon, "title": a.title, "text": a.text, "at": when(a.at), "url": a.url}
            for a in alerts.alerts(db.session())
        ]
        return str(self.render_template("taizhang/alerts.html", alerts=found, limits=alerts))

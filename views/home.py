"""The home page: my workbooks with their counts, what I changed last, what others changed today."""

from __future__ import annotations

from typing import Any

from flask import g, redirect
from flask_appbuilder import IndexView, expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.history import Filters
from app.db import db
from app.entity import registry
from app.query.rows import counts
from views.loglist import visible_page

RECENT = 8


class HomeView(IndexView):
    """What somebody sees first."""

    @expose("/")
    def index(self) -> str | Response:
        """The home page, or sign-in."""
        if not g.user.is_authenticated:
            return redirect("/login/")
        session, grants = db.session(), current_grants()
        start = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        mine, others = Filters(person=grants.user_id), Filters(since=start, others_than=grants.user_id)
        return str(
            self.render_template(
                "taizhang/home.html",
                workbooks=workbooks(session, grants),
                recent=self._feed(session, grants, mine),
                news=self._feed(session, grants, others),
                today=clock.today().isoformat(),
                changelog_url="/changelog/" if grants.permits("can_list", "ChangeLog") else "",
            )
        )

    def _feed(self, session: Session, grants: Grants, wanted: Filters) -> list[dict[str, Any]]:
        return visible_page(session, wanted, grants, fold=True, rounds=4).items[:RECENT]


def workbooks(session: Session, grants: Grants) -> list[dict[str, Any]]:
    """The workbooks this person may open, with how many records each sheet shows them."""
    books = []
    shown = [e for e in registry if grants.can("list", e.name) and not e.about.parent]
    known = counts(session, shown)
    for book in sorted(registry.workbooks.values(), key=lambda b: (b.order, b.name)):
        sheets = [
            {"label": str(e.label), "url": f"/{e.name}/list/", "count": known[e.name]}
            for e in registry.sheets(book.name)
            if e.name in known
        ]
        if sheets:
            books.append(
                {"label": str(book.label), "icon": book.icon, "url": sheets[0]["url"], "sheets": sheets}
            )
    return books

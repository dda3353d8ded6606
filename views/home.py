"""The home page: my workbooks with their counts, what I changed last, what others changed today."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g, redirect
from flask_appbuilder import IndexView, expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.history import Filters, entries
from app.db import db
from app.entity import registry
from app.query.rows import count
from views.entries import shown_entries

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
        mine = entries(session, Filters(person=grants.user_id), limit=RECENT * 3) if grants.user_id else []
        recent = shown_entries(session, mine, grants)[:RECENT]
        return str(
            self.render_template(
                "taizhang/home.html",
                workbooks=workbooks(session, grants),
                recent=recent,
                news=self._news(session, grants, start),
                today=clock.today().isoformat(),
                changelog_url="/changelog/" if grants.permits("can_list", "ChangeLog") else "",
            )
        )

    def _news(self, session: Session, grants: Grants, start: datetime) -> list[dict[str, Any]]:
        found = entries(session, Filters(since=start), limit=RECENT * 6)
        others = [e for e in found if e.actor_id is not None and e.actor_id != grants.user_id]
        return shown_entries(session, others, grants)[:RECENT]


def workbooks(session: Session, grants: Grants) -> list[dict[str, Any]]:
    """The workbooks this person may open, with how many records each sheet shows them."""
    books = []
    for book in sorted(registry.workbooks.values(), key=lambda b: (b.order, b.name)):
        sheets = [
            {"label": str(e.label), "url": f"/{e.name}/list/", "count": count(session, e, grants)}
            for e in registry.sheets(book.name)
            if grants.can("list", e.name) and not e.about.parent
        ]
        if sheets:
            books.append(
                {"label": str(book.label), "icon": book.icon, "url": sheets[0]["url"], "sheets": sheets}
            )
    return books

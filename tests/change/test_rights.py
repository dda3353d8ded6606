"""Rights change as change sets: at once, logged, by whoever may, and never one's own."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.context import acting_as
from app.access.load import load_grants
from app.audit.log import ChangeLog
from app.change.model import ChangeSetRow
from app.change.rights import RightsChange, RightsRefused, change_rights
from app.db import db
from tests.cast import Cast, assemble


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The cast, in the application."""
    return assemble(app)


def rights_of(cast: Cast, name: str) -> tuple[frozenset[str], str | None, str]:
    grants = load_grants(db.session(), cast.users[name])
    db.session.rollback()
    return grants.verbs("region"), grants.scope("region"), grants.level("region", "name")


def test_verbs_scope_and_levels_hold_at_once_and_the_log_says_who_and_why(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with cast.acting("admin"):
            asked = RightsChange(
                "sales_rep", "region", frozenset({"list", "edit"}), "own", {"name": "hidden"}
            )
            set_id = change_rights([asked], "the map is theirs")
        assert rights_of(cast, "sr.wang") == ({"list", "edit"}, "own", "hidden")
        header = (
            db.session.execute(select(ChangeSetRow.__table__).where(ChangeSetRow.id == set_id))
            .mappings()
            .one()
        )
        assert (header["actor_name"], header["source"], header["reason"]) == (
            "沈静",
            "rights",
            "the map is theirs",
        )
        log = ChangeLog.__table__
        rows = db.session.execute(select(log.c.tbl, log.c.actor_name).where(log.c.change_set == set_id)).all()
        assert {row[1] for row in rows} == {"沈静"}
        assert {row[0] for row in rows} == {"ab_permission_view_role", "access_scope", "access_field"}


def test_what_is_not_named_stays_and_none_takes_away(app: Flask, cast: Cast) -> None:
    with app.app_context(), acting_as(None):
        before = rights_of(cast, "sr.wang")
        change_rights([RightsChange("sales_rep", "region", scope="none")], "")
        assert rights_of(cast, "sr.wang") == (before[0], None, before[2])
        change_rights([RightsChange("sales_rep", "region", scope="all", levels={"name": "default"})], "")
        assert rights_of(cast, "sr.wang") == before


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("sr.wang", RightsChange("auditor", "region", frozenset()), "FORBIDDEN"),
        ("auditor", RightsChange("sales_rep", "region", frozenset()), "FORBIDDEN"),
        ("admin", RightsChange("configurator", "region", frozenset({"edit"})), "OWN_ROLE"),
        ("admin", RightsChange("Admin", "region", frozenset()), "NO_ROLE"),
        ("admin", RightsChange("nobody", "region", frozenset()), "NO_ROLE"),
        ("admin", RightsChange("sales_rep", "ab_user", frozenset()), "NO_ENTITY"),
        ("admin", RightsChange("sales_rep", "customer_contact", frozenset()), "LINE"),
        ("admin", RightsChange("sales_rep", "region", frozenset({"own"})), "UNKNOWN"),
        ("admin", RightsChange("sales_rep", "region", scope="world"), "UNKNOWN"),
        ("admin", RightsChange("sales_rep", "region", levels={"password": "edit"}), "UNKNOWN"),
        ("admin", RightsChange("sales_rep", "region", levels={"name": "own"}), "UNKNOWN"),
    ],
)
def test_what_must_not_be_is_refused_whole(
    app: Flask, cast: Cast, who: str, asked: RightsChange, code: str
) -> None:
    with app.app_context():
        before = rights_of(cast, "sr.wang")
        first = RightsChange("sales_rep", "region", frozenset())
        with cast.acting(who), pytest.raises(RightsRefused, match=code):
            change_rights([first, asked], "")
        assert rights_of(cast, "sr.wang") == before

"""The change log of deleted lines: a line is where its header is, whether the header is still there or not."""

from __future__ import annotations

from flask import Flask

from app.audit.history import Filters, entries
from app.change import Change, ChangeSet, commit
from app.db import db
from tests.cast import assemble
from views.entries import shown_entries

CONTACT = {"name": "何先生", "role": "buyer", "mobile": "15400000077"}


def seen_by(cast: object, name: str) -> int:
    """How many entries of deleted contacts a person of the cast is shown."""
    with cast.acting(name) as grants:  # type: ignore[attr-defined]
        found = entries(db.session(), Filters(tables=("customer_contact",)))
        return sum(item["op"] == "delete" for item in shown_entries(db.session(), found, grants))


def test_a_deleted_line_is_shown_to_whom_its_header_is_shown(app: Flask) -> None:
    with app.app_context():
        cast = assemble(app)
        mine = cast.customers["sr.wang"]
        with cast.acting("sm.east"):  # so the line is not her own, but her customer's
            added = commit(
                ChangeSet([Change("customer_contact", "insert", {**CONTACT, "parent_id": mine})], "test")
            )
            assert added.ok, added.errors
            assert commit(
                ChangeSet([Change("customer_contact", "delete", id=added.results[0].id)], "test")
            ).ok
        assert [seen_by(cast, n) for n in ("sr.wang", "sm.east", "auditor", "sr.li")] == [1, 1, 1, 0]
        with cast.acting("sr.wang"):
            assert commit(ChangeSet([Change("customer", "delete", id=mine)], "test")).ok
        assert [seen_by(cast, n) for n in ("sr.wang", "sm.east", "auditor", "sr.li")] == [1, 1, 1, 0]

"""Employees: one file per person, which belongs to that person."""

from __future__ import annotations

from collections import Counter

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change.contract import chunks
from app.change.rules import Batch, rule
from app.entity import registry
from models.base.employee import Employee


@rule(Employee, "ONE_FILE", when=("user_id",))
def one_file_per_person(batch: Batch) -> None:
    """Refuse a second file for a person; make the person the owner of theirs, so that they may read it."""
    table = registry.of(Employee).table
    claims = Counter(row["user_id"] for row in batch if row["user_id"] is not None)
    leaving = {row.draft.id for row in batch}
    taken = set()
    for part in chunks(sorted(claims)):
        query = select(table.c.id, table.c.user_id).where(table.c.user_id.in_(part))
        taken |= {user for record, user in batch.connection.execute(query) if record not in leaving}
    for row in batch:
        person = row["user_id"]
        if person is None:
            continue
        if person in taken or claims[person] > 1:
            row.error("user_id", _l("This person has a file already."), "DUP_USER")
        elif not row.given("owner_id"):
            row.set("owner_id", person)

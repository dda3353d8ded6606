"""Where approvals keep personal values, and how those are erased there: the names of records, as cases call them."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select, update

from app.approval.model import ApprovalCase
from app.audit.pii import Subject, pii_place

_cases = ApprovalCase.__table__


@pii_place("approval_case")
def erase_titles(connection: Connection, subject: Subject) -> int:
    """Titles of cases that name the person; such a case is called by its sheet from then on."""
    tables = (subject.entity.name, *subject.entity.about.was)
    own = _cases.c.entity.in_(tables) & (_cases.c.record_id == subject.record_id)
    named = [_cases.c.title.contains(value, autoescape=True) for value in sorted(subject.telling)]
    count = 0
    for case, title in connection.execute(select(_cases.c.id, _cases.c.title).where(or_(own, *named))).all():
        if any(value in title for value in subject.values if value):
            connection.execute(update(_cases).where(_cases.c.id == case).values(title=""))
            count += 1
    return count

"""Pages of the change log: read on past what the reader may not see, large change sets as one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.audit.history import Filters, entries
from app.change.model import ChangeSetRow
from app.entity import registry
from views.entries import shown_entries

PAGE = 60
FOLD = 20
ROUNDS = 20


@dataclass(frozen=True)
class Listed:
    """A page of the list: its entries, and where the next one goes on (None: there is none)."""

    items: list[dict[str, Any]]
    before: int | None
    without: tuple[int, ...]


def visible_page(
    session: Session,
    wanted: Filters,
    grants: Grants,
    before: int | None = None,
    *,
    fold: bool = False,
    rounds: int = ROUNDS,
) -> Listed:
    """A page of entries the reader may see, reading on while entries out of their scope fall away.

    With `fold` a change set that fills the page is one line, and the page goes on behind it.
    """
    found: list[dict[str, Any]] = []
    without = wanted.without
    for _round in range(rounds):
        page = entries(session, replace(wanted, without=without), limit=PAGE, before=before)
        shown = [e for e in shown_entries(session, page, grants) if _open(e, grants)]
        counts = Counter(e["change_set"] for e in shown if e["change_set"])
        large = [number for number, count in counts.items() if fold and count >= FOLD]
        for number in large:
            shown = folded(session, number, shown, grants)
        found, without = [*found, *shown], (*without, *large)
        before = page[-1].id if len(page) == PAGE else None
        if before is None or len(found) >= PAGE:
            break
    if len(found) > PAGE:
        found = found[:PAGE]
        before = found[-1]["id"]
    kept = {e["change_set"] for e in found if "number" in e}
    return Listed(found, before, (*wanted.without, *(n for n in without if n in kept)))


def folded(
    session: Session, number: int, shown: list[dict[str, Any]], grants: Grants
) -> list[dict[str, Any]]:
    """The entries with those of one change set as one line. How many there are is told to who sees all of them."""
    mine = [e for e in shown if e["change_set"] == number]
    everything = all(grants.scope(name) == "all" for name in {e["entity"] for e in mine} if name in registry)
    size = session.execute(
        select(ChangeSetRow.inserted + ChangeSetRow.updated + ChangeSetRow.deleted).where(
            ChangeSetRow.id == number
        )
    ).scalar_one_or_none()
    text = _("%(number)s records", number=f"{size:,}") if everything and size else _("many records")
    reason, url = mine[0]["reason"], f"/changelog/?change_set={number}"
    line = {**mine[0], "title": text, "record_title": text, "record_url": "", "number": number,
            "text": reason, "fields_text": reason, "url": url}  # fmt: skip
    place = shown.index(mine[0])
    return [*shown[:place], line, *(e for e in shown[place:] if e["change_set"] != number)]


def _open(item: dict[str, Any], grants: Grants) -> bool:
    return item["entity"] not in registry or grants.can("history", item["entity"])

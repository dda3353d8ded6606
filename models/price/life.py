"""What price lists, policies and adjustments have in common: how they are asked for, and what their days bring."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch
from app.entity import Transition, choices

DatedStatus = choices(
    ("draft", _l("Draft")),
    ("pending", _l("Awaiting approval"), "amber"),
    ("returned", _l("Sent back for changes"), "amber"),
    ("rejected", _l("Rejected"), "red"),
    ("scheduled", _l("Approved, not yet valid"), "blue"),
    ("effective", _l("In effect"), "green"),
    ("suspended", _l("Stopped"), "red"),
    ("expired", _l("Expired")),
)
OPEN = ("draft", "returned", "rejected")
"""States in which authors still change what they ask for."""
HELD = ("scheduled", "effective", "expired")
"""States of what was approved and not stopped: its dates alone say on which days it holds (or did)."""


def asked_for() -> tuple[Transition, ...]:
    """From a draft to a decision; all but the submit is the approval's."""
    return (
        Transition("submit", _l("Submit"), OPEN, "pending", "submit", case="submit"),
        Transition("approved", _l("Approval given"), ("pending",), "scheduled", "approve", case="approved"),
        Transition("returned", _l("Approval sent back"), ("pending",), "returned", "approve", case="returned"),
        Transition("rejected", _l("Approval refused"), ("pending",), "rejected", "approve", case="rejected"),
        Transition("withdrawn", _l("Request taken back"), ("pending", "returned"), "draft", "approve", case="withdrawn"),
    )  # fmt: skip


def held_by_dates() -> tuple[Transition, ...]:
    """What holds from one day to another: its days come by themselves, and somebody may stop it."""
    return (
        Transition("begin", _l("Comes into effect"), ("scheduled",), "effective", "approve", case="job"),
        Transition("suspend", _l("Stop using"), ("effective",), "suspended", "approve"),
        Transition("expire", _l("Runs out"), ("scheduled", "effective", "suspended"), "expired", "approve",
                   case="job"),
    )  # fmt: skip


def only_open(batch: Batch, always: set[str], message: str) -> None:
    """Refuse changes of records that are not open, except of the fields that may always change."""
    for row in batch:
        closed = row.before.get("status") not in OPEN
        if closed and (row.op == "delete" or row.draft.touched.keys() - always):
            row.error(None, message, "NOT_DRAFT")


def only_lines_of_open(batch: Batch, header: str, message: str) -> None:
    """Refuse changes of the lines of headers that are not open, of the header left as of the new one."""
    places = {row: (row["parent_id"], row.before.get("parent_id")) for row in batch}
    headers = [place for both in places.values() for place in both if isinstance(place, int)]
    states = batch.fetch(header, headers, ["status"])
    for row, both in places.items():
        if any(states[p]["status"] not in OPEN for p in both if isinstance(p, int) and p in states):
            row.error(None, message, "NOT_DRAFT")

"""What the events of a case tell by themselves, and an outcome counted anew: the oracles of the invariants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Seat = tuple[int, int, str, str]
"""Assignee, round, step, state."""


@dataclass
class Replayed:
    """A case from empty: where it stands, its tasks, and by which event each task came to be."""

    state: str = ""
    step: str | None = None
    round: int = 0
    rev: int = 0
    tasks: dict[int, Seat] = field(default_factory=dict)
    born: dict[int, str] = field(default_factory=dict)


def replay(events: Iterable[dict[str, Any]]) -> Replayed:
    """Play the events of a case in their order."""
    case = Replayed()
    for event in events:
        data = event["data"]
        case.state, case.step, case.round, case.rev = (data[n] for n in ("state", "step", "round", "rev"))
        for number, assignee, round_no, step, state in data["tasks"]:
            case.tasks[number] = (assignee, round_no, step, state)
            case.born.setdefault(number, event["verb"])
    return case


def agreed(step: dict[str, Any], seats: list[dict[str, Any]]) -> bool:
    """Whether these seats of a step agree, as docs/approvals.md says it."""
    held = [t for t in seats if t["state"] not in ("transferred", "cancelled")]
    own = [t["state"] for t in held if t["place"] is None]
    asked = [t["state"] for t in held if t["place"] is not None]
    yes, mode = own.count("approved"), step.get("mode", "any")
    if not all(state == "approved" for state in asked):
        return False
    if mode == "any":
        return yes >= 1
    if mode == "vote":
        return yes >= Decimal(step["threshold"]) * len(own)
    return "rejected" not in own and yes == len(own) > 0

"""How what somebody asked for went on: the steps of an approval, with how long ago each was."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """Something a person did, so many working hours ago (nine a day).

    ``submit``, ``withdraw`` and ``resubmit`` are done by whoever asked, anything else by whoever's turn it is, or
    by the person named, who stands in for them.
    """

    ago: float
    verb: str
    comment: str = ""
    by: str = ""


Way = tuple[Step, ...]


def agreed(*ago: float) -> Way:
    """Submitted, then agreed to by everybody, at these hours."""
    return (Step(ago[0], "submit"), *(Step(hours, "approve") for hours in ago[1:]))

"""How seeds get agreement: whoever a case waits for decides, as themselves."""

from __future__ import annotations

from app.access.context import acting_as
from app.approval import Asked, act
from app.approval.reading import open_cases, standing
from app.entity import registry


class Unwilling(RuntimeError):
    """A decision of the demo was refused; the message says why."""


def decide(case: int, verb: str = "approve", comment: str = "", **more: object) -> None:
    """Whoever is first in turn does a verb on a case."""
    rev, turn = standing(case)
    with acting_as(turn[0], source="seed") as grants:
        done = act(Asked(case, verb, rev, comment, **more), grants)  # type: ignore[arg-type]
    if done.status != 200:
        raise Unwilling(f"case {case}: {verb} {done.message}")


def agree(case: int, until: int = 50) -> None:
    """Everybody in turn agrees, at most `until` of them."""
    for _turn in range(until):
        if not standing(case)[1]:
            return
        decide(case)


def agree_all(entity: str, record: int) -> None:
    """The open case of a record, if there is one, is agreed to by everybody it asks."""
    found = open_cases(registry.get(entity), [record])
    if record in found:
        agree(found[record][0])

"""How seeds get agreement: whoever a case waits for decides, as themselves, once for each step of the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import func, select

from app.access.context import acting_as
from app.approval import Asked, act
from app.approval.model import ApprovalCase, ApprovalEvent
from app.approval.reading import standing
from app.change import Change
from seeds.data.way import Step, Way
from seeds.diary import Diary
from seeds.writing import read, write

_cases, _events = ApprovalCase.__table__.c, ApprovalEvent.__table__.c
_BY_SUBMITTER = ("withdraw", "resubmit")


class Unwilling(RuntimeError):
    """A decision of the demo was refused; the message says why."""


def decide(case: int, verb: str = "approve", comment: str = "", by: int | None = None, **more: Any) -> None:
    """A person does a verb on a case: the one named, else the submitter where it is theirs, else who is in turn."""
    rev, turn = standing(case)
    person = by or (_submitter(case) if verb in _BY_SUBMITTER else turn[0])
    with acting_as(person, source="seed") as grants:
        done = act(Asked(case, verb, rev, comment, **more), grants)
    if done.status != 200:
        raise Unwilling(f"case {case}: {verb} {done.message}")


def walk(diary: Diary, way: Way, submit: Callable[[Step], object], case: Callable[[], int | None],
         users: dict[str, int]) -> None:  # fmt: skip
    """Enter in the diary how something is submitted, and what became of its case. What was done is not done again."""

    def go_on(nth: int, step: Step) -> None:
        found = case()
        if found is not None and _steps_done(found) == nth:
            decide(found, step.verb, step.comment, users.get(step.by))

    for nth, step in enumerate(way):
        diary.ago(step.ago, partial(submit, step) if nth == 0 else partial(go_on, nth, step))


def walk_record(
    diary: Diary, key: str, way: Way, entity: str, record: Callable[[], int], submitter: str, users: dict[str, int]
) -> None:  # fmt: skip
    """Enter in the diary how somebody submits a record, and what became of it."""

    def submit(step: Step) -> None:
        with acting_as(users[submitter], source="seed"):
            write(f"{key}:submit", [Change(entity, "update", id=record(), verb="submit")], step.comment)

    walk(diary, way, submit, lambda: case_of(entity, record()), users)


def case_of(entity: str, record: int) -> int | None:
    """The latest case of a record."""
    return _one(select(func.max(_cases.id)).where(_cases.entity == entity, _cases.record_id == record))


def case_of_set(set_id: int) -> int | None:
    """The case of a set that was held."""
    return _one(select(_cases.id).where(_cases.set_id == set_id))


def _submitter(case: int) -> int | None:
    return _one(select(_cases.submitter_id).where(_cases.id == case))


def _steps_done(case: int) -> int:
    """How often people did something in a case, its submit included."""
    found = select(func.count()).where(
        _events.case_id == case, _events.actor_id.is_not(None), _events.verb.in_(_STEPS)
    )
    return _one(found) or 0


_STEPS = ("submit", "approve", "reject", "return", *_BY_SUBMITTER)


def _one(query: Any) -> int | None:
    return next((value for (value,) in read(query)), None)

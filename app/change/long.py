"""Long change sets: planned and written in stretches, so that memory does not grow with their rows.

One transaction all the same: wholly written or not at all. The changes come in stretches; what belongs together (a
header and its lines) must lie in one stretch. A key that occurs twice in different stretches is not noticed by a
plan: who sends a long set has looked for doubles (the import does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from app.access.grants import Grants
from app.change.contract import Change, ChangeSet, Plan, Result
from app.change.gate import commit, snapshot
from app.change.plan import make_plan
from app.db import db

Stretches = Iterable[list[Change]]


def plan_long(asked: ChangeSet, stretches: Stretches, grants: Grants) -> Iterator[Plan]:
    """The plan of each stretch, all on one snapshot, nothing written. `asked.changes` is not looked at."""
    with snapshot(db.engine) as connection:
        for changes in stretches:
            yield make_plan(connection, replace(asked, changes=changes), grants)


def commit_long(asked: ChangeSet, stretches: Callable[[], Stretches], grants: Grants) -> Result:
    """Commit a long set; `stretches` may be asked for more than once. `Result.results` is empty, all else as usual."""
    result = commit(replace(asked, changes=list(chain.from_iterable(stretches()))), grants)
    result.results = []
    return result

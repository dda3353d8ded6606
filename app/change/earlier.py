"""What the stretches of a long change set must know of those before them: little, and nothing of their cells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from app.change.contract import Plan


@dataclass(slots=True)
class Earlier:
    """The stretches so far. For a set that is planned in one piece it stays as it is made: empty.

    `rows` counts their changes, `refs` tells entity and id of what they insert under a reference (no id while
    nothing is written), `refused` are the references among these that do not come about. `kept` is what rules
    want to find again at the next stretch.
    """

    rows: int = 0
    refs: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    kept: dict[Any, Any] = field(default_factory=dict)
    _records: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _keys: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _left: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def records(self, entity: str) -> set[int]:
        """The ids of records that were asked to be changed already."""
        return self._records[entity]

    def claim(self, entity: str, key: tuple[Any, ...], row: int) -> int | None:
        """The row number that claimed a business key before, else None: then it is this row's."""
        # Of the key only the hash is kept: two keys with one hash are less likely than a broken disk.
        mine = hash(key)
        first = self._keys[entity].setdefault(mine, row)
        return None if first == row else first

    def leave(self, entity: str, key: tuple[Any, ...]) -> None:
        """A record gives up this business key."""
        self._left[entity].add(hash(key))

    def left(self, entity: str, key: tuple[Any, ...]) -> bool:
        """Whether a record gave up this key."""
        return hash(key) in self._left[entity]

    def add(self, planned: Plan, *, written: bool = False) -> None:
        """A stretch is done with."""
        self.rows += len(planned.change_set.changes)
        for draft in planned.drafts:
            if draft.op != "insert":
                if not (draft.added or draft.missing or draft.id is None):
                    self._records[draft.entity.name].add(draft.id)
            elif draft.change.ref:
                self.refs[draft.change.ref] = (draft.entity.name, draft.id if written else None)
                if not draft.ok:
                    self.refused.add(draft.change.ref)

    def taken_back(self) -> None:
        """What was written is rolled back: there are no ids any more."""
        self.refs = {ref: (entity, None) for ref, (entity, _id) in self.refs.items()}
        self.kept.clear()

"""What goes into the gate and what comes out: plain dataclasses, in wire values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from app.entity import EntityType, Transition


@dataclass(slots=True)
class Change:
    """An asked insert, update or delete of one record.

    `base` holds the cells as the asker saw them, `version` the record's version then. With neither, the change
    is meant for the record as it is now. A link value may be ``{"ref": "r1"}``: the record another change of
    the set inserts. `line` is the row number in the asker's own file. `verb` asks for a lifecycle transition.
    `seen` are cells that are not changed but were relied on: one that has moved is a conflict. `seq` is the
    number a held change is kept under.
    """

    entity: str
    op: str
    values: dict[str, Any] = field(default_factory=dict)
    id: int | None = None
    version: int | None = None
    base: dict[str, Any] | None = None
    ref: str | None = None
    line: int | None = None
    verb: str | None = None
    seen: dict[str, Any] | None = None
    seq: int | None = None


@dataclass(slots=True)
class ChangeSet:
    """Changes that belong together: all or nothing, unless `partial` asks for the rows that can be written.

    `restoring` marks an inverse set (undo, revert, restore), which may also set computed fields and ids.
    `case` is the approval case this set carries out: what it locks is open to it, and it needs no approval.
    `erasing` marks an erasure of personal data: required cells may become empty, and no approval is needed.
    `picks` are the approvers the asker chose, by the id of the step.
    `parsed` says that every value is already what its field's `parse` makes of it (the importer's are): the gate
    does not parse again, all other checks stay.
    """

    changes: list[Change]
    source: str
    reason: str = ""
    key: str | None = None
    partial: bool = False
    confirmed: frozenset[str] = frozenset()
    inverse_of: int | None = None
    restoring: bool = False
    erasing: bool = False
    file: dict[str, Any] | None = None
    case: int | None = None
    picks: dict[str, list[int]] = field(default_factory=dict)
    parsed: bool = False


@dataclass(slots=True)
class CellError:
    """What is wrong with a cell, or with a whole row when `field` is None. `code` is stable, `message` a sentence."""

    row: int
    field: str | None
    code: str
    message: Any
    id: int | None = None
    line: int | None = None


@dataclass(slots=True)
class Conflict:
    """A cell somebody else changed meanwhile."""

    row: int
    id: int
    field: str
    yours: Any
    theirs: Any
    by: str | None = None
    at: str | None = None
    line: int | None = None


class Draft:
    """One change on its way through the gate: `before` and `after` are the record's wire values."""

    __slots__ = ("added", "after", "before", "change", "confirms", "conflicts", "entity", "errors", "given",
                 "id", "missing", "move", "notes", "numbered", "op", "row", "state", "touched",
                 "version")  # fmt: skip

    def __init__(self, row: int, change: Change, entity: EntityType, *, added: bool = False) -> None:
        self.row = row
        self.change = change
        self.entity = entity
        self.op = change.op
        self.id = change.id
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self.given: dict[str, Any] = {}
        self.touched: dict[str, Any] = {}
        self.errors: list[CellError] = []
        self.confirms: list[CellError] = []
        self.conflicts: list[Conflict] = []
        # What the asker is told although nothing is refused: a rule diverted the transition, say.
        self.notes: list[CellError] = []
        # Called with the draft when it has its id and numbers, before it is written (`Row.when_numbered`).
        self.numbered: list[Callable[[Draft], None]] = []
        # A restored record goes on counting where it stopped.
        self.version: int | None = change.version if change.op == "insert" else None
        self.missing = False
        # The lifecycle transition that was asked for, once it is found to be possible.
        self.move: Transition | None = None
        self.added = added
        self.state = "planned"

    def error(self, field_name: str | None, code: str, message: Any) -> None:
        """Refuse this row, naming the cell where there is one."""
        self.errors.append(CellError(self.row, field_name, code, message, self.id, self.change.line))

    def note(self, code: str, message: Any) -> None:
        """Tell the asker something about this row that does not stop it."""
        self.notes.append(CellError(self.row, None, code, message, self.id, self.change.line))

    @property
    def ok(self) -> bool:
        """Whether nothing stands against writing this row."""
        return not (self.errors or self.conflicts or self.confirms)

    @property
    def cells(self) -> dict[str, list[Any]]:
        """``{field: [before, new]}`` of the cells that really change."""
        if self.op == "insert":
            return {name: [None, value] for name, value in self.after.items() if value is not None}
        if self.op == "delete":
            return {}
        before = self.before
        return {name: [before.get(name), value] for name, value in self.touched.items()}


@dataclass(slots=True)
class Plan:
    """What would happen: every row with every error. `epochs` is the log's height per table when it was made.

    `held` names the flow that has to agree before the set is written as a whole; None when nothing has to.
    """

    change_set: ChangeSet
    drafts: list[Draft]
    epochs: dict[str, int]
    held: str | None = None

    @property
    def errors(self) -> list[CellError]:
        """All errors, in the order of the rows."""
        return [e for d in self.drafts for e in d.errors]

    @property
    def conflicts(self) -> list[Conflict]:
        """All conflicts."""
        return [c for d in self.drafts for c in d.conflicts]

    @property
    def confirms(self) -> list[CellError]:
        """All questions that must be confirmed first."""
        return [c for d in self.drafts for c in d.confirms]

    def count(self, op: str) -> int:
        """How many rows of an operation would be written (``unchanged`` for updates that change nothing)."""
        ready = (d for d in self.drafts if d.ok)
        if op == "unchanged":
            return sum(1 for d in ready if d.op == "update" and not d.touched)
        if op == "update":
            return sum(1 for d in ready if d.op == "update" and d.touched)
        return sum(1 for d in ready if d.op == op)


@dataclass(slots=True)
class RowResult:
    """What became of one change: done, held, unchanged, error, conflict or skipped (another row stopped the set)."""

    row: int
    entity: str
    op: str
    ref: str | None
    id: int | None
    version: int | None
    state: str
    values: dict[str, Any]


@dataclass(slots=True)
class Result:
    """What became of a change set. `state` is applied, held (waits for approval), unchanged or refused.

    `cases` are the approval cases it opened: ``{"case", "number", "entity", "record", "waits_for"}``.
    """

    change_set: int | None
    state: str
    results: list[RowResult]
    errors: list[CellError]
    conflicts: list[Conflict]
    confirms: list[CellError]
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)
    notes: list[CellError] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether what was asked is now so, or waits only for an approval."""
        return self.state != "refused"


def by_entity(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    """Drafts grouped by entity, in the order the entities first appear."""
    groups: dict[str, list[Draft]] = {}
    last, group = None, []
    for draft in drafts:
        if draft.entity is not last:
            last, group = draft.entity, groups.setdefault(draft.entity.name, [])
        group.append(draft)
    return groups


def chunks(items: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Items in lists of at most `size`, which keeps IN lists short on both engines."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

"""The rule contract: a rule gets a batch of before/after rows and answers per row.

A rule may ``error`` (refuse), ``confirm`` (refuse until the set carries the code in ``confirmed``), ``set``
fields, ``add`` further changes to the same set, or ``divert`` an asked transition to another state. It looks
things up for the whole batch at once (``batch.fetch``), never per row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.access.grants import Grants
from app.change.contract import CellError, Change, Draft, chunks
from app.change.earlier import Earlier
from app.entity import Entity, EntityType, registry
from app.org.parameters import Parameter, parameter_value

MAX_DEPTH = 5


@dataclass(frozen=True)
class Rule:
    """A declared rule: the code names its place in the book of rules (e.g. BR-14).

    `reads` are the entities its answer rests on besides the records of the set, what these link to, and what
    `Batch.fetch` and `Batch.parameter` look up: a plan is made anew when one of them has moved.
    """

    code: str
    entity: type[Entity]
    on: tuple[str, ...]
    when: tuple[str, ...]
    check: Callable[[Batch], None]
    reads: tuple[str, ...] = ()

    def applies(self, row: Row) -> bool:
        """Whether this row concerns the rule: its operation, and that one of the fields in `when` is new."""
        if row.op not in self.on:
            return False
        return row.op != "update" or not self.when or any(row.changed(name) for name in self.when)


_rules: dict[type[Entity], list[Rule]] = defaultdict(list)


def rule(
    entity: type[Entity],
    code: str,
    on: Sequence[str] = ("insert", "update"),
    when: Sequence[str] = (),
    reads: Sequence[str] = (),
) -> Callable[[Callable[[Batch], None]], Callable[[Batch], None]]:
    """Declare a rule of `entity`, run for inserts and for updates that change a field in `when` (any, if empty)."""

    def declare(check: Callable[[Batch], None]) -> Callable[[Batch], None]:
        _rules[entity].append(Rule(code, entity, tuple(on), tuple(when), check, tuple(reads)))
        return check

    return declare


def rules_of(entity: EntityType) -> list[Rule]:
    """The rules of an entity, in the order of their declaration."""
    return _rules.get(entity.cls, [])


class Row:
    """One row of a batch as a rule sees it, in wire values."""

    __slots__ = ("_batch", "draft")

    def __init__(self, draft: Draft, batch: Batch) -> None:
        self.draft = draft
        self._batch = batch

    @property
    def op(self) -> str:
        """insert, update or delete."""
        return self.draft.op

    @property
    def verb(self) -> str | None:
        """The lifecycle transition that was asked for; None for a plain edit."""
        return self.draft.change.verb

    @property
    def before(self) -> dict[str, Any]:
        """The record as it is; empty for an insert."""
        return self.draft.before

    def __getitem__(self, name: str) -> Any:
        return self.draft.after.get(name)

    def changed(self, name: str) -> bool:
        """Whether the value differs from the record as it is."""
        return bool(self.draft.after.get(name) != self.draft.before.get(name))

    def given(self, name: str) -> bool:
        """Whether the asker gave this value themselves."""
        return name in self.draft.given

    def set(self, name: str, raw: Any) -> None:
        """Give a field its value (raw or wire)."""
        value = self.draft.entity.fields[name].parse(raw)
        self.draft.after[name] = value
        if self.draft.op == "update":
            if value != self.draft.before.get(name):
                self.draft.touched[name] = value
            else:
                self.draft.touched.pop(name, None)

    def when_numbered(self, fill: Callable[[Draft], None]) -> None:
        """Let `fill` complete the draft's `after` once it has its id and numbers, before it is written.

        For computed fields made of the record's own id; references to records of the same set are ids by then.
        """
        self.draft.numbered.append(fill)

    def error(self, field: str | None, message: Any, code: str = "") -> None:
        """Refuse this row."""
        self.draft.error(field, code or self._batch.rule.code, message)

    def confirm(self, field: str | None, code: str, message: Any) -> None:
        """Refuse until the asker confirms `code`."""
        if not {code, "*"} & self._batch.confirmed:
            self.draft.confirms.append(
                CellError(self.draft.row, field, code, message, self.draft.id, self.draft.change.line)
            )

    def add(self, change: Change) -> None:
        """Add a further change to the same set."""
        self._batch.added.append((self.draft.row, change))

    def divert(self, state: str, message: Any, code: str = "") -> None:
        """Let the asked transition end in another state, and tell the asker why (`Result.notes`)."""
        lifecycle = self.draft.entity.about.lifecycle
        if lifecycle is not None:
            self.set(lifecycle.field, state)
        self.draft.note(code or self._batch.rule.code, message)


class Batch:
    """The rows of one entity in a set that concern one rule. `grants` are the asker's.

    `known` is the whole set as far as it is known, of every entity (see `app.change.document`). Of a long set that
    is its present stretch: `kept` goes on to the next, and `before` counts the changes before this one.
    """

    def __init__(
        self,
        rule: Rule,
        drafts: Iterable[Draft],
        connection: Connection,
        confirmed: frozenset[str],
        grants: Grants,
        known: Sequence[Draft] = (),
        earlier: Earlier | None = None,
    ) -> None:
        earlier = earlier or Earlier()
        self.rule = rule
        self.connection = connection
        self.confirmed = confirmed
        self.grants = grants
        self.known = known
        self.kept, self.before = earlier.kept, earlier.rows
        self.added: list[tuple[int, Change]] = []
        self.reads = set(rule.reads)
        rows = (Row(d, self) for d in drafts)
        self.rows = [row for row in rows if rule.applies(row)]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def today(self) -> date:
        """Today in the company's zone."""
        return clock.today()

    def parameter(self, key: str) -> Any:
        """A business parameter, from the table, else its declared default."""
        self.reads.add(Parameter.__tablename__)
        return parameter_value(self.connection, key)

    def fetch(self, entity: str, ids: Iterable[Any], fields: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Records of another entity by id, as wire values of the named fields. One query per 500 ids."""
        target = registry.get(entity)
        self.reads.add(target.name)
        wanted = sorted({i for i in ids if isinstance(i, int)})
        columns = [target.table.c.id, *(target.table.c[name] for name in fields)]
        found: dict[int, dict[str, Any]] = {}
        for part in chunks(wanted):
            for row in self.connection.execute(select(*columns).where(target.table.c.id.in_(part))):
                found[row[0]] = {n: target.fields[n].to_wire(v) for n, v in zip(fields, row[1:], strict=True)}
        return found

"""Headers with their lines as they will be once the set is written: for rules that look at the whole.

Rows of the set are the set's own; the others are read from the database, all at once, and join the set if a
rule gives one of them a new value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from app.change.contract import Change, Draft, chunks
from app.change.plan import load_before
from app.change.rules import Batch, Row
from app.entity import Entity, EntityType, registry

# A header that exists is known by its id, one that the set inserts by its reference.
Key = int | str


@dataclass(eq=False)
class Document:
    """A header and its lines in the order they were made; `gone` are the lines that leave it with this set."""

    head: Row
    lines: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)

    @property
    def sent(self) -> list[Row]:
        """The rows of the set."""
        return [row for row in (self.head, *self.lines, *self.gone) if not row.draft.added]

    def teller(self, row: Row) -> Row:
        """Where to say something about a row: there if it was sent, else on a row of the document that was."""
        return row if not row.draft.added else next(iter(self.sent), row)


@contextmanager
def documents(batch: Batch, lines: type[Entity]) -> Iterator[list[Document]]:
    """The documents that the rows of a batch belong to; `lines` is the line entity.

    A rule of this kind is declared for the header and for its lines. Each document is met once: by the rule of
    the lines if any of them is in the set. What rules added to the set is not looked at again.
    """
    line = registry.of(lines)
    header = registry.get(line.about.parent)
    sent = [d for d in batch.known if d.entity is line and not d.added and not d.missing]
    places = {key for draft in sent for key in _headers(draft)}
    if batch.rule.entity is not line.cls:
        places = {_key(row.draft) for row in batch if not row.draft.added} - places
    known = {_key(d): d for d in batch.known if d.entity is header and not d.missing}
    heads = {key: known[key] for key in places & known.keys()}
    heads |= {_key(d): d for d in _read(batch, header, places - known.keys())}
    found = {
        key: Document(Row(heads[key], batch))
        for key in sorted(heads, key=str)
        if heads[key].op != "delete" and heads[key].ok
    }
    for draft in _lines(batch, line, sent, found):
        found[_place(draft)].lines.append(Row(draft, batch))
    for draft in sent:
        for key in _headers(draft) & found.keys():
            if draft.op == "delete" or _place(draft) != key:
                found[key].gone.append(Row(draft, batch))
    yield list(found.values())
    for document in found.values():
        # What joins the set stands and falls with a row that is written.
        carrier = next((row for row in document.sent if row.draft.ok), None)
        for draft in (row.draft for row in (document.head, *document.lines) if row.draft.added):
            if draft.touched and carrier is not None:
                carrier.add(Change(draft.entity.name, "update", dict(draft.touched), draft.id))


def _key(draft: Draft) -> Key:
    return draft.id if draft.id is not None else draft.change.ref or f"row {draft.row}"


def _headers(draft: Draft) -> set[Key]:
    """The headers a line belongs to, and belonged to."""
    return {_node(values["parent_id"]) for values in (draft.before, draft.after) if values.get("parent_id")}


def _place(draft: Draft) -> Key:
    return _node(draft.after["parent_id"])


def _node(value: int | dict[str, str]) -> Key:
    return value["ref"] if isinstance(value, dict) else value


def _lines(batch: Batch, line: EntityType, sent: list[Draft], places: Iterable[Key]) -> list[Draft]:
    """All lines that the headers will have, the new ones last; one whose change is refused stays as it is."""
    fine = [d for d in sent if d.ok]
    places, mine = set(places), {d.id for d in fine if d.op != "insert"}
    stored: list[int] = []
    for part in chunks(sorted(place for place in places if isinstance(place, int))):
        query = select(line.table.c.id).where(line.table.c.parent_id.in_(part))
        stored += batch.connection.execute(query).scalars()
    drafts = [d for d in fine if d.op != "delete" and d.after.get("parent_id")]
    drafts += _read(batch, line, set(stored) - mine)
    drafts.sort(key=lambda d: (d.op == "insert", d.id or 0))
    return [d for d in drafts if _place(d) in places]


def _read(batch: Batch, entity: EntityType, ids: Iterable[Key]) -> list[Draft]:
    """Records that are not in the set, as if it had an update of each that changes nothing."""
    drafts = [
        Draft(0, Change(entity.name, "update", id=record), entity, added=True)
        for record in sorted(key for key in ids if isinstance(key, int))
    ]
    if drafts:
        load_before(batch.connection, entity, drafts)
    for draft in drafts:
        draft.errors.clear()
    return [draft for draft in drafts if not draft.missing]

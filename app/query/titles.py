"""Titles of linked records and names of attached files, to stand beside their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.entity import EntityType, Field, registry
from app.entity.attachments import Attachment
from app.entity.field import PERSON
from app.query.filters import title_known


def add_titles(session: Session, entity: EntityType, grants: Grants, rows: list[dict[str, Any]]) -> None:
    """Put the titles of linked records beside their ids.

    A link shows its target's title wherever the record that holds it is visible, even if the target itself is
    out of the reader's scope; a masked or hidden title stays unknown.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    links = {n: s for n, s in entity.links.items() if rows and n in rows[0]["values"]}
    for row in rows:
        for name, spec in links.items():
            value = row["values"].get(name)
            if isinstance(value, int):
                wanted[spec.target].add(value)
    titles = {target: titles_of(session, target, ids, grants) for target, ids in wanted.items()}
    for row in rows:
        row["titles"] = {
            name: titles[spec.target].get(row["values"][name])
            for name, spec in links.items()
            if isinstance(row["values"].get(name), int)
        }
    lists = {n: [r["values"].get(n) for r in rows] for n in entity.file_fields}
    for name, names in ((n, file_names(session, found)) for n, found in lists.items()):
        for row, text in zip(rows, names, strict=True):
            if text is not None:
                row["titles"][name] = text


def file_names(session: Session, lists: Sequence[Any]) -> list[str | None]:
    """The names of each list of attachment ids, joined by 、; None for what is empty or masked."""
    ids = {n for one in lists if isinstance(one, list) for n in one}
    table, names = Attachment.__table__, dict[int, str]()
    for part in parts(sorted(ids)):
        names.update(session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(part))).all())
    return ["、".join(names.get(n, "?") for n in one) if isinstance(one, list) else None for one in lists]


def titles_of(session: Session, target: str, ids: Iterable[int], grants: Grants) -> dict[int, str | None]:
    """Titles by id, read past the wall (see `add_titles`); a line is called by what its title links to."""
    found: dict[int, Any] = {}
    link = ""
    if target == PERSON:
        table = registry.target_class(PERSON).__table__
        query, key = select(table.c.id, table.c.last_name + table.c.first_name), table.c.id
    else:
        entity = registry.get(target)
        if not title_known(entity, grants):
            return {}
        query, key = select(entity.table.c.id, entity.table.c[entity.about.title]), entity.table.c.id
        link = entity.links[entity.about.title].target if entity.about.title in entity.links else ""
    for part in parts(sorted(set(ids))):
        found.update((row[0], row[1]) for row in session.execute(query.where(key.in_(part))))
    if link:
        named = titles_of(session, link, {value for value in found.values() if value is not None}, grants)
        return {row_id: named.get(value) for row_id, value in found.items()}
    title = None if target == PERSON else entity.fields.get(entity.about.title)
    return {row_id: None if value is None else title_text(title, value) for row_id, value in found.items()}


def title_text(spec: Field | None, value: Any) -> str:
    """The text of a title: as it is kept, or the label of a choice."""
    return spec.choice_label(value) if spec is not None and spec.kind == "choice" else str(value)


def parts(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    """Ids in portions that suit an IN list."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]

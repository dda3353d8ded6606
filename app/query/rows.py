"""Windowed rows, totals and look-ups: what the sheet, the API and exports read. Everything passes the wall."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

import orjson
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, collate, false, func, or_, select
from sqlalchemy.orm import Session

from app.access import driver_rows
from app.access.grants import Grants
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.entity.keys import like_pattern
from app.entity.wire import wire_readers
from app.query.filters import FilterError, criterion, readable, search_criterion, title_known
from app.query.titles import add_titles, parts, title_text

MAX_LIMIT = 1000
MAX_SORTS = 4
FEW = 5000


@dataclass(slots=True)
class Window:
    """What is asked of an entity's rows. `at` is a row number from 0, `after` the cursor of an earlier answer."""

    filter: Any = None
    sort: Sequence[Sequence[str]] = ()
    fields: Sequence[str] | None = None
    q: str = ""
    at: int | None = None
    after: str | None = None
    limit: int = 200


@dataclass(slots=True)
class Page:
    """The rows of a window as the reader sees them, the cursor behind them, and how many there are in all."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    total: int = 0


def visible_names(entity: EntityType, grants: Grants, wanted: Sequence[str] | None = None) -> list[str]:
    """Names of the fields the reader may see at all, in declared order."""
    names = [n for n in entity.fields if grants.level(entity.name, n) != "hidden"]
    return names if wanted is None else [n for n in names if n in set(wanted)]


def where(entity: EntityType, grants: Grants, tree: Any, q: str = "") -> list[ColumnElement[bool]]:
    """The criteria of a filter and a search text."""
    found = [] if not tree else [criterion(entity, tree, grants)]
    return [*found, search_criterion(entity, q, grants)] if q else found


def count(session: Session, entity: EntityType, grants: Grants, tree: Any = None, q: str = "") -> int:
    """How many records the reader can see under a filter."""
    # Not of a column: SQLite counts rows without reading them.
    query = select(func.count()).select_from(entity.cls).where(*where(entity, grants, tree, q))
    return int(session.execute(query).scalar_one())


def counts(session: Session, entities: Sequence[EntityType]) -> dict[str, int]:
    """How many records of each entity the reader can see, in one statement."""
    if not entities:
        return {}
    each = [select(func.count()).select_from(entity.cls).scalar_subquery() for entity in entities]
    row = session.execute(select(*each)).one()
    return {entity.name: int(count) for entity, count in zip(entities, row, strict=True)}


def fetch(
    session: Session, entity: EntityType, grants: Grants, window: Window, *, counted: bool = True
) -> Page:
    """The rows of a window. Raises FilterError for a filter, sort or cursor that cannot be read.

    `counted=False` leaves the total at 0, for readers that page through and need no count.
    """
    criteria = [*_reachable(session, entity, grants), *where(entity, grants, window.filter, window.q)]
    order = _order(entity, grants, window.sort)
    limit = max(1, min(int(window.limit), MAX_LIMIT))
    query = select(entity.cls.id, *(o.expression for o in order)).where(*criteria)
    for term in order:
        query = query.order_by(*term.clauses)
    query = query.order_by(entity.cls.id)
    if window.after:
        query = query.where(_beyond(entity, order, _read_cursor(window.after, len(order))))
    elif window.at:
        query = query.offset(max(0, int(window.at)))
    found = session.execute(query.limit(limit)).all()
    page = Page()
    if counted:
        page.total = count(session, entity, grants, window.filter, window.q)
    page.rows = records(session, entity, grants, [row[0] for row in found], window.fields)
    if len(found) == limit:
        last = found[-1]
        page.next = _cursor([*(o.to_json(v) for o, v in zip(order, last[1:], strict=True)), last[0]])
    return page


def selection(
    entity: EntityType,
    grants: Grants,
    window: Window,
    columns: Sequence[Any],
    ids: Sequence[int] | None = None,
) -> Select[Any]:
    """Columns of all rows of a window in its order, as one statement: for who reads them to the end.

    `ids` narrows it to some records. `window.at`, `after`, `limit` and `fields` are not used. Raises FilterError.
    """
    query = select(*columns).where(*where(entity, grants, window.filter, window.q))
    if ids is not None:
        chosen: Any = bindparam(None, list(ids), expanding=True, literal_execute=True, unique=True)
        query = query.where(entity.cls.id.in_(chosen))
    for term in _order(entity, grants, window.sort):
        query = query.order_by(*term.clauses)
    return query.order_by(entity.cls.id)


def _reachable(session: Session, entity: EntityType, grants: Grants) -> list[ColumnElement[bool]]:
    """The ids a reader of few rows reaches, named outright.

    Left to choose, both databases walk a sort index through everybody's rows to find the reader's few.
    """
    if grants.scope(entity.name) == "all" or entity.about.parent:
        return []
    ids = session.execute(select(entity.cls.id).limit(FEW + 1)).scalars().all()
    return [entity.cls.id.in_(ids)] if len(ids) <= FEW else []


def records(
    session: Session,
    entity: EntityType,
    grants: Grants,
    ids: Sequence[int],
    fields: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Records by id, in the order asked, as the reader sees them; ids out of scope are simply not there."""
    names = visible_names(entity, grants, fields)
    cls = entity.cls
    query = select(cls.id, cls.version, cls.locked_by_case, *(getattr(cls, n) for n in names))
    known = wire_readers(entity, session.get_bind().dialect)
    readers = [(name, known[name]) for name in names if name in known]
    masked = [(n, entity.fields[n].masked) for n in names if grants.level(entity.name, n) == "masked"]
    found: dict[int, dict[str, Any]] = {}
    for part in parts(ids):
        for record_id, version, locked, *given in chain.from_iterable(
            driver_rows(session, query.where(cls.id.in_(part)), len(part))
        ):
            values = dict(zip(names, given, strict=True))
            for name, read in readers:
                if (value := values[name]) is not None:
                    values[name] = read(value)
            for name, mask in masked:
                values[name] = mask(values[name])
            found[record_id] = {"id": record_id, "version": version, "locked": locked, "values": values}
    shown = [found[record_id] for record_id in ids if record_id in found]
    add_titles(session, entity, grants, shown)
    return shown


def every(
    session: Session, entity: EntityType, grants: Grants, window: Window, size: int = MAX_LIMIT
) -> Iterator[list[dict[str, Any]]]:
    """All rows of a window in pages, by cursor: for exports. `window.at`, `after` and `limit` are not used."""
    cursor: str | None = None
    while True:
        page = fetch(session, entity, grants, Window(window.filter, window.sort, window.fields, window.q,
                                                     after=cursor, limit=size))  # fmt: skip
        if page.rows:
            yield page.rows
        cursor = page.next
        if cursor is None:
            return


def totals(
    session: Session, entity: EntityType, grants: Grants, tree: Any, fields: Sequence[str], q: str = ""
) -> dict[str, Any]:
    """Count, sums, least and greatest of numeric fields under a filter, by SQL."""
    specs = [readable(entity, grants, n) for n in fields]
    specs = [s for s in specs if s.type.numeric]
    columns = [getattr(entity.cls, s.name) for s in specs]
    query = select(
        func.count(entity.cls.id), *(f(c) for c in columns for f in (func.sum, func.min, func.max))
    ).where(*where(entity, grants, tree, q))
    row = session.execute(query).one()
    found: dict[str, Any] = {"count": row[0], "sums": {}, "min": {}, "max": {}}
    for index, spec in enumerate(specs):
        for offset, name in enumerate(("sums", "min", "max")):
            value = row[1 + 3 * index + offset]
            found[name][spec.name] = _number(spec, value)
    return found


def _number(spec: Field, value: Any) -> Any:
    if value is None:
        return None
    return format(Decimal(value), "f") if spec.digits else int(value)


def lookup(
    session: Session, entity: EntityType, grants: Grants, typed: str, limit: int = 20, ids: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """Records to choose from for a link: by code, name, pinyin or initials; those that start so come first."""
    title, cls = entity.about.title, entity.cls
    code = next((n for n in entity.about.key if n != title and n in entity.key_columns), None)
    columns = [cls.id, getattr(cls, title), *([getattr(cls, code)] if code else [])]
    key = getattr(cls, entity.key_columns.get(title, title))
    query = select(*columns).where(cls.archived_at.is_(None)).limit(max(1, min(limit, 100)))
    if ids:
        query = query.where(cls.id.in_(list(ids)[:MAX_LIMIT]))
    elif typed:
        open_keys = [c for n, c in entity.key_columns.items() if n in grants.open_fields(entity.name)]
        pattern = like_pattern(typed.replace("\x00", ""), prefix=True)
        starts = [false(), *(getattr(cls, c).like(pattern, escape="\\") for c in open_keys)]
        query = query.where(search_criterion(entity, typed, grants)).order_by(
            case((or_(*starts), 0), else_=1)
        )
    shown = [_shown_text(entity, grants, name) for name in (title, code) if name]
    items = []
    for row in session.execute(query.order_by(key, cls.id)):
        texts = [show(value) for show, value in zip(shown, row[1:], strict=True)]
        items.append({"id": row[0], "title": texts[0], "code": texts[1] if code else ""})
    return items


def _shown_text(entity: EntityType, grants: Grants, name: str) -> Callable[[Any], str]:
    """How the reader sees a field's values as text: in full, masked, or not at all."""
    spec, level = entity.fields[name], grants.level(entity.name, name)
    if level in ("read", "edit"):
        return lambda value: "" if value is None else title_text(spec, value)
    return lambda value: "" if value is None or level == "hidden" else str(spec.masked(value))


def lookup_person(session: Session, typed: str, limit: int = 20) -> list[dict[str, Any]]:
    """People to choose from: by name, pinyin or login name. People are few, so their keys are made here."""
    from app.entity.keys import text_key

    user = registry.target_class(PERSON)
    needle, items = typed.strip().casefold(), []
    query = select(user.id, user.last_name, user.first_name, user.username).where(user.active.is_(True))
    for row in session.execute(query.order_by(user.id)):
        name = f"{row[1] or ''}{row[2] or ''}"
        if needle in text_key(name) or needle in row[3].casefold():
            items.append({"id": row[0], "title": name or row[3], "code": row[3]})
    return items[:limit]


@dataclass(slots=True)
class _Term:
    """One sort term: its expression, its direction, and how its value travels in a cursor."""

    spec: Field
    expression: Any
    descending: bool

    @property
    def clauses(self) -> list[Any]:
        # Nulls last in both engines, by an expression of our own; without nulls an index gives the order.
        direction = self.expression.desc() if self.descending else self.expression.asc()
        return [direction] if self.spec.required else [self.expression.is_(None), direction]

    def to_json(self, value: Any) -> Any:
        return self.spec.to_wire(value) if not isinstance(value, (str, int, type(None))) else value

    def from_json(self, value: Any) -> Any:
        """What a cursor's value is compared as. Raises ValueError for one that is not of the term's kind."""
        if value is None:
            return None
        if self.spec.kind in _TYPED:
            return self.spec.to_stored(self.spec.type.parse(self.spec, value))
        if self.spec.kind in _COUNTED:
            if type(value) is not int or abs(value) >= (2**53 if self.spec.kind == "integer" else 2**31):
                raise ValueError(value)
        elif not isinstance(value, str) or "\x00" in value:
            raise ValueError(value)
        return value


_TYPED = ("decimal", "money", "percent", "date", "datetime", "time")
_COUNTED = ("integer", "choice", "yes_no")


def _order(entity: EntityType, grants: Grants, sort: Sequence[Sequence[str]]) -> list[_Term]:
    terms = []
    for item in list(sort)[:MAX_SORTS]:
        if not isinstance(item, (list, tuple)) or len(item) != 2 or item[1] not in ("asc", "desc"):
            raise FilterError(_l("This sort order cannot be read."))
        spec = readable(entity, grants, item[0])
        if spec.kind in ("json", "attachment", "multi_choice"):
            raise FilterError(_l("“%(label)s” cannot be sorted.", label=spec.label))
        if spec.kind == "link" and not title_known(registry.get(spec.target), grants):
            raise FilterError(_l("“%(label)s” cannot be sorted.", label=spec.label))
        terms.append(_Term(spec, _sort_expression(entity, spec), item[1] == "desc"))
    return terms


def _sort_expression(entity: EntityType, spec: Field) -> Any:
    column = getattr(entity.cls, spec.name)
    if spec.name in entity.key_columns:
        return getattr(entity.cls, entity.key_columns[spec.name])
    if spec.kind == "yes_no":
        return case((column.is_(True), 1), (column.is_(False), 0))  # a cursor compares, which booleans do not
    if spec.kind == "choice":
        places = {c.code: place for place, c in enumerate(spec.choices)}
        gone = case((column.is_not(None), len(places)))  # what is no option any more comes after all others
        return case(places, value=column, else_=gone)
    if spec.is_link:
        if spec.target == PERSON:
            people = registry.target_class(PERSON).__table__.alias()
            return (
                select(people.c.last_name + people.c.first_name)
                .where(people.c.id == column)
                .scalar_subquery()
            )
        target = registry.get(spec.target)
        table = target.table.alias()
        key = table.c[target.key_columns.get(target.about.title, target.about.title)]
        return select(key).where(table.c.id == column).scalar_subquery()
    if spec.kind in ("text", "long_text", "number"):
        return collate(column, "C") if _postgresql() else column
    return column


def _postgresql() -> bool:
    from app.db import db

    return bool(db.engine.dialect.name == "postgresql")


def _beyond(entity: EntityType, order: list[_Term], cursor: list[Any]) -> ColumnElement[bool]:
    """Rows strictly after the cursor in (is null, value, …, id) order."""
    options: list[Any] = []
    equal: list[Any] = []
    bound: list[Any] = []
    try:
        values = [term.from_json(raw) for term, raw in zip(order, cursor, strict=False)]
    except ValueError:
        raise _stale() from None
    for term, value in zip(order, values, strict=True):
        column = term.expression
        if value is None:
            equal.append(column.is_(None))
            continue
        ahead = column < value if term.descending else column > value
        if term is order[0] and term.spec.required:
            # Says the same again in a form that both databases look up in an index.
            bound.append(column <= value if term.descending else column >= value)
        options.append(and_(*equal, ahead if term.spec.required else or_(ahead, column.is_(None))))
        equal.append(column == value)
    options.append(and_(*equal, entity.cls.id > cursor[-1]))
    return and_(*bound, or_(*options))


def _cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode()


def _read_cursor(text: str, terms: int) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != terms + 1:
        raise _stale()
    if type(values[-1]) is not int or not 0 <= values[-1] < 2**53:
        raise _stale()
    return values


def _stale() -> FilterError:
    return FilterError(_l("This page of the list is no longer valid. Please start again from the top."))

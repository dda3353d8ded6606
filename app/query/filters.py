"""The filter language: a JSON tree typed from the field kinds (``docs/architecture.md``), made into SQL criteria.

Only fields the reader may see in full can be filtered: a masked or hidden field answers as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Text, and_, false, func, not_, or_, select, type_coerce

from app import clock
from app.access.grants import Grants
from app.entity import EntityType, Field, FieldError, registry
from app.entity.field import PERSON
from app.entity.keys import like_pattern, text_key
from app.query.touched import ID, touched
from app.query.touched import OPERATORS as TOUCHING

MAX_DEPTH = 8
MAX_VALUES = 500
_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "lt": lambda c, v: c < v,
    "le": lambda c, v: c <= v,
    "gt": lambda c, v: c > v,
    "ge": lambda c, v: c >= v,
}
_UNORDERED = ("yes_no", "multi_choice", "json", "attachment")
OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "contains", "starts", "empty", "not_empty")


class FilterError(ValueError):
    """A filter that makes no sense; the message names the part."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__("filter")


def readable(entity: EntityType, grants: Grants, name: Any) -> Field:
    """The field called `name` if the reader sees it in full. Raises FilterError."""
    spec = entity.fields.get(entity.renamed.get(name, name)) if isinstance(name, str) else None
    if spec is None or grants.level(entity.name, spec.name) not in ("read", "edit"):
        raise FilterError(_l("There is no field “%(name)s” to filter or sort by.", name=str(name)[:60]))
    return spec


def title_known(entity: EntityType, grants: Grants) -> bool:
    """Whether the reader may know the titles of an entity's records where others link to them.

    Whoever has no right on the entity still reads titles in the records that they see, unless titles are masked.
    """
    spec = entity.fields.get(entity.about.title)
    if spec is None:
        return True
    if grants.verbs(entity.name):
        return grants.level(entity.name, spec.name) in ("read", "edit")
    return not spec.mask


def criterion(entity: EntityType, tree: Any, grants: Grants, depth: int = 0) -> ColumnElement[bool]:
    """The SQL criterion of a filter tree on the entity's mapped class. Raises FilterError."""
    if depth > MAX_DEPTH or not isinstance(tree, dict):
        raise FilterError(_l("This filter cannot be read."))
    for word, join in (("and", and_), ("or", or_)):
        if word in tree:
            if not isinstance(tree[word], list) or not 0 < len(tree[word]) <= 50:
                raise FilterError(_l("This filter cannot be read."))
            return join(*(criterion(entity, part, grants, depth + 1) for part in tree[word]))
    if "not" in tree:
        return not_(func.coalesce(criterion(entity, tree["not"], grants, depth + 1), false()))
    return _leaf(entity, tree, grants)


def _leaf(entity: EntityType, leaf: dict[str, Any], grants: Grants) -> ColumnElement[bool]:
    name, operator, value = leaf.get("field"), leaf.get("op"), leaf.get("value")
    if name == ID and operator in TOUCHING:
        if type(value) is not int or not 0 < value < 2**53:
            raise FilterError(_l("This filter cannot be read."))
        return touched(entity, operator, value, grants)
    if operator not in OPERATORS:
        raise FilterError(_l("This filter cannot be read."))
    if isinstance(name, str) and "." in name:
        head, tail = name.split(".", 1)
        spec = readable(entity, grants, head)
        if spec.kind != "link" or "." in tail:
            raise FilterError(_l("There is no field “%(name)s” to filter or sort by.", name=name[:60]))
        target = registry.get(spec.target)
        inner = _leaf(target, {**leaf, "field": tail}, grants)
        return getattr(entity.cls, spec.name).in_(select(target.cls.id).where(inner))  # type: ignore[no-any-return]
    spec = readable(entity, grants, name)
    column = getattr(entity.cls, spec.name)
    if spec.kind in _UNORDERED and (operator in _COMPARE or operator == "between"):
        raise FilterError(_l("This filter cannot be read."))
    if operator == "empty":
        return column.is_(None)  # type: ignore[no-any-return]
    if operator == "not_empty":
        return column.is_not(None)  # type: ignore[no-any-return]
    if isinstance(value, str) and value.startswith("@"):
        return _relative(spec, column, operator, value, grants)
    if operator in ("contains", "starts"):
        return _matches(entity, spec, column, operator, value, grants)
    if operator == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise FilterError(_l("This filter cannot be read."))
        low, high = (_parse(spec, v) for v in value)
        bounds = [column >= low] if low is not None else []
        return and_(column.is_not(None), *bounds, *([column <= high] if high is not None else []))
    if operator == "in":
        if not isinstance(value, list) or len(value) > MAX_VALUES:
            raise FilterError(_l("At most %(n)s values can be chosen at once.", n=MAX_VALUES))
        return _equal_any(entity, spec, column, value)
    if operator in ("eq", "ne"):
        same = _equal_any(entity, spec, column, [value])
        if operator == "eq":
            return same
        return not_(same) if value is None else or_(not_(same), column.is_(None))
    if (bound := _parse(spec, value)) is None:
        raise FilterError(_l("This filter cannot be read."))
    if spec.name in entity.key_columns:  # ordered as it is sorted
        column, bound = getattr(entity.cls, entity.key_columns[spec.name]), text_key(bound)
    return _COMPARE[operator](column, bound)


def _parse(spec: Field, value: Any) -> Any:
    try:
        return spec.to_stored(spec.parse(value))
    except FieldError as problem:
        raise FilterError(problem.message) from None


def _equal_any(entity: EntityType, spec: Field, column: Any, values: list[Any]) -> ColumnElement[bool]:
    some = [v for v in values if v is not None]
    if spec.kind == "multi_choice":
        kept, codes = type_coerce(column, Text), [c.code for c in spec.choices if c.code in some]
        same = or_(false(), *(kept.contains(f'"{code}"', autoescape=True) for code in codes))
    elif spec.name in entity.key_columns:
        keys = [text_key(str(v).replace("\x00", "")) for v in some]
        same = getattr(entity.cls, entity.key_columns[spec.name]).in_(keys)
    else:
        same = column.in_([_parse(spec, v) for v in some])
    return or_(same, column.is_(None)) if len(some) < len(values) else same


def _matches(
    entity: EntityType, spec: Field, column: Any, operator: str, value: Any, grants: Grants
) -> ColumnElement[bool]:
    text = str(value or "")[:200].replace("\x00", "")
    pattern = like_pattern(text, prefix=operator == "starts")
    if spec.is_link:
        if spec.target == PERSON:
            user = registry.target_class(PERSON)
            name = func.lower(user.last_name + user.first_name)
            return column.in_(select(user.id).where(name.like(pattern, escape="\\")))  # type: ignore[no-any-return]
        target = registry.get(spec.target)
        if not title_known(target, grants):
            raise FilterError(_l("“%(label)s” cannot be searched by text.", label=spec.label))
        key = getattr(target.cls, target.key_columns.get(target.about.title, target.about.title))
        return column.in_(select(target.cls.id).where(key.like(pattern, escape="\\")))  # type: ignore[no-any-return]
    if spec.name in entity.key_columns:
        return getattr(entity.cls, entity.key_columns[spec.name]).like(pattern, escape="\\")  # type: ignore[no-any-return]
    if spec.kind not in ("text", "long_text", "number"):
        raise FilterError(_l("“%(label)s” cannot be searched by text.", label=spec.label))
    return func.lower(column).like(pattern, escape="\\")


def _relative(spec: Field, column: Any, operator: str, word: str, grants: Grants) -> ColumnElement[bool]:
    """``@me``, ``@my_department`` and periods: words that mean something else for everyone and every day."""
    if word == "@me" and spec.kind == "person":
        return _equals(column, [grants.user_id], operator)
    if word == "@my_department" and spec.target == "department":
        return _equals(column, sorted(grants.subtree), operator)
    period = _period(word[1:])
    if period is None or spec.kind not in ("date", "datetime"):
        raise FilterError(_l("“%(word)s” does not fit “%(label)s”.", word=word[:40], label=spec.label))
    low, high = (_parse(spec, day) for day in period)
    if operator in ("lt", "ge"):
        return _COMPARE[operator](column, low)
    if operator in ("gt", "le"):
        return column >= high if operator == "gt" else column < high  # type: ignore[no-any-return]
    inside = and_(column >= low, column < high)
    return or_(not_(inside), column.is_(None)) if operator == "ne" else inside


def _equals(column: Any, ids: list[Any], operator: str) -> ColumnElement[bool]:
    inside = column.in_(ids)
    return or_(not_(inside), column.is_(None)) if operator == "ne" else inside


def _period(word: str) -> tuple[date, date] | None:
    """First day, and the day after the last, of a named period."""
    today = clock.today()
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    quarter = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    after_quarter = (quarter + timedelta(days=93)).replace(day=1)
    monday = today - timedelta(days=today.weekday())
    spans = {
        "today": (today, today + timedelta(days=1)),
        "yesterday": (today - timedelta(days=1), today),
        "this_week": (monday, monday + timedelta(days=7)),
        "last_week": (monday - timedelta(days=7), monday),
        "this_month": (first, following),
        "last_month": ((first - timedelta(days=1)).replace(day=1), first),
        "this_quarter": (quarter, after_quarter),
        "this_year": (today.replace(month=1, day=1), date(today.year + 1, 1, 1)),
        "last_year": (date(today.year - 1, 1, 1), today.replace(month=1, day=1)),
    }
    return spans.get(word)


def search_criterion(entity: EntityType, typed: str, grants: Grants) -> ColumnElement[bool]:
    """What a person typed, looked for in every searched text the reader may see."""
    pattern = like_pattern(typed[:200].replace("\x00", ""))
    names = [n for n in entity.key_columns if grants.level(entity.name, n) in ("read", "edit")]
    columns = [getattr(entity.cls, entity.key_columns[n]) for n in names]
    opened = grants.open_fields(entity.name)
    chosen = [s for s in entity.fields.values() if s.search and s.kind == "choice" and s.name in opened]
    labelled = [getattr(entity.cls, s.name).in_(s.choices_named(typed[:200])) for s in chosen]
    return or_(*(column.like(pattern, escape="\\") for column in columns), *labelled, false())

"""The closed grammar of conditions: checked when a flow is published, evaluated on facts, told in words.

``{"all": […]}``, ``{"any": […]}``, ``{"not": …}``, ``{"changed": [field, …]}`` and ``{"field", "op", "value"}``.
Nothing is ever evaluated as code; an empty value compares false.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.entity import EntityType, Field, FieldError, registry
from app.org.parameters import declared

Condition = Mapping[str, Any]
OPS = ("=", "!=", "<", "<=", ">", ">=", "in", "between", "empty", "not_empty", "under_dept")
_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_ORDER = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
          ">=": operator.ge}  # fmt: skip
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
             "empty": "not_empty", "not_empty": "empty"}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What a condition is asked about: one record as it will be and as it is, its lines, and the change.

    `lines` holds the records of each line entity, `changed` the names of the fields that differ.
    """

    values: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    count: int = 1
    department_id: int | None = None


@dataclass(frozen=True)
class Ground:
    """Where parameters and the tree of departments come from: functions, so that nothing here asks the database."""

    parameter: Callable[[str], Any]
    under: Callable[[int, Any], bool]


def problems(condition: Any, entity: EntityType) -> Iterator[str]:
    """What is wrong with a condition on `entity`, one sentence each."""
    if not isinstance(condition, Mapping) or not condition:
        yield _("A condition is an object such as {example}.").format(
            example='{"field": …, "op": …, "value": …}'
        )
        return
    for word in ("all", "any"):
        if word in condition:
            parts = condition[word]
            if not isinstance(parts, list) or not parts:
                yield _("“%(word)s” needs a list of conditions.", word=word)
                return
            for part in parts:
                yield from problems(part, entity)
            return
    if "not" in condition:
        yield from problems(condition["not"], entity)
    elif "changed" in condition:
        names = condition["changed"]
        for name in names if isinstance(names, list) and names else [None]:
            if not isinstance(name, str) or name not in entity.fields:
                yield _("There is no field “%(name)s” here.", name=name)
    else:
        yield from _comparison_problems(condition, entity)


def _comparison_problems(condition: Condition, entity: EntityType) -> Iterator[str]:
    name, op, value = condition.get("field"), condition.get("op"), condition.get("value")
    spec = spec_of(entity, name) if isinstance(name, str) else None
    if spec is None:
        yield _("There is no field “%(name)s” here.", name=name)
        return
    if op not in OPS:
        yield _("“%(op)s” is no comparison. Use one of: %(ops)s.", op=op, ops=" ".join(OPS))
        return
    if isinstance(value, Mapping):
        code = value.get("parameter")
        if not isinstance(code, str) or code not in declared:
            yield _("There is no business parameter “%(name)s”.", name=code)
        elif op in ("in", "between"):
            yield _("“%(op)s” needs a list of values.", op=op)
        return
    if op in ("empty", "not_empty", "under_dept"):
        return
    wanted = value if op in ("in", "between") else [value]
    if not isinstance(wanted, list) or not wanted or (op == "between" and len(wanted) != 2):
        yield _("“%(op)s” needs a list of values.", op=op)
        return
    for one in wanted:
        try:
            if spec.parse(one) is None:
                yield _("“%(label)s” is compared with nothing.", label=spec.label)
        except FieldError as problem:
            yield f"{spec.label}: {problem.message}"


def spec_of(entity: EntityType, name: str) -> Field | None:
    """The field a condition names: ``x``, ``before.x``, ``line.<entity>.x``, or a word such as ``change.count``."""
    if name == "change.count":
        return Field("integer", _("Changed records"), name=name)
    if name == "submitter.department_id":
        return Field("link", _("Department of the submitter"), name=name, target="department")
    parts = name.split(".")
    if len(parts) == 1:
        return entity.fields.get(name)
    if len(parts) == 2 and parts[0] == "before":
        return entity.fields.get(parts[1])
    if len(parts) == 3 and parts[0] == "line":
        lines = {line.name: line for line in entity.lines}
        return lines[parts[1]].fields.get(parts[2]) if parts[1] in lines else None
    return None


def fields_read(condition: Condition | None) -> set[str]:
    """The record's own fields a condition reads: a decision rests on them."""
    if not condition:
        return set()
    found: set[str] = set()
    for word in ("all", "any"):
        for part in condition.get(word, ()):
            found |= fields_read(part)
    if "not" in condition:
        found |= fields_read(condition["not"])
    name = condition.get("field", "")
    if name and "." not in name:
        found.add(name)
    return found


def cells_read(condition: Condition, entity: EntityType) -> set[tuple[str, str]]:
    """Every (entity, field) whose values a condition tells of."""
    parts = [*condition.get("all", ()), *condition.get("any", ())]
    parts += [condition["not"]] if "not" in condition else []
    found = {cell for part in parts for cell in cells_read(part, entity)}
    found |= {(entity.name, name) for name in condition.get("changed", ())}
    words = condition.get("field", "").split(".")
    if len(words) == 3:
        found.add((words[1], words[2]))
    elif words[-1] in entity.fields and words[0] in ("before", words[-1]):
        found.add((entity.name, words[-1]))
    return found


def resolved(condition: Condition, ground: Ground) -> dict[str, Any]:
    """The condition with the parameters it names replaced by their values of now."""
    for word in ("all", "any"):
        if word in condition:
            return {word: [resolved(part, ground) for part in condition[word]]}
    if "not" in condition:
        return {"not": resolved(condition["not"], ground)}
    value = condition.get("value")
    if isinstance(value, Mapping):
        return {**condition, "value": str(ground.parameter(value["parameter"]))}
    return dict(condition)


def holds(condition: Condition, entity: EntityType, facts: Facts, ground: Ground) -> bool:
    """Whether a (resolved) condition is true of the facts. Whatever cannot be compared is false."""
    if "all" in condition:
        return all(holds(part, entity, facts, ground) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, entity, facts, ground) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], entity, facts, ground)
    if "changed" in condition:
        return bool(facts.changed & set(condition["changed"]))
    spec = spec_of(entity, condition["field"])
    if spec is None:
        return False
    found = _values(condition["field"], facts)
    if condition["op"] == "empty":
        return all(value is None for value in found)
    return any(_compare(spec, condition["op"], value, condition.get("value"), ground) for value in found)


def _values(name: str, facts: Facts) -> list[Any]:
    if name == "change.count":
        return [facts.count]
    if name == "submitter.department_id":
        return [facts.department_id]
    head, _dot, rest = name.partition(".")
    if head == "before" and rest:
        return [facts.before.get(rest)]
    if head == "line" and rest:
        line, _dot, field_name = rest.partition(".")
        return [row.get(field_name) for row in facts.lines.get(line, ())]
    return [facts.values.get(name)]


def _compare(spec: Field, op: str, value: Any, wanted: Any, ground: Ground) -> bool:
    if op == "not_empty":
        return value is not None
    if value is None:
        return False
    if op == "under_dept":
        return isinstance(value, int) and ground.under(value, wanted)
    try:
        mine = _comparable(spec, value)
        if op == "in":
            return mine in [_comparable(spec, spec.parse(one)) for one in wanted]
        if op == "between":
            low, high = (_comparable(spec, spec.parse(one)) for one in wanted)
            return bool(low <= mine <= high)
        theirs = _comparable(spec, spec.parse(wanted))
        return bool(_ORDER[op](mine, theirs))
    except (FieldError, TypeError, ValueError, ArithmeticError):
        return False


def _comparable(spec: Field, wire: Any) -> Any:
    return Decimal(str(wire)) if spec.type.numeric and wire is not None else wire


def decisive(condition: Condition, test: Callable[[Condition], bool]) -> Condition:
    """The part of a (resolved) condition that made it true, or false: what is worth telling."""
    for word, looked_for in (("any", True), ("all", False)):
        if word in condition:
            if test(condition) is not looked_for:
                return {word: [decisive(part, test) for part in condition[word]]}
            found = [decisive(part, test) for part in condition[word] if test(part) is looked_for]
            return found[0] if len(found) == 1 else {word: found}
    return condition


def sentence(condition: Condition, entity: EntityType, *, negated: bool = False) -> str:
    """The condition in words, or its opposite: ``应收总额 ≥ 200,000``."""
    for word in ("all", "any"):
        if word in condition:
            glue = _(" and ") if (word == "all") != negated else _(" or ")
            return str(glue).join(sentence(part, entity, negated=negated) for part in condition[word])
    if "not" in condition:
        return sentence(condition["not"], entity, negated=not negated)
    if "changed" in condition:
        labels = "、".join(str(entity.fields[n].label) for n in condition["changed"] if n in entity.fields)
        return str(
            _("%(labels)s not changed", labels=labels) if negated else _("%(labels)s changed", labels=labels)
        )
    return _comparison_sentence(condition, entity, negated)


def _comparison_sentence(condition: Condition, entity: EntityType, negated: bool) -> str:
    spec, op = spec_of(entity, condition["field"]), condition["op"]
    if spec is None:
        return ""
    label = str(spec.label)
    if op in _OPPOSITE and negated:
        op, negated = _OPPOSITE[op], False
    if op in ("empty", "not_empty"):
        return str(
            _("%(label)s is empty", label=label) if op == "empty" else _("%(label)s is filled", label=label)
        )
    value = condition.get("value")
    texts = [_text(spec, one) for one in (value if isinstance(value, list) else [value])]
    if spec.kind == "yes_no" and op in ("=", "!="):
        yes = (spec.parse(value) is True) == (op == "=")
        return f"{label}：{_('Yes') if yes else _('No')}"
    if op == "between":
        words = _("%(label)s between %(a)s and %(b)s", label=label, a=texts[0], b=texts[-1])
    elif op == "under_dept":
        words = _("%(label)s under %(value)s", label=label, value=texts[0])
    elif op == "in":
        words = _("%(label)s is %(values)s", label=label, values=_(" or ").join(texts))
    elif spec.kind in ("choice", "text"):
        words = (
            _("%(label)s is %(values)s", label=label, values=texts[0])
            if op == "="
            else _("%(label)s is not %(values)s", label=label, values=texts[0])
        )
    else:
        words = f"{label} {_SIGNS[op]} {texts[0]}"
    return str(_("not: %(words)s", words=words)) if negated else str(words)


def _text(spec: Field, value: Any) -> str:
    from app.query.display import display

    if isinstance(value, Mapping):
        return str(_("parameter %(code)s", code=value.get("parameter")))
    if spec.target and isinstance(value, str):
        return value
    try:
        return re.sub(r"\.0+$", "", display(spec, spec.parse(value)))
    except FieldError:
        return str(value)


def line_entities(condition: Condition | None) -> set[str]:
    """The line entities a condition reads."""
    if not condition:
        return set()
    found = {n.split(".")[1] for n in [condition.get("field", "")] if n.startswith("line.")}
    parts = [*condition.get("all", ()), *condition.get("any", ())]
    parts += [condition["not"]] if "not" in condition else []
    for part in parts:
        found |= line_entities(part)
    return {name for name in found if name in registry}

"""The definition of a flow: a tree of steps and choices, read from its JSON and checked before it is published.

It is a tree, not a graph, and every choice has an ``else``: that each path ends needs no proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from app.approval import conditions
from app.approval.conditions import Condition
from app.entity import EntityType

MODES = ("any", "all", "seq", "vote")
APPROVERS = ("user", "role", "head", "manager", "field", "chosen")
MAX_STEPS = 40
MAX_HOURS = 24 * 366
OPTIONS: dict[str, tuple[Any, ...]] = {
    "mode": MODES, "empty": ("admin", "skip"), "comment": ("optional", "required"),
}  # fmt: skip
"""Words a step may use, the default first."""


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


_SHAPES: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "user": lambda value, _more: _is_word(value),
    "role": lambda value, more: (
        (_is_word(value) or (isinstance(value, list) and bool(value) and all(map(_is_word, value))))
        and more.get("in") in (None, "department")
    ),
    "head": lambda value, _more: _is_count(value, 0),
    "manager": lambda value, more: _is_count(more.get("to", 2) if value == "chain" else value, 1),
    "field": lambda value, _more: _is_word(value),
    "chosen": lambda value, more: (
        isinstance(value, Mapping) and _is_word(value.get("role")) and _is_count(more.get("count", 1), 1)
    ),
}


class SpecError(ValueError):
    """A definition that cannot be published; `problems` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("；".join(problems))


@dataclass(frozen=True)
class Step:
    """One step: who is asked, and when it counts as agreed (`mode`; `threshold` for a vote)."""

    id: str
    label: Mapping[str, str]
    approvers: tuple[Mapping[str, Any], ...]
    mode: str = "any"
    threshold: Decimal = Decimal(1)
    editable: tuple[str, ...] = ()
    empty: str = "admin"
    hours: int = 0
    comment: str = "optional"

    @property
    def title(self) -> str:
        """Its label in the reader's language."""
        return label_of(self.label) or self.id

    def need(self, n: int) -> int:
        """How many of `n` voters must agree."""
        return math.ceil(self.threshold * n) if self.mode == "vote" else n


@dataclass(frozen=True)
class Choose:
    """A fork: the first branch whose condition holds is taken, else `otherwise`."""

    branches: tuple[tuple[Condition, tuple[Node, ...]], ...]
    otherwise: tuple[Node, ...]


Node = Step | Choose


@dataclass(frozen=True)
class Flow:
    """A whole definition: `admin` and `cc` are approvers, `withdraw` is ``until_end`` or ``until_first``.

    `use` is ``submit`` for the flow of submitted records, ``change`` for one that only policies name.
    """

    nodes: tuple[Node, ...]
    admin: tuple[Mapping[str, Any], ...] = ()
    cc: tuple[Mapping[str, Any], ...] = ()
    withdraw: str = "until_end"
    use: str = "submit"

    @property
    def steps(self) -> dict[str, Step]:
        """All steps by id, in the order of the tree."""
        return {step.id: step for step in _steps(self.nodes)}

    @property
    def conditions(self) -> list[Condition]:
        """All conditions of the tree."""
        return list(_conditions(self.nodes))


@dataclass(frozen=True)
class Place:
    """One step on the way of a case: whether it is taken, and the condition that decided (None: always)."""

    step: Step
    taken: bool
    when: Condition | None = None

    def as_json(self) -> dict[str, Any]:
        """What is kept with the case."""
        return {"id": self.step.id, "taken": self.taken, "when": self.when}


def label_of(label: Mapping[str, str]) -> str:
    """A label given by language, in the reader's, else in any."""
    language = str(get_locale() or "zh")[:2]
    return str(label.get(language) or next(iter(label.values()), ""))


def route(
    flow: Flow, resolve: Callable[[Condition], dict[str, Any]], holds: Callable[[Condition], bool]
) -> list[Place]:
    """The way through a flow: every step, taken or left out, with what decided that.

    Submitting and preview both ask this. `resolve` puts in parameters, `holds` decides a resolved condition.
    """
    return list(_walk(flow.nodes, True, None, resolve, holds))


def _walk(
    nodes: tuple[Node, ...], taken: bool, when: Condition | None, resolve: Any, holds: Any
) -> Iterator[Place]:
    for node in nodes:
        if isinstance(node, Step):
            yield Place(node, taken, when)
            continue
        undecided = taken
        for condition, inner in node.branches:
            exact = resolve(condition)
            chosen = undecided and holds(exact)
            # Inside a fork that is left out the outer reason counts; behind a chosen branch there is none of its own.
            why = conditions.decisive(exact, holds) if undecided else None
            yield from _walk(inner, chosen, why if taken else when, resolve, holds)
            undecided = undecided and not chosen
        yield from _walk(node.otherwise, undecided, None if taken else when, resolve, holds)


def _steps(nodes: tuple[Node, ...]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Step):
            yield node
        else:
            for _condition, inner in node.branches:
                yield from _steps(inner)
            yield from _steps(node.otherwise)


def _conditions(nodes: tuple[Node, ...]) -> Iterator[Condition]:
    for node in nodes:
        if isinstance(node, Choose):
            for condition, inner in node.branches:
                yield condition
                yield from _conditions(inner)
            yield from _conditions(node.otherwise)


def read(data: Any, entity: EntityType) -> Flow:
    """A definition from its JSON. Raises SpecError with everything that is wrong."""
    reader = _Reader(entity)
    flow = reader.flow(data)
    if reader.problems:
        raise SpecError(reader.problems)
    return flow


class _Reader:
    """Reads a definition and collects every problem."""

    def __init__(self, entity: EntityType) -> None:
        self.entity = entity
        self.problems: list[str] = []
        self.ids: set[str] = set()

    def flow(self, data: Any) -> Flow:
        if not isinstance(data, Mapping) or not isinstance(data.get("steps"), list) or not data["steps"]:
            self.problems.append(_("A flow needs a list “steps” with at least one step."))
            return Flow(())
        admin = data.get("admin")
        withdraw = data.get("withdraw", "until_end")
        if withdraw not in ("until_end", "until_first"):
            self.problems.append(_("“withdraw” is until_end or until_first."))
        use = data.get("use", "submit")
        if use not in ("submit", "change"):
            self.problems.append(_("“use” is submit or change."))
        flow = Flow(
            self.nodes(data["steps"]),
            self.people([admin] if admin else [], "admin"),
            self.people(data.get("cc") or [], "cc"),
            str(withdraw),
            str(use),
        )
        if len(self.ids) > MAX_STEPS:
            self.problems.append(_("A flow has at most %(n)s steps.", n=MAX_STEPS))
        if not self.ids:
            self.problems.append(_("A flow needs a list “steps” with at least one step."))
        return flow

    def nodes(self, items: Any) -> tuple[Node, ...]:
        if not isinstance(items, list):
            self.problems.append(_("Steps are a list."))
            return ()
        return tuple(
            self.choose(item) if isinstance(item, Mapping) and "choose" in item else self.step(item)
            for item in items
        )

    def choose(self, item: Mapping[str, Any]) -> Choose:
        if "else" not in item:
            self.problems.append(_("Every choice needs an “else”, even an empty one."))
        branches = []
        for branch in item["choose"] if isinstance(item["choose"], list) else []:
            if not isinstance(branch, Mapping):
                self.problems.append(_("A branch is an object with “when” and “steps”."))
                continue
            condition = branch.get("when")
            self.problems += conditions.problems(condition, self.entity)
            branches.append((condition or {}, self.nodes(branch.get("steps"))))
        if not branches:
            self.problems.append(_("A choice needs at least one branch."))
        return Choose(tuple(branches), self.nodes(item.get("else", [])))

    def step(self, item: Any) -> Step:
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str) or not item["id"].strip():
            self.problems.append(_("Every step needs an “id”."))
            return Step("", {}, ())
        name = item["id"].strip()[:40]
        label = self.typed(item, "label", Mapping, {}, name)
        if name in self.ids:
            self.problems.append(_("Two steps are called “%(id)s”.", id=name))
        self.ids.add(name)
        people = item.get("approvers")
        if not isinstance(people, list) or not people:
            self.problems.append(_("Step “%(id)s” names nobody.", id=name))
            people = []
        chosen = {word: item.get(word, allowed[0]) for word, allowed in OPTIONS.items()}
        if any(chosen[word] not in allowed for word, allowed in OPTIONS.items()):
            self.problems.append(
                _("Step “%(id)s”: “mode” is any, all, seq or vote; “empty” is admin or skip; "
                  "“comment” is optional or required.", id=name)
            )  # fmt: skip
        editable = self.typed(item, "editable", list, [], name)
        for field in editable:
            if (
                not isinstance(field, str)
                or field not in self.entity.fields
                or not self.entity.fields[field].written_by_people
            ):
                self.problems.append(_("There is no field “%(name)s” here.", name=field))
        hours = self.typed(item, "hours", int, 0, name)
        if not 0 <= hours <= MAX_HOURS:
            self.problems.append(
                _("Step “%(id)s”: “%(name)s” is not as it should be.", id=name, name="hours")
            )
        return Step(
            name, {str(k): str(v) for k, v in label.items()}, self.people(people, name), str(chosen["mode"]),
            self.threshold(item, name), tuple(editable), str(chosen["empty"]), hours, str(chosen["comment"]),
        )  # fmt: skip

    def typed(self, item: Mapping[str, Any], name: str, kind: type, default: Any, step: str) -> Any:
        """A value of a step, if it is of its kind."""
        value = item.get(name)
        if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
            return default if value is None else value
        self.problems.append(_("Step “%(id)s”: “%(name)s” is not as it should be.", id=step, name=name))
        return default

    def threshold(self, item: Mapping[str, Any], name: str) -> Decimal:
        try:
            share = Decimal(str(item.get("threshold", 1)))
        except InvalidOperation:
            share = Decimal(0)
        if share.is_nan() or not 0 < share <= 1:
            self.problems.append(_("Step “%(id)s”: the threshold is a share above 0, at most 1.", id=name))
            return Decimal(1)
        return share

    def people(self, items: Any, where: str) -> tuple[Mapping[str, Any], ...]:
        found = []
        for item in items if isinstance(items, list) else [{}]:
            kinds = [k for k in APPROVERS if isinstance(item, Mapping) and k in item]
            if len(kinds) != 1:
                self.problems.append(
                    _("“%(where)s”: an approver is one of %(kinds)s.", where=where, kinds=" ".join(APPROVERS))
                )
                continue
            if not _SHAPES[kinds[0]](item[kinds[0]], item):
                self.problems.append(
                    _("Step “%(id)s”: “%(name)s” is not as it should be.", id=where, name=kinds[0])
                )
                continue
            if kinds == ["field"] and not self._names_person(item["field"]):
                self.problems.append(_("“%(name)s” is no field that names a person.", name=item["field"]))
            found.append(dict(item))
        return tuple(found)

    def _names_person(self, name: Any) -> bool:
        return name in self.entity.fields and self.entity.fields[name].kind == "person"

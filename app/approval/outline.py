"""A flow in words: what an administrator reads beside its definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from app.access.labels import role_label
from app.approval.conditions import Condition, sentence
from app.approval.spec import Flow, Node, Step
from app.approval.words import MODES
from app.entity import EntityType


def outline(flow: Flow, entity: EntityType) -> str:
    """The steps, one a line, with who is asked and under which condition."""
    return "\n".join(f"{n}. {line}" for n, line in enumerate(_lines(flow.nodes, entity, []), 1))


def _lines(nodes: tuple[Node, ...], entity: EntityType, conditions: list[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Step):
            yield _("when %(condition)s: ", condition=_(" and ").join(conditions)) * bool(conditions) + _step(
                node, entity
            )
            continue
        earlier: list[Condition] = []
        for condition, inner in node.branches:
            yield from _lines(inner, entity, [*conditions, sentence(condition, entity)])
            earlier.append(condition)
        otherwise = [sentence(condition, entity, negated=True) for condition in earlier]
        yield from _lines(node.otherwise, entity, [*conditions, *otherwise])


def _step(step: Step, entity: EntityType) -> str:
    people = "、".join(_approver(asked, entity) for asked in step.approvers)
    mode = f"（{MODES[step.mode]}）" if len(step.approvers) > 1 or step.mode != "any" else ""
    return f"{step.title}：{people}{mode}"


def _approver(asked: Mapping[str, Any], entity: EntityType) -> str:
    if "role" in asked:
        roles = _roles(asked["role"])
        return str(_("the nearest %(roles)s", roles=roles)) if asked.get("in") == "department" else roles
    if "head" in asked:
        level = int(asked["head"] or 0)
        return str(_("head of the department, %(n)s up", n=level) if level else _("head of the department"))
    if "manager" in asked:
        if asked["manager"] == "chain":
            return str(_("the line of managers, %(n)s up", n=asked.get("to", 2)))
        return str(_("manager, %(n)s up", n=asked["manager"]))
    if "field" in asked:
        return str(entity.fields[asked["field"]].label)
    if "chosen" in asked:
        return str(
            _("chosen by the submitter from %(roles)s", roles=_roles((asked["chosen"] or {}).get("role")))
        )
    return str(asked["user"])


def _roles(names: Any) -> str:
    return str(_(" or ")).join(
        role_label(str(name)) for name in (names if isinstance(names, list) else [names])
    )

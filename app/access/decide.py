"""The one decision: may these grants do this verb on this entity, this record, this field?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.access.grants import Grants
from app.entity import registry

REASONS: dict[str, Any] = {
    "GRANTED": _l("Allowed."),
    "NO_VERB": _l("Your role may not do this."),
    "OUT_OF_SCOPE": _l("This record does not exist any more, or you may not see it."),
    "FIELD_HIDDEN": _l("Your role does not see this field."),
    "FIELD_MASKED": _l("You may not see the full value, so you cannot change it."),
    "FIELD_READ": _l("Your role may read this field, not change it."),
    "FIELD_SYSTEM": _l("Filled in by the system."),
}
WRITES = frozenset({"add", "edit", "delete", "import"})


@dataclass(frozen=True)
class Decision:
    """The answer: `status` is 200, 403 (seen, not allowed) or 404 (not there for this person)."""

    allowed: bool
    status: int
    reason: str

    @property
    def message(self) -> Any:
        """The reason as a lazy zh/en sentence."""
        return REASONS[self.reason]


GRANTED = Decision(True, 200, "GRANTED")


def decide(
    grants: Grants, verb: str, entity: str, in_scope: bool | None = None, field: str | None = None
) -> Decision:
    """Whether `grants` allow `verb` on `entity`.

    `in_scope` says whether the record asked about is one they reach; None asks about the entity as a whole.
    A verb nobody gave is 403 for every record, there or not; a record out of scope is 404; then the field.
    """
    if not grants.can(verb, entity):
        return Decision(False, 403, "NO_VERB")
    if in_scope is False:
        return Decision(False, 404, "OUT_OF_SCOPE")
    return GRANTED if field is None else _decide_field(grants, verb, entity, field)


def _decide_field(grants: Grants, verb: str, entity: str, field: str) -> Decision:
    level = grants.level(entity, field)
    if level == "hidden":
        return Decision(False, 404, "FIELD_HIDDEN")
    if verb not in WRITES or verb == "delete":
        return GRANTED
    if not registry.get(entity).fields[field].written_by_people:
        return Decision(False, 403, "FIELD_SYSTEM")
    if level == "edit":
        return GRANTED
    return Decision(False, 403, "FIELD_MASKED" if level == "masked" else "FIELD_READ")

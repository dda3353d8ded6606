"""`why()`: the chain of grants behind a decision, in sentences, from the function that enforces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.context import granted
from app.access.decide import Decision, decide
from app.access.grants import Grants, RoleGrants
from app.access.labels import LEVEL_LABELS, SCOPE_LABELS, VERB_LABELS, role_label, verb_label
from app.access.load import load_grants, person_name
from app.access.wall import visible_ids
from app.entity import EntityType, registry
from app.entity.describe import readonly_reason
from app.entity.field import PERSON


@dataclass(frozen=True)
class Why:
    """A decision explained: `chain` from the person down to the field, `fix` what would change the answer."""

    allowed: bool
    status: int
    reason: str
    chain: tuple[str, ...]
    fix: str


def why(
    session: Session,
    user_id: int,
    verb: str,
    entity: str,
    record_id: int | None = None,
    field: str | None = None,
    *,
    grants: Grants | None = None,
    discreet: bool = False,
) -> Why:
    """Why a person may or may not do `verb` on an entity, one of its records, one of its fields.

    `grants` are theirs, where they are known already. `discreet` says nothing of a record out of their reach, not
    even whether it is there: for a reader who asks about themselves. Raises KeyError for an entity or field that
    does not exist. Sentences are in the reader's language.
    """
    kind, grants = registry.get(entity), grants or load_grants(session, user_id)
    if field is not None and field not in kind.fields:
        raise KeyError(field)
    in_scope = None
    if record_id is not None:
        with granted(grants):
            in_scope = record_id in visible_ids(session, kind, [record_id])
    decision = decide(grants, verb, kind.name, in_scope, field)
    chain = [*_of_person(session, grants, user_id), *_of_verb(grants, verb, kind)]
    if grants.can(verb, kind.name):
        chain += _of_scope(session, grants, kind, None if discreet else record_id, in_scope)
        if field is not None and in_scope is not False:
            chain += _of_field(grants, kind, field)
    told = decision.message
    if decision.reason == "FIELD_SYSTEM" and field is not None:
        told = readonly_reason(kind, kind.fields[field], "edit")
    chain.append(str(told))
    return Why(
        decision.allowed, decision.status, decision.reason, tuple(chain), _fix(decision, verb, kind, field)
    )


def _of_person(session: Session, grants: Grants, user_id: int) -> Iterator[str]:
    if grants.user_id is None:
        yield _("Person %(id)s does not exist or is not active.", id=user_id)
    elif not grants.roles:
        yield _("%(name)s has no role.", name=grants.name)
    else:
        roles = "、".join(role_label(name) for name in grants.role_names)
        yield _("%(name)s has the roles: %(roles)s.", name=grants.name, roles=roles)
    if grants.system:
        yield _("The system role may do everything.")


def _of_verb(grants: Grants, verb: str, kind: EntityType) -> Iterator[str]:
    if kind.parent is not None:
        yield _(
            "“%(line)s” belong to “%(header)s”: rights come from there, and writing them is editing it.",
            line=kind.label, header=kind.parent.label,
        )  # fmt: skip
    for role in grants.roles:
        verbs = role.verbs(kind)
        given = "、".join(verb_label(v) for v in VERB_LABELS if v in verbs) or _("nothing")
        yield _("“%(role)s” gives on “%(entity)s”: %(verbs)s.",
                role=role_label(role.name), entity=kind.label, verbs=given)  # fmt: skip


def _of_scope(
    session: Session, grants: Grants, kind: EntityType, record_id: int | None, in_scope: bool | None
) -> Iterator[str]:
    header = kind.parent or kind
    for role in grants.roles:
        if "list" in role.verbs(kind):
            reach = SCOPE_LABELS.get(role.scopes.get(header.name), SCOPE_LABELS[None])
            yield _("“%(role)s” reaches: %(scope)s.", role=role_label(role.name), scope=reach)
    if record_id is None:
        return
    place = _place(session, kind, record_id)
    if place is None:
        yield _("There is no record %(id)s.", id=record_id)
    else:
        owner, department = place
        text = _l("inside that reach") if in_scope else _l("outside that reach")
        yield _("Record %(id)s belongs to %(owner)s in %(department)s: %(where)s.",
                id=record_id, owner=owner, department=department, where=text)  # fmt: skip


def _place(session: Session, kind: EntityType, record_id: int) -> tuple[str, str] | None:
    """Names of the owner and department that decide a record's scope; None when there is no such record."""
    table, source = kind.table, kind.table
    where, columns = table.c.id == record_id, table.c
    while kind.parent is not None:
        header = kind.parent.table.alias()
        source = source.join(header, header.c.id == columns.parent_id)  # type: ignore[assignment]
        kind, columns = kind.parent, header.c
    user = registry.target_class(PERSON).__table__
    department = registry.get("department").table.alias()
    source = source.outerjoin(user, user.c.id == columns.owner_id).outerjoin(  # type: ignore[assignment]
        department, department.c.id == columns.department_id
    )
    query = select(user.c.first_name, user.c.last_name, department.c.name).select_from(source).where(where)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return person_name(row[0], row[1]) or _("nobody"), row[2] or _("no department")


def _of_field(grants: Grants, kind: EntityType, field: str) -> Iterator[str]:
    label = kind.fields[field].label
    if not kind.fields[field].written_by_people:
        yield _("Nobody types “%(field)s”, whatever their role.", field=label)
        return
    for role in _holders(grants, kind):
        level = role.level(kind, kind.fields[field], role.verbs(kind))
        yield _("“%(role)s” makes “%(field)s” %(level)s.",
                role=role_label(role.name), field=label, level=LEVEL_LABELS[level])  # fmt: skip


def _holders(grants: Grants, kind: EntityType) -> list[RoleGrants]:
    return [role for role in grants.roles if role.verbs(kind)]


def _fix(decision: Decision, verb: str, kind: EntityType, field: str | None) -> str:
    words: dict[str, Any] = {"entity": kind.label, "verb": verb_label(verb)}
    if field is not None:
        words["field"] = kind.fields[field].label
    if decision.reason == "NO_VERB":
        return str(
            _("Give one of the roles “%(verb)s” on “%(entity)s”, or the person another role.", **words)
        )
    if decision.reason == "OUT_OF_SCOPE":
        return str(_("Widen a role's reach on “%(entity)s”, or hand the record over.", **words))
    if decision.reason.startswith("FIELD") and decision.reason != "FIELD_SYSTEM":
        return str(_("Give one of the roles more on the field “%(field)s” of “%(entity)s”.", **words))
    return ""

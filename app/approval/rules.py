"""Rules of flows, policies and delegations."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import clock
from app.approval import conditions
from app.approval.entities import ApprovalDelegation, ApprovalFlow, ApprovalPolicy
from app.approval.outline import outline
from app.approval.people import ADMINISTER
from app.approval.spec import SpecError, read
from app.change import Change
from app.change.rules import Batch, Row, rule
from app.entity import EntityType, FieldError, registry
from app.entity.labels import in_every_language

_OPEN = {"status", "published_at", "remark"}


@rule(ApprovalFlow, "PUBLISHED", on=("update", "delete"))
def published_stays(batch: Batch) -> None:
    """A published version never changes: running cases rest on it. Nor does undo make it a draft again."""
    for row in batch:
        undone = "status" in row.draft.touched and row.draft.move is None and not row.draft.added
        closed = row.op == "delete" or row.draft.touched.keys() - _OPEN or undone
        if row.before.get("status") != "draft" and closed:
            row.error(None, _l("A published flow never changes. Please make a new version of it."))


@rule(ApprovalFlow, "BAD_FLOW", when=("spec", "for_entity", "status"))
def definition(batch: Batch) -> None:
    """A definition is read whole before it is kept: unknown fields, missing else, steps without people."""
    for row in batch:
        entity = entity_of(row)
        if entity is None or row["spec"] is None:
            continue
        try:
            flow = read(row["spec"], entity)
            with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
                row.set("outline", outline(flow, entity))
        except SpecError as wrong:
            for problem in wrong.problems[:10]:
                row.error("spec", problem)
        except FieldError as wrong:  # in words it is longer than anybody would read
            row.error("spec", wrong.message)


@rule(ApprovalFlow, "PUBLISH", on=("update",), when=("status",))
def publishing(batch: Batch) -> None:
    """Publishing a version retires the one before it, for new cases."""
    entering = [row for row in batch if row["status"] == "published"]
    if not entering:
        return
    table = registry.of(ApprovalFlow).table
    query = select(table.c.id, table.c.code, table.c.for_entity).where(table.c.status == "published")
    current = list(batch.connection.execute(query))
    for row in entering:
        row.set("published_at", clock.instant_text(clock.now()))
        for other in current:
            if other.code != row["code"] or other.id == row.draft.id:
                continue
            if other.for_entity != row["for_entity"]:
                row.error("for_entity", _l("An earlier version of this flow is for another sheet."))
            else:
                row.add(Change("approval_flow", "update", {"status": "retired"}, id=other.id))


@rule(ApprovalPolicy, "BAD_POLICY", when=("for_entity", "fields", "condition", "flow_code"))
def policy(batch: Batch) -> None:
    """A policy names fields of its sheet, a condition in the grammar, and a published flow for that sheet."""
    table = registry.of(ApprovalFlow).table
    query = select(table.c.code, table.c.for_entity).where(table.c.status == "published")
    flows = {(row.code, row.for_entity) for row in batch.connection.execute(query)}
    for row in batch:
        entity = entity_of(row)
        if entity is None:
            continue
        row.set("fields", ", ".join(_fields(row, entity)))
        if row["condition"] is not None:
            for problem in conditions.problems(row["condition"], entity):
                row.error("condition", problem)
        if row["flow_code"] and (row["flow_code"], entity.name) not in flows:
            message = _l("There is no published flow “%(code)s” for this sheet.", code=row["flow_code"])
            row.error("flow_code", message)


def entity_of(row: Row) -> EntityType | None:
    """The sheet a row names; refuses the row where it is none any more."""
    name = row["for_entity"]
    if name in registry:
        return registry.get(name)
    if name is not None:
        row.error("for_entity", _l("There is no sheet “%(name)s”.", name=name))
    return None


def _fields(row: Row, entity: EntityType) -> list[str]:
    """The names of the fields, however they were written."""
    labels = {label: n for n, spec in entity.fields.items() for label in in_every_language(spec.label)}
    known = labels | {n: n for n in entity.fields}
    found = []
    for word in filter(None, (w.strip() for w in re.split(r"[,，、;；\n]", row["fields"] or ""))):
        if word in known:
            found.append(known[word])
        else:
            row.error("fields", _l("There is no field “%(name)s” here.", name=word))
    return found


@rule(ApprovalDelegation, "BAD_DELEGATION", on=("insert", "update", "delete"))
def delegation(batch: Batch) -> None:
    """Everybody delegates for themselves, to another person, for a time that ends after it begins."""
    grants = batch.grants
    for row in batch:
        mine: Any = row.before.get("from_user_id") if row.op != "insert" else row["from_user_id"]
        if not grants.permits(*ADMINISTER) and {mine, row["from_user_id"]} - {None, grants.user_id}:
            row.error("from_user_id", _l("You can delegate your own part only."))
        if row.op == "delete":
            continue
        if row["from_user_id"] is not None and row["from_user_id"] == row["to_user_id"]:
            row.error("to_user_id", _l("Please choose somebody else."))
        if row["starts_at"] and row["ends_at"] and row["ends_at"] <= row["starts_at"]:
            row.error("ends_at", _l("It must end after it begins."))

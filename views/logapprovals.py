"""Approvals in the change log: who asked, agreed, rejected or returned, and which case stands behind a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.approval.model import ApprovalCase, ApprovalEvent
from app.approval.running import flow_of
from app.approval.seats import WATCH
from app.approval.words import VERB_LABELS, event_text
from app.entity import registry
from app.query.display import actor_label
from views.platform import Names

EVENTS = "approval_event"
_DECIDED = ("approve", "reject", "return")
_COLUMNS = (ApprovalCase.id, ApprovalCase.number, ApprovalCase.entity, ApprovalCase.record_id, ApprovalCase.title,
            ApprovalCase.flow_id)  # fmt: skip


def cases_of(session: Session, found: Iterable[Any]) -> dict[int, Any]:
    """The cases that entries of the log are about, by id."""
    ids = {entry.new.get("case_id") for entry in found if entry.tbl == EVENTS}
    if not ids:
        return {}
    return {row.id: row for row in session.execute(select(*_COLUMNS).where(ApprovalCase.id.in_(ids)))}


def may_tell(case: Any, seen: dict[str, set[int]], grants: Grants) -> bool:
    """Whether a reader is told of a case: who watches all of them, and who sees its record and its history."""
    if grants.permits(*WATCH):
        return True
    return case.record_id in seen.get(case.entity, ()) and grants.can("history", case.entity)


def told(session: Session, entry: Any, case: Any, names: Names) -> dict[str, Any]:
    """An event of a case for the stream."""
    event = entry.new
    data = event.get("data") or {}
    step = flow_of(session.connection(), case.flow_id).steps.get(data.get("step") or "")
    who, whom = actor_label(entry.actor_name), names.people.get(event.get("for_user_id") or 0, "")
    label = VERB_LABELS.get(event["verb"])
    people = "、".join(names.people.get(user, f"#{user}") for user in data.get("people", ()))
    place = step.title if step else ""
    if label and event["verb"] in _DECIDED:
        said = str(label)
        done = _("%(verb)s for %(whom)s", verb=said, whom=whom) if whom else said
        text = f"{place} · {done}" if place else done
    else:
        said = text = event_text(event["verb"], who, whom, people, place)
    facts = ((_("Approval"), case.number), (_("Step"), place), (_("Decision"), said),
             (_("On behalf of"), whom), (_("Comment"), event.get("comment") or ""))  # fmt: skip
    entity = registry.get(case.entity) if case.entity in registry else None
    url = f"/{case.entity}/show/{case.record_id}" if entity and case.record_id else ""
    return {
        "op": "approval", "entity_label": str(entity.label) if entity else str(_("Approval")),
        "title": case.title, "record_title": case.title, "record_url": url, "url": url, "text": text,
        "fields_text": text, "cells": [{"label": k, "old": "", "new": str(v)} for k, v in facts if v],
        "case": {"number": case.number, "url": f"/inbox/?case={case.id}", "deciders": ""},
    }  # fmt: skip


def event_ids(session: Session, entity: str, record_id: int) -> tuple[int, ...]:
    """The events of a record's cases."""
    query = select(ApprovalEvent.id).join(ApprovalCase, ApprovalCase.id == ApprovalEvent.case_id)
    found = session.execute(query.where(ApprovalCase.entity == entity, ApprovalCase.record_id == record_id))
    return tuple(found.scalars())


def case_behind(session: Session, change_set: int | None, reason: str) -> dict[str, Any] | None:
    """The case a change set opened, or was written by; who decided it so far."""
    if change_set is None:
        return None
    mine = or_(ApprovalCase.set_id == change_set, ApprovalCase.number == reason)
    case = session.execute(select(ApprovalCase.id, ApprovalCase.number).where(mine).limit(1)).first()
    if case is None:
        return None
    query = select(ApprovalEvent.actor_name, ApprovalEvent.verb).where(
        ApprovalEvent.case_id == case.id, ApprovalEvent.verb.in_(_DECIDED)
    )
    decided: Sequence[Any] = session.execute(query.order_by(ApprovalEvent.seq)).all()
    deciders = "、".join(f"{actor_label(one.actor_name)} {VERB_LABELS[one.verb]}" for one in decided)
    return {"number": case.number, "url": f"/inbox/?case={case.id}", "deciders": deciders}

"""A case as one person sees it: JSON of docs/approvals.md, all texts ready, nothing their field rights do not show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.approval import drawn, seats
from app.approval.carrying import figures_of, values_of
from app.approval.facts import lines_of
from app.approval.facts import values_of as record_values
from app.approval.running import LIVE, Running, events
from app.approval.titles import title_of
from app.approval.words import CASE_STATES, VERB_LABELS, event_text
from app.change.model import ChangeRow, ChangeSetRow
from app.entity import EntityType, registry
from app.query.display import display
from app.query.titles import titles_of

SHOWN_CHANGES = 200
LOOK_FIRST = 10
_changes, _sets = ChangeRow.__table__, ChangeSetRow.__table__
_SAID = (
    "submit",
    "resubmit",
    "approve",
    "reject",
    "return",
    "comment",
    "transfer",
    "add",
    "withdraw",
    "terminate",
)


def case_json(session: Session, run: Running, grants: Grants) -> dict[str, Any]:
    """The whole case."""
    row, state = run.row, CASE_STATES[run.row["state"]]
    told = [dict(e) for e in run.connection.execute(
        select(events).where(events.c.case_id == run.id).order_by(events.c.seq)).mappings()]  # fmt: skip
    changes = changes_json(session, run, grants, SHOWN_CHANGES) if row["kind"] == "change" else []
    return {
        "case": run.id, "rev": row["rev"], "number": row["number"], "kind": row["kind"], "entity": run.entity.name,
        "entity_label": str(run.entity.label), "record": _record(run, grants), "title": title(run),
        "state": row["state"], "state_label": str(state[0]), "color": state[1], "round": row["round"],
        "flow": _flow(run), "submitter": {"id": run.submitter, "name": row["submitter_name"]},
        "submitted_at": clock.instant_text(row["submitted_at"]),
        "ended_at": clock.instant_text(row["ended_at"]) if row["ended_at"] else None, "reason": row["reason"] or "",
        "for": stands_in_for(run, grants), "verbs": verbs_json(run, grants), "facts": _facts(session, run, grants),
        "effects": _effects(run), "lines": _lines(session, run, grants), "changes": changes,
        "changes_total": row["rows"], "import": imported(run, grants), "route": drawn.route_json(run, grants),
        "opinions": [_opinion(e) for e in told if e["comment"] and e["verb"] in _SAID],
        "events": [_event(run, e) for e in _happened(told)], "conflicts": _conflicts(session, run, grants, told),
        "picks": picks_json(run) if row["state"] == "returned" and run.submitter == grants.user_id else [],
    }  # fmt: skip


def title(run: Running) -> str:
    """What a case is called: its record, or the sheet and how many rows of it."""
    if run.row["title"]:
        return str(run.row["title"])
    return str(_("%(label)s · %(n)s rows", label=run.entity.label, n=run.row["rows"]))


def _flow(run: Running) -> dict[str, Any]:
    table = registry.get("approval_flow").table
    query = select(table.c.code, table.c.version_no, table.c.name).where(table.c.id == run.row["flow_id"])
    code, version, name = run.connection.execute(query).one()
    return {"code": code, "version": version, "name": name}


def imported(run: Running, grants: Grants) -> dict[str, Any] | None:
    """The import that asks: its file's name, and its page for who may know of it."""
    query = select(_sets.c.source, _sets.c.file).where(_sets.c.id == run.row["set_id"])
    found = run.connection.execute(query).first()
    if found is None or found.source != "import" or run.row["kind"] != "change":
        return None
    mine = run.submitter == grants.user_id or grants.can("history", run.entity.name)
    url = f"/import/batch/{run.row['set_id']}" if mine else None
    return {"name": (found.file or {}).get("name") or "", "url": url}


def _record(run: Running, grants: Grants) -> dict[str, Any] | None:
    record = run.row["record_id"]
    values = values_of(run)
    if record is None or not values:
        return None
    reached = grants.reaches(run.entity.name, values.get("owner_id"), values.get("department_id"))
    url = f"/{run.entity.name}/show/{record}" if reached and grants.can("list", run.entity.name) else None
    return {"id": record, "title": run.row["title"], "url": url}


def stands_in_for(run: Running, grants: Grants) -> dict[str, Any] | None:
    """Whose part the reader would take as their delegate; None for their own."""
    seat = seats.seat_of(run, grants.user_id) if run.row["state"] == "running" else None
    if seat is None or seat["assignee_id"] == grants.user_id:
        return None
    return {"id": seat["assignee_id"], "name": run.people.name(seat["assignee_id"])}


def verbs_json(run: Running, grants: Grants) -> list[dict[str, Any]]:
    """What the reader may do now."""
    state, mine = run.row["state"], run.submitter == grants.user_id
    found: list[str] = []
    if state == "running" and seats.seat_of(run, grants.user_id) is not None:
        found += ["approve", "reject", "return", "transfer", "add"]
        here = {t["id"] for t in run.here() if t["assignee_id"] == grants.user_id}
        if any(t["parent_id"] in here and t["place"] is not None and t["state"] in LIVE for t in run.here()):
            found.append("remove")
    if mine and state == "returned":
        found.append("resubmit")
    if mine and run.undecided:
        found.append("withdraw")
    if mine and state == "running":
        found.append("remind")
    if not mine and run.undecided and seats.is_admin(run, grants):
        found += ["reassign", "terminate"]
    if seats.may_comment(run, grants):
        found.append("comment")
    step = run.step
    needs = {"reject", "return", "terminate", "comment"}
    if step is not None and step.comment == "required":
        needs.add("approve")
    return [
        {"verb": v, "label": str(VERB_LABELS[v]), "comment": "required" if v in needs else "optional"}
        for v in found
    ]


def _facts(session: Session, run: Running, grants: Grants) -> list[dict[str, Any]]:
    values = values_of(run)
    names = [
        n
        for n, s in run.entity.fields.items()
        if values.get(n) is not None and not s.system and s.kind != "json"
    ]
    texts = texts_of(session, run.entity, [values], grants, names)
    return [
        {"name": n, "label": str(run.entity.fields[n].label), "value": texts[0][n]}
        for n in names
        if n in texts[0]
    ]


def _effects(run: Running) -> list[dict[str, Any]]:
    if not values_of(run) or not run.undecided:
        return []
    found = figures_of(run.connection, run.entity.name, run.row["record_id"])
    return [{"label": str(a), "value": str(b), "note": str(c or "")} for a, b, c in found]


def _lines(session: Session, run: Running, grants: Grants) -> list[dict[str, Any]]:
    if run.row["record_id"] is None:
        return []
    found = []
    for line in run.entity.lines:
        if not grants.can("list", line.name):
            continue
        rows = lines_of(run.connection, line, [run.row["record_id"]]).get(run.row["record_id"], [])
        names = [
            n for n, s in line.fields.items()
            if not s.system and n != "parent_id" and s.kind != "json" and any(r[n] is not None for r in rows)
        ]  # fmt: skip
        texts = texts_of(session, line, rows[:SHOWN_CHANGES], grants, names)
        shown = [n for n in names if grants.level(line.name, n) != "hidden"]
        found.append({
            "entity": line.name, "label": str(line.label), "total": len(rows),
            "columns": [{"name": n, "label": str(line.fields[n].label), "right": line.fields[n].type.numeric}
                        for n in shown],
            "rows": [{"id": r["id"], "cells": t} for r, t in zip(rows, texts, strict=False)],
        })  # fmt: skip
    return [one for one in found if one["rows"]]


def texts_of(
    session: Session, entity: EntityType, rows: list[dict[str, Any]], grants: Grants, names: Iterable[str]
) -> list[dict[str, str]]:
    """Values as texts, by field, of the fields the reader sees; links by their titles, masked ones masked."""
    levels = grants.levels(entity.name)
    shown = [n for n in names if n in entity.fields and levels[n] != "hidden"]
    titles = {
        n: titles_of(
            session, entity.fields[n].target, [r[n] for r in rows if isinstance(r.get(n), int)], grants
        )
        for n in shown
        if entity.fields[n].is_link
    }
    found = []
    for row in rows:
        texts = {}
        for name in shown:
            spec, value = entity.fields[name], row.get(name)
            if levels[name] == "masked":
                value = spec.masked(value)
            texts[name] = display(
                spec, value, titles.get(name, {}).get(value) if isinstance(value, int) else None
            )
        found.append(texts)
    return found


def changes_json(session: Session, run: Running, grants: Grants, limit: int) -> list[dict[str, Any]]:
    """The rows of the held set, old and new, and what a cell is now where that is neither."""
    query = (
        select(_changes).where(_changes.c.set_id == run.row["set_id"]).order_by(_changes.c.seq).limit(limit)
    )
    rows = [dict(r) for r in run.connection.execute(query).mappings()]
    live = run.undecided
    now: dict[tuple[str, int], dict[str, Any]] = {}
    for name in {r["entity"] for r in rows}:
        ids = [r["record_id"] for r in rows if r["entity"] == name and r["record_id"]]
        entity = registry.get(name)
        now |= {(name, i): v for i, v in record_values(run.connection, entity, ids).items()}
    found = []
    for row in rows:
        entity, present = registry.get(row["entity"]), now.get((row["entity"], row["record_id"]), {})
        pairs = row["cells"] or {}
        names = [n for n in entity.fields if n in pairs]
        sides = [{n: pairs[n][side] for n in names} for side in (0, 1)]
        old, new, here = texts_of(session, entity, [*sides, present], grants, names)
        cells = [
            {"field": n, "label": str(entity.fields[n].label), "old": old[n], "new": new[n],
             "now": here[n] if live and row["op"] == "update" and present.get(n) != pairs[n][0] else None}
            for n in names if n in new
        ]  # fmt: skip
        values = present or sides[1]
        found.append({
            "seq": row["seq"], "entity": row["entity"], "entity_label": str(entity.label), "id": row["record_id"],
            "title": title_of(run.connection, entity, values), "op": row["op"],
            "excluded": row["state"] == "excluded", "cells": cells,
        })  # fmt: skip
    return found


def _opinion(event: dict[str, Any]) -> dict[str, Any]:
    label = VERB_LABELS.get(event["verb"], "")
    return {"who": event["actor_name"], "at": clock.instant_text(event["at"]), "verb": event["verb"],
            "verb_label": str(label), "comment": event["comment"]}  # fmt: skip


def _happened(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events worth a line: a return closes what was open, but it is no end of the approval."""
    return [
        e for n, e in enumerate(told) if not (n and e["verb"] == "end" and told[n - 1]["verb"] == "return")
    ]


def _event(run: Running, event: dict[str, Any]) -> dict[str, Any]:
    data, steps = event["data"], run.flow.steps
    whom = run.people.name(event["for_user_id"]) if event["for_user_id"] else ""
    people = "、".join(run.people.name(user) for user in data.get("people", []))
    step = steps[data["step"]].title if data.get("step") in steps else ""
    who = event["actor_name"]
    if event["for_user_id"] and event["verb"] in ("approve", "reject", "return"):
        who = str(_("%(who)s (for %(whom)s)", who=who, whom=whom))
    actor = "" if event["actor_id"] is None else event["actor_name"]
    return {"seq": event["seq"], "at": clock.instant_text(event["at"]), "actor": actor, "verb": event["verb"],
            "text": event_text(event["verb"], who, whom, people, step)}  # fmt: skip


def _conflicts(
    session: Session, run: Running, grants: Grants, told: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Why a held set came back: the cells that had moved, as the gate found them, within the reader's rights."""
    last = next((e for e in reversed(told) if e["verb"] in ("back", "resubmit")), None)
    if run.row["state"] != "returned" or last is None or last["verb"] != "back":
        return []
    found = []
    for item in last["data"].get("conflicts", []):
        mine = (_changes.c.set_id == run.row["set_id"]) & (_changes.c.seq == item["seq"])
        row = run.connection.execute(select(_changes).where(mine)).mappings().one()
        entity, name = registry.get(row["entity"]), item["field"]
        now = record_values(run.connection, entity, [row["record_id"] or 0]).get(row["record_id"] or 0, {})
        relied_on = (row["seen"] or {}).get(name)
        base, yours = (row["cells"] or {}).get(name, [relied_on, relied_on])
        texts = texts_of(session, entity, [{name: base}, {name: yours}, now], grants, [name])
        if name in texts[0]:
            found.append({
                "seq": row["seq"], "entity": row["entity"], "id": row["record_id"], "field": name,
                "title": title_of(run.connection, entity, now), "label": str(entity.fields[name].label),
                "base": texts[0][name], "yours": texts[1][name], "now": texts[2][name], "by": item["by"],
                "at": item["at"],
            })  # fmt: skip
    return found


def picks_json(run: Running) -> list[dict[str, Any]]:
    """The steps at which the submitter chooses who decides, and among whom."""
    found = []
    taken = {place["id"] for place in run.row["path"] if place["taken"]}
    for step in run.flow.steps.values():
        for asked in step.approvers:
            if "chosen" in asked and step.id in taken:
                people = [
                    {"id": u, "name": run.people.name(u)} for u in run.people.candidates(asked, run.submitter)
                ]
                found.append({"step": step.id, "label": step.title, "count": int(asked.get("count", 1)),
                              "people": people})  # fmt: skip
    return found

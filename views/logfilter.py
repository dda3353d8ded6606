"""What of the log a page asks for: filters from the address, what each list offers, and the chips that say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app import clock
from app.access.grants import Grants
from app.access.log import Wanted
from app.audit.history import Filters
from app.entity import EntityType, registry
from app.fab.record_page import source_label
from app.fab.wire import whole_number
from app.importing.links import resolve
from app.query.rows import lookup_person
from views.logapprovals import EVENTS, event_ids
from views.platform import RIGHTS, TABLES

SOURCES = (
    "sheet",
    "paste",
    "fill",
    "form",
    "api",
    "import",
    "undo",
    "revert",
    "restore",
    "action",
    "approval",
    "seed",
    "rights",
    "migrate",
)
NAMES = ("person", "entity", "record", "field", "from", "to", "source", "what", "change_set")
"""The filters, as they stand in an address."""
_OPS = {"insert": "I", "update": "U", "delete": "D"}
LOGINS = ("login", "login_refused", "logout", "sessions_ended")
SENSITIVE = ("unmask", "export")
ACTIONS: dict[str, Any] = {
    "insert": _l("Added"), "update": _l("Changed"), "delete": _l("Deleted"), "approval": _l("Approval"),
    "unmask": _l("Looked at"), "export": _l("Exported"), "login": _l("Sign-in"), "logout": _l("Sign-out"),
    "login_refused": _l("Refused"), "sessions_ended": _l("Session ended"),
}  # fmt: skip
"""What one can do, by the word the log has for it."""


@dataclass(frozen=True)
class Asked:
    """What a page asks for: of the change log and of the access log (None: nothing of it); `texts` as typed."""

    changes: Filters | None
    access: Wanted | None
    texts: dict[str, str]

    @property
    def filters(self) -> Filters:
        """The change log's filters, for pages that ask for nothing else."""
        return self.changes or Filters()


def asked(session: Session, args: MultiDict[str, str], grants: Grants, kind: str = "") -> Asked:
    """Read the filters of an address; what makes no sense is left out. `kind` is which of the log's pages asks."""
    texts = {n: args.get(n, "").replace("\x00", "").strip()[:120] for n in NAMES}
    changes, lines = Filters(), Wanted()
    if texts["person"]:
        if number := whole_number(texts["person"]):
            changes, lines = replace(changes, person=number), replace(lines, person=number)
        else:
            changes, lines = replace(changes, person=texts["person"]), replace(lines, name=texts["person"])
    changes = _of_entity(session, changes, texts)
    first, last = day(texts["from"]), day(texts["to"])
    since = midnight(first) if first else None
    until = midnight(last + timedelta(days=1)) if last else None
    changes, lines = replace(changes, since=since, until=until), replace(lines, since=since, until=until)
    if texts["source"]:
        changes = replace(changes, source=texts["source"])
    changes = replace(changes, change_set=whole_number(texts["change_set"]))
    without = [n for n in args.get("without", "").split(",") if whole_number(n)]
    changes = replace(changes, without=tuple(int(n) for n in without[:100]))
    what = texts["what"] if texts["what"] in ACTIONS else ""
    records_only = any(texts[n] for n in ("entity", "record", "field", "source", "change_set"))
    asks_changes, asks_lines = kind in ("", "rights"), kind != "rights" and not records_only
    if what in _OPS:
        changes, asks_lines = replace(changes, ops=(_OPS[what],)), False
    elif what == "approval":
        of_record = changes.also[1] or (0,) if changes.also else ()
        changes = replace(changes, tables=(EVENTS,), record_id=None, records=of_record, also=None)
        asks_lines = False
    elif what:
        lines, asks_changes = replace(lines, what=(what,)), False
    elif kind in ("logins", "sensitive"):
        lines = replace(lines, what=LOGINS if kind == "logins" else SENSITIVE)
    if kind == "rights" and not changes.tables:
        changes = replace(changes, tables=RIGHTS)
    may = grants.permits("can_list", "AccessLog")
    return Asked(changes if asks_changes else None, lines if asks_lines and may else None, texts)


def _of_entity(session: Session, changes: Filters, texts: dict[str, str]) -> Filters:
    if texts["entity"] not in registry:
        return replace(changes, tables=(texts["entity"],)) if texts["entity"] in TABLES else changes
    entity = registry.get(texts["entity"])
    changes = replace(changes, tables=(entity.name, *entity.about.was))
    if texts["record"]:
        changes = replace(changes, record_id=_record(session, entity, texts["record"]))
    if changes.record_id is not None and not texts["field"] and texts["what"] in ("", "approval"):
        changes = replace(changes, also=(EVENTS, event_ids(session, entity.name, changes.record_id)))
    if texts["field"] in entity.fields:
        changes = replace(changes, fields=(texts["field"], *entity.fields[texts["field"]].was))
    return changes


def _record(session: Session, entity: EntityType, text: str) -> int:
    ids = next(iter(resolve(session, entity.name, {text}).values()), [])
    return ids[0] if ids else whole_number(text) or 0


def day(text: str) -> date | None:
    """The day a text stands for; None for what is none, and where time zones end."""
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and 1900 <= found.year < 9999 else None


def midnight(of: date) -> datetime:
    """When a day begins in the company's zone."""
    return datetime(of.year, of.month, of.day, tzinfo=clock.zone())


def options(session: Session, grants: Grants, entity: str) -> dict[str, list[list[str]]]:
    """What the filter's lists offer."""
    people = [[str(p["id"]), p["title"]] for p in lookup_person(session, "", 500)]
    found = sorted(
        (e for e in registry if grants.can("history", e.name)),
        key=lambda e: (e.about.workbook, e.about.order),
    )
    names = registry.get(entity).fields.values() if entity in registry else ()
    fields = [[f.name, str(f.label)] for f in names if grants.level(entity, f.name) in ("read", "edit")]
    tables = TABLES if grants.permits("can_list", "RoleModelView") else {}
    entities = [*([e.name, str(e.label)] for e in found), *([n, str(label)] for n, label in tables.items())]
    known = ACTIONS if grants.permits("can_list", "AccessLog") else ("insert", "update", "delete", "approval")
    return {"persons": people, "entities": entities, "fields": fields,
            "sources": [[s, source_label(s)] for s in SOURCES],
            "actions": [[w, str(ACTIONS[w])] for w in known]}  # fmt: skip


def chips(
    path: str, args: MultiDict[str, str], texts: dict[str, str], offers: dict[str, list[list[str]]]
) -> list[dict[str, str]]:
    """The filters that hold, each with the address without it."""
    lists = {
        "person": "persons",
        "entity": "entities",
        "field": "fields",
        "source": "sources",
        "what": "actions",
    }
    words = {"person": _("Person"), "entity": _("Entity"), "record": _("Record"), "field": _("Field"),
             "from": _("Time"), "to": _("Time"), "source": _("Source"), "what": _("What")}  # fmt: skip
    signs = {"from": _("from (day)"), "to": _("until (day)")}
    found = []
    for name, label in words.items():
        if texts.get(name):
            known = dict(offers.get(lists.get(name, ""), []))
            found.append(
                {
                    "label": label,
                    "sign": signs.get(name) or _("is"),
                    "value": known.get(texts[name], texts[name]),
                    "url": address(
                        path, args, drop=(name, "record", "field") if name == "entity" else (name,)
                    ),
                }
            )
    return found


def address(path: str, args: MultiDict[str, str], drop: tuple[str, ...] = (), **more: Any) -> str:
    """A page's address with its filters, without those to drop."""
    kept = {n: args[n] for n in NAMES if args.get(n) and n not in drop} | {
        n: v for n, v in more.items() if v not in (None, "")
    }
    return f"{path}?{urlencode(kept)}" if kept else path

"""The change log page: who changed what, from what to what, when, from where; filter, look closer, export."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.history import Filters, entries
from app.db import db
from app.entity import EntityType, registry
from app.excel.importing import resolve
from app.fab.record_page import source_label
from app.query.rows import lookup_person
from views.entries import shown_entries
from views.platform import TABLES

PAGE = 60
EXPORT_LIMIT = 20_000
_RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
SOURCES = ("sheet", "paste", "fill", "form", "api", "import", "undo", "revert", "action", "seed", "migrate")


class ChangeLogView(BaseView):
    """The change log, for those with the history right; each entry within its reader's scope and field rights."""

    route_base = "/changelog"
    default_view = "index"
    class_permission_name = "ChangeLog"
    base_permissions = ("can_list",)
    method_permission_name = {"index": "list", "export": "list"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/")
    @has_access
    def index(self) -> str:
        """The list, and one entry beside it."""
        session, grants = db.session(), current_grants()
        wanted, found = read_filters(session, request.args)
        before = request.args.get("before", type=int)
        listed = visible_page(session, wanted, grants, before)
        chosen = request.args.get("entry", type=int)
        items = []
        for item in listed:
            items.append({**item, "url": self._url(entry=item["id"]), "selected": item["id"] == chosen})
        detail = next((i for i in items if i["selected"]), None)
        return str(
            self.render_template(
                "taizhang/changelog.html",
                entries=items,
                detail=self._detail(items, detail) if detail else None,
                filters={**found, **options(session, grants, found.get("entity", ""))},
                next_url=self._url(before=items[-1]["id"], entry=None) if len(items) == PAGE else "",
                first_url=self._url(before=None, entry=None) if before else "",
                export_url="/changelog/export?" + urlencode(_plain_args()),
            )
        )

    @expose("/export")
    @has_access
    def export(self) -> Response:
        """The filtered entries as CSV, one line per changed cell."""
        session, grants = db.session(), current_grants()
        wanted, _found = read_filters(session, request.args)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([_("No."), _("Time"), _("Who"), _("What"), _("Entity"), _("Record"), _("Field"), _("Before"),
                         _("After"), _("Source"), _("Change set")])  # fmt: skip
        before, rows = None, 0
        while rows < EXPORT_LIMIT:
            page = visible_page(session, wanted, grants, before)
            for item in page:
                for cell in item["cells"]:
                    writer.writerow(
                        [guard(v) for v in (item["id"], item["at"], item["actor"], item["op"], item["entity_label"],
                                            item["title"], cell["label"], cell["old"], cell["new"],
                                            item["source_label"], item["change_set"])]
                    )  # fmt: skip
                    rows += 1
            if len(page) < PAGE:
                break
            before = page[-1]["id"]
        name = f"changelog-{clock.today().isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)

    def _url(self, **changed: Any) -> str:
        args = {**_plain_args(), **{k: v for k, v in request.args.items() if k in ("before", "entry")}}
        args = {k: v for k, v in {**args, **changed}.items() if v not in (None, "")}
        return f"/changelog/?{urlencode(args)}"

    def _detail(self, items: list[dict[str, Any]], item: dict[str, Any]) -> dict[str, Any]:
        place = items.index(item)
        return {
            **item,
            "change_set_url": f"/changelog/?change_set={item['change_set']}" if item["change_set"] else "",
            "previous_url": items[place - 1]["url"] if place else "",
            "next_url": items[place + 1]["url"] if place + 1 < len(items) else "",
            "close_url": self._url(entry=None),
            "unchanged": 0,
        }


def visible_page(
    session: Session, wanted: Filters, grants: Grants, before: int | None
) -> list[dict[str, Any]]:
    """A page of entries the reader may see, reading on while entries out of their scope fall away."""
    found: list[dict[str, Any]] = []
    for _round in range(20):
        page = entries(session, wanted, limit=PAGE, before=before)
        found += [e for e in shown_entries(session, page, grants) if _open(e, grants)]
        if len(page) < PAGE or len(found) >= PAGE:
            break
        before = page[-1].id
    return found[:PAGE]


def _open(item: dict[str, Any], grants: Grants) -> bool:
    return item["entity"] not in registry or grants.can("history", item["entity"])


def read_filters(session: Session, args: Any) -> tuple[Filters, dict[str, str]]:
    """The filters of an address: what the log is asked for, and the texts for the form. Nonsense is left out."""
    texts = {
        n: args.get(n, "").strip()[:120]
        for n in ("person", "entity", "record", "field", "from", "to", "source")
    }
    wanted = Filters()
    if texts["person"]:
        wanted = replace(
            wanted, person=int(texts["person"]) if texts["person"].isdigit() else texts["person"]
        )
    entity = registry.get(texts["entity"]) if texts["entity"] in registry else None
    if entity is not None:
        wanted = replace(wanted, tables=(entity.name, *entity.about.was))
        if texts["record"]:
            wanted = replace(wanted, record_id=_record(session, entity, texts["record"]))
        if texts["field"] in entity.fields:
            wanted = replace(wanted, fields=(texts["field"], *entity.fields[texts["field"]].was))
    first, last = _day(texts["from"]), _day(texts["to"])
    if first:
        wanted = replace(wanted, since=_midnight(first))
    if last:
        wanted = replace(wanted, until=_midnight(last + timedelta(days=1)))
    if entity is None and texts["entity"] in TABLES:
        wanted = replace(wanted, tables=(texts["entity"],))
    if texts["source"]:
        wanted = replace(wanted, source=texts["source"])
    change_set = args.get("change_set", "")
    if change_set.isdigit() and len(change_set) < 16:
        wanted = replace(wanted, change_set=int(change_set))
    return wanted, texts


def _record(session: Session, entity: EntityType, text: str) -> int:
    ids = next(iter(resolve(session, entity.name, {text}).values()), [])
    if ids:
        return ids[0]
    return int(text) if text.isdigit() and len(text) < 16 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.zone())


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
    return {"persons": people, "entities": entities, "fields": fields,
            "sources": [[s, source_label(s)] for s in SOURCES]}  # fmt: skip


def _plain_args() -> dict[str, str]:
    names = ("person", "entity", "record", "field", "from", "to", "source", "change_set")
    return {n: request.args[n] for n in names if request.args.get(n)}


def guard(value: Any) -> str:
    """Text no spreadsheet program takes for a formula."""
    text = "" if value is None else str(value)
    risky = text.lstrip(" ")[:1] in _RISKY if text else False
    return f"'{text}" if risky else text

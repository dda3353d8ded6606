"""The change log page: who changed what, from what to what, when, from where; filter, look closer, export."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.audit.history import Filters
from app.change import UndoRefused, undo
from app.db import db
from app.entity import EntityType, registry
from app.excel.importing import resolve
from app.fab.record_page import source_label
from app.query.rows import lookup_person
from views.loglist import Listed, visible_page
from views.platform import TABLES

EXPORT_LIMIT = 20_000
_RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
SOURCES = (
    "sheet",
    "paste",
    "fill",
    "form",
    "api",
    "import",
    "undo",
    "revert",
    "action",
    "seed",
    "rights",
    "migrate",
)


class ChangeLogView(BaseView):
    """The change log, for those with the history right; each entry within its reader's scope and field rights."""

    route_base = "/changelog"
    default_view = "index"
    class_permission_name = "ChangeLog"
    base_permissions = ("can_list",)
    method_permission_name = {"index": "list", "export": "list", "undo": "list"}  # noqa: RUF012  FAB reads a class attribute

    @expose("/")
    @has_access
    def index(self) -> str:
        """The list, and one entry beside it."""
        session, grants = db.session(), current_grants()
        wanted, found = read_filters(session, request.args)
        before = _number("before")
        fold = not (wanted.change_set or wanted.record_id or wanted.fields)
        listed = visible_page(session, wanted, grants, before, fold=fold)
        chosen = _number("entry")
        if chosen and not any(item["id"] == chosen for item in listed.items):
            before = chosen + 1
            listed = visible_page(session, wanted, grants, before)
        items = [
            item
            if "number" in item
            else {**item, "url": self._url(entry=item["id"]), "selected": item["id"] == chosen}
            for item in listed.items
        ]
        detail = next((i for i in items if i["selected"]), None)
        return str(
            self.render_template(
                "taizhang/changelog.html",
                entries=items,
                detail=self._detail(items, detail) if detail else None,
                filters={**found, **options(session, grants, found.get("entity", ""))},
                next_url=self._next_url(listed),
                first_url=self._url(before=None, entry=None, without=None) if before else "",
                export_url="/changelog/export?" + urlencode(_plain_args()),
                change_set=wanted.change_set,
                may_undo=_may_undo(),
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
            for item in page.items:
                for cell in item["cells"]:
                    writer.writerow(
                        [guard(v) for v in (item["id"], item["at"], item["actor"], item["op"], item["entity_label"],
                                            item["title"], cell["label"], cell["old"], cell["new"],
                                            item["source_label"], item["change_set"])]
                    )  # fmt: skip
                    rows += 1
            before = page.before
            if before is None:
                break
        name = f"changelog-{clock.today().isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)

    @expose("/undo/<int:pk>", methods=["POST"])
    @has_access
    def undo(self, pk: int) -> BaseResponse:
        """Take a change set back, as far as nobody has changed it since; each row with its own rights."""
        if not _may_undo() or pk >= 2**53:
            abort(403)
        try:
            result = undo(pk)
        except UndoRefused as refused:
            flash(str(refused.message), "danger")
        else:
            done = result.inserted + result.updated + result.deleted
            said = (
                [_("%(n)s records are as they were before.", n=f"{done:,}")]
                if done
                else [_("Nothing was taken back.")]
            )
            if result.left:
                said.append(
                    _(
                        "%(n)s were left alone: %(reason)s",
                        n=len(result.left),
                        reason=result.left[0]["reason"],
                    )
                )
            flash(" ".join(said), "success" if done else "warning")
        return redirect(f"/changelog/?change_set={pk}")

    def _next_url(self, listed: Listed) -> str:
        if listed.before is None:
            return ""
        return self._url(before=listed.before, entry=None, without=",".join(map(str, listed.without)))

    def _url(self, **changed: Any) -> str:
        args = {
            **_plain_args(),
            **{k: v for k, v in request.args.items() if k in ("before", "entry", "without")},
        }
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


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _may_undo() -> bool:
    return current_grants().permits("can_post", "ChangeSet")


def read_filters(session: Session, args: Any) -> tuple[Filters, dict[str, str]]:
    """The filters of an address: what the log is asked for, and the texts for the form. Nonsense is left out."""
    names = ("person", "entity", "record", "field", "from", "to", "source")
    texts = {n: args.get(n, "").replace("\x00", "").strip()[:120] for n in names}
    wanted = Filters()
    if texts["person"]:
        number = texts["person"].isdecimal() and len(texts["person"]) < 16
        wanted = replace(wanted, person=int(texts["person"]) if number else texts["person"])
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
    if change_set.isdecimal() and len(change_set) < 16:
        wanted = replace(wanted, change_set=int(change_set))
    without = [n for n in args.get("without", "").split(",") if n.isdecimal() and len(n) < 16]
    return replace(wanted, without=tuple(int(n) for n in without[:100])), texts


def _record(session: Session, entity: EntityType, text: str) -> int:
    ids = next(iter(resolve(session, entity.name, {text}).values()), [])
    if ids:
        return ids[0]
    return int(text) if text.isdecimal() and len(text) < 16 else 0


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

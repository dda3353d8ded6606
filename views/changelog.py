"""The change log page: who changed what, from what to what, when, from where; filter, look closer, export."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.access.context import current_grants
from app.access.grants import Grants
from app.access.log import note
from app.audit.history import Entry, Filters, entries
from app.change import RestoreRefused, UndoRefused, restore, undo
from app.db import db
from app.entity import registry
from app.exporting.csvout import write_csv
from app.fab.sheet_address import touched_url
from app.fab.wire import whole_number
from views import sealview
from views.entries import shown_entries
from views.logdetail import detail
from views.logfilter import Asked, address, asked, chips, options
from views.loglist import visible_page
from views.stream import Page, Place, page

EXPORT_LIMIT = 20_000


class ChangeLogView(BaseView):
    """The change log, for those with the history right; each entry within its reader's scope and field rights."""

    route_base = "/changelog"
    default_view = "index"
    class_permission_name = "ChangeLog"
    base_permissions = ("can_list",)
    method_permission_name = dict.fromkeys(("index", "export", "undo", "restore"), "list")

    @expose("/")
    @has_access
    def index(self) -> str:
        """The stream, and one entry beside it."""
        return str(self.render_template("taizhang/changelog.html", **log_page()))

    @expose("/export")
    @has_access
    def export(self) -> Response:
        """The filtered entries as CSV, one line per changed cell."""
        session, grants = db.session(), current_grants()
        wanted = asked(session, request.args, grants).filters
        out = io.BytesIO()
        head = [_("No."), _("Time"), _("Who"), _("What"), _("Entity"), _("Record"), _("Field"), _("Before"),
                _("After"), _("Source"), _("Change set")]  # fmt: skip
        rows = write_csv(out, head, _exported(session, wanted, grants))
        note("export", detail="change_log", rows=rows)
        name = f"changelog-{clock.today().isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(out.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)

    @expose("/undo/<int:pk>", methods=["POST"])
    @has_access
    def undo(self, pk: int) -> BaseResponse:
        """Take a change set back, as far as nobody has changed it since; each row with its own rights."""
        if not _may_write() or pk >= 2**53:
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

    @expose("/restore/<int:pk>", methods=["POST"])
    @has_access
    def restore(self, pk: int) -> BaseResponse:
        """Bring a record back to what an entry left of it, through the gate; a deleted one comes back whole."""
        session, grants = db.session(), current_grants()
        if not _may_write() or pk >= 2**53:
            abort(403)
        entry = next((e for e in entries(session, Filters(), limit=1, before=pk + 1) if e.id == pk), None)
        if entry is None or entry.tbl not in registry or not shown_entries(session, [entry], grants):
            abort(404)
        said, good = brought_back(entry, grants)
        flash(said, "success" if good else "danger")
        return redirect(f"/changelog/?entity={entry.tbl}&record={entry.record_id}")


def _exported(session: Session, wanted: Filters, grants: Grants) -> Iterator[tuple[str | int | None, ...]]:
    """A line for each cell of the entries, page by page, as far as the limit."""
    before, count = None, 0
    while count < EXPORT_LIMIT:
        listed = visible_page(session, wanted, grants, before)
        for item in listed.items:
            for cell in item["cells"]:
                count += 1
                yield (item["id"], item["at"], item["actor"], item["op"], item["entity_label"], item["title"],
                       cell["label"], cell["old"], cell["new"], item["source_label"], item["change_set"])  # fmt: skip
        before = listed.before
        if before is None:
            break


def brought_back(entry: Entry, grants: Grants) -> tuple[str, bool]:
    """Restore a record to what an entry left of it: what to say, and whether it is done."""
    log = None if entry.op == "D" else entry.id
    try:
        result = restore(registry.get(entry.tbl), entry.record_id or 0, grants, log=log)
    except RestoreRefused as refused:
        return str(refused.message), False
    if not result.ok:
        problems = [str(problem.message) for problem in (*result.errors, *result.confirms)]
        return " ".join(problems or [_("Somebody changed this record meanwhile. Look again.")]), False
    said = {"held": _("Sent for approval."), "unchanged": _("It is as it was; there is nothing to restore.")}
    left = _("%(n)s fields you may not change stay as they are.", n=len(result.left)) if result.left else ""
    return f"{said.get(result.state) or _('The record is restored.')} {left}".strip(), True


def log_page(kind: str = "") -> dict[str, Any]:
    """What ``taizhang/changelog.html`` shows: all of the log, or the part of it that `kind` names."""
    session, grants, path = db.session(), current_grants(), request.path
    may_watch = grants.permits("can_list", "AccessLog")
    wanted = asked(session, request.args, grants, kind)
    place, chosen = Place(number("before"), number("past")), request.args.get("entry", "")
    listed = _listed(session, wanted, grants, place, chosen)
    seals = sealview.seals_of(session, listed.items)
    items = [
        item
        if "number" in item
        else {
            **item,
            "url": _url(entry=item["id"]),
            "selected": str(item["id"]) == chosen,
            "seal": seals.get(item["id"]),
        }
        for item in listed.items
    ]
    offers = options(session, grants, wanted.texts["entity"])
    return {
        "kind": kind,
        "entries": items,
        "sets": len({item["change_set"] for item in items if item["change_set"]}),
        "detail": _detail(session, items, grants),
        "filters": {**wanted.texts, **offers},
        "chips": chips(path, request.args, wanted.texts, offers),
        "next_url": _next_url(listed),
        "first_url": address(path, request.args) if place != Place() or chosen else "",
        "export_url": "" if kind else address("/changelog/export", request.args),
        "change_set": wanted.filters.change_set,
        "sheets": _sheets(items, wanted.filters.change_set),
        "seal": sealview.status(session) if may_watch and not kind else None,
        "sealed": bool(seals) or may_watch,
        "may_watch": may_watch,
        "evidence_url": evidence_url(),
        "may_undo": _may_write(),
    }


def _sheets(items: list[dict[str, Any]], change_set: int | None) -> list[dict[str, str]]:
    """The sheets that show the records which a change set added or changed, of the entries on the page."""
    if change_set is None:
        return []
    found = {item["entity"]: item["entity_label"] for item in items if item.get("op") in ("insert", "update")}
    return [
        {"label": label, "url": touched_url(name, change_set)}
        for name, label in found.items()
        if name in registry and current_grants().can("list", name)
    ]


def _listed(session: Session, wanted: Asked, grants: Grants, place: Place, chosen: str) -> Page:
    """The page of the stream; where the chosen entry is not on it, the page that begins with it."""
    texts = wanted.texts
    fold = not (texts["change_set"] or texts["record"] or texts["field"])
    listed = page(session, wanted, grants, place, fold=fold)
    entry = whole_number(chosen.removeprefix("A"))
    if entry is None or any(str(i["id"]) == chosen for i in listed.items):
        return listed
    begin = entry + 1
    if chosen.startswith("A"):
        return page(session, wanted, grants, Place(place.before, begin), fold=fold)
    return page(session, wanted, grants, Place(begin, place.past), fold=False)


def first(session: Session, most: int, chosen: str) -> list[dict[str, Any]]:
    """The newest entries of the address's filters one by one, or those from the chosen one on."""
    grants = current_grants()
    wanted, found = asked(session, request.args, grants), list[dict[str, Any]]()
    at, step = Place(), _listed(session, wanted, grants, Place(), chosen) if chosen else None
    while len(found) < most:
        step = step or page(session, wanted, grants, at, fold=False)
        found += [item for item in step.items if "number" not in item]
        if chosen or step.following is None:
            break
        at, step = step.following, None
    return found[:most]


def evidence_url() -> str:
    """Where the reader gets the evidence of what the address asks for; empty for who may not."""
    return (
        address("/changelog/evidence", request.args)
        if current_grants().permits("can_export", "AccessLog")
        else ""
    )


def _detail(session: Session, items: list[dict[str, Any]], grants: Grants) -> dict[str, Any] | None:
    single = [item for item in items if "number" not in item]
    place = next((n for n, item in enumerate(single) if item["selected"]), None)
    if place is None:
        return None
    item, around = single[place], single[place - 1 : place] + single[place + 1 : place + 2]
    return {
        **detail(session, item, grants),
        "proof": sealview.proof(session, item) if grants.permits("can_list", "AccessLog") else None,
        "previous_url": around[0]["url"] if place else "",
        "next_url": around[-1]["url"] if place + 1 < len(single) else "",
        "close_url": _url(entry=None),
        "share_url": f"{request.host_url}changelog/?entry={item['id']}",
    }


def _next_url(listed: Page) -> str:
    if listed.following is None:
        return ""
    without = ",".join(map(str, listed.without))
    return _url(before=listed.following.before, past=listed.following.past, entry=None, without=without)


def _url(**changed: Any) -> str:
    kept = {n: request.args[n] for n in ("before", "past", "entry", "without") if n in request.args}
    return address(request.path, request.args, **{**kept, **changed})


def _may_write() -> bool:
    return current_grants().permits("can_post", "ChangeSet")


def number(name: str) -> int | None:
    """A number of the address; None where there is none."""
    return whole_number(request.args.get(name))

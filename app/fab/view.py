"""FAB's pages of an entity: the list page is the sheet; show, add, edit and delete are for linking and printing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_appbuilder import ModelView, expose, has_access
from flask_babel import gettext as _
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

from app.access.context import current_grants
from app.approval.held import add_held
from app.approval.reading import of_record
from app.audit.history import record_history
from app.change import Change, ChangeSet, Result, commit
from app.db import db
from app.entity import EntityType
from app.entity.describe import describe
from app.fab.actions import ActionPages, confirmed
from app.fab.forms import form_for, posted, read_base
from app.fab.history_json import history_json
from app.fab.permissions_map import BASE_PERMISSIONS, METHOD_PERMISSION_NAME
from app.fab.record_page import record_page
from app.fab.refusal import message_of
from app.fab.sheet_address import asked_of
from app.fab.version_page import VersionPages
from app.fab.why_api import why_here
from app.fab.wire import whole_number
from app.query import rows as query
from app.query.titles import titles_of


class EntityView(ActionPages, VersionPages, ModelView):
    """The pages of one entity; a subclass per entity is made by `app.fab.factory`."""

    entity: ClassVar[EntityType]
    base_permissions = BASE_PERMISSIONS
    method_permission_name = METHOD_PERMISSION_NAME
    # FAB's, for a folder of files that we do not have.
    exclude_route_methods: ClassVar[set[str]] = {"download"}

    def _init_forms(self) -> None:
        """FAB's forms are not used: ours are made per person, from the fields they may edit."""

    def _init_properties(self) -> None:
        names = list(self.entity.fields)
        self.list_columns = self.show_columns = self.add_columns = self.edit_columns = names
        self.order_columns, self.label_columns = names, {n: f.label for n, f in self.entity.fields.items()}
        for attribute in ("search_columns", "related_views", "base_filters", "_related_views"):
            setattr(self, attribute, [])
        for attribute in ("description_columns", "formatters_columns"):
            setattr(self, attribute, {})
        self._base_filters = self._filters = self.datamodel.get_filters([])
        self.list_title = self.show_title = self.add_title = self.edit_title = str(self.entity.name)

    def _init_titles(self) -> None:
        """Titles are the entity's label, in the reader's language, at the time of reading."""

    def _record(self, pk: Any) -> dict[str, Any]:
        """The record, or 404 for one that is not there or out of scope."""
        number = whole_number(str(pk))
        found = query.records(db.session(), self.entity, current_grants(), [number]) if number else []
        if not found:
            abort(404)
        return found[0]

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """The sheet."""
        from app.fab.factory import sheet_tabs

        grants, name = current_grants(), self.entity.name
        found = {
            **describe(self.entity, grants.verbs(name), grants.levels(name)),
            "sheets": sheet_tabs(self.entity, grants),
            "of": self._of_parent(request.args.get("parent", "")),
            "query": asked_of(db.session(), self.entity, grants, request.args),
        }
        return str(
            self.render_template(
                "taizhang/sheet.html", title=self.entity.label, entity=name, describe_json=found
            )
        )

    def _of_parent(self, pk: str) -> dict[str, Any] | None:
        """The record whose lines alone are asked for, if the reader sees it."""
        parent, found = self.entity.parent, whole_number(pk)
        if parent is None or found is None:
            return None
        grants = current_grants()
        if not query.records(db.session(), parent, grants, [found]):
            return None
        return {"id": found, "title": titles_of(db.session(), parent.name, [found], grants).get(found)}

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        """One record with its lines and its history."""
        record, grants = self._record(pk), current_grants()
        entries = (
            record_history(db.session(), self.entity, record["id"])
            if grants.can("history", self.entity.name)
            else []
        )
        history = history_json(db.session(), self.entity, entries, grants)
        add_held(db.session(), self.entity, grants, [record])
        record["approval"] = of_record(db.session(), self.entity, record["id"], grants)
        return str(
            self.render_template(
                "taizhang/record.html", record=record_page(self.entity, record, history, grants)
            )
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | BaseResponse | tuple[str, int]:
        """The form for a new record."""
        form = form_for(self.entity, current_grants(), None)
        if not form.is_submitted():
            return self._form(form, _("New: %(label)s", label=self.entity.label), 200)
        values = {n: v for n, v in posted(form).items() if v not in ("", [], None)}
        result = commit(
            ChangeSet([Change(self.entity.name, "insert", values)], "form", confirmed=confirmed())
        )
        if result.ok:
            return self._done(result, result.results[0].id)
        return self._form(form, _("New: %(label)s", label=self.entity.label), 422, result)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | BaseResponse | tuple[str, int]:
        """The form for a record; a colleague's edit of other cells survives, of the same cell is shown."""
        record = self._record(pk)
        form = form_for(self.entity, current_grants(), record)
        name = self.entity.about.title
        label = display_of(self.entity, name, record["values"].get(name)) or self.entity.label
        title = _("Edit: %(label)s", label=label)
        if not form.is_submitted():
            return self._form(form, title, 200)
        seen = read_base(self.entity, record["id"], form.base.data or "")
        if seen is None:
            flash(
                _("This page is too old to save. Please look at the record again and repeat your change."),
                "warning",
            )
            return redirect(request.path)
        version, base = seen
        values = {n: v for n, v in posted(form).items() if not self._untouched(n, v, base)}
        change = Change(self.entity.name, "update", values, record["id"], version, base)
        result = commit(ChangeSet([change], "form", confirmed=confirmed()))
        if result.ok:
            return self._done(result, record["id"])
        return self._form(form, title, 409 if result.conflicts else 422, result)

    def _untouched(self, name: str, raw: Any, base: dict[str, Any]) -> bool:
        spec = self.entity.fields[name]
        if raw == base.get(name):
            return True
        try:
            return bool(spec.parse(None if raw in ("", []) else raw) == base.get(name))
        except ValueError:
            return False

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> BaseResponse:
        """Delete a record (POST only)."""
        record = self._record(pk)
        result = commit(
            ChangeSet(
                [Change(self.entity.name, "delete", id=record["id"], version=record["version"])], "form"
            )
        )
        if not result.ok:
            flash(message_of(result), "danger")
            return redirect(f"/{self.entity.name}/show/{record['id']}")
        flash(_("Deleted. The change log keeps it, and it can be undone from there."), "success")
        return redirect(f"/{self.entity.name}/list/")

    def _form(self, form: Any, title: str, status: int, result: Result | None = None) -> tuple[str, int]:
        for error in result.errors if result else []:
            if error.field in form:
                form[error.field].errors = [*form[error.field].errors, str(error.message)]
            else:
                form.form_errors.append(str(error.message))
        for conflict in result.conflicts if result else []:
            theirs = display_of(self.entity, conflict.field, conflict.theirs)
            text = _("%(who)s changed this meanwhile to “%(value)s”.", who=conflict.by or "?", value=theirs)
            form[conflict.field].errors = [*form[conflict.field].errors, text]
        why = why_here() if result and any(e.field is None for e in result.errors) else None
        page = self.render_template("taizhang/form.html", form=form, title=title, sections=self._sections(form), why=why,
            confirms=[{"code": c.code, "message": str(c.message)} for c in (result.confirms if result else [])],
                                    cancel_url=f"/{self.entity.name}/list/")  # fmt: skip
        return str(page), status

    def _sections(self, form: Any) -> Sequence[dict[str, Any]]:
        return [{"label": "", "fields": [f.name for f in form if f.name not in ("base", "csrf_token")]}]

    def _done(self, result: Result, record_id: int | None) -> BaseResponse:
        flash(str(escape(message_of(result))), "success")
        return redirect(f"/{self.entity.name}/show/{record_id}")


def display_of(entity: EntityType, name: str, wire: Any) -> str:
    """A value as text, with the title of a linked record."""
    from app.query.display import display
    from app.query.titles import titles_of

    spec = entity.fields[name]
    title = (
        titles_of(db.session(), spec.target, [wire], current_grants()).get(wire)
        if spec.is_link and wire
        else None
    )
    return display(spec, wire, title)

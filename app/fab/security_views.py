"""FAB's pages of people and rights as we offer them: roles are looked at here and changed elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import action, expose
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.models.sqla.filters import FilterNotEqual
from flask_appbuilder.security import views as fab
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db, ResetPasswordForm
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from sqlalchemy import inspect
from werkzeug.security import check_password_hash
from werkzeug.wrappers import Response
from wtforms import PasswordField, ValidationError
from wtforms.validators import DataRequired

from app.access.labels import role_label
from app.access.load import PUBLIC_ROLE, SYSTEM_ROLE
from app.access.passwords import problem
from app.db import db
from app.fab import people_words as words


class Polite:
    """FAB answers an unknown action, record or column with a stack trace; this with 404 or 400."""

    actions: dict[str, Any]
    datamodel: Any
    order_columns: ClassVar[list[str]]

    def _list(self) -> Any:
        order = request.args.get(f"_oc_{type(self).__name__}")
        if order is not None and order not in self.order_columns:
            abort(400)
        return super()._list()  # type: ignore[misc]

    @expose("/action/<string:name>/<pk>", methods=["GET", "POST"])
    def action(self, name: str, pk: str) -> Response:
        """An action on one record."""
        if name not in self.actions or self.datamodel.get(pk) is None:
            abort(404)
        return super().action(name, pk)  # type: ignore[misc, no-any-return]

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Response:
        """An action on chosen records."""
        keys = request.form.getlist("rowid")
        if request.form.get("action") not in self.actions or not keys:
            abort(404)
        if not all(key.isdigit() and self.datamodel.get(key) is not None for key in keys):
            abort(404)
        return super().action_post()  # type: ignore[misc, no-any-return]


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a page of ours, as a path; the home page for anything else."""
    try:
        parts = urlsplit(target or "")
    except ValueError:
        return "/"
    ours = parts.netloc in ("", request.host) and parts.scheme in ("", "http", "https")
    path = parts.path
    if (
        not ours
        or not path.startswith("/")
        or path.startswith("//")
        or "\\" in path
        or not path.isprintable()
    ):
        return "/"
    return f"{path}?{parts.query}" if parts.query else path


class AuthDBView(fab.AuthDBView):
    """Signing in and out. Out is a POST: no link on another page can do it."""

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """The sign-in page."""
        target = safe_next(request.args.get("next"))
        if g.user.is_authenticated:
            return redirect(target)
        form = LoginForm_db()
        if form.validate_on_submit():
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if user:
                login_user(user, remember=False)
                return redirect(target)
            flash(str(self.invalid_login_message), "warning")
            return redirect(self.appbuilder.get_url_for_login_with(target))
        return self.render_template(
            self.login_template, title=self.title, form=form, appbuilder=self.appbuilder
        )

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        """Sign out: this session ends, wherever its cookie was copied to."""
        logout_user()
        return redirect(self.appbuilder.get_url_for_login)


class UserDBModelView(Polite, fab.UserDBModelView):
    """People who can sign in. They are switched off rather than deleted: records go on naming them."""

    base_permissions: ClassVar[list[str]] = [
        "can_list", "can_show", "can_add", "can_edit", "can_userinfo",
        "resetmypassword", "resetpasswords", "userinfoedit",
    ]  # fmt: skip
    list_columns: ClassVar[list[str]] = [
        "username",
        "get_full_name",
        "email",
        "active",
        "roles",
        "last_login",
    ]
    order_columns: ClassVar[list[str]] = ["username", "email", "active", "last_login"]
    search_columns: ClassVar[list[str]] = ["username", "last_name", "first_name", "email", "active"]
    edit_columns: ClassVar[list[str]] = ["username", "last_name", "first_name", "email", "active", "roles"]
    add_columns: ClassVar[list[str]] = [*edit_columns, "password", "conf_password"]
    # The system role and everybody's role are nobody's to hand out.
    add_form_query_rel_fields: ClassVar[dict[str, Any]] = {
        "roles": [["name", FilterNotEqual, SYSTEM_ROLE], ["name", FilterNotEqual, PUBLIC_ROLE]]
    }
    edit_form_query_rel_fields = add_form_query_rel_fields
    validators_columns: ClassVar[dict[str, Any]] = {}
    list_title, show_title = _l("People"), _l("Account of a person")
    add_title, edit_title, user_info_title = _l("New person"), _l("Edit person"), _l("My profile")
    label_columns = words.LABELS
    add_form_extra_fields: ClassVar[dict[str, Any]] = words.new_password(fab.UserDBModelView)
    description_columns = words.HELP
    show_fieldsets, user_show_fieldsets = words.SHOWN, words.OWN

    @action("userinfoedit", _l("Edit my profile"), "", "fa-edit", multiple=False)
    def userinfoedit(self, item: User) -> Response:
        """To the form of one's own name."""
        return super().userinfoedit(item)  # type: ignore[no-any-return]

    @action("resetmypassword", _l("Change my password"), "", "fa-lock", multiple=False)
    def resetmypassword(self, item: User) -> Response:
        """To the form of one's own password."""
        return super().resetmypassword(item)  # type: ignore[no-any-return]

    @action("resetpasswords", _l("Set a new password"), "", "fa-lock", multiple=False)
    def resetpasswords(self, item: User) -> Response:
        """To the form of this person's password."""
        return super().resetpasswords(item)  # type: ignore[no-any-return]

    def post_add_redirect(self) -> Response:
        """Back to the list, from wherever the form was opened."""
        return redirect(url_for("UserDBModelView.list"))

    post_edit_redirect = post_add_redirect

    def pre_update(self, item: User) -> None:
        """Nobody changes their own roles or switches themselves off."""
        changed = inspect(item).attrs
        if item.id == g.user.id and (changed.roles.history.has_changes() or not item.active):
            db.session.rollback()
            raise ValueError(
                _("You cannot change your own roles or switch yourself off. Ask another administrator.")
            )
        super().pre_update(item)


class RoleModelView(Polite, fab.RoleModelView):
    """Roles, to look at."""

    base_permissions: ClassVar[list[str]] = ["can_list", "can_show"]
    list_title, show_title = _l("Roles"), _l("Rights of a role")
    search_columns: ClassVar[list[str]] = ["name"]
    formatters_columns: ClassVar[dict[str, Any]] = {"name": role_label}
    copy_role = None


class UserGroupModelView(Polite, fab.UserGroupModelView):
    """Groups of people, to look at."""

    base_permissions: ClassVar[list[str]] = ["can_list", "can_show"]
    list_title, show_title = _l("Groups"), _l("Group of people")
    label_columns: ClassVar[dict[str, Any]] = {"name": _l("Name"), "label": _l("Label")}
    search_columns: ClassVar[list[str]] = ["name", "label"]


class OwnPasswordForm(ResetPasswordForm):
    """A new password, asked for together with the present one."""

    current_password = PasswordField(
        _l("Present password"),
        description=_l("So that nobody changes it while you are away from your desk"),
        validators=[DataRequired()],
        widget=BS3PasswordFieldWidget(),
    )

    def validate_current_password(self, field: Any) -> None:
        """The present password must be right."""
        if not check_password_hash(g.user.password, field.data or ""):
            raise ValidationError(_("This is not your present password."))


class ResetMyPasswordView(fab.ResetMyPasswordView):
    """One's own password. All sessions end, this one too."""

    form = OwnPasswordForm
    form_title = _l("Change my password")
    message = _l("The password is changed. Please sign in again.")
    form_columns: ClassVar[list[str]] = ["current_password", "password", "conf_password"]

    def form_post(self, form: Any) -> Response:
        """Set it, and sign out."""
        super().form_post(form)
        logout_user()
        flash(str(self.message), "info")
        return redirect(self.appbuilder.get_url_for_login)


class UserInfoEditView(fab.UserInfoEditView):
    """One's own name."""

    form_title = _l("Edit my profile")
    message = _l("Saved.")
    redirect_url = "/users/userinfo/"


class ResetPasswordView(fab.ResetPasswordView):
    """Somebody else's password. All their sessions end."""

    form_title = _l("Set a new password")

    def form_post(self, form: Any) -> None:
        """Set it, if that person exists."""
        if _asked_for() is None:
            abort(404)
        super().form_post(form)


NAMES = frozenset({"UserDBModelView", "RoleModelView", "UserGroupModelView"})
"""The views whose records are FAB's own."""


def _asked_for() -> User | None:
    key = request.args.get("pk", "")
    return db.session.get(User, int(key)) if key.isdigit() and len(key) < 10 else None


def check_password(password: str) -> None:
    """FAB's hook for new passwords. Raises PasswordComplexityValidationError with a sentence."""
    names = [request.form.get(name, "") for name in ("username", "first_name", "last_name")]
    person = _asked_for() or (g.user if not any(names) and g.user.is_authenticated else None)
    if person is not None:
        names += [person.username, person.first_name, person.last_name]
    wrong = problem(password, names)
    if wrong:
        raise PasswordComplexityValidationError(wrong)

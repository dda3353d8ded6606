"""FAB's security manager with our grants, sessions and limits behind it: FAB asks, `app.access` answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, abort, current_app, g, request, session
from flask_appbuilder.security.api import SecurityApi as FabSecurityApi
from flask_appbuilder.security.api import expose, safe
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_jwt_extended import jwt_required
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.access import sessions
from app.access.context import current_grants
from app.access.grants import Grants
from app.access.labels import role_label
from app.access.load import load_grants, person_name
from app.access.log import note
from app.audit.actor import AUTHENTICATION, Actor, acting
from app.fab import security_views as views

_SPRAY_LIMIT = "100 per minute"
_MAX_CREDENTIAL = 512
_MAX_ID = 2**31 - 1
_MAX_PAGE = 10_000


def name_people_and_roles() -> None:
    """Make FAB's pages say 王浩 and 销售代表 where they would say "浩 王" and "sales_rep"."""
    User.get_full_name = lambda self: person_name(self.first_name, self.last_name)
    Role.__repr__ = lambda self: role_label(self.name)


class SecurityApi(FabSecurityApi):
    """Sign-in for programs, with the sign-out that FAB lacks."""

    @expose("/login", methods=["POST"])
    @safe
    def login(self) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not all(_clean(body.get(n)) for n in ("username", "password")):
            refused: Response = self.response_400(message=_("Send “username” and “password” as texts."))
            return refused
        answer: Response = super().login()
        return answer

    login.__doc__ = FabSecurityApi.login.__doc__  # FAB makes the API's description from it

    @expose("/logout", methods=["POST"])
    @jwt_required()
    @safe
    def logout(self) -> Response:
        """Sign-out endpoint for the API: access and refresh token of this sign-in end
        ---
        post:
          description: >-
            End the session of this token
          responses:
            200:
              description: Signed out
            401:
              $ref: '#/components/responses/401'
          security:
            - jwt: []
        """
        sessions.end_token()
        answer: Response = self.response(200, message=_("Signed out."))
        return answer


class TaizhangSecurityManager(SecurityManager):
    """Permissions from the grants of the request, users only through live sessions, sign-in limited."""

    security_api = SecurityApi
    authdbview = views.AuthDBView
    userdbmodelview = views.UserDBModelView
    rolemodelview = views.RoleModelView
    groupmodelview = views.UserGroupModelView
    resetmypasswordview = views.ResetMyPasswordView
    resetpasswordview = views.ResetPasswordView
    userinfoeditview = views.UserInfoEditView
    userstatschartview = None

    def __init__(self, appbuilder: Any) -> None:
        name_people_and_roles()
        current_app.config["FAB_PASSWORD_COMPLEXITY_VALIDATOR"] = views.check_password
        for page in ("PERMISSION_VIEW", "VIEW_MENU_VIEW", "PERMISSION_VIEWS_VIEW"):
            current_app.config.setdefault(f"FAB_ADD_SECURITY_{page}", False)
        super().__init__(appbuilder)

    # Who asks

    @staticmethod
    def before_request() -> None:
        """FAB's first step of a request; addresses that name no record are not there."""
        g.user = current_user
        key = (request.view_args or {}).get("pk")
        if request.blueprint in views.NAMES and key is not None and not _is_id(str(key)):
            abort(404)
        for name, value in request.args.items():
            if name.startswith(("page_", "psize_")) and not (_is_id(value) and int(value) <= _MAX_PAGE):
                abort(400)

    def load_user(self, pk: Any) -> User | None:
        """The person of the cookie, if its session is live."""
        return sessions.enter(session.get(sessions.COOKIE_KEY), pk)

    def load_user_jwt(self, _jwt_header: dict[str, Any], jwt_data: dict[str, Any]) -> User | None:
        """The person of the token, if its session is live."""
        user = sessions.enter(jwt_data.get(sessions.CLAIM), jwt_data["sub"])
        if user is not None:
            g.user = user
        return user

    # What they may

    def _grants_of(self, user: Any) -> Grants:
        wanted = user.id if user is not None and user.is_authenticated else None
        held = current_grants()
        return held if held.user_id == wanted else load_grants(self.session(), wanted)

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        return self._grants_of(user).permits(permission_name, view_name)

    def _get_user_permission_view_menus(
        self, user: Any, permission_name: str, view_menus_name: Iterable[str] | None
    ) -> set[str]:
        grants = self._grants_of(user)
        return {name for name in view_menus_name or () if grants.permits(permission_name, name)}

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Whether somebody not signed in may; who is signed in is asked for their own rights."""
        return not g.user.is_authenticated and self._has_view_access(None, permission_name, view_name)

    # Signing in

    def auth_user_db(self, username: Any, password: Any) -> User | None:
        """The person whose name and password these are; every refusal looks and takes the same."""
        name, secret = _clean(username), _clean(password)
        with acting(Actor(None, AUTHENTICATION.name, AUTHENTICATION.source, g.get("request_id", ""))):
            # Without a name FAB answers at once; an unlikely one takes the usual time.
            user: User | None = super().auth_user_db(name or "?", secret or "?")
        if user is None:
            g.sign_in_refused = True
            note("login_refused", name=name or "?")
        return user

    @property
    def is_auth_limited(self) -> bool:
        """FAB's own limit counts every sign-in of an office behind one address; ours only refused ones."""
        return False

    def create_limiter(self, app: Flask) -> Limiter:
        """Flask-Limiter, on the storage the settings name."""
        limiter = Limiter(key_func=get_remote_address)
        limiter.init_app(app)
        return limiter

    def register_views(self) -> None:
        """FAB's views, then the limits on both ways to sign in."""
        super().register_views()
        if not current_app.config["AUTH_RATE_LIMITED"]:
            return
        doors = [
            view for view in self.appbuilder.baseviews if isinstance(view, (SecurityApi, views.AuthDBView))
        ]
        for door in doors:
            for rate, key in ((_tries, _name_and_address), (_SPRAY_LIMIT, get_remote_address)):
                self.limiter.limit(rate, key_func=key, methods=["POST"], deduct_when=_was_refused)(
                    door.blueprint
                )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _MAX_ID


def _tries() -> str:
    return str(current_app.config["AUTH_RATE_LIMIT"])


def _was_refused(response: Response) -> bool:
    return bool(g.get("sign_in_refused"))


def _name_and_address() -> str:
    body = request.get_json(silent=True) if request.is_json else request.form
    name = body.get("username", "") if isinstance(body, (dict, MultiDict)) else ""
    return f"{get_remote_address()}|{str(name)[:_MAX_CREDENTIAL].casefold()}"


def _clean(text: Any) -> str | None:
    """A name or password as far as it can be one: no NUL, no half characters, not endless."""
    if not isinstance(text, str) or len(text) > _MAX_CREDENTIAL or "\x00" in text:
        return None
    return text if text.isprintable() else None

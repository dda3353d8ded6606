"""The question behind every refusal: why may I (or a colleague) not do this, and what would change it?"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_babel import gettext as _

from app.access.context import current_grants
from app.access.grants import Grants
from app.access.why import Why
from app.approval.why import why
from app.db import db
from app.entity import registry
from app.fab.permissions_map import METHOD_PERMISSION_NAME
from app.fab.wire import Refusals, answer, refuse, whole_number

ABOUT_OTHERS = ("can_list", "RoleModelView")
"""Who sees the roles (auditors, configurators) may ask for another person."""
LONGEST = 60


class WhyApi(Refusals, BaseApi):
    """Why a verb is allowed or not."""

    resource_name = "why"
    class_permission_name = "Why"
    base_permissions = ("can_get",)
    method_permission_name = {"why": "get"}  # noqa: RUF012  FAB reads a class attribute
    allow_browser_login = True

    @expose("/", methods=["GET"])
    @expose("", methods=["GET"])
    @protect()
    def why(self) -> Response:
        """One sentence, the chain behind it (its last link decides), and what would change the answer.
        ---
        get:
          summary: Why something is allowed or not
          parameters:
            - {in: query, name: verb, schema: {type: string}}
            - {in: query, name: entity, schema: {type: string}}
            - {in: query, name: id, schema: {type: integer}}
            - {in: query, name: field, schema: {type: string}}
            - {in: query, name: user, schema: {type: integer}}
          responses:
            200:
              description: allowed, status, reason, sentence, chain and fix
            400:
              $ref: '#/components/responses/400'
            403:
              $ref: '#/components/responses/403'
        """
        asked, grants = request.args, current_grants()
        entity, verb = asked.get("entity", "")[:LONGEST], asked.get("verb", "")[:LONGEST]
        user, record = whole_number(asked.get("user")), whole_number(asked.get("id"))
        unread = ("user" in asked and user is None) or ("id" in asked and record is None)
        if entity not in registry or not verb or unread:
            return refuse(400, _("Ask with verb, entity and, if you like, id and field."))
        person = grants.user_id if user is None else user
        about_oneself = person == grants.user_id
        if person is None or not (about_oneself or may_ask(grants)):
            return refuse(403, _("You may ask about your own rights only."))
        try:
            found = why(
                db.session(), person, verb, entity, record, asked.get("field") or None,
                grants=grants if about_oneself else None, discreet=not may_ask(grants),
            )  # fmt: skip
        except KeyError:
            return refuse(400, _("There is no such field."))
        return answer(200, told(found))


def why_here() -> dict[str, Any] | None:
    """Why the present request was refused, for its page; None where it is about no entity, or nobody is signed in."""
    name, view, record = (
        request.path.strip("/").split("/")[0],
        (request.endpoint or "").rpartition(".")[2],
        None,
    )
    verb = METHOD_PERMISSION_NAME.get(view)
    if name not in registry or verb is None:
        return None
    grants, record = current_grants(), whole_number(str((request.view_args or {}).get("pk", "")))
    if grants.user_id is None:
        return None
    found = why(db.session(), grants.user_id, verb, name, record, grants=grants, discreet=not may_ask(grants))
    return None if found.allowed else told(found)


def told(found: Why) -> dict[str, Any]:
    """An explanation as clients see it."""
    *chain, sentence = found.chain
    return {
        "allowed": found.allowed, "status": found.status, "reason": found.reason,
        "sentence": sentence, "chain": chain, "fix": str(found.fix or ""),
    }  # fmt: skip


def may_ask(grants: Grants) -> bool:
    """Whether this person may see the rights of others."""
    return grants.permits(*ABOUT_OTHERS)

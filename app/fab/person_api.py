"""Look-up of people for person fields: names only, for anybody signed in."""

from __future__ import annotations

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect

from app.db import db
from app.fab.wire import Refusals, answer
from app.query.rows import lookup_person


class PersonApi(Refusals, BaseApi):
    """People who can be owners, heads and approvers."""

    resource_name = "person"
    class_permission_name = "Person"
    base_permissions = ("can_list",)
    method_permission_name = {"lookup": "list"}  # noqa: RUF012  FAB reads a class attribute
    allow_browser_login = True

    @expose("/lookup", methods=["GET"])
    @protect()
    def lookup(self) -> Response:
        """People by name, pinyin, initials or login name.
        ---
        get:
          summary: Look-up of people
          parameters:
            - {in: query, name: q, schema: {type: string}}
          responses:
            200:
              description: items with id, title and code
        """
        return answer(200, {"items": lookup_person(db.session(), request.args.get("q", "")[:100])})

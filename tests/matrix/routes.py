"""Every route that reads or writes records: the verb it needs and how to ask. A route not listed fails the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.entity import EntityType
from tests.matrix.ground import Ground

Request = dict[str, Any]
Maker = Callable[[Ground, EntityType, int], Request]


def _nothing(_ground: Ground, _entity: EntityType, _record: int) -> Request:
    return {}


def _json(**body: Any) -> Maker:
    return lambda _ground, _entity, _record: {"json": body}


@dataclass(frozen=True)
class Route:
    """One route. `rule` as in the URL map with the entity as ``{e}``; `record`: it is about one record.

    `good` are the statuses of a permitted request; `writes`: it may alter records.
    """

    method: str
    rule: str
    verb: str
    record: bool = False
    good: tuple[int, ...] = (200,)
    writes: bool = False
    send: Maker = field(default=_nothing)

    def path(self, entity: str, record: int) -> str:
        """The address for one record."""
        path = self.rule.replace("{e}", entity)
        for name in ("<int:pk>", "<pk>"):
            path = path.replace(name, str(record))
        return path.replace("<string:name>", "lose")

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def _new(ground: Ground, entity: EntityType) -> dict[str, Any]:
    from tests.matrix.ground import values

    found = values(ground, entity, 777)
    if entity.parent is not None:
        found["parent_id"] = ground.ids[entity.parent.name]["own"]
    if entity.name == "price_list_item":
        found["product_id"] = ground.ids["product"]["own"]
    return found


def _insert(ground: Ground, entity: EntityType, _record: int) -> Request:
    return {"json": _new(ground, entity)}


def _add(ground: Ground, entity: EntityType, _record: int) -> Request:
    return {"data": {n: str(v) for n, v in _new(ground, entity).items()}}


def _edited(entity: EntityType) -> dict[str, Any]:
    """A field that people may write and no rule looks at, and a value for it."""
    plain = [s for s in entity.fields.values() if s.written_by_people and not (s.check or s.mask or s.system)
             and s.name not in entity.about.key]  # fmt: skip
    spec = next((s for s in plain if s.kind in ("text", "long_text")), None)
    return {spec.name: "改"} if spec else {"competitor_price": "7.00"}


def _put(ground: Ground, entity: EntityType, record: int) -> Request:
    return {"json": {**_edited(entity), "version": ground.version(entity, record)}}


def _set(op: str) -> Maker:
    def make(ground: Ground, entity: EntityType, record: int) -> Request:
        change: dict[str, Any] = {"entity": entity.name, "op": op}
        if op == "insert":
            change["values"] = _new(ground, entity)
        else:
            change |= {"id": record, "version": ground.version(entity, record)}
        if op == "update":
            change["values"] = _edited(entity)
        return {"json": {"changes": [change], "confirmed": ["DUP_NAME", "SIMILAR_NAME"]}}

    return make


def _latest_of(*, query: bool = False) -> Maker:
    """The record as the last entry of the log left it: as it is."""
    return lambda _ground, _entity, _record: {"query_string" if query else "json": {"log": 2**53}}


REFUSED_BY_A_RULE = 422
"""Allowed by rights; a rule of the business may still have an objection, which is not what is asked here."""

ROUTES = [
    Route("GET", "/{e}/list/", "list"),
    Route("GET", "/{e}/show/<pk>", "list", record=True),
    Route("GET", "/{e}/add", "add"),
    Route("POST", "/{e}/add", "add", good=(302, 422), writes=True, send=_add),
    Route("GET", "/{e}/edit/<pk>", "edit", record=True),
    Route("POST", "/{e}/edit/<pk>", "edit", record=True, good=(302,), writes=True),
    Route("POST", "/{e}/delete/<pk>", "delete", record=True, good=(302,), writes=True),
    Route("GET", "/api/v1/{e}/_info", "list"),
    Route("GET", "/api/v1/{e}/", "list"),
    Route("GET", "/api/v1/{e}/<int:pk>", "list", record=True),
    Route("POST", "/api/v1/{e}/", "add", good=(201, 422), writes=True, send=_insert),
    Route("PUT", "/api/v1/{e}/<pk>", "edit", record=True, good=(200, 422), writes=True, send=_put),
    Route("DELETE", "/api/v1/{e}/<pk>", "delete", record=True, good=(200, 422), writes=True),
    Route("GET", "/api/v1/{e}/sheet", "list"),
    Route("POST", "/api/v1/{e}/rows", "list", send=_json()),
    Route("POST", "/api/v1/{e}/totals", "list", send=_json()),
    Route("GET", "/api/v1/{e}/lookup", "list"),
    Route("GET", "/api/v1/{e}/<pk>/history", "history", record=True),
    Route("GET", "/api/v1/{e}/<pk>/at", "history", record=True, send=_latest_of(query=True)),
    Route("POST", "/api/v1/{e}/<pk>/restore", "history", record=True, writes=True, send=_latest_of()),
    Route("POST", "/api/v1/{e}/rows_at", "history", send=_json(moment="2026-01-02 03:04")),
    Route("POST", "/api/v1/{e}/totals_at", "history", send=_json(moment="2026-01-02 03:04")),
    Route("POST", "/api/v1/{e}/export", "export", send=_json()),
    Route("POST", "/api/v1/{e}/export/size", "export", send=_json()),
    Route("GET", "/api/v1/{e}/template", "import"),
    Route("GET", "/import/<name>", "import"),
    Route("POST", "/api/v1/change_set", "add", good=(200, 422), writes=True, send=_set("insert")),
    Route("POST", "/api/v1/change_set", "edit", record=True, good=(200, 422), writes=True, send=_set("update")),
    Route("POST", "/api/v1/change_set", "delete", record=True, good=(200, 422), writes=True, send=_set("delete")),
]  # fmt: skip

ELSEWHERE = {
    "/{e}/action/<string:name>/<pk>": "test_actions",
    "/{e}/action_post": "test_actions",
    "/api/v1/attachment": "tests/web/test_attachments.py",
    "/api/v1/attachment/": "tests/web/test_attachments.py",
    "/api/v1/attachment/<int:pk>": "tests/web/test_attachments.py",
    "/api/v1/change_set/": "the same view as without the slash",
    "/api/v1/change_set/<int:pk>/undo": "test_undo",
    "/api/v1/import/upload": "test_import",
    "/api/v1/import/look": "test_import",
    "/api/v1/import/preview": "test_import",
    "/api/v1/import/job/<int:pk>": "test_import",
    "/api/v1/import/<int:pk>/rows": "test_import",
    "/api/v1/import/<int:pk>/commit": "test_import",
    "/api/v1/import/<int:pk>/discard": "test_import",
    "/api/v1/import/<int:pk>/mend": "tests/importing/test_api.py",
    "/api/v1/import/<int:pk>/errors": "tests/importing/test_api.py",
    "/api/v1/import/job/<int:pk>/cancel": "tests/importing/test_api.py",
    "/api/v1/import/job/<int:pk>/file": "tests/importing/test_api.py",
    "/api/v1/import/profile": "tests/importing/test_profiles.py",
    "/api/v1/import/profile/<int:pk>": "tests/importing/test_profiles.py",
    "/api/v1/import/history": "tests/importing/test_history.py",
    "/api/v1/import/batch/<int:pk>": "tests/importing/test_history.py",
    "/api/v1/import/batch/<int:pk>/file": "tests/importing/test_history.py",
    "/changelog/": "test_reading",
    "/changelog/export": "test_reading",
    "/changelog/undo/<int:pk>": "tests/web/test_changelog.py",
    "/changelog/restore/<int:pk>": "tests/web/test_changelog.py",
    "/changelog/logins": "tests/web/test_supervision.py",
    "/changelog/sensitive": "tests/web/test_supervision.py",
    "/changelog/rights": "tests/web/test_supervision.py",
    "/changelog/seals": "tests/web/test_supervision.py",
    "/changelog/verify": "tests/web/test_supervision.py",
    "/changelog/evidence": "tests/web/test_supervision.py",
    "/changelog/alerts": "tests/web/test_supervision.py",
    "/api/v1/person/lookup": "test_reading",
    "/{e}/version/<pk>/<int:log>": "tests/web/test_versions.py",
    "/{e}/restore/<pk>": "tests/web/test_versions.py",
    "/import/history": "tests/browser/test_import_wizard.py",
    "/import/batch/<int:pk>": "tests/browser/test_import_wizard.py",
    "/downloads/": "tests/exporting/test_downloads.py",
    "/api/v1/download": "tests/exporting/test_downloads.py",
    "/api/v1/download/": "tests/exporting/test_downloads.py",
    "/api/v1/download/<int:pk>": "tests/exporting/test_downloads.py",
    "/api/v1/download/<int:pk>/file": "tests/exporting/test_downloads.py",
    "/api/v1/download/<int:pk>/cancel": "tests/exporting/test_downloads.py",
    "/inbox/": "tests/web/test_inbox.py",
    "/inbox/mine": "tests/web/test_inbox.py",
    "/api/v1/approval/inbox": "tests/web/test_approval_api.py",
    "/api/v1/approval/case/<int:pk>": "tests/web/test_approval_api.py",
    "/api/v1/approval/preview": "tests/web/test_approval_api.py",
    "/api/v1/approval/record/<string:entity>/<int:pk>": "tests/web/test_approval_api.py",
    "/api/v1/approval/act": "tests/web/test_approval_api.py",
    "/api/v1/why/": "tests/access/test_why.py",
    "/api/v1/why": "tests/access/test_why.py",
}
"""Routes about records that tests of their own walk."""

FRAME = (
    "/", "/api/<version>/_openapi", "/api/v1/menu/", "/api/v1/security/", "/back", "/groups/", "/lang/", "/login/",
    "/logout/", "/resetmypassword/", "/resetpassword/", "/roles/", "/static/", "/swagger/", "/userinfoeditview/",
    "/users/",
)  # fmt: skip
"""What is not about records: sign-in, people and roles (tests/access), and the frame around the pages (tests/web)."""

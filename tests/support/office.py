"""The demo company at work: people without a screen, and a rule of its own that needs somebody's agreement."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seeds.demo import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import APIRequestContext

FIELD = "contact_name"
CLERK, MANAGER, DIRECTOR, FINANCE = "sr.wang", "sm.east", "sd.chen", "fm.zhou"


@dataclass
class Person:
    """Somebody at work without a screen: the API with their session."""

    request: APIRequestContext
    token: str = ""

    def sign_in(self, name: str) -> Person:
        """Sign in through the form, as a browser would."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.request.get("/login/").text())
        assert found
        form = {"username": name, "password": PASSWORD, "csrf_token": found[1]}
        self.request.post("/login/", form=form)
        token = re.search(r'csrf-token" content="([^"]+)"', self.request.get("/").text())
        assert token
        self.token = token[1]
        return self

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """A request as a script of the page would send it."""
        return self.request.post(f"/api/v1/{path}", data=body, headers={"X-CSRFToken": self.token}).json()

    def get(self, path: str) -> Any:
        """What the API answers."""
        return self.request.get(f"/api/v1/{path}").json()

    def change(self, *changes: dict[str, Any], **more: Any) -> Any:
        """One change set."""
        return self.post("change_set", {"key": str(uuid.uuid4()), "changes": list(changes), **more})

    def act(self, case: int, verb: str, comment: str = "", **more: Any) -> Any:
        """A verb on a case as it is now; what became of it."""
        items = [{"case": case, "rev": self.get(f"approval/case/{case}")["rev"]}]
        body = {"key": str(uuid.uuid4()), "verb": verb, "items": items, "comment": comment, **more}
        return self.post("approval/act", body)["results"][0]


@dataclass
class Office:
    """The demo company, with a rule of its own: a customer's contact changes only if one of two managers agrees."""

    hire: Callable[[str], Person]
    people: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        if name not in self.people:
            self.people[name] = self.hire(name)
        return self.people[name]

    def open(self) -> Office:
        """Publish the flow and the policy."""
        step = {
            "id": "head",
            "label": {"zh": "主管审核", "en": "Head"},
            "approvers": [{"user": MANAGER}, {"user": DIRECTOR}],
        }
        spec = {"steps": [step], "use": "change", "admin": {"role": "executive"}}
        flow = {"code": "F90", "name": "联系人变更", "for_entity": "customer", "spec": spec}
        admin = self["admin"]
        made = admin.change({"entity": "approval_flow", "op": "insert", "values": flow})
        first = made["results"][0]
        publish = {"entity": "approval_flow", "op": "update", "id": first["id"], "verb": "publish"}
        assert admin.change({**publish, "version": first["version"], "values": {}})["state"] == "applied"
        policy = {"code": "P90", "name": "联系人要批", "for_entity": "customer", "operations": ["update"],
                  "fields": FIELD, "flow_code": "F90", "is_active": True}  # fmt: skip
        made = admin.change({"entity": "approval_policy", "op": "insert", "values": policy})
        assert made["state"] == "applied", made
        return self

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Changes need nobody's agreement for a while."""
        self._guard(on=False)
        try:
            yield
        finally:
            self._guard(on=True)

    def _guard(self, *, on: bool) -> None:
        rows = self["admin"].post("approval_policy/rows", {"limit": 100})["rows"]
        row = next(row for row in rows if row["values"]["code"] == "P90")
        change = {"entity": "approval_policy", "op": "update", "id": row["id"], "version": row["version"]}
        assert self["admin"].change({**change, "values": {"is_active": on}})["state"] == "applied"

    def free(self, count: int) -> list[dict[str, Any]]:
        """Customers of 王芳's that nothing waits for."""
        rows = self[CLERK].post("customer/rows", {"sort": [["name", "asc"]], "limit": 100})["rows"]
        return [row for row in rows if not row["held"]][:count]

    def ask(self, *names: str, reason: str = "换了负责人") -> int:
        """王芳 asks for new contacts of as many customers, in one set; the case."""
        rows = self.free(len(names))
        assert len(rows) == len(names)
        changes = [
            {"entity": "customer", "op": "update", "id": row["id"], "version": row["version"], "values": {FIELD: name}}
            for row, name in zip(rows, names, strict=True)
        ]  # fmt: skip
        made = self[CLERK].change(*changes, reason=reason)
        assert made["state"] == "held", made
        return int(made["cases"][0]["case"])

    def contacts(self, case: int) -> list[str]:
        """The contacts now of the customers a case is about, in its order."""
        changes = self[CLERK].get(f"approval/case/{case}")["changes"]
        return [str(self[CLERK].get(f"customer/{one['id']}")["result"][FIELD]) for one in changes]

    def state(self, case: int) -> str:
        """Where a case stands."""
        return str(self[CLERK].get(f"approval/case/{case}")["state"])

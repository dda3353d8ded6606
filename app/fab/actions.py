"""FAB's actions of every entity: the verbs of its lifecycle and of approvals, for one record or for selected rows.

FAB's own action routes find rows past its filters; ours find them through the wall, refuse what is not there, take
POST only, and answer for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from app.access.context import current_grants
from app.approval import Asked, act
from app.approval.reading import open_cases
from app.change import Change, ChangeSet, commit
from app.entity import EntityType
from app.fab.refusal import message_of, status_of
from app.fab.wire import whole_number

DECIDING = ("approve", "reject", "return", "withdraw", "resubmit")
MAX_TOLD = 8


class ActionPages:
    """The action routes of an entity's view; mixed into `EntityView`."""

    entity: ClassVar[EntityType]

    @action("approve", _l("Agree"), icon="fa-check")
    def approve(self, items: Any) -> None:
        """Agree to what the chosen records wait for (FAB lists it; `_act` does it)."""

    @action("reject", _l("Reject"), icon="fa-times")
    def reject(self, items: Any) -> None:
        """Reject what the chosen records wait for."""

    @action("return", _l("Return"), icon="fa-undo")
    def send_back(self, items: Any) -> None:
        """Return it to who asked."""

    @action("withdraw", _l("Withdraw"), icon="fa-hand-paper-o")
    def withdraw(self, items: Any) -> None:
        """Take one's own request back."""

    @action("resubmit", _l("Send again"), icon="fa-repeat")
    def resubmit(self, items: Any) -> None:
        """Send a returned request out again."""

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    @has_access
    def action(self, name: str, pk: str) -> BaseResponse:
        """A verb on one record."""
        return self._act(name, [pk])

    @expose("/action_post", methods=["POST"])
    @has_access
    def action_post(self) -> BaseResponse:
        """A verb on the chosen records; all of them must be in the reader's scope."""
        return self._act(request.form.get("action", ""), request.form.getlist("rowid"))

    def _act(self, verb: str, pks: Sequence[str]) -> BaseResponse:
        lifecycle = self.entity.about.lifecycle
        moves = [t for t in lifecycle.transitions if t.verb == verb] if lifecycle else []
        if not (moves or verb in DECIDING) or not pks:
            abort(404)
        records: list[dict[str, Any]] = [self._record(pk) for pk in dict.fromkeys(pks)]  # type: ignore[attr-defined]
        if verb in DECIDING and not any(t.case in ("", "submit") for t in moves):
            self._decide(verb, records)
        else:
            self._move(verb, records)
        target = f"show/{records[0]['id']}" if len(records) == 1 else "list/"
        return redirect(f"/{self.entity.name}/{target}")

    def _move(self, verb: str, records: list[dict[str, Any]]) -> None:
        """A step of the lifecycle: all of the records or none."""
        changes = [
            Change(self.entity.name, "update", id=r["id"], version=r["version"], verb=verb) for r in records
        ]
        result = commit(ChangeSet(changes, "action", confirmed=confirmed()))
        if status_of(result) == 403:
            abort(403)
        flash(message_of(result), "success" if result.ok else "danger")

    def _decide(self, verb: str, records: list[dict[str, Any]]) -> None:
        """A verb on the open cases of the records, each answering for itself."""
        grants, comment = current_grants(), request.form.get("comment", "")
        found = open_cases(self.entity, [r["id"] for r in records])
        seen = whole_number(request.form.get("rev")) if len(records) == 1 else None
        told: dict[str, str] = {}
        for record in records:
            case = found.get(record["id"])
            if case is None:
                message, good = _("Nothing is waiting for approval here."), False
            else:
                rev = case[1] if seen is None else seen
                done = act(Asked(case[0], verb, rev, comment), grants)
                message, good = done.message, done.status == 200
            name = record["values"].get(self.entity.about.title)
            line = f"{name}：{message}" if len(records) > 1 and isinstance(name, str) else message
            told[line] = "success" if good else "danger"
        for line, kind in list(told.items())[:MAX_TOLD]:
            flash(line, kind)
        if len(told) > MAX_TOLD:
            flash(_("And %(n)s more.", n=len(told) - MAX_TOLD), "info")


def confirmed() -> frozenset[str]:
    """The questions of rules that the page's form answers with yes."""
    return frozenset(c for c in request.form.getlist("confirmed") if c != "*")

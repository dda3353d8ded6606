"""What the gate asks of approvals, which are built on top of it: one slot, filled by `app.approval`."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Connection

from app.access.grants import Grants
from app.audit.actor import Actor
from app.change.contract import ChangeSet, Draft, Plan


class Approvals(Protocol):
    """Decides which changes wait, and opens their cases in the transaction that writes or holds the set."""

    def plan(
        self, connection: Connection, change_set: ChangeSet, drafts: list[Draft], grants: Grants
    ) -> str | None:
        """Put errors on drafts that approvals refuse; the code of the flow the whole set waits for, or None."""

    def begin(self, connection: Connection, set_id: int, planned: Plan, actor: Actor) -> list[dict[str, Any]]:
        """Open the cases of a set just written (submitted records) or held; what `Result.cases` says of them."""

    def relied_on(self, connection: Connection, planned: Plan, drafts: list[Draft]) -> list[dict[str, Any]]:
        """For each draft of a set to be held, the cells a decision rests on besides those it changes."""


class NotOpened(Exception):
    """No case could be opened, so nothing is written; the message says what to do."""

    def __init__(self, code: str, message: Any) -> None:
        self.code, self.message = code, message
        super().__init__(code)


class _None:
    """No approvals: nothing waits."""

    def plan(
        self, connection: Connection, change_set: ChangeSet, drafts: list[Draft], grants: Grants
    ) -> str | None:
        return None

    def begin(self, connection: Connection, set_id: int, planned: Plan, actor: Actor) -> list[dict[str, Any]]:
        return []

    def relied_on(self, connection: Connection, planned: Plan, drafts: list[Draft]) -> list[dict[str, Any]]:
        return [{} for _draft in drafts]


_slot: list[Approvals] = [_None()]


def use(approvals: Approvals) -> None:
    """Fill the slot (once, when `app.approval` is loaded)."""
    _slot[0] = approvals


def current() -> Approvals:
    """Whoever fills the slot."""
    return _slot[0]

"""`act()`: the one way in which a person moves a case on. One transaction: lock, look again, decide, settle, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.access.grants import Grants
from app.approval import verbs
from app.approval.carrying import EffectRefused, prepare
from app.approval.refusal import Refusal
from app.approval.running import Running, load, started
from app.approval.seats import may_see
from app.approval.settle import NoApprover, mend
from app.change.contract import Plan
from app.change.gate import Further, begin, snapshot
from app.change.lock import write_lock
from app.db import db


@dataclass(frozen=True)
class Asked:
    """What a person asks of one case: the verb, what they saw (`rev`), and what belongs to the verb.

    `to` are people, `where` is before, after or parallel, `step` a step to go back to, `exclude` the held rows left
    out, `edits` fields of the record an approver may change at this step, `changes` and `drop` what the submitter
    changes about a returned set (``values`` are asked anew, fields in ``leave`` not any more), `picks` the
    approvers chosen.
    """

    case: int
    verb: str
    rev: int | None = None
    comment: str = ""
    to: tuple[int, ...] = ()
    where: str = "parallel"
    step: str | None = None
    exclude: tuple[int, ...] = ()
    edits: dict[str, Any] = field(default_factory=dict)
    changes: tuple[dict[str, Any], ...] = ()
    drop: tuple[int, ...] = ()
    picks: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What became of it: the HTTP status, the case's state and revision, and a sentence."""

    case: int
    status: int
    message: str
    state: str | None = None
    rev: int | None = None
    errors: tuple[dict[str, Any], ...] = ()


MAX_TRIES = 5
LARGE = 200
"""Rows from which a held set is planned before the lock."""


def act(asked: Asked, grants: Grants) -> Done:
    """Do a verb on a case as the current actor. Never raises for what a person did: the answer says it."""
    db.session.rollback()
    asked = replace(asked, comment=asked.comment.replace("\0", ""))  # no database keeps it in a text
    verb = verbs.VERBS.get(asked.verb)
    if verb is None:
        return Done(asked.case, 400, _("There is no such action."))
    if not (grants.system or grants.permits("can_post", "Approval")):
        return Done(asked.case, 403, _("Your role may not do this."))
    try:
        prepared = _prepared(asked)
        with write_lock(), db.engine.connect() as connection:
            for _try in range(MAX_TRIES):
                begin(connection)
                try:
                    done = _one(connection, asked, grants, verb, prepared)
                    connection.commit()
                    return done
                except Further:  # the held set reaches further than its locks: once more from the beginning
                    connection.rollback()
                except BaseException:
                    connection.rollback()
                    raise
    except Refusal as refused:
        return Done(asked.case, refused.status, str(refused.message))
    except EffectRefused as refused:
        told = [*refused.result.errors, *refused.result.confirms]
        errors = tuple({"field": e.field, "code": e.code, "message": str(e.message)} for e in told)
        sentences = dict.fromkeys(str(e.message) for e in told[:3])
        return Done(asked.case, 422, "；".join(sentences), errors=errors)
    except NoApprover as nobody:
        return Done(asked.case, 422, str(nobody.message))
    except IntegrityError:
        pass
    finally:
        db.session.rollback()
    return Done(
        asked.case, 409, _("Somebody else changed related data at the same moment. Please try again.")
    )


def _prepared(asked: Asked) -> Plan | None:
    """A large held set that this agreement may write is planned before anybody has to wait for it."""
    if asked.verb != "approve" or asked.exclude:
        return None
    with snapshot(db.engine) as connection:
        run = load(connection, asked.case, locked=False)
        if (
            run is None
            or run.row["kind"] != "change"
            or run.row["rows"] < LARGE
            or run.row["state"] != "running"
        ):
            return None
        last = run.row["step"] == started(run.row["path"])[-1]
        return prepare(connection, run.row) if last else None


def _one(
    connection: Connection, asked: Asked, grants: Grants, verb: verbs.Verb, prepared: Plan | None
) -> Done:
    run = load(connection, asked.case)
    if run is None or not may_see(run, grants):
        raise Refusal(404, _("There is no such request, or it is none of yours."))
    run.prepared = prepared
    mend(run)
    verb(run, asked, grants)
    run.save()
    return Done(run.id, 200, _told(run, asked.verb), run.row["state"], run.row["rev"])


_WORDS: dict[str, Callable[[], str]] = {
    "approve": lambda: _("Agreed."), "reject": lambda: _("Rejected."), "return": lambda: _("Returned."),
    "withdraw": lambda: _("Withdrawn."), "resubmit": lambda: _("Sent again."),
    "transfer": lambda: _("Handed over."), "comment": lambda: _("Comment saved."),
    "add": lambda: _("Asked as well."), "remove": lambda: _("Not asked any more."), "remind": lambda: _("Reminded."),
    "terminate": lambda: _("Ended."), "reassign": lambda: _("Handed over."),
}  # fmt: skip


def _told(run: Running, verb: str) -> str:
    """What happened and who is next, in a sentence."""
    word, state = _WORDS[verb](), run.row["state"]
    if verb in ("comment", "remind"):
        return word
    if state == "running":
        names = "、".join(run.people.name(t["assignee_id"]) for t in run.open_tasks())
        return str(_("%(word)s Now it is the turn of %(names)s.", word=word, names=names))
    if state == "approved":
        return str(_("%(word)s It is approved and in effect.", word=word))
    if state == "returned" and verb == "approve":
        who = run.row["submitter_name"]
        return str(
            _(
                "What was asked no longer fits what is there: it went back to %(who)s with the difference.",
                who=who,
            )
        )
    return word

"""What verbs, states and modes are called."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

VERB_LABELS: dict[str, Any] = {
    "approve": _l("Agree"), "reject": _l("Reject"), "return": _l("Return"), "withdraw": _l("Withdraw"),
    "resubmit": _l("Send again"), "transfer": _l("Hand over"), "add": _l("Ask someone else too"),
    "remove": _l("Take out"), "remind": _l("Remind"), "comment": _l("Comment"), "terminate": _l("End"),
    "reassign": _l("Reassign"),
}  # fmt: skip

CASE_STATES: dict[str, tuple[Any, str]] = {
    "running": (_l("Being approved"), "amber"), "approved": (_l("Approved"), "green"),
    "rejected": (_l("Rejected"), "red"), "returned": (_l("Returned for changes"), "amber"),
    "withdrawn": (_l("Withdrawn"), "grey"),
}  # fmt: skip

TASK_STATES: dict[str, Any] = {
    "approved": _l("Agreed"), "rejected": _l("Rejected"), "returned": _l("Returned"), "open": _l("Deciding"),
    "waiting": _l("Next"), "skipped": _l("Not needed any more"), "cancelled": _l("Cancelled"),
    "transferred": _l("Handed over"),
}  # fmt: skip

VIA: dict[str, Any] = {
    "up": _l("in the submitter's stead"), "admin": _l("as administrator of the flow"),
    "transfer": _l("handed over"), "add": _l("asked as well"), "escalate": _l("passed up, overdue"),
    "reassign": _l("reassigned"),
}  # fmt: skip


MODES: dict[str, Any] = {
    "any": _l("any of them"), "all": _l("all of them"), "seq": _l("one after the other"), "vote": _l("by vote"),
}  # fmt: skip


def mode_label(mode: str, people: int, need: int) -> str:
    """What it takes for a step of several people; empty for one person."""
    if people < 2:
        return ""
    if mode == "all":
        return str(_("Together · all %(n)s must agree", n=people))
    if mode == "seq":
        return str(_("One after the other · all %(n)s must agree", n=people))
    if mode == "vote":
        return str(_("Vote · %(need)s of %(n)s must agree", need=need, n=people))
    return str(_("Any one of %(n)s decides", n=people))


def event_text(verb: str, who: str, whom: str, people: str, step: str) -> str:
    """An event as a sentence."""
    texts: dict[str, Any] = {
        "submit": lambda: _("%(who)s asked for approval", who=who),
        "resubmit": lambda: _("%(who)s sent it again", who=who),
        "approve": lambda: _("%(who)s agreed", who=who),
        "reject": lambda: _("%(who)s rejected it", who=who),
        "return": lambda: _("%(who)s returned it", who=who),
        "withdraw": lambda: _("%(who)s withdrew it", who=who),
        "terminate": lambda: _("%(who)s ended it as administrator", who=who),
        "transfer": lambda: _("%(who)s handed over to %(whom)s", who=who, whom=whom),
        "reassign": lambda: _("%(who)s reassigned it to %(whom)s", who=who, whom=whom),
        "add": lambda: _("%(who)s asked %(people)s as well", who=who, people=people),
        "remove": lambda: _("%(who)s took out %(people)s", who=who, people=people),
        "remind": lambda: _("%(who)s reminded %(people)s", who=who, people=people),
        "comment": lambda: _("%(who)s commented", who=who),
        "cc": lambda: _("%(whom)s was told", whom=whom),
        "enter": lambda: _("“%(step)s” began", step=step),
        "open": lambda: _("“%(step)s” goes on", step=step),
        "skip": lambda: _("“%(step)s” was passed by: nobody holds it", step=step),
        "leaver": lambda: _("Somebody who has left was replaced by the administrator"),
        "overdue": lambda: _("Overdue, reminded"),
        "escalate": lambda: _("Overdue, passed up to %(whom)s", whom=whom),
        "back": lambda: _("What was asked no longer fits what is there: returned with the difference"),
        "end": lambda: _("The approval ended"),
    }
    return str(texts[verb]()) if verb in texts else verb


def waited(minutes: int) -> str:
    """How long somebody has waited: 5 minutes, 3 hours, 1 day and 19 hours."""
    if minutes < 60:
        return str(_("%(n)s minutes", n=max(minutes, 1)))
    hours = minutes // 60
    if hours < 24:
        return str(_("%(n)s hours", n=hours))
    return str(_("%(d)s days %(h)s hours", d=hours // 24, h=hours % 24))

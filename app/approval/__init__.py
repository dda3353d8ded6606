"""Approvals: who has to agree to a change, and counting their votes. What is agreed is written by the gate."""

from app.approval import care, outbox, personal, rules  # they declare jobs, places and rules
from app.approval.act import Asked, Done, act
from app.approval.carrying import effects
from app.approval.entities import ApprovalDelegation, ApprovalFlow, ApprovalPolicy
from app.approval.opening import CaseOpener
from app.change import approving

approving.use(CaseOpener())

__all__ = [
    "ApprovalDelegation",
    "ApprovalFlow",
    "ApprovalPolicy",
    "Asked",
    "Done",
    "act",
    "care",
    "effects",
    "outbox",
    "personal",
    "rules",
]

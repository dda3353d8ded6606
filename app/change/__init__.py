"""The gate: the only code that writes business records."""

from app.change.contract import CellError, Change, ChangeSet, Conflict, Plan, Result, RowResult
from app.change.gate import apply, commit, plan
from app.change.lock import Busy
from app.change.undo import UndoRefused, undo

__all__ = ["Busy", "CellError", "Change", "ChangeSet", "Conflict", "Plan", "Result", "RowResult", "UndoRefused",
           "apply", "commit", "plan", "undo"]  # fmt: skip

"""The gate: the only code that writes business records."""

from app.change.contract import CellError, Change, ChangeSet, Conflict, Plan, Result, RowResult
from app.change.gate import apply, commit, plan
from app.change.lock import Busy
from app.change.restore import RestoreRefused, restore
from app.change.undo import UndoRefused, undo

__all__ = ["Busy", "CellError", "Change", "ChangeSet", "Conflict", "Plan", "RestoreRefused", "Result", "RowResult",
           "UndoRefused", "apply", "commit", "plan", "restore", "undo"]  # fmt: skip

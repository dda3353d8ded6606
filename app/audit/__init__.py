"""The change log: who acts, the triggers that write it, what guards it, and reading it."""

from app.audit.triggers import check, refusal

__all__ = ["check", "refusal"]

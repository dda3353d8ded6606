"""Verbs instead of FAB's method names: one line per entity on the role page, the same for view, sheet and API."""

from __future__ import annotations

from app.entity.describe import VERBS

BASE_PERMISSIONS = [f"can_{verb}" for verb in VERBS]

METHOD_PERMISSION_NAME = {
    "list": "list", "show": "list", "get": "list", "get_list": "list", "info": "list", "sheet": "list",
    "rows": "list", "totals": "list", "lookup": "list",
    "add": "add", "post": "add", "edit": "edit", "put": "edit", "delete": "delete", "action": "list",
    "action_post": "list",
    "approve": "approve", "reject": "approve", "send_back": "approve",
    "withdraw": "submit", "resubmit": "submit", "history": "history",
    "rows_at": "history", "totals_at": "history", "record_at": "history",
    "restore": "history", "version": "history", "export": "export", "export_size": "export",
    "template": "import",
}  # fmt: skip

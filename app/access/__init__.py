"""Who may do what: grants, the scope wall, field rights, sessions, and `why()`."""

from app.access.context import acting_as, current_grants, forget_grants, granted
from app.access.errors import AccessError, NoGrants, WallRefused, WriteRefused
from app.access.grants import NO_GRANTS, SYSTEM_GRANTS, Grants, RoleGrants
from app.access.load import load_grants, person_name
from app.access.wall import driver_rows, scope_criterion, unscoped, visible_ids

__all__ = [
    "NO_GRANTS", "SYSTEM_GRANTS", "AccessError", "Grants", "NoGrants", "RoleGrants", "WallRefused",
    "WriteRefused", "acting_as", "current_grants", "driver_rows", "forget_grants", "granted", "load_grants",
    "person_name", "scope_criterion", "unscoped", "visible_ids",
]  # fmt: skip

"""Which tables are logged, and which of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, MetaData, Table

from app.entity import EntityType, registry

UNAUDITED: dict[str, str] = {
    "access_log": "is itself a log: who signed in, exported, unmasked",
    "approval_case": "follows from approval_event, which is logged",
    "approval_outbox": "attempts at telling others; what happened is in approval_event",
    "approval_task": "follows from approval_event, which is logged",
    "alembic_version": "belongs to a migration tool",
    "change": "holds what was asked for, not what was done; staging of imports is rewritten at will",
    "change_log": "is the log",
    "change_pii": "holds the personal values the log is committed to, so that they can be erased",
    "change_set": "the log's rows point at it; its states follow from what the gate did",
    "download": "files of a week; that they were exported is in access_log",
    "held_cell": "follows from the held change sets",
    "import_profile": "how somebody reads their files; nothing of any record",
    "job": "heartbeats and progress every second; what a job writes is logged",
    "number_counter": "a number given shows in the record that got it",
    "seal": "proves the log, and is proved by the seal after it",
    "user_session": "every request touches it; sign-in and sign-out are in access_log",
}
"""Tables without triggers, each with its reason. A table not named here is logged."""


@dataclass(frozen=True)
class Guard:
    """Who may add rows to a table, and who may remove them: the app, our triggers, the owner alone, nobody."""

    insert: str
    delete: str = "nobody"


GUARDED: dict[str, Guard] = {
    "access_log": Guard(insert="app"),
    "approval_event": Guard(insert="app"),
    "change_log": Guard(insert="triggers"),
    "change_pii": Guard(insert="triggers", delete="triggers"),
    "erasure": Guard(insert="app"),
    "seal": Guard(insert="owner"),
}
"""Tables that are evidence: no row is ever changed, and but for erased personal data none goes."""

UNLOGGED_COLUMNS: dict[str, frozenset[str]] = {
    "ab_user": frozenset({"login_count", "fail_login_count", "last_login"}),
    "ab_api_key": frozenset({"last_used_on"}),
}
"""Columns that never reach the log: a change to these alone leaves no row."""

SECRET_COLUMNS: dict[str, frozenset[str]] = {
    "ab_user": frozenset({"password"}),
    "ab_register_user": frozenset({"password", "registration_hash"}),
    "ab_api_key": frozenset({"key_hash", "lookup_hash"}),
}
"""Columns of which the log only says that they changed, like any declared with ``info={"secret": True}``."""

MAX_TABLE_NAME = 45
SECRET = "(hidden)"
CHANGED = "(changed)"


def guarded(metadata: MetaData) -> dict[str, Guard]:
    """The guarded tables that are declared."""
    return {name: guard for name, guard in GUARDED.items() if name in metadata.tables}


def audited(metadata: MetaData) -> Iterator[Table]:
    """The tables that get triggers, by name. Raises ValueError for a name too long to name triggers after."""
    for name, table in sorted(metadata.tables.items()):
        if name not in UNAUDITED:
            if len(name) > MAX_TABLE_NAME:
                raise ValueError(f"table {name}: a name has at most {MAX_TABLE_NAME} characters")
            yield table


def entity_of(table: Table) -> EntityType | None:
    """The entity kept in a table; None for a table of the platform or of FAB."""
    name = str(table.name)
    return registry.get(name) if name in registry and registry.get(name).table is table else None


def logged_columns(table: Table) -> list[Column[object]]:
    """The columns that reach the log, in declared order."""
    entity = entity_of(table)
    left_out = entity.unlogged if entity else UNLOGGED_COLUMNS.get(table.name, frozenset())
    return [column for column in table.columns if column.name not in left_out]


def is_secret(column: Column[object]) -> bool:
    """Whether the log may only say that the value changed."""
    return column.name in SECRET_COLUMNS.get(column.table.name, ()) or bool(column.info.get("secret"))


def is_pii(column: Column[object]) -> bool:
    """Whether the log holds only a commitment to the value."""
    entity = entity_of(column.table)
    return entity is not None and column.name in entity.fields and entity.fields[column.name].pii


def locked(table: Table, rows: Sequence[str], case: str) -> str | None:
    """SQL that is true where a row (OLD, NEW) or its header is locked by another case than `case`.

    None where there are no locks. A lock is set as it is opened: on behalf of its own case.
    """
    entity = entity_of(table)
    if entity is None:
        return None
    found = [f"{row}.locked_by_case <> {case}" for row in rows]
    if entity.parent is not None:
        header, ids = f'"{entity.parent.name}"', ", ".join(f"{row}.parent_id" for row in rows)
        found.append(
            f"EXISTS (SELECT 1 FROM {header} h WHERE h.id IN ({ids}) AND h.locked_by_case <> {case})"
        )
    return " OR ".join(found)


def integer_key(table: Table) -> str | None:
    """The name of a table's integer primary key; None when its key is a text or several columns."""
    key = list(table.primary_key)
    return str(key[0].name) if len(key) == 1 and key[0].type.python_type is int else None

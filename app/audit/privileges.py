"""What PostgreSQL lets the application's role do, when migrations are run by another, the owner."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, Sequence, text

from app.audit.postgres import SCHEMA, quote
from app.audit.tables import GUARDED, Guard

_OPEN = Guard(insert="app", delete="app")


def grant(connection: Connection, metadata: MetaData, role: str) -> None:
    """Give the application's role what it needs: the rows of every table, of evidence what it may, no DDL."""
    to = quote(role)
    connection.exec_driver_sql(f"REVOKE CREATE ON SCHEMA {SCHEMA} FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {to}")
    for table in metadata.sorted_tables:
        name = f"{SCHEMA}.{quote(table.name)}"
        guard = GUARDED.get(table.name, _OPEN)
        rights = "SELECT" + (", INSERT" if guard.insert == "app" else "")
        rights += ", UPDATE, DELETE" if guard is _OPEN else ""
        connection.exec_driver_sql(f"REVOKE ALL ON {name} FROM {to}")
        connection.exec_driver_sql(f"GRANT {rights} ON {name} TO {to}")
    for sequence in sorted(_sequences(connection, metadata)):
        connection.exec_driver_sql(f"GRANT USAGE, SELECT ON SEQUENCE {SCHEMA}.{quote(sequence)} TO {to}")


def _sequences(connection: Connection, metadata: MetaData) -> set[str]:
    """The sequences ids come from, those it may not add to left out: made with a table, or named by it (FAB's)."""
    owned = connection.execute(
        text(
            "SELECT s.relname, t.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid"
            " AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
            " JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = s.relnamespace"
            " WHERE s.relkind = 'S' AND n.nspname = :schema"
        ),
        {"schema": SCHEMA},
    )
    closed = {name for name, guard in GUARDED.items() if guard.insert != "app"}
    found = {str(sequence) for sequence, table in owned if table in metadata.tables and table not in closed}
    defaults = (column.default for table in metadata.sorted_tables for column in table.columns)
    return found | {str(default.name) for default in defaults if isinstance(default, Sequence)}

"""`migrate`: the only way the schema changes. It makes the database hold what is declared, or says why not.

Entities are declared at any time, so there are no revision files: the steps come from comparing the database
with the declarations, and run in one transaction, triggers and all. The caller loads the declarations.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import Connection, MetaData, inspect, make_url
from sqlalchemy.exc import DBAPIError

from app.audit import triggers
from app.audit.privileges import grant
from app.db import db
from app.engine import make_engine
from app.migrations import note
from app.migrations.compare import compare
from app.migrations.guard import MigrationBusy, back_up, one_at_a_time, take_lock
from app.migrations.rename import Rename, renames
from app.migrations.step import Step, Steps
from config import Settings


@dataclass
class MigrationReport:
    """What was done (or, in a dry run, would be), one line each, and what was refused.

    If anything is refused nothing is done. `before` and `after` are fingerprints of the declarations.
    """

    before: str = ""
    after: str = ""
    steps: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    backup: Path | None = None
    applied: bool = False


_PLATFORM = (
    "flask_appbuilder.security.sqla.models", "app.access.model", "app.audit.log", "app.audit.seal", "app.change.model",
    "app.entity.attachments", "app.importing.model", "app.jobs.model", "app.org", "app.approval.entities",
    "app.approval.model", "app.exporting.entities", "app.exporting.model",
)  # fmt: skip
"""Where the engine's own tables are declared: one that is not loaded would look as if it had been removed."""


class _Failed(Exception):
    """A step the database refused; carries the line for the report."""


def migrate(
    settings: Settings, *, dry_run: bool = False, drop: bool = False, metadata: MetaData | None = None
) -> MigrationReport:
    """Bring the database up to the declarations (all loaded ones, or `metadata`).

    With `dry_run` everything is tried and taken back. Only with `drop` may a column or table that holds data
    go. Raises MigrationBusy when another migration is running.
    """
    metadata = _declared() if metadata is None else metadata
    report = MigrationReport()
    url = settings.owner_url
    engine = make_engine(url, owner=True)
    try:
        with one_at_a_time(settings.home, url), engine.connect() as connection:
            take_lock(connection)
            try:
                fresh = not inspect(connection).get_table_names()
                _bring_up(connection, metadata, report, drop)
                if not report.refused and not dry_run:
                    _grant(connection, metadata, settings)
                    if report.steps and not fresh:
                        report.backup = back_up(settings.home, url)
                    connection.commit()
                    report.applied = True
            except _Failed as failed:
                report.refused.append(str(failed))
            finally:
                connection.rollback()
    finally:
        engine.dispose()
    return report


def _declared() -> MetaData:
    for module in _PLATFORM:
        importlib.import_module(module)
    metadata: MetaData = db.metadata
    return metadata


def _bring_up(connection: Connection, metadata: MetaData, report: MigrationReport, drop: bool) -> None:
    known, wanted = note.read(connection), note.declared(metadata)
    report.before, report.after = known.fingerprint, wanted.fingerprint
    pending = renames(connection, metadata)
    found = Steps() if pending else compare(connection, metadata, known, drop=drop)
    stale = triggers.differences(connection, metadata)
    if not (pending or found.steps or found.refused or stale or known != wanted):
        return
    triggers.drop_all(connection)
    if pending:
        for rename in pending:
            _run(connection, report, rename)
            known = rename.noted(known)
        found = compare(connection, metadata, known, drop=drop)
    report.refused += found.refused
    if report.refused:
        return
    for step in found.steps:
        _run(connection, report, step)
    _check_links(connection)
    note.write(connection, known, wanted)
    triggers.create_all(connection, metadata)
    if stale and not report.steps:
        report.steps.append(_("Write the triggers of the change log anew"))


def _run(connection: Connection, report: MigrationReport, step: Step | Rename) -> None:
    report.steps.append(step.text)
    try:
        step.run(connection)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise _Failed(
            _("%(step)s: the database refused (%(reason)s)", step=step.text, reason=reason)
        ) from None


def _check_links(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        table, row, target, _key = broken[0]
        raise _Failed(
            _("%(table)s, row %(row)s: the %(target)s it points at is not there (%(count)s such rows)",
              table=table, row=row, target=target, count=len(broken))
        )  # fmt: skip


def _grant(connection: Connection, metadata: MetaData, settings: Settings) -> None:
    role = make_url(settings.url).username
    if connection.dialect.name == "postgresql" and role and role != make_url(settings.owner_url).username:
        grant(connection, metadata, role)


__all__ = ["MigrationBusy", "MigrationReport", "migrate"]

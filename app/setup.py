"""Bringing a database up: schema and triggers, permissions of every declared entity, roles, the demo company."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from app import load_business
from app.audit import seal_keys
from app.audit.actor import SYSTEM, acting

if TYPE_CHECKING:
    from app.migrate import MigrationReport
    from config import Settings


def migrate_schema(settings: Settings, *, dry_run: bool = False, drop: bool = False) -> MigrationReport:
    """Bring the schema and its triggers in step with the declarations."""
    from app.migrate import migrate

    load_business(settings)
    return migrate(settings, dry_run=dry_run, drop=drop)


def sync_rights(app: Flask) -> None:
    """Give every declared entity its permissions, and roles their usual rights on entities that are new."""
    from app.fab.permissions import sync_permissions

    with app.app_context(), acting(SYSTEM):
        sync_permissions(app)
    _seeds(app).prepare(app)


def init_database(app: Flask, demo: bool = False) -> None:
    """Create or update the database of an application; with `demo`, fill it with the demo company."""
    settings = app.config["TAIZHANG"]
    migrate_schema(settings)
    seal_keys.ensure(settings.seal_key_file)
    sync_rights(app)
    if demo:
        _seeds(app).load_demo(app)
    _marker(settings).touch()


def is_initialised(settings: Settings) -> bool:
    """Whether the database in `home` was ever finished; one whose making was interrupted is made again."""
    return _marker(settings).exists()


def _marker(settings: Settings) -> Path:
    return settings.home / "initialised"


def _seeds(app: Flask) -> Any:
    return importlib.import_module(app.config["TAIZHANG"].seeds)

"""The engine. It knows no business noun: entities come from the packages that the settings name."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from config import Settings


def load_business(settings: Settings) -> None:
    """Import the packages that declare entities and screens (``models`` and ``views``) and name roles (``seeds``)."""
    from flask_appbuilder.security.sqla import models as _security  # noqa: F401  tables our links point at

    import app.approval
    import app.exporting
    import app.org  # noqa: F401  they declare entities too

    for name in (*settings.packages, settings.seeds):
        importlib.import_module(name)


def create_app(settings: Settings) -> Flask:
    """The web application for one set of settings. The database must exist (``taizhang init``)."""
    from flask_appbuilder import AppBuilder

    import config
    from app import clock, engine
    from app.access import csrf, guard, headers, sessions, wall
    from app.db import db
    from app.fab import errors, factory
    from app.fab.wire import RecordNumber
    from app.jobs import seals  # noqa: F401  declares work that comes round by itself
    from app.web import ui

    load_business(settings)
    clock.configure(settings.zone, settings.now)
    app = Flask(
        __name__, template_folder="web/templates", static_folder="web/static", static_url_path="/static"
    )
    app.url_map.converters["int"] = RecordNumber
    app.config.from_mapping(config.flask_config(settings))
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine.engine_options(settings.url)
    app.config["TAIZHANG"] = settings
    logging.getLogger("flask_appbuilder").setLevel(logging.WARNING)
    db.init_app(app)
    with app.app_context():
        engine.install(db.engine)
        wall.install(db.session, db.engine)
        guard.install(db.session)
        ui.install(app)
        headers.install(app)
        csrf.install(app)
        appbuilder = AppBuilder(app, db.session)
        sessions.install(app)
        factory.register(appbuilder)
        for name in settings.packages:
            register = getattr(importlib.import_module(name), "register", None)
            if register is not None:
                register(appbuilder)
        errors.install(app)
    return app

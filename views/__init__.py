"""Screens that are more than a generated sheet."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder import AppBuilder


def register(appbuilder: AppBuilder) -> None:
    """Add the screens and the menu to the application."""
    from views.changelog import ChangeLogView
    from views.downloads import DownloadView
    from views.importing import ImportView
    from views.imports import ImportsView
    from views.inbox import InboxView
    from views.menu import menu
    from views.supervision import SupervisionView

    appbuilder.add_view_no_menu(ChangeLogView)
    appbuilder.add_view_no_menu(DownloadView)
    appbuilder.add_view_no_menu(ImportView)
    appbuilder.add_view_no_menu(ImportsView)
    appbuilder.add_view_no_menu(InboxView)
    appbuilder.add_view_no_menu(SupervisionView)
    current_app.jinja_env.globals["menu"] = menu

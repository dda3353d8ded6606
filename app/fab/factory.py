"""From the registry to FAB: one view and one API class per entity, registered with the AppBuilder."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import AppBuilder

from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, registry
from app.fab.api import EntityApi
from app.fab.approval_api import ApprovalApi
from app.fab.attachment_api import AttachmentApi
from app.fab.change_api import ChangeSetApi
from app.fab.download_api import DownloadApi
from app.fab.import_api import ImportApi
from app.fab.import_shelf import ImportHistoryApi
from app.fab.interface import EntityInterface
from app.fab.person_api import PersonApi
from app.fab.view import EntityView
from app.fab.why_api import WhyApi


def sheet_tabs(entity: EntityType, grants: Grants) -> list[dict[str, Any]]:
    """The tabs at the foot of a sheet: the entities of its workbook that the reader may list."""
    return [
        {"entity": e.name, "label": str(e.label), "url": f"/{e.name}/list/", "current": e.name == entity.name}
        for e in registry.sheets(entity.about.workbook)
        if grants.can("list", e.name)
    ]


def view_class(entity: EntityType) -> type[EntityView]:
    """The view class of an entity."""
    members = {
        "entity": entity,
        "datamodel": EntityInterface(entity.cls, db.session),
        "route_base": f"/{entity.name}",
        "class_permission_name": entity.view_name,
    }
    return type(f"{entity.view_name}View", (EntityView,), members)


def api_class(entity: EntityType) -> type[EntityApi]:
    """The API class of an entity."""
    members = {
        "entity": entity,
        "datamodel": EntityInterface(entity.cls, db.session),
        "resource_name": entity.name,
        "class_permission_name": entity.view_name,
        "openapi_spec_tag": entity.name,
    }
    return type(f"{entity.view_name}Api", (EntityApi,), members)


def register(appbuilder: AppBuilder) -> None:
    """Register every declared entity, the change set API and the look-up of people."""
    for entity in sorted(registry, key=lambda e: e.name):
        appbuilder.add_view_no_menu(view_class(entity))
        appbuilder.add_api(api_class(entity))
    appbuilder.add_api(ApprovalApi)
    appbuilder.add_api(ChangeSetApi)
    appbuilder.add_api(PersonApi)
    appbuilder.add_api(ImportApi)
    appbuilder.add_api(ImportHistoryApi)
    appbuilder.add_api(DownloadApi)
    appbuilder.add_api(AttachmentApi)
    appbuilder.add_api(WhyApi)

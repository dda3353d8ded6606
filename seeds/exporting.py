"""Who agrees to exports beyond a role's limit, and the demo company's limits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.context import acting_as
from app.db import db
from app.entity import registry
from seeds.approving import walk_record
from seeds.data.way import agreed
from seeds.diary import Diary
from seeds.flows import publish
from seeds.ledgers import Place
from seeds.writing import inserts, write

FLOW = "F10"
STEP: dict[str, Any] = {
    "id": "manager", "label": {"zh": "直属上级审批", "en": "Line manager"}, "mode": "any",
    "approvers": [{"manager": 1}], "hours": 24,
}  # fmt: skip

LIMITS: tuple[dict[str, Any], ...] = (
    {"role": "sales_rep", "for_entity": "*", "max_rows": 2000, "watermark": True, "approve": True,
     "remark": "业务员一次最多导出 2,000 行，更多请上级批准。"},
    {"role": "logistics", "for_entity": "customer", "max_rows": 50, "watermark": True, "approve": True,
     "remark": "物流只需要当天要送的客户。"},
    {"role": "service_agent", "for_entity": "customer", "max_rows": 200, "watermark": True, "approve": False,
     "remark": "售后按单查客户，不成批导出。"},
)  # fmt: skip

DRIVER, ROUTES = "lg.sun", "年底前排定各区的送货路线"
DRIVERS: dict[str, Any] = {
    "fields": ["customer_code", "name", "region_id", "address"], "groups": ["region_id"], "format": "pdf", "what": "view",
}  # fmt: skip
ASKED_FOR = agreed(32, 30)
KEEPER = "sm.east"
WEEKLY: dict[str, Any] = {
    "name": "每周客户名单", "for_entity": "customer", "format": "xlsx", "period": "weekly", "weekday": "mon", "hour": 7,
    "folder": "报表/华东", "is_active": False, "asked": {"what": "view", "sort": [["name", "asc"]]},
}  # fmt: skip


def seed_export_flow() -> None:
    """Publish the flow of export requests, unless there is one: the requester's manager, else its administrator."""
    table = registry.get("approval_flow").table
    known = select(table.c.id).where((table.c.for_entity == "export_request") | (table.c.code == FLOW))
    there = db.session.execute(known).first()
    db.session.rollback()
    if there is None:
        publish(FLOW, "超限导出", "export_request", [STEP])


def limits() -> None:
    """The demo company's limits, once."""
    write("demo:export_limits", inserts("export_limit", LIMITS), "导出权限")


def enter(diary: Diary, place: Place, buyers: list[int]) -> None:
    """A driver's list that was asked for and agreed to, and a weekly export that its owner has stopped."""
    made: list[int] = []

    def ask() -> None:
        values = {
            "for_entity": "customer",
            "rows": len(buyers),
            "format": "pdf",
            "reason": ROUTES,
            "asked": DRIVERS,
        }
        with acting_as(place.users[DRIVER], source="seed"):
            made.extend(write("demo:export_request", inserts("export_request", [values]), ROUTES))

    diary.ago(ASKED_FOR[0].ago + 0.5, ask)
    walk_record(
        diary, "demo:export_request", ASKED_FOR, "export_request", lambda: made[0], DRIVER, place.users
    )

    def plan() -> None:
        with acting_as(None, source="seed"):
            values = {**WEEKLY, **place.kept_by(KEEPER)}
            write("demo:scheduled_export", inserts("scheduled_export", [values]))

    diary.ago(60, plan)

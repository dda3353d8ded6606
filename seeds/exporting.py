"""Who agrees to exports beyond a role's limit, and the demo company's limits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.db import db
from app.entity import registry
from seeds.flows import publish
from seeds.writing import inserts, write

FLOW = "F10"
STEP: dict[str, Any] = {
    "id": "manager", "label": {"zh": "直属上级审批", "en": "Line manager"}, "mode": "any",
    "approvers": [{"manager": 1}], "hours": 24,
}  # fmt: skip

LIMITS: tuple[dict[str, Any], ...] = (
    {"role": "sales_rep", "for_entity": "*", "max_rows": 2000, "watermark": True, "approve": True,
     "remark": "业务员一次最多导出 2,000 行，更多请上级批准。"},
    {"role": "logistics", "for_entity": "customer", "max_rows": 200, "watermark": True, "approve": True,
     "remark": "物流只需要当天要送的客户。"},
    {"role": "service_agent", "for_entity": "customer", "max_rows": 200, "watermark": True, "approve": False,
     "remark": "售后按单查客户，不成批导出。"},
)  # fmt: skip


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

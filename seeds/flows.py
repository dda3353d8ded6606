"""The approval flows a company starts with, written once; what administrators publish later stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.change import Change
from app.db import db
from app.entity import registry
from seeds.data.flows import ADMIN, FLOWS
from seeds.writing import write


def seed_flows() -> None:
    """Publish the flow of every entity declared here that has none. Repeatable."""
    table = registry.get("approval_flow").table
    known = set(db.session.execute(select(table.c.code)).scalars())
    db.session.rollback()
    for code, name, entity, steps in FLOWS:
        if code not in known and entity in registry:
            publish(code, name, entity, steps)


def publish(code: str, name: str, entity: str, steps: list[dict[str, Any]]) -> None:
    """Write the first version of a flow, and publish it."""
    spec: dict[str, Any] = {"steps": steps, "admin": ADMIN}
    values = {"code": code, "version_no": 1, "name": name, "for_entity": entity, "spec": spec}
    ids = write(f"flow:{code}", [Change("approval_flow", "insert", values)], "审批流")
    write(f"flow:{code}:publish", [Change("approval_flow", "update", id=ids[0], verb="publish")], "审批流")

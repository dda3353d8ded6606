"""An office with a mail server and a folder that exports go to by themselves, and the moments they do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update

from app import clock
from app.db import db
from app.entity import registry
from app.jobs import queue, schedule
from tests.exporting.mailbox import Mailbox
from tests.exporting.office import Office, open_office

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
SEVEN = datetime(2026, 11, 24, 23, 5, tzinfo=UTC)  # Wednesday 7:05
COLLEAGUE = "li@example.com"


def open_rounds(app: Flask, box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """On a Monday morning, with a mail server, a folder, and a colleague whose address is known."""
    office = open_office(app)
    office.settings(monkeypatch, mail_url=box.url, mail_from="ledger@example.org", mail_domains=("partner.example",),
                    export_folder=str(tmp_path / "out"))  # fmt: skip
    with app.app_context(), queue.writing() as connection:
        users = User.__table__
        connection.execute(update(users).where(users.c.username == "sr.li").values(email=COLLEAGUE))
    monkeypatch.setattr(schedule, "_rounds", {k: schedule._rounds[k] for k in ("scheduled_exports",)})
    clock.configure("Asia/Shanghai", MONDAY)
    return office


def values(**more: Any) -> dict[str, Any]:
    return {"name": "华东客户", "for_entity": "customer", "format": "csv", "period": "daily", "hour": 7,
            "mail_to": COLLEAGUE, "asked": {"fields": ["name"], "what": "view"}, **more}  # fmt: skip


def planned(office: Office, person: str = "sr.wang", **more: Any) -> int:
    """A schedule somebody made; its number."""
    answer = office.send(person, {"entity": "scheduled_export", "op": "insert", "values": values(**more)})
    assert answer.status_code == 200, answer.json
    return int(answer.json["results"][0]["id"])


def refused(office: Office, person: str = "sr.wang", **more: Any) -> dict[str, str]:
    """What is said about each field of a schedule that cannot be."""
    answer = office.send(person, {"entity": "scheduled_export", "op": "insert", "values": values(**more)})
    assert answer.status_code == 422, answer.json
    return {e["field"]: e["message"] for e in answer.json["errors"]}


def at(office: Office, moment: datetime) -> None:
    """What happens at a moment, when the worker looks."""
    with clock.standing(moment), office.app.app_context():
        schedule.run_due(moment)


def kept(office: Office, number: int) -> dict[str, Any]:
    table = registry.get("scheduled_export").table
    with office.app.app_context(), db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == number)).mappings().one())

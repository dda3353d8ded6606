"""How soon the first rows of a preview can be seen, on the real server with its worker."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl

from bench.client import Client
from bench.rush import database, found, name_of
from bench.steps import Steps
from tests.cast import PASSWORD
from tests.support.apps import settings_for
from tests.support.database import Store
from tests.support.server import LiveServer

KNOWN = 2_000
HEAD = ("name", "customer_type", "channel_type", "customer_group", "region_id", "contact_name", "mobile", "phone", "email",
        "gender", "birthday", "id_age_ok", "address", "delivery_address", "industry", "lead_source", "intent_level",
        "payment_term", "is_key", "remark")  # fmt: skip


def make_file(count: int) -> bytes:
    """A workbook of new customers, twenty columns each."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    sheet.append(HEAD)
    for n in range(KNOWN, KNOWN + count):
        street = f"云溪镇云溪路{n}号"
        sheet.append([
            name_of(n), "dealer", "dealer", "factory", "华东大区", "何先生", f"155{n:08d}", f"021-{n:08d}",
            f"u{n}@example.com", "male", "1980-02-03", "是", street, f"{street}后门", "餐饮", "visit", "unclear",
            "prepay", "否", f"第{n}位",
        ])  # fmt: skip
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def run(folder: Path, rows: int) -> list[str]:
    """The table's rows, one for each engine."""
    from app import create_app

    lines = [
        f"{f'preview of {rows:,} rows, 20 columns':<44}{'upload s':>10}{'first rows s':>14}{'whole s':>9}"
    ]
    content = make_file(rows)
    for kind in ("sqlite", "postgresql"):
        with database(kind) as machinery:
            store = Store(machinery, "preview", folder / kind)
            store.empty()
            found(create_app(settings_for(store)), KNOWN, 0)
            server = LiveServer(store).wait()
            try:
                client = Client(server.url).sign_in("sm.east", PASSWORD)
                steps = Steps(client, "customer", "new.xlsx", content, poll=0.05)
                summary = steps.preview(steps.upload())
            finally:
                server.stop()
        taken = steps.seconds
        name = f"ours, {kind}: {summary['inserted']:,} new"
        lines.append(
            f"{name:<44}{taken['upload']:>10.2f}{taken['first rows']:>14.2f}{taken['preview']:>9.2f}"
        )
    return lines

"""An auditor tells the story of one price from the log alone: who asked, who agreed, when it came into force."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from flask import Flask

from app.access.wall import visible_ids
from app.db import db
from app.entity import registry
from models.price.dates import turn
from tests.approval.desk import Desk
from tests.cast import assemble, signed_in
from tests.models.conftest import Write
from tests.models.test_price_approval import ALL, asked, bottle, company, decide, write
from tests.web.test_changelog import lines
from views.logapprovals import may_tell

__all__ = ["bottle", "company", "write"]


@pytest.fixture
def price(company: Desk, bottle: int, write: Write) -> int:
    """A bottle at 400 whose price 宋佳 asked to be 420, agreed to by all, in force since; its adjustment's id."""
    record, case = asked(company, bottle)
    decide(company, case, *ALL[:-1])
    assert company.act(ALL[-1], case, "approve", "毛利够").status == 200
    turn(date(2026, 12, 12))
    return record


def plain(page: str) -> str:
    return re.sub(r"(<[^>]*>|\s)+", " ", page)


def test_the_story_of_a_price_is_in_the_log(app: Flask, price: int) -> None:
    def read() -> None:
        client = signed_in(app.test_client(), "auditor")
        items = lines(client.get("/changelog/?entity=price_list_item").text)
        made = next(line for line in items if "产品P1" in line).split()[0].replace(",", "")
        pane = plain(client.get(f"/changelog/?entry={made}").text.split("<aside")[1])
        assert "420.00" in pane, "the new price"
        number = re.search(r"为什么 (PA-\d+-\d+) 到期生效", pane)
        assert number, "why it came about names the adjustment"
        story = lines(client.get(f"/changelog/?entity=price_adjustment&record={quote(number[1])}").text)[::-1]
        told = [
            ("宋佳", "新增"), ("宋佳", "提交"), ("赵琳", "市场经理审核 · 同意"), ("陈立", "销售与财务 · 同意"),
            ("周建国", "销售与财务 · 同意"), ("系统", "调价状态"),
        ]  # fmt: skip
        places = [
            next(n for n, line in enumerate(story) if who in line and what in line) for who, what in told
        ]
        assert places == sorted(places), story
        vote = next(line for line in story if "周建国" in line and "同意" in line).split()[0].replace(",", "")
        assert "毛利够" in client.get(f"/changelog/?entry={vote}").text, "what was said with it"
        scheduled = next(line for line in story if "周建国 修改" in line).split()[0].replace(",", "")
        behind = plain(client.get(f"/changelog/?entry={scheduled}").text.split("<aside")[1])
        assert re.search(r"审批 AP-\S+ 赵琳 同意、陈立 同意、周建国 同意", behind)

    with ThreadPoolExecutor(1) as another:  # a browser shares nothing with who acts here
        another.submit(read).result()


def test_an_approval_is_told_to_who_sees_what_it_is_about(app: Flask) -> None:
    with app.app_context():
        cast = assemble(app)
        case = SimpleNamespace(entity="customer", record_id=cast.customers["sr.wang"])
        for name, sees in (
            ("sr.wang", True),
            ("sm.east", True),
            ("sr.li", False),
            ("lg.sun", True),
            ("auditor", True),
        ):
            with cast.acting(name) as grants:
                seen = {"customer": visible_ids(db.session(), registry.get("customer"), {case.record_id})}
                assert may_tell(case, seen, grants) == sees, name

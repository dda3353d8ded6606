"""The demo company at work: what waits for whom, what came of it, and that every figure of it is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Table, func, select

from app import clock
from app.access.context import acting_as
from app.access.wall import unscoped
from app.approval.model import ApprovalCase, ApprovalEvent, ApprovalTask
from app.audit.log import ChangeLog
from app.change.model import HeldCell
from app.db import db
from app.entity import registry
from app.jobs.seals import verification
from seeds import demo
from seeds.diary import worked_back

CASES: Table = ApprovalCase.__table__
TASKS: Table = ApprovalTask.__table__


@pytest.fixture
def inside(demo_app: Flask) -> Iterator[Flask]:
    with demo_app.app_context(), unscoped("a test looks at what is stored"):
        yield demo_app
        db.session.rollback()


def rows(query: Any) -> list[Any]:
    return list(db.session.execute(query))


def records(entity: str) -> list[dict[str, Any]]:
    """All records of an entity as wire values, with `id` and the case that locks them."""
    found = registry.get(entity)
    query = select(found.table).order_by(found.table.c.id)
    return [
        {**{name: spec.to_wire(row[name]) for name, spec in found.fields.items()},
         "id": row["id"], "locked": row["locked_by_case"]}
        for row in db.session.execute(query).mappings()
    ]  # fmt: skip


def states(entity: str) -> Counter[str]:
    return Counter(str(one["status"]) for one in records(entity))


def test_orders_are_at_every_step_of_their_way(inside: Flask) -> None:
    found = states("sales_order")
    names = ("draft", "to_verify", "pending", "returned", "rejected")
    assert {n: found[n] for n in names} == {
        "draft": 4,
        "to_verify": 3,
        "pending": 11,
        "returned": 1,
        "rejected": 1,
    }
    query = select(CASES.c.step, func.count()).where(
        CASES.c.entity == "sales_order", CASES.c.state == "running"
    )
    assert dict(map(tuple, rows(query.group_by(CASES.c.step)))) == {"sm": 6, "fn": 2, "sd": 2, "ex": 1}
    ends = Counter(state for (state,) in rows(select(CASES.c.state).where(CASES.c.entity == "sales_order")))
    assert ends == {"running": 11, "approved": 4, "rejected": 1, "returned": 1, "withdrawn": 1}
    assert {one["field"] for one in records("order_check_log")} >= {"delivery_date", "receiver"}


def test_prices_are_at_every_step_of_their_way(inside: Flask) -> None:
    assert states("price_adjustment") == {
        "effective": 1,
        "scheduled": 1,
        "pending": 2,
        "returned": 1,
        "draft": 1,
    }
    assert states("discount_policy") == {"effective": 5, "pending": 1, "draft": 1}
    first, second = records("price_list")
    adjustment = records("price_adjustment")[0]
    assert (first["status"], second["status"]) == ("expired", "effective")
    assert second["source_adjustment_id"] == adjustment["id"]
    assert (adjustment["ack_rate"], adjustment["customer_notice_rate"]) == ("1.0000", "1.0000")
    assert 0 < Decimal(records("price_adjustment")[1]["ack_rate"]) < 1
    joint = select(CASES.c.id).where(CASES.c.step == "both", CASES.c.state == "running").scalar_subquery()
    waiting = rows(select(TASKS.c.state).where(TASKS.c.case_id == joint, TASKS.c.step == "both"))
    assert [state for (state,) in waiting] == ["open", "open"]


def test_changes_of_terms_wait_were_agreed_and_came_back(inside: Flask) -> None:
    query = select(CASES.c.state, CASES.c.rows).where(CASES.c.kind == "change").order_by(CASES.c.id)
    assert [tuple(row) for row in rows(query)] == [
        ("approved", 1),
        ("returned", 1),
        ("running", 1),
        ("running", 23),
    ]
    event = ApprovalEvent.__table__.c
    came_back = rows(
        select(event.data).join_from(ApprovalEvent.__table__, CASES, CASES.c.id == event.case_id)
        .where(CASES.c.kind == "change", CASES.c.state == "returned").order_by(event.seq)
    )  # fmt: skip
    assert [c["field"] for (data,) in came_back for c in data.get("conflicts", ())] == ["payday_day"]
    assert rows(select(func.count()).select_from(HeldCell.__table__))[0][0] == 2 + 1 + 23


def test_whatever_is_being_approved_is_locked_and_waits_for_somebody_who_is_there(inside: Flask) -> None:
    open_seats: dict[int, list[int]] = defaultdict(list)
    for case, person in rows(select(TASKS.c.case_id, TASKS.c.assignee_id).where(TASKS.c.state == "open")):
        open_seats[case].append(person)
    active = {row.id for row in rows(select(User.id).where(User.active))}
    running = rows(select(CASES).where(CASES.c.state == "running"))
    assert len(running) == 16
    for case in running:
        assert open_seats[case.id]
        assert set(open_seats[case.id]) <= active - {case.submitter_id}
    locked = {
        (name, one["id"]): one["locked"]
        for name in ("sales_order", "price_list", "price_adjustment", "discount_policy")
        for one in records(name)
        if one["locked"] is not None or one["status"] == "pending"
    }
    assert locked == {(c.entity, c.record_id): c.id for c in running if c.kind == "record"}


def test_somebody_is_late_and_nothing_has_waited_so_long_that_it_goes_up_the_line(inside: Flask) -> None:
    dues = [due for (due,) in rows(select(TASKS.c.due_at).where(TASKS.c.state == "open"))]
    assert any(due < clock.now() for due in dues)
    assert all(due > clock.now() - timedelta(hours=24) for due in dues)


def test_every_person_of_the_walk_finds_something_to_decide(inside: Flask) -> None:
    query = select(User.username).join(TASKS, TASKS.c.assignee_id == User.id).where(TASKS.c.state == "open")
    waiting = Counter(name for (name,) in rows(query))
    assert waiting.keys() >= {"sm.east", "sm.south", "sd.chen", "fn.qian", "fm.zhou", "mm.zhao", "ceo"}
    decided = rows(select(TASKS.c.id).where(TASKS.c.assignee_id != TASKS.c.acted_by_id))
    assert len(decided) == 1  # by who stood in for somebody on a course


def test_orders_are_the_sums_of_their_lines(inside: Flask) -> None:
    lines = defaultdict(list)
    for line in records("sales_order_line"):
        lines[line["parent_id"]].append(line)
        assert Decimal(line["amount"]) == Decimal(line["unit_price"]) * line["qty"]
        assert line["is_gift"] or Decimal(line["unit_price"]) >= Decimal(line["floor_price"])
    for order in records("sales_order"):
        assert Decimal(order["total_amount"]) == sum(Decimal(line["amount"]) for line in lines[order["id"]])
        assert order["total_qty"] == sum(line["qty"] for line in lines[order["id"]])


def test_the_log_tells_it_in_the_order_of_the_days_and_is_sealed(inside: Flask) -> None:
    log = ChangeLog.__table__.c
    moments = rows(
        select(log.at).where(log.tbl.in_([e.name for e in registry]), log.source == "seed").order_by(log.id)
    )
    story = [at for (at,) in moments if at < clock.now() - timedelta(hours=1)]
    assert story == sorted(story)
    assert story[0].date() <= clock.today() + timedelta(days=demo.FIRST_DAY)
    found = verification(inside.config["TAIZHANG"])
    assert found.ok
    assert found.seals >= 2
    assert found.sealed > 3000


def test_what_was_played_is_not_played_again(inside: Flask) -> None:
    def counts() -> list[int]:
        tables = (ChangeLog.__table__, ApprovalEvent.__table__, CASES, TASKS)
        return [rows(select(func.count()).select_from(table))[0][0] for table in tables]

    before = counts()
    users = {user.username: user.id for user in rows(select(User.username, User.id))}
    db.session.rollback()
    demo.live(users)
    with acting_as(None):
        assert counts() == before


@pytest.mark.parametrize(
    ("now", "hours", "then"),
    [
        ("2026-11-22T14:30:00+08:00", 2, "2026-11-22T12:30:00+08:00"),
        ("2026-11-22T14:30:00+08:00", 6, "2026-11-21T17:30:00+08:00"),
        ("2026-11-22T22:00:00+08:00", 1, "2026-11-22T17:00:00+08:00"),
        ("2026-11-22T03:00:00+08:00", 1, "2026-11-21T17:00:00+08:00"),
        ("2026-11-22T09:00:00+08:00", 90, "2026-11-12T09:00:00+08:00"),
    ],
)
def test_hours_are_counted_back_as_people_work(now: str, hours: float, then: str) -> None:
    assert worked_back(clock.parse_instant(now), hours) == clock.parse_instant(then)

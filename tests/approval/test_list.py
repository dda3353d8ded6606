"""Items 1 to 28 of the acceptance list (research, C.6), by number.

Elsewhere: 1, 4 and 24 over HTTP in tests/web/test_approval_api.py; 2, 3 and 20 in test_races; 6 as a property in
test_votes; 9 in test_deciding (and its edge here); 15 and 16 in test_conditions; 17 by raw SQL for headers and lines
in tests/audit/test_lock.py; 26 in test_outbox; 27 by kill -9 with the faults of the log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app import clock
from app.access.context import acting_as
from app.approval import care
from app.approval.reading import case_json, preview
from app.audit.actor import Actor, acting, writing
from app.change import Change
from app.db import db
from app.entity import registry
from app.org import Department, Membership
from tests.approval.desk import Desk, case_of, step, user

SUBMITTED = {"entity": "price_list", "code": "F06", "use": "submit"}


def ask(desk: Desk, who: str = "sr.wang", n: int = 0, **more: Any) -> int:
    """A held change of an address."""
    return case_of(desk.edit(who, desk.customers[n], **{"address": "新地址", **more}))


def leave(desk: Desk, who: str) -> None:
    """Somebody may not sign in any more."""
    with acting_as(None, "test"):
        db.session.get_one(User, desk.users[who]).active = False
        db.session.commit()
        db.session.remove()


def states(desk: Desk, case: int) -> list[str]:
    """The states of a case's tasks."""
    return [t["state"] for t in desk.tasks(case)]


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """Addresses need an agreement, of 王浩's alone as long as nothing else is published."""
    desk.publish(step("a", user("sm.east")))
    desk.guard("address")
    return desk


@pytest.fixture
def draft(desk: Desk) -> int:
    """A draft of 赵琳's that needs the agreement of 周建国, who may change its remark."""
    desk.publish(step("a", user("fm.zhou"), editable=["remark", "name"]), **SUBMITTED)
    values = {"code": "L", "name": "2027 价格", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    made = desk.send("mm.zhao", Change("price_list", "insert", values))
    assert made.ok, [str(e.message) for e in made.errors]
    return made.results[0].id or 0


def submit(desk: Desk, record: int) -> int:
    """Ask for its approval."""
    return case_of(desk.send("mm.zhao", Change("price_list", "update", id=record, verb="submit")))


def stored(record: int) -> dict[str, Any]:
    """The price list as it is."""
    table = registry.get("price_list").table
    with db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == record)).mappings().one())


def test_item_5_one_no_in_a_joint_step_ends_it(guarded: Desk) -> None:
    guarded.publish(step("a", user("sd.chen"), user("fm.zhou"), user("ceo"), mode="all"))
    case = ask(guarded)
    assert guarded.act("sd.chen", case, "approve").state == "running"
    assert guarded.act("fm.zhou", case, "reject", "不").state == "rejected"
    assert states(guarded, case) == ["approved", "rejected", "skipped"]
    assert [e["verb"] for e in guarded.events(case)].count("end") == 1


def test_item_6_a_vote_of_five_fails_at_the_second_no(guarded: Desk) -> None:
    people = [user(n) for n in ("sm.east", "sd.chen", "ceo", "fm.zhou", "mm.zhao")]
    guarded.publish(step("a", *people, mode="vote", threshold="0.66"))
    case = ask(guarded)
    assert guarded.act("ceo", case, "reject", "不").state == "running"
    assert guarded.act("mm.zhao", case, "reject", "不").state == "rejected"
    assert states(guarded, case) == ["skipped", "skipped", "rejected", "skipped", "rejected"]


def test_item_7_the_head_asks_one_level_up_and_never_themselves(guarded: Desk) -> None:
    guarded.publish(step("a", {"head": 0}))
    assert guarded.waits_for(ask(guarded)) == ["sm.east"]
    assert guarded.waits_for(ask(guarded, "sm.east", 1)) == ["sd.chen"]


def test_item_8_the_submitter_decides_by_no_way(guarded: Desk) -> None:
    now = clock.now()
    case = ask(guarded)
    values = {"from_user_id": guarded.users["sm.east"], "to_user_id": guarded.users["sr.wang"],
              "starts_at": clock.instant_text(now), "ends_at": clock.instant_text(now + timedelta(days=1))}  # fmt: skip
    assert guarded.send("sm.east", Change("approval_delegation", "insert", values)).ok
    assert guarded.act("sr.wang", case, "approve").status == 403
    me = (guarded.users["sr.wang"],)
    for verb in ("transfer", "add"):
        done = guarded.act("sm.east", case, verb, to=me)
        assert done.status == 422
        assert "王芳" in done.message
    assert guarded.act("ceo", case, "reassign", to=me).status == 422
    assert guarded.waits_for(case) == ["sm.east"]


def test_item_9_at_its_very_end_a_delegation_holds_no_more(guarded: Desk) -> None:
    begins = clock.now()
    clock.configure("Asia/Shanghai", begins)
    ends = begins + timedelta(hours=1)
    values = {"from_user_id": guarded.users["sm.east"], "to_user_id": guarded.users["fm.zhou"],
              "starts_at": clock.instant_text(begins), "ends_at": clock.instant_text(ends)}  # fmt: skip
    assert guarded.send("sm.east", Change("approval_delegation", "insert", values)).ok
    case, other = ask(guarded), ask(guarded, n=1)
    assert guarded.act("fm.zhou", case, "approve").status == 200
    clock.configure("Asia/Shanghai", ends)
    assert guarded.act("fm.zhou", other, "approve").status in (403, 404)
    clock.configure("Asia/Shanghai", ends - timedelta(microseconds=1))
    assert guarded.act("fm.zhou", other, "approve").status == 200


def test_item_10_delegations_are_no_chain(guarded: Desk) -> None:
    now = clock.now()
    for a, b in (("sm.east", "sd.chen"), ("sd.chen", "mm.zhao"), ("mm.zhao", "sm.east")):
        values = {"from_user_id": guarded.users[a], "to_user_id": guarded.users[b],
                  "starts_at": clock.instant_text(now), "ends_at": clock.instant_text(now + timedelta(days=1))}  # fmt: skip
        assert guarded.send(a, Change("approval_delegation", "insert", values)).ok
    case = ask(guarded)
    assert guarded.act("mm.zhao", case, "approve").status in (403, 404)
    assert guarded.act("sd.chen", case, "approve").status == 200


def test_item_11_the_part_of_who_left_goes_to_the_administrator(guarded: Desk) -> None:
    case = ask(guarded)
    leave(guarded, "sm.east")
    assert care.sweep(clock.now()) == 1
    assert guarded.waits_for(case) == ["ceo"]
    assert guarded.events(case)[-1]["verb"] == "leaver"
    assert care.sweep(clock.now()) == 0
    assert guarded.act("ceo", case, "approve").state == "approved"


def test_item_11_who_left_behind_a_colleague_asked_first_stops_nobody(guarded: Desk) -> None:
    case = ask(guarded)
    assert guarded.act("sm.east", case, "add", to=(guarded.users["ceo"],), where="before").status == 200
    leave(guarded, "ceo")
    care.sweep(clock.now())
    open_to = guarded.waits_for(case)
    assert open_to
    for who in open_to:
        guarded.act(who, case, "approve")
    for who in guarded.waits_for(case):
        guarded.act(who, case, "approve")
    assert guarded.case(case)["state"] == "approved"


def test_item_11_an_administrator_who_voted_does_not_vote_again_for_who_left(guarded: Desk) -> None:
    guarded.publish(step("a", user("ceo"), user("fm.zhou"), user("sd.chen"), mode="all"))
    case = ask(guarded)
    assert guarded.act("ceo", case, "approve").state == "running"
    leave(guarded, "fm.zhou")
    care.sweep(clock.now())
    assert "ceo" not in guarded.waits_for(case)
    while guarded.case(case)["state"] == "running":
        assert guarded.act(guarded.waits_for(case)[0], case, "approve").status == 200
    voters = [t["acted_by_id"] for t in guarded.tasks(case) if t["acted_at"]]
    assert len(voters) == len(set(voters))


def test_item_11_in_a_sequence_the_next_comes_when_the_one_before_left(guarded: Desk) -> None:
    guarded.publish(step("a", user("fm.zhou"), user("ceo"), mode="seq"))
    case = ask(guarded)
    leave(guarded, "fm.zhou")
    care.sweep(clock.now())
    assert guarded.waits_for(case)
    while guarded.case(case)["state"] == "running":
        assert guarded.act(guarded.waits_for(case)[0], case, "approve").status == 200


def test_item_12_a_role_without_members(guarded: Desk) -> None:
    guarded.publish(step("a", {"role": "legal"}, empty="skip"), step("b", {"role": "legal"}))
    case = ask(guarded)
    assert [e["verb"] for e in guarded.events(case)] == ["submit", "skip", "enter"]
    assert (guarded.case(case)["step"], guarded.waits_for(case)) == ("b", ["ceo"])


def test_item_13_circles_and_gaps_in_the_line_end(guarded: Desk) -> None:
    guarded.publish(step("a", {"manager": "chain", "to": 9}, mode="all"))
    with acting_as(None, "test"):
        for who, boss in (("sr.wang", "sm.east"), ("sm.east", "sd.chen"), ("sd.chen", "sr.wang")):
            member = db.session.scalars(
                select(Membership).where(Membership.user_id == guarded.users[who])
            ).one()
            _repair(Membership, member.id, manager_id=guarded.users[boss])
        db.session.remove()
        for code in ("YX", "XS"):
            _repair(Department, guarded.departments[code], parent_department_id=guarded.departments["XS-HD"])
    assert set(guarded.waits_for(ask(guarded))) == {"sm.east", "sd.chen"}
    guarded.publish(step("a", {"head": 3}))
    assert guarded.waits_for(ask(guarded, n=1))


def _repair(model: Any, record: int, **values: Any) -> None:
    """Write past the rules, as a faulty database would have it."""
    table = model.__table__
    with acting(Actor(None, "system", "test")), writing(1), db.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == record).values(values))


def test_item_14_a_case_ends_on_the_version_it_began_on(guarded: Desk) -> None:
    case = ask(guarded)
    guarded.publish(step("a", user("fm.zhou")), step("b", user("ceo")))
    assert guarded.waits_for(ask(guarded, n=1)) == ["fm.zhou"]
    assert guarded.act("sm.east", case, "approve").state == "approved"


def test_item_14_a_preview_shows_the_new_version(desk: Desk, draft: int) -> None:
    desk.publish(step("z", user("ceo")), **SUBMITTED)
    with acting_as(desk.users["mm.zhao"], "test") as grants:
        drawn = preview(registry.get("price_list"), draft, grants)
    assert [place["id"] for place in drawn["route"]] == ["z"]


def test_item_17_a_locked_record_is_written_by_its_case_alone(desk: Desk, draft: int) -> None:
    case = submit(desk, draft)
    for who in ("mm.zhao", None):
        for change in (
            Change("price_list", "update", {"remark": "改"}, draft),
            Change("price_list", "delete", id=draft),
            Change("price_list_item", "insert", {"parent_id": draft, "product_id": 1}),
        ):
            refused = desk.send(who, change)
            assert {e.code for e in refused.errors} & {"LOCKED"}, refused
    actor = acting(Actor(None, "system", "test"))
    with pytest.raises(IntegrityError), actor, writing(1), db.engine.begin() as connection:
        connection.execute(text("UPDATE price_list SET remark = 'x'"))
    assert (stored(draft)["remark"], stored(draft)["locked_by_case"]) == (None, case)


def test_item_18_a_record_with_an_open_case_is_not_deleted(desk: Desk, draft: int) -> None:
    case = submit(desk, draft)
    gone = Change("price_list", "delete", id=draft)
    assert not desk.send("mm.zhao", gone).ok
    assert desk.act("fm.zhou", case, "return", "再看").state == "returned"
    assert not desk.send("mm.zhao", gone).ok, "the case would hang in the air"
    assert desk.act("mm.zhao", case, "withdraw").state == "withdrawn"
    assert desk.send("mm.zhao", gone).ok


def test_item_19_an_approver_changes_what_the_step_allows_and_nothing_else(desk: Desk, draft: int) -> None:
    case = submit(desk, draft)
    assert desk.act("fm.zhou", case, "approve", edits={"pricing_basis": "别的"}).status == 403
    assert desk.act("fm.zhou", case, "approve", edits={"remark": "好", "pricing_basis": "别的"}).status == 403
    assert desk.act("fm.zhou", case, "approve", edits={"remark": "好", "name": None}).status == 422
    assert (stored(draft)["remark"], desk.case(case)["state"]) == (None, "running")
    assert desk.act("fm.zhou", case, "approve", edits={"remark": "好"}).state == "approved"
    assert stored(draft)["remark"] == "好"
    assert desk.events(case)[-2]["data"]["edited"] == ["remark"]


def test_item_4_what_another_approver_edited_makes_open_pages_stale(desk: Desk, draft: int) -> None:
    both = step("a", user("fm.zhou"), user("ceo"), mode="all", editable=["remark"])
    desk.publish(both, **SUBMITTED)
    case = submit(desk, draft)
    seen = desk.case(case)["rev"]
    assert desk.act("fm.zhou", case, "approve", rev=seen, edits={"remark": "好"}).status == 200
    assert desk.act("ceo", case, "approve", rev=seen).status == 409
    assert desk.act("ceo", case, "approve").state == "approved"


def test_item_21_a_second_round_counts_anew(guarded: Desk) -> None:
    guarded.publish(step("a", user("sd.chen"), user("fm.zhou"), mode="all"))
    case = ask(guarded)
    guarded.act("sd.chen", case, "approve")
    guarded.act("fm.zhou", case, "return", "再看")
    assert guarded.act("sr.wang", case, "resubmit").state == "running"
    assert guarded.case(case)["round"] == 2
    assert guarded.act("fm.zhou", case, "approve").state == "running"
    assert guarded.act("sd.chen", case, "approve").state == "approved"


def test_item_22_asked_before_and_handed_on_in_a_sequence(guarded: Desk) -> None:
    guarded.publish(step("a", user("sm.east"), user("fm.zhou"), mode="seq"))
    case, ceo, chen = ask(guarded), guarded.users["ceo"], guarded.users["sd.chen"]
    assert guarded.act("sm.east", case, "add", to=(ceo,), where="before").status == 200
    assert guarded.act("ceo", case, "transfer", to=(chen,)).status == 200
    for who in ("sd.chen", "sm.east", "fm.zhou"):
        assert guarded.waits_for(case) == [who]
        assert guarded.act(who, case, "approve").status == 200
    assert guarded.case(case)["state"] == "approved"
    assert not set(states(guarded, case)) & {"open", "waiting"}


def test_item_23_the_last_approver_is_not_taken_out(guarded: Desk) -> None:
    case = ask(guarded)
    mine, ceo = guarded.users["sm.east"], guarded.users["ceo"]
    assert guarded.act("sm.east", case, "remove", to=(mine,)).status == 403
    assert guarded.act("ceo", case, "remove", to=(mine,)).status == 403
    assert guarded.act("sm.east", case, "add", to=(ceo,), where="before").status == 200
    assert guarded.act("sm.east", case, "remove", to=(ceo,)).status == 200
    assert guarded.waits_for(case) == ["sm.east"]
    assert guarded.act("sm.east", case, "remove").status == 422


def test_item_25_late_parts_are_told_once_and_go_up_once(guarded: Desk) -> None:
    guarded.publish(step("a", user("sm.east"), hours=24))
    case = ask(guarded)
    for hours, waiting, verbs in ((25, "sm.east", ["overdue"]), (25, "sd.chen", ["overdue", "escalate"])):
        clock.turn(timedelta(hours=hours))
        assert (care.sweep(clock.now()), care.sweep(clock.now())) == (1, 0)
        assert guarded.waits_for(case) == [waiting]
        assert [e["verb"] for e in guarded.events(case)][2:] == verbs
    assert guarded.case(case)["state"] == "running"


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_item_27_what_fails_between_vote_and_commit_leaves_no_trace(
    desk: Desk, draft: int, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    case = submit(desk, draft)
    before = desk.case(case), desk.tasks(case), desk.events(case), stored(draft)

    def broken(*_anything: Any) -> Any:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("app.approval.running.Running.save", broken)
        with pytest.raises(RuntimeError):
            desk.act("fm.zhou", case, verb, "好")
    assert (desk.case(case), desk.tasks(case), desk.events(case), stored(draft)) == before
    assert desk.act("fm.zhou", case, verb, "好").status == 200


def test_item_28_what_moved_meanwhile_is_not_overwritten(guarded: Desk) -> None:
    one = guarded.customers[0]
    case = ask(guarded)
    assert guarded.send(None, Change("customer", "update", {"address": "别处"}, one)).ok
    assert guarded.act("sm.east", case, "approve").state == "returned"
    assert guarded.customer(one)["address"] == "别处"
    with acting_as(guarded.users["sr.wang"], "test") as grants:
        shown = case_json(db.session(), case, grants)
    assert shown is not None
    assert [(c["yours"], c["now"]) for c in shown["conflicts"]] == [("新地址", "别处")]


def test_who_only_watches_writes_nothing(guarded: Desk) -> None:
    case = ask(guarded)
    before = guarded.case(case), guarded.tasks(case), guarded.events(case)
    for verb in ("approve", "reject", "return", "withdraw", "resubmit", "transfer", "comment", "add", "remove",
                 "remind", "terminate", "reassign"):  # fmt: skip
        done = guarded.act("auditor", case, verb, "我看看", to=(guarded.users["ceo"],))
        assert done.status in (403, 404, 409, 422), verb
    assert (guarded.case(case), guarded.tasks(case), guarded.events(case)) == before

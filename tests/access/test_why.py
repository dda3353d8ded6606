"""`why()` says what is enforced: asked at random, over HTTP, and about oneself without telling what one may not know."""

from __future__ import annotations

import random
from html import unescape

import pytest
from sqlalchemy import select

from app.access.context import granted
from app.access.wall import visible_ids
from app.approval.reading import of_record
from app.approval.why import DECIDING, another, why
from app.audit.actor import SYSTEM, acting
from app.change import Change, ChangeSet, commit, plan
from app.db import db
from app.entity import EntityType, registry
from app.entity.describe import VERBS
from tests.matrix.ground import MISSING, TARGETS, Ground, build
from tests.support.apps import Applications
from tests.support.database import Engine
from tests.support.perfile import engine, engine_kind  # noqa: F401  fixtures

FLOW = {"steps": [{"id": "one", "label": {"zh": "一"}, "approvers": [{"user": "sm.east"}]}], "use": "change",
        "admin": {"role": "executive"}}  # fmt: skip
TUPLES = 1000
PEOPLE = ("sr.wang", "sr.li", "sm.east", "mm.zhao", "ceo", "lg.sun", "auditor", "admin")


@pytest.fixture(scope="module")
def ground(applications: Applications, engine: Engine) -> Ground:  # noqa: F811  the fixture
    found = build(applications.fresh(engine).flask)
    with found.app.app_context():
        hold_and_lock(found)
    return found


def hold_and_lock(ground: Ground) -> None:
    """王芳's customer waits for another name, and a price list of hers is being approved."""
    flow = {"code": "W1", "version_no": 1, "name": "W1", "for_entity": "customer", "spec": FLOW}
    with ground.cast.acting("admin"):
        made = commit(ChangeSet([Change("approval_flow", "insert", flow)], "test"))
        commit(ChangeSet([Change("approval_flow", "update", id=made.results[0].id, verb="publish")], "test"))
        policy = {"code": "W1", "name": "W1", "for_entity": "customer", "operations": ["update"], "fields": "name",
                  "flow_code": "W1"}  # fmt: skip
        commit(ChangeSet([Change("approval_policy", "insert", policy)], "test"))
    with ground.cast.acting("sr.wang"):
        name = Change("customer", "update", {"name": "新名"}, id=ground.ids["customer"]["own"])
        assert commit(ChangeSet([name], "test")).state == "held"
    with ground.cast.acting("mm.zhao"):
        submit = Change("price_list", "update", id=ground.ids["price_list"]["own"], verb="submit")
        done = commit(ChangeSet([submit], "test", confirmed=frozenset({"*"})))
        assert done.cases, [str(e.message) for e in done.errors]


def asked(chance: random.Random, ground: Ground) -> tuple[str, str, EntityType, int, str | None]:
    """One question: who, verb, entity, record, field."""
    kind = chance.choice([e for e in registry if e.name in ground.ids])
    steps = [t.verb for t in kind.about.lifecycle.transitions] if kind.about.lifecycle else []
    verb = chance.choice(["edit", "edit", "edit", *VERBS, *steps])
    field = chance.choice(list(kind.fields)) if verb in ("edit", "list") and chance.random() < 0.8 else None
    record = ground.target(kind.name, chance.choice(TARGETS))
    return chance.choice(PEOPLE), verb, kind, record, field


def enforced(
    ground: Ground, person: str, verb: str, kind: EntityType, record: int, field: str | None
) -> bool:
    """Whether wall, rights and gate really let it happen."""
    grants = ground.grants(person)
    with granted(grants):
        if verb in DECIDING:
            case = of_record(db.session(), kind, record, grants)["case"]
            if case is None and kind.parent is not None:  # lines are decided with their header
                header = stored(kind, record, "parent_id")
                case = of_record(db.session(), kind.parent, header, grants)["case"] if header else None
            return case is not None and verb in {one["verb"] for one in case["verbs"]}
        seen = record in visible_ids(db.session(), kind, [record])
        steps = {t.verb: t for t in kind.about.lifecycle.transitions} if kind.about.lifecycle else {}
        if verb == "delete":
            change = Change(kind.name, "delete", id=record)
        elif verb in steps:
            change = Change(kind.name, "update", id=record, verb=verb)
        elif verb == "edit":
            name = field or next(iter(grants.editable_fields(kind.name)), None)
            if name is None:
                return seen and grants.can(verb, kind.name)
            now = stored(kind, record, name)
            change = Change(kind.name, "update", {name: another(kind.fields[name], now)}, id=record)
        else:
            return (
                seen
                and grants.can(verb, kind.name)
                and (field is None or grants.level(kind.name, field) != "hidden")
            )
        errors = plan(ChangeSet([change], "test"), grants).drafts[0].errors
    about_value = {"REQUIRED", "LINK_NOT_FOUND", "TAKEN", "OUT_OF_SCOPE"}
    refused = [
        e
        for e in errors
        if e.field is None or e.code in {"NO_FIELD", "NOT_EDITABLE", "HELD"} or verb in steps
    ]
    return not [e for e in refused if e.code not in about_value]


def stored(kind: EntityType, record: int, name: str) -> object:
    with db.engine.connect() as connection:
        value = connection.execute(select(kind.table.c[name]).where(kind.table.c.id == record)).scalar()
    return None if value is None else kind.fields[name].to_wire(value)


def test_a_thousand_explanations_are_what_is_enforced(ground: Ground) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    answers = set()
    with ground.app.app_context(), acting(SYSTEM):
        for number in range(TUPLES):
            person, verb, kind, record, field = asked(chance, ground)
            who, grants = ground.cast.users[person], ground.grants(person)
            found = why(db.session(), who, verb, kind.name, record, field, grants=grants)
            real = enforced(ground, person, verb, kind, record, field)
            question = f"seed {seed}, {number}: {person} {verb} {kind.name} {record} {field}"
            assert found.allowed == real, f"{question}: {found}"
            answers.add(found.reason)
    assert {"GRANTED", "NO_VERB", "OUT_OF_SCOPE", "NO_CASE"} <= answers


def ask(ground: Ground, person: str, **question: object) -> tuple[int, dict[str, object]]:
    """The API's answer to a person's question."""
    answer = ground.ask(person, "GET", "/api/v1/why", query_string={"entity": "customer", **question})
    return answer.status_code, answer.get_json()


def test_the_api_explains_a_held_cell_and_a_locked_record(ground: Ground) -> None:
    own, listed = ground.ids["customer"]["own"], ground.ids["price_list"]["own"]
    status, held = ask(ground, "sr.wang", verb="edit", id=own, field="name")
    assert (status, held["reason"], held["allowed"]) == (200, "HELD", False)
    assert "AP-" in str(held["chain"])
    assert held["fix"]
    _status, locked = ask(ground, "mm.zhao", verb="edit", entity="price_list", id=listed, field="remark")
    assert locked["reason"] == "LOCKED"
    _status, mine = ask(ground, "sm.east", verb="approve", id=own)
    assert mine["allowed"] is True


def test_what_the_api_says_is_what_its_routes_do(ground: Ground) -> None:
    """A sample over HTTP: the explanation's verdict is that of the route."""
    for person in ("sr.wang", "sr.li", "lg.sun", "auditor"):
        for target in ("own", "colleague", "missing"):
            record = ground.target("customer", target)
            _status, told = ask(ground, person, verb="list", id=record)
            shown = ground.ask(person, "GET", f"/customer/show/{record}").status_code
            assert told["status"] == shown, (person, target)
            _status, told = ask(ground, person, verb="edit", id=record)
            form = ground.ask(person, "GET", f"/customer/edit/{record}").status_code
            assert told["status"] == form, (person, target)


def test_one_asks_about_oneself_and_learns_nothing_new(ground: Ground) -> None:
    users, elsewhere = ground.cast.users, ground.ids["customer"]["elsewhere"]
    assert ask(ground, "sr.wang", verb="edit", user=users["sr.li"])[0] == 403
    assert ask(ground, "auditor", verb="edit", user=users["sr.li"])[0] == 200
    assert ask(ground, "admin", verb="edit", user=users["sr.li"])[0] == 200
    there = ask(ground, "sr.wang", verb="list", id=elsewhere)[1]
    gone = ask(ground, "sr.wang", verb="list", id=MISSING)[1]
    assert there == gone, "a record out of reach and one that is not there are told alike"


def test_questions_that_make_no_sense_are_bad_requests(ground: Ground) -> None:
    for question in ({"verb": ""}, {"verb": "edit", "entity": "nothing"}, {"verb": "edit", "id": "x"},
                     {"verb": "edit", "field": "nothing"}, {"verb": "edit", "user": "-1"}):  # fmt: skip
        assert ask(ground, "sr.wang", **question)[0] == 400, question


def test_a_refused_page_and_a_refused_form_say_why(ground: Ground) -> None:
    page = ground.ask("auditor", "GET", "/customer/add").text
    assert "为什么？" in page
    assert "怎样才能做" in page
    locked = ground.ids["price_list"]["own"]
    form = ground.ask("mm.zhao", "GET", f"/price_list/edit/{locked}").text
    base = form.split('name="base"')[1].split('value="')[1].split('"')[0]
    refused = ground.ask(
        "mm.zhao", "POST", f"/price_list/edit/{locked}", data={"base": unescape(base), "name": "改名"}
    )
    assert refused.status_code == 422
    assert "为什么？" in refused.text
    assert "AP-" in refused.text

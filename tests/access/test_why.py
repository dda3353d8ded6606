"""`why()` says what is enforced: asked at random, over HTTP, and about oneself without telling what one may not know."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.access.context import granted
from app.access.wall import visible_ids
from app.approval.why import another, why
from app.change import Change, ChangeSet, plan
from app.db import db
from app.entity import EntityType, registry
from app.entity.describe import VERBS
from tests.matrix.ground import MISSING, TARGETS, Ground, build
from tests.support.apps import Applications
from tests.support.database import Engine
from tests.support.perfile import engine, engine_kind  # noqa: F401  fixtures

TUPLES = 1000
PEOPLE = ("sr.wang", "sr.li", "sm.east", "lg.sun", "auditor", "admin")
ABOUT_THE_VALUE = 0
"""The status of a change that only its value stands against."""


@pytest.fixture(scope="module")
def ground(applications: Applications, engine: Engine) -> Iterator[Ground]:  # noqa: F811  the fixture
    found = build(applications.fresh(engine).flask)
    with found.app.app_context():
        yield found


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
    for number in range(TUPLES):
        person, verb, kind, record, field = asked(chance, ground)
        found = why(
            db.session(),
            ground.cast.users[person],
            verb,
            kind.name,
            record,
            field,
            grants=ground.grants(person),
        )
        real = enforced(ground, person, verb, kind, record, field)
        assert found.allowed == real, (
            f"seed {seed}, {number}: {person} {verb} {kind.name} {record} {field}: {found}"
        )
        assert found.chain, "an explanation says something"
        answers.add(found.reason)
    assert {"GRANTED", "NO_VERB", "OUT_OF_SCOPE"} <= answers

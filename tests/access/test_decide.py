"""The decision, exhaustively, against a table written by hand; and `why()` says what is enforced."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from app.access import Grants, RoleGrants, granted, load_grants
from app.access.decide import REASONS, decide
from app.access.why import why
from app.db import db
from app.entity import registry
from app.entity.describe import VERBS
from tests.access.world import World

import models  # noqa: F401  isort: skip  declares the entities asked about

LEVELS = ("hidden", "masked", "read", "edit")


def grants(held: bool, verb: str, level: str) -> Grants:
    verbs = {*(("can_list", "Customer"),), *((f"can_{verb}", "Customer"),)} if held else set()
    fields = {("customer", name): level for name in ("mobile", "credit_limit")}
    return Grants(1, "someone", (RoleGrants(1, "r", frozenset(verbs), {"customer": "own"}, fields),))


def expected(held: bool, in_scope: bool | None, field: str | None, verb: str, level: str) -> tuple[int, str]:
    """The table: verb, then record, then field."""
    if not held:
        return 403, "NO_VERB"
    if in_scope is False:
        return 404, "OUT_OF_SCOPE"
    if field is None:
        return 200, "GRANTED"
    if level == "hidden":
        return 404, "FIELD_HIDDEN"
    if verb not in ("add", "edit", "import"):
        return 200, "GRANTED"
    if field == "credit_limit":
        return 403, "FIELD_SYSTEM"
    return {"masked": (403, "FIELD_MASKED"), "read": (403, "FIELD_READ"), "edit": (200, "GRANTED")}[level]


def test_every_case() -> None:
    cases = product((True, False), VERBS, (True, False, None), (None, "mobile", "credit_limit"), LEVELS)
    seen = set()
    for held, verb, in_scope, field, level in cases:
        decision = decide(grants(held, verb, level), verb, "customer", in_scope, field)
        where = (held, verb, in_scope, field, level)
        assert (decision.status, decision.reason) == expected(held, in_scope, field, verb, level), where
        assert decision.allowed is (decision.status == 200), where
        seen.add(decision.reason)
    assert seen == set(REASONS), "a reason that no case gives"


@pytest.mark.parametrize("person", ["rep", "manager", "service", "auditor", "configurator", "nobody"])
def test_why_says_what_is_enforced(inside: World, person: str) -> None:
    """For every verb, every record and some fields: `why` agrees with grants, wall and decision."""
    session, user = db.session(), inside.people[person]
    held = load_grants(session, user)
    for entity, records in (("customer", inside.customers), ("customer_contact", inside.contacts)):
        cls = registry.get(entity).cls
        with granted(held):
            reached = set(session.scalars(select(cls.id)))
        for verb, record, field in product(
            VERBS, [*records.values(), 999_999, None], (None, "mobile", "name")
        ):
            answer = why(session, user, verb, entity, record, field)
            in_scope = None if record is None else record in reached
            decision = decide(held, verb, entity, in_scope, field)
            assert (answer.status, answer.reason) == (decision.status, decision.reason)
            assert answer.allowed is decision.allowed
            assert answer.chain[-1] == str(decision.message)
            assert bool(answer.fix) is (not answer.allowed and decision.reason != "FIELD_SYSTEM")


def test_why_names_the_chain_in_chinese(inside: World) -> None:
    from flask_babel import force_locale

    session = db.session()
    with force_locale("zh"):
        answer = why(
            session, inside.people["rep"], "edit", "customer", inside.customers["stranger"], "mobile"
        )
    text = "\n".join(answer.chain) + answer.fix
    for word in ("王浩", "销售代表", "张强", "west"):
        assert word in text
    assert not any(word in text for word in ("role", "record", "Give", "None")), text


def test_why_for_people_who_are_not_there(inside: World) -> None:
    answer = why(db.session(), 999_999, "list", "customer")
    assert (answer.allowed, answer.status) == (False, 403)
    assert "999999" in answer.chain[0]


def test_why_of_unknown_things_is_an_error(inside: World) -> None:
    for entity, field in (("no_such", None), ("customer", "no_such")):
        with pytest.raises(KeyError):
            why(db.session(), inside.people["rep"], "list", entity, None, field)

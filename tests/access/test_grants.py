"""Grants: the union over roles, lines after their header, masks, hidden fields, one person's departments."""

from __future__ import annotations

import pytest

import models  # noqa: F401  declares the entities asked about
from app.access import NO_GRANTS, SYSTEM_GRANTS, Grants, RoleGrants, load_grants
from app.db import db
from tests.access.world import World


def role(number: int, verbs: str, scope: str | None, **levels: str) -> RoleGrants:
    pairs = frozenset((f"can_{verb}", "Customer") for verb in verbs.split())
    given = {("customer", field): level for field, level in levels.items()}
    return RoleGrants(number, f"r{number}", pairs, {"customer": scope} if scope else {}, given)


def held_by(*roles: RoleGrants) -> Grants:
    return Grants(7, "someone", roles, frozenset({1}), frozenset({1, 2}))


def test_verbs_are_the_union_of_the_roles() -> None:
    grants = held_by(role(1, "list add", "own"), role(2, "list export", "all"))
    assert grants.verbs("customer") == {"list", "add", "export"}
    assert grants.can("add", "customer")
    assert not grants.can("delete", "customer")
    assert grants.verbs("product") == frozenset()


@pytest.mark.parametrize(
    ("scopes", "widest"),
    [(("own",), "own"), (("own", "department"), "department"), (("tree", "department"), "tree"),
     (("own", "all", "tree"), "all"), ((None, "own"), "own"), ((None,), None), (("galaxy",), None)],
)  # fmt: skip
def test_the_widest_scope_wins(scopes: tuple[str | None, ...], widest: str | None) -> None:
    assert held_by(*(role(i, "list", scope) for i, scope in enumerate(scopes))).scope("customer") == widest


def test_a_role_that_may_not_list_gives_no_rows() -> None:
    assert held_by(role(1, "add edit", "all")).scope("customer") is None
    assert held_by(role(1, "edit", "all"), role(2, "list", "own")).scope("customer") == "own"


def test_a_declared_mask_holds_until_a_role_grants_more() -> None:
    assert held_by(role(1, "list edit", "own")).level("customer", "mobile") == "masked"
    assert held_by(role(1, "list edit", "own", mobile="edit")).level("customer", "mobile") == "edit"
    assert held_by(role(1, "list edit", "own", name="hidden")).level("customer", "name") == "hidden"


def test_the_most_permissive_level_wins_among_roles_that_hold_a_verb() -> None:
    grants = held_by(role(1, "list", "own", name="hidden"), role(2, "list", "own", name="read"))
    assert grants.level("customer", "name") == "read"
    outsider = RoleGrants(3, "r3", frozenset(), {}, {("customer", "mobile"): "edit"})
    assert held_by(role(1, "list", "own"), outsider).level("customer", "mobile") == "masked"


def test_a_reader_reads_and_a_writer_edits_what_people_write() -> None:
    reader, writer = held_by(role(1, "list", "own")), held_by(role(1, "list edit", "own"))
    assert reader.level("customer", "name") == "read"
    assert reader.editable_fields("customer") == []
    editable = writer.editable_fields("customer")
    assert "name" in editable
    assert "mobile" not in editable, "a masked field is not editable"
    assert "credit_limit" not in editable, "a computed field is not editable"
    assert "mobile" in writer.visible_fields("customer")
    assert "mobile" not in writer.open_fields("customer")
    assert writer.level("customer", "no_such_field") == "hidden"


def test_lines_follow_their_header() -> None:
    grants = held_by(role(1, "list edit", "own"))
    assert grants.verbs("customer_contact") == {"list", "add", "edit", "delete"}
    assert grants.scope("customer_contact") == "own"
    assert grants.permits("can_edit", "CustomerContact")
    reader = held_by(role(1, "list add export", "own"))
    assert reader.verbs("customer_contact") == {"list", "export"}
    assert not reader.permits("can_add", "CustomerContact")


def test_a_line_has_field_levels_of_its_own() -> None:
    base = role(1, "list edit", "own")
    grants = held_by(RoleGrants(1, "r1", base.pairs, base.scopes, {("customer_contact", "mobile"): "edit"}))
    assert grants.level("customer_contact", "mobile") == "edit"
    assert grants.level("customer", "mobile") == "masked"


def test_nobody_may_nothing_and_the_system_everything() -> None:
    assert NO_GRANTS.verbs("customer") == frozenset()
    assert NO_GRANTS.scope("customer") is None
    assert set(NO_GRANTS.levels("customer").values()) == {"hidden"}
    assert not NO_GRANTS.permits("can_list", "Customer")
    assert SYSTEM_GRANTS.scope("customer") == "all"
    assert set(SYSTEM_GRANTS.levels("customer").values()) == {"edit"}
    assert SYSTEM_GRANTS.permits("anything", "Anywhere")


def test_an_unknown_entity_is_an_error_not_a_yes() -> None:
    with pytest.raises(KeyError):
        held_by(role(1, "list", "all")).verbs("no_such_entity")


@pytest.mark.parametrize(
    ("owner", "department", "scope", "reached"),
    [(7, None, "own", True), (8, 1, "own", False), (8, 1, "department", True), (8, 2, "department", False),
     (8, 2, "tree", True), (8, 3, "tree", False), (7, 3, "tree", True), (8, 3, "all", True),
     (None, None, "own", False), (None, None, "tree", False), (None, None, "all", True), (8, 1, None, False)],
)  # fmt: skip
def test_reach(owner: int | None, department: int | None, scope: str | None, reached: bool) -> None:
    assert held_by(role(1, "list", scope)).reaches("customer", owner, department) is reached


def test_grants_as_stored(inside: World) -> None:
    session = db.session()
    rep = load_grants(session, inside.people["rep"])
    assert (rep.name, rep.role_names, rep.scope("customer")) == ("王浩", ("sales_rep",), "own")
    assert rep.level("customer", "mobile") == "edit"
    assert rep.level("product", "cost_price") == "hidden"
    assert rep.departments == rep.subtree == {inside.departments["east_1"]}
    manager = load_grants(session, inside.people["manager"])
    assert manager.departments == {inside.departments["east"]}
    assert manager.subtree == {inside.departments["east"], inside.departments["east_1"]}
    auditor = load_grants(session, inside.people["auditor"])
    assert auditor.scope("customer") == "all"
    assert not any(auditor.verbs(e) & {"add", "edit", "delete", "import"} for e in ("customer", "product"))
    assert auditor.level("customer", "mobile") == auditor.level("customer", "email") == "masked"
    assert load_grants(session, inside.people["configurator"]).scope("customer") is None
    assert load_grants(session, inside.people["nobody"]).verbs("product") == frozenset()
    assert load_grants(session, 999_999) == NO_GRANTS


def test_a_circle_of_departments_ends(inside: World) -> None:
    from sqlalchemy import update

    from app.audit.actor import SYSTEM, acting, writing
    from app.entity import registry

    table = registry.get("department").table
    with acting(SYSTEM), writing(2):
        db.session.execute(
            update(table)
            .where(table.c.id == inside.departments["head"])
            .values(parent_department_id=inside.departments["east_1"])
        )
        db.session.commit()
    manager = load_grants(db.session(), inside.people["manager"])
    assert manager.subtree == set(inside.departments.values())
